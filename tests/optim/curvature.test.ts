// Products with a loss's Hessian, and the ends of its spectrum, on quadratics whose spectrum is known.
import { matmul, mul, sum, type Tensor, tensor } from '../../core/index.js';
import { hvp, sharpness } from '../../optim/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Curvature');

/** x^T A x / 2 at x = (1, .., 1), with A = Q diag(spectrum) Q and the reflection Q = 1 - 2 u u^T / |u|^2, u = (1, 2, .., n). */
function quadratic(spectrum: number[]): { x: Tensor; loss: Tensor; A: number[][] } {
  const u = spectrum.map((_, i) => i + 1);
  const uu = u.reduce((s, ui) => s + ui * ui, 0);
  const Q = u.map((ui, i) => u.map((uj, j) => (i === j ? 1 : 0) - (2 * ui * uj) / uu));
  const A = Q.map((qi) => Q.map((qj) => qi.reduce((s, q, k) => s + q * spectrum[k] * qj[k], 0)));
  const x = tensor(
    spectrum.map(() => [1]),
    { dtype: 'float64', requiresGrad: true },
  );
  const loss = mul(sum(mul(x, matmul(tensor(A, { dtype: 'float64' }), x))), 0.5);
  return { x, loss, A };
}

test('hvp on a quadratic is A v, for several vectors of one graph, and leaves grad as it is', () => {
  const { x, loss, A } = quadratic([5, -3, 0.5, 2]);
  for (const v of [
    [1, 0, 0, 0],
    [1, -2, 3, 0.25],
  ]) {
    const [Hv] = hvp(
      loss,
      [x],
      [
        tensor(
          v.map((vi) => [vi]),
          { dtype: 'float64' },
        ),
      ],
    );
    // 1e-14: sums of four products.
    close(
      Hv.dataSync(),
      A.map((row) => row.reduce((s, a, i) => s + a * v[i], 0)),
      1e-14,
    );
  }
  assert.is(x.grad, null);
});

test('hvp over several parameters has the mixed derivatives: of a^2 b it is (2b u + 2a w, 2a u)', () => {
  const [a, b] = [3, 5].map((value) => tensor(value, { dtype: 'float64', requiresGrad: true }));
  const [u, w] = [7, 11].map((value) => tensor(value, { dtype: 'float64' }));
  const [first, second] = hvp(mul(mul(a, a), b), [a, b], [u, w]);
  assert.equal([first.itemSync(), second.itemSync()], [2 * 5 * 7 + 2 * 3 * 11, 2 * 3 * 7]);
});

test('sharpness over parameters of several shapes: of sum a_i x_i^2 / 2 + sum b_i y_i^2 / 2 + c z^2 / 2 it is the largest of all', async () => {
  const leaf = (values: number[], shape: number[]) => {
    const t = tensor(values, { dtype: 'float64' }).reshape(shape);
    t.requiresGrad = true;
    return t;
  };
  const [a, b, c] = [[1, 2, 3, 7], [-4, 0.5, 6], [5]];
  for (const [which, end] of [
    ['largest', 7],
    ['smallest', -4],
  ] as const) {
    const xs = [leaf([1, 1, 1, 1], [2, 2]), leaf([1, 1, 1], [3]), leaf([1], [1])];
    const terms = xs.map((x, i) => {
      const weights = tensor([a, b, c][i], { dtype: 'float64' }).reshape(x.shape);
      return sum(mul(mul(mul(x, x), weights), 0.5));
    });
    // 1e-9: the tolerance.
    const found = await sharpness(terms[0].add(terms[1]).add(terms[2]), xs, { which, tolerance: 1e-9 });
    close([found], [end], 1e-9);
  }
});

test('hvp refuses more or fewer vectors than parameters', () => {
  const { x, loss } = quadratic([5, -3]);
  const v = tensor([[1], [1]], { dtype: 'float64' });
  for (const vs of [[], [v, v]])
    assert.throws(() => hvp(loss, [x], vs), /^hvp: v must have the shapes of the parameters/);
});

test('the Hessian of a linear loss is 0', async () => {
  const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
  const loss = () => sum(mul(x, 3));
  assert.equal([...hvp(loss(), [x], [tensor([1, 1], { dtype: 'float64' })])[0].dataSync()], [0, 0]);
  assert.is(await sharpness(loss(), [x]), 0);
});

for (const [name, spectrum] of Object.entries({
  'positive ones': [9, 4, 1, 0.1, 0.01],
  'negative ones of larger size': [5, 3, 1, -7, -6],
  'a repeated largest': [4, 4, 4, 1, -2],
  'one close to the largest': [4, 3.999, 1, 0, 0],
  'equal ones': [2, 2, 2, 2, 2],
  'negative ones alone': [-1, -2, -3, -4, -5],
  one: [3],
})) {
  test(`sharpness is the largest eigenvalue by sign, and 'smallest' the smallest: ${name}`, async () => {
    const { x, loss } = quadratic(spectrum);
    // 1e-8 relative, as the tolerance says.
    const tolerance = 1e-8;
    const found = [
      await sharpness(loss, [x], { tolerance }),
      await sharpness(loss, [x], { tolerance, which: 'smallest' }),
    ];
    close(found, [Math.max(...spectrum), Math.min(...spectrum)], 1e-8);
  });
}

test('the tolerance decides accuracy and cost: 1e-2 stops earlier than 1e-10, each within its error', async () => {
  const spectrum = Array.from({ length: 60 }, (_, i) => 10 * 0.9 ** i);
  const { x, loss } = quadratic(spectrum);
  const reach = async (tolerance: number) => {
    for (let maxSteps = 1; ; maxSteps++) {
      try {
        const value = await sharpness(loss, [x], { tolerance, maxSteps });
        assert.ok(Math.abs(value - 10) <= 10 * tolerance, `${value}`);
        return maxSteps;
      } catch (error) {
        assert.match(
          (error as Error).message,
          /sharpness: \d+ steps do not reach the tolerance .*: about .*; raise maxSteps/,
        );
      }
    }
  };
  const [coarse, fine] = [await reach(1e-2), await reach(1e-10)];
  assert.ok(coarse < fine && fine < 60, `${coarse}, ${fine}`);
});

test('wrong arguments are refused: shapes of v, no parameters, a tolerance of 0, an end that is not there', async () => {
  const { x, loss } = quadratic([1, 2]);
  assert.throws(
    () => hvp(loss, [x], [tensor([1, 1])]),
    /hvp: v must have the shapes of the parameters: \(2\) for \(2,1\)/,
  );
  assert.throws(() => hvp(loss, [x], []), /none for \(2,1\)/);
  for (const [options, message] of [
    [{ tolerance: 0 }, /tolerance must be positive/],
    [{ which: 'most' }, /which/],
    [{ maxSteps: 0 }, /maxSteps must be a positive integer/],
  ] as const) {
    const error = await sharpness(loss, [x], options as object).then(
      () => null,
      (e: Error) => e,
    );
    assert.match(String(error), message);
  }
});
