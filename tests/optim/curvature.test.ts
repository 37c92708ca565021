// Products with a loss's Hessian, and the ends of its spectrum, on quadratics whose spectrum is known.
import { type DType, matmul, mul, Random, sum, type Tensor, tensor } from '../../core/index.js';
import { hvp, sharpness } from '../../optim/index.js';
import { largestOf } from '../../optim/inspect/curvature.js';
import { rejects } from '../refusal.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Curvature');

/** x^T A x / 2 at x = (1, .., 1), with A = Q diag(spectrum) Q and the reflection Q = 1 - 2 u u^T / |u|^2, u = (1, 2, .., n). */
function quadratic(spectrum: number[], dtype: DType = 'float64'): { x: Tensor; loss: Tensor; A: number[][] } {
  const u = spectrum.map((_, i) => i + 1);
  const uu = u.reduce((s, ui) => s + ui * ui, 0);
  const Q = u.map((ui, i) => u.map((uj, j) => (i === j ? 1 : 0) - (2 * ui * uj) / uu));
  const A = Q.map((qi) => Q.map((qj) => qi.reduce((s, q, k) => s + q * spectrum[k] * qj[k], 0)));
  const x = tensor(
    spectrum.map(() => [1]),
    { dtype, requiresGrad: true },
  );
  const loss = mul(sum(mul(x, matmul(tensor(A, { dtype }), x))), 0.5);
  return { x, loss, A };
}

test('hvp on a quadratic is A v, for several vectors with one graph, and does not change grad', () => {
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

test('hvp over several parameters has the mixed derivatives: for a^2 b it is (2b u + 2a w, 2a u)', () => {
  const [a, b] = [3, 5].map((value) => tensor(value, { dtype: 'float64', requiresGrad: true }));
  const [u, w] = [7, 11].map((value) => tensor(value, { dtype: 'float64' }));
  const [first, second] = hvp(mul(mul(a, a), b), [a, b], [u, w]);
  assert.equal([first.itemSync(), second.itemSync()], [2 * 5 * 7 + 2 * 3 * 11, 2 * 3 * 7]);
});

test('sharpness over parameters of several shapes: for sum a_i x_i^2 / 2 + sum b_i y_i^2 / 2 + c z^2 / 2 it is the largest coefficient', async () => {
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
  assert.throws(() => hvp(loss, [], []), /none for none/);
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
  test(`sharpness is the largest eigenvalue, with its sign, and with 'smallest' the smallest one: ${name}`, async () => {
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

test('the largest eigenvalue of tridiag(1, a, 1) of n rows is a + 2 cos(pi / (n+1)), with the eigenvector sin(i pi / (n+1))', () => {
  for (const n of [1, 2, 3, 10, 40]) {
    for (const a of [-7, 0, 1e-3, 5]) {
      const angle = Math.PI / (n + 1);
      const { value, error, norm } = largestOf(Array(n).fill(a), Array(n).fill(1));
      // 1e-14: bisection ends at neighbouring numbers, of size 1. 1e-10: the condition of the eigenvector.
      close([value], [a + 2 * Math.cos(angle)], 1e-14 * (1 + Math.abs(a)));
      close([error], [Math.sin(angle) * Math.sqrt(2 / (n + 1))], 1e-10);
      // sqrt(n a^2 + 2 (n-1)) for the rows alone. The bound also contains the next b.
      close([norm], [Math.sqrt(n * a * a + 2 * n)], 1e-12);
    }
  }
});

test('sharpness needs one product for each distinct eigenvalue, and scales with the loss', async () => {
  const spectrum = [5, 3, 3, -1];
  for (const scale of [1, 2 ** 60, 2 ** -60]) {
    const { x, loss } = quadratic(spectrum.map((l) => l * scale));
    const reach = (maxSteps: number) => sharpness(loss, [x], { maxSteps, tolerance: 1e-12 }).catch(String);
    assert.match(String(await reach(2)), /2 steps do not reach the tolerance 1e-12/);
    close([Number(await reach(3)) / scale], [5], 1e-11);
  }
});

test('sharpness: the smallest eigenvalue of a semi-definite Hessian is 0 to the rounding of its dtype', async () => {
  // With 100 other eigenvalues, so that rounding does not end the iteration by itself.
  const spectrum = Array.from({ length: 400 }, (_, i) => (i < 100 ? 10 * 0.9 ** i + 0.5 : 0));
  for (const [dtype, rounding] of [
    ['float64', 1e-12],
    ['float32', 1e-5],
  ] as const) {
    const x = tensor(Array(400).fill(1), { dtype, requiresGrad: true });
    const loss = sum(mul(mul(x, x), tensor(spectrum, { dtype })));
    close([await sharpness(loss, [x], { which: 'smallest' })], [0], rounding);
  }
});

test('sharpness: by default the tolerance is 1e-4, the seed is 0, and it stops after 200 products', async () => {
  const spectrum = Array.from({ length: 40 }, (_, i) => 10 * 0.99 ** i);
  const { x, loss } = quadratic(spectrum);
  const value = await sharpness(loss, [x]);
  assert.is(await sharpness(loss, [x], { tolerance: 1e-4, seed: 0 }), value);
  assert.not.equal(await sharpness(loss, [x], { seed: 1 }), value);
  // 4000 eigenvalues, whose distances near the end of the spectrum are too small for 200 products.
  const many = new Random(1).stream('spectrum');
  const a = tensor(Float64Array.from({ length: 4000 }, () => many.uniform()));
  const y = tensor(new Float64Array(4000), { requiresGrad: true });
  const failed = await sharpness(sum(mul(mul(y, y), a)), [y], { tolerance: 1e-12 }).catch(String);
  assert.match(String(failed), /sharpness: 200 steps do not reach the tolerance 1e-12: about 1\.99/);
});

test('the tolerance decides accuracy and cost: 1e-2 stops earlier than 1e-7, and 1e-7 earlier than 1e-12, each within its error', async () => {
  const spectrum = Array.from({ length: 60 }, (_, i) => 10 * 0.9 ** i);
  const { x, loss } = quadratic(spectrum);
  const reach = async (tolerance: number) => {
    for (let maxSteps = 1; maxSteps < 60; maxSteps++) {
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
    return Infinity;
  };
  const [coarse, fine, finest] = [await reach(1e-2), await reach(1e-7), await reach(1e-12)];
  assert.ok(coarse < fine && fine < finest && finest < Infinity, `${coarse}, ${fine}, ${finest}`);
});

test('wrong arguments are refused: shapes of v, no parameters, a tolerance of 0, an unknown end of the spectrum', async () => {
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
    await rejects(sharpness(loss, [x], options as object), message);
  }
});
