// Backward. Expected numbers are computed by hand unless a sentence says otherwise. Integers and fractions of powers of two are exact, so
// most comparisons need no tolerance.
import {
  add,
  arange,
  batchNorm,
  concat,
  customOp,
  defaultRandom,
  exp,
  grad,
  maxPool2d,
  mul,
  noGrad,
  ones,
  op,
  Random,
  rematerialize,
  scope,
  seed,
  square,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../core/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Backward');
const leaf = (...values: number[]) => tensor(values, { dtype: 'float64', requiresGrad: true });
const list = (t: Tensor | null) => [...t!.dataSync()];

test('two backward calls add their gradients; grad = null starts again', () => {
  const x = leaf(1, 2);
  x.square().sum().backward();
  assert.equal(list(x.grad), [2, 4]);
  x.mul(3).sum().backward();
  assert.equal(list(x.grad), [5, 7]);
  x.grad = null;
  x.mul(3).sum().backward();
  assert.equal(list(x.grad), [3, 3]);
});

test('a tensor used twice gets the sum of both gradients: diamonds and shared subexpressions', () => {
  const x = leaf(3);
  const a = x.mul(2);
  a.mul(a).add(a.mul(x)).sum().backward(); // 4x^2 + 2x^2
  assert.equal(list(x.grad), [36]);
  const y = leaf(1);
  let z: Tensor = y;
  for (let i = 0; i < 40; i++) z = z.add(z);
  z.sum().backward(); // 2^40 paths, but each node is visited once
  assert.equal(list(y.grad), [2 ** 40]);
});

test('a graph of 100,000 nodes neither overflows the stack nor takes 20 seconds', () => {
  // Measured: 1.5 s on two cores; a quadratic walk would take hours.
  const start = performance.now();
  const x = leaf(1);
  let y: Tensor = x;
  for (let i = 0; i < 100_000; i++) y = add(y, x);
  y.sum().backward();
  assert.equal(list(x.grad), [100_001]);
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds < 20, `${seconds.toFixed(1)} s`);
});

test('the root must have one element, or a cotangent of the same shape and dtype', () => {
  const x = leaf(1, 2);
  assert.throws(() => x.mul(2).backward(), /backward: root must be a scalar: \(2\); reduce it, or pass/);
  x.mul(2).backward({ gradient: tensor([1, 10], { dtype: 'float64' }) });
  assert.equal(list(x.grad), [2, 20]);
  const bad = [ones([2]), ones([3], { dtype: 'float64' })];
  for (const gradient of bad) {
    assert.throws(
      () => x.mul(2).backward({ gradient }),
      /the cotangent must have the root's shape and dtype: float\d+ \(\d\)/,
    );
  }
});

test('a root that requires no gradient is refused, also beside a root that requires one', () => {
  const x = leaf(1);
  assert.throws(() => ones([1]).backward(), /backward: nothing to differentiate: no operand requires a gradient/);
  assert.throws(() => grad([x.mul(2), ones([1])], [x]), /nothing to differentiate/);
  assert.throws(() => noGrad(() => x.mul(2)).backward(), /nothing to differentiate/);
});

test('the first backward frees the graph; retainGraph keeps it', () => {
  const x = leaf(3);
  const y = x.square().sum();
  y.backward({ retainGraph: true });
  y.backward();
  assert.equal(list(x.grad), [12]);
  assert.throws(() => y.backward(), /an earlier backward freed the graph: at \w+; pass it \{ retainGraph: true \}/);
  const shared = x.square();
  shared.sum().backward();
  assert.throws(() => shared.mul(2).sum().backward(), /freed the graph/);
});

test('createGraph: the first, second and third derivative of x^4 + 2x^3 at 2 are 56, 72 and 60', () => {
  const x = leaf(2);
  const y = x.pow(4).add(x.pow(3).mul(2)).sum();
  const [d1] = grad(y, [x], { createGraph: true }); // 4x^3 + 6x^2
  const [d2] = grad(d1.sum(), [x], { createGraph: true }); // 12x^2 + 12x
  const [d3] = grad(d2.sum(), [x]); // 24x + 12
  assert.equal(
    [d1, d2, d3].map((d) => d.itemSync()),
    [56, 72, 60],
  );
});

test('Rosenbrock’s Hessian at (-1.2, 1) is [[1330, 480], [480, 200]]', () => {
  const p = leaf(-1.2, 1);
  const [x, y] = [p.slice([[0, 1]]), p.slice([[1, 2]])];
  const f = square(x.neg().add(1))
    .add(square(y.sub(x.square())).mul(100))
    .sum();
  const [g] = grad(f, [p], { createGraph: true });
  // The gradient is -2(1-x) - 400x(y-x^2), 200(y-x^2). The second derivatives are 1200x^2 - 400y + 2, -400x and 200. A few roundings of
  // numbers near 1000: 1e-14.
  close(g.dataSync(), [-215.6, -88], 1e-14);
  const rows = [0, 1].map((i) => grad(g.slice([[i, i + 1]]).sum(), [p], { retainGraph: true })[0]);
  close([...list(rows[0]), ...list(rows[1])], [1330, 480, 480, 200], 1e-14);
});

test('a fused operation has second derivatives, because its gradient is composed of other operations: batchNorm', () => {
  // With a batch of two, y = w h + b with h near -1 and 1 for any x1 < x2: y hardly depends on x.
  const x = tensor([[1], [4]], { dtype: 'float64', requiresGrad: true });
  const w = leaf(2);
  const [y] = batchNorm(x, w, leaf(0), { eps: 1e-12 });
  const [gw] = grad(y.mul(tensor([[1], [3]], { dtype: 'float64' })).sum(), [w], { createGraph: true });
  close([gw.itemSync()], [2], 1e-9); // -1 + 3; eps / s2 is 4e-13
  close(list(grad(gw, [x])[0]), [0, 0], 1e-9);
});

test('grad changes no .grad, accepts inputs that are not leaves, and returns zeros for an input that the roots do not depend on', () => {
  const x = leaf(2);
  const h = x.mul(3);
  const unused = leaf(1, 1);
  const y = h.square().add(x).sum();
  const [gh, gx, gu] = grad(y, [h, x, unused]);
  assert.equal([list(gh), list(gx), list(gu)], [[12], [37], [0, 0]]);
  assert.equal([x.grad, h.grad, unused.grad], [null, null, null]);
  const [a, b] = [x.sum(), x.square().sum()];
  for (const gradient of [[ones([])], [ones([]), ones([]), ones([])]])
    assert.throws(() => grad([a, b], [x], { gradient }), new RegExp(`grad: ${gradient.length} cotangents for 2 roots`));
  assert.throws(() => grad(x.mul(2), [ones([1])]), /grad: an input requires no gradient: \(1\); set requiresGrad/);
});

test('grad of an input named twice returns its gradient twice, in separate storages', () => {
  const x = leaf(2);
  const [a, b] = grad(x.square(), [x, x]);
  a.assign(0);
  assert.equal(list(b), [4]);
  assert.equal(list(grad(x, [x])[0]), [1], 'the root itself');
});

test('the gradients of several roots are summed, each root with its own cotangent', () => {
  const x = leaf(1, 2);
  const ys = [x.mul(2), x.square()];
  const gradient = [
    [1, 0],
    [0, 10],
  ].map((v) => tensor(v, { dtype: 'float64' }));
  assert.equal(list(grad(ys, [x], { gradient })[0]), [2, 40]);
});

test('detach cuts the path, noGrad records nothing', () => {
  const x = leaf(3);
  x.detach().mul(x).sum().backward();
  assert.equal(list(x.grad), [3]);
  const y = noGrad(() => x.mul(2));
  assert.is(y.requiresGrad, false);
  assert.is(x.mul(2).requiresGrad, true, 'recording is on again');
  assert.throws(
    () =>
      noGrad(() => {
        throw new Error('inside');
      }),
    /inside/,
  );
  assert.is(x.mul(2).requiresGrad, true, 'also after an error');
});

test('noGrad refuses an asynchronous function', () => {
  assert.throws(() => noGrad(async () => 1), /noGrad: the function returned a promise; it must not await/);
});

test('backward also fills grad of a result after retainGrad()', () => {
  const x = leaf(2);
  const h = x.mul(3).retainGrad();
  h.square().sum().backward();
  assert.equal([list(h.grad), list(x.grad)], [[12], [36]]);
  assert.throws(() => ones([1]).retainGrad(), /retainGrad: this tensor requires no gradient/);
});

test('requiresGrad can be set on float leaves only', () => {
  const x = leaf(1);
  assert.throws(() => {
    x.mul(2).requiresGrad = false;
  }, /requiresGrad: not a leaf/);
  assert.throws(() => {
    arange(2).requiresGrad = true;
  }, /only float tensors have gradients: int32; cast it first/);
  x.requiresGrad = false;
  assert.is(x.mul(2).requiresGrad, false);
});

test('backward refuses an overwritten value if and only if the gradient needs it', () => {
  // For each f: whether its gradient reads its operand x.
  const fs: [string, (x: Tensor) => Tensor, boolean][] = [
    ['mul', (x) => x.mul(x), true],
    ['square', (x) => x.square(), true],
    ['log', (x) => x.log(), true],
    ['matmul', (x) => x.reshape([1, 2]).matmul(x.reshape([2, 1])), true],
    ['add', (x) => x.add(x), false],
    ['sum', (x) => x.sum(), false],
    ['exp', (x) => exp(x), false],
    ['reshape', (x) => x.reshape([2, 1]), false],
  ];
  for (const [name, f, needs] of fs) {
    const x = leaf(1, 2);
    const y = f(x).sum();
    x.detach().assign([3, 4]);
    const run = () => y.backward();
    if (needs)
      assert.throws(run, /a value that the gradient needs was overwritten: \(.*\); assign after backward/, name);
    else run();
  }
  const e = exp(leaf(1));
  e.detach().assign(0);
  assert.throws(() => e.backward(), /exp: a value that the gradient needs was overwritten/, 'exp needs its result');
  const x = leaf(1, 2);
  const y = x
    .slice([[0, 1]])
    .square()
    .sum();
  noGrad(() => x.slice([[1, 2]]).assign(9));
  assert.throws(() => y.backward(), /overwritten/, 'a write through another view of the storage counts');
});

test('a write to the gradient of one leaf changes neither another gradient nor the given cotangent', () => {
  for (const createGraph of [false, true]) {
    const [a, b, c] = [leaf(1, 2), leaf(3, 4), leaf(5, 6)];
    const gradient = tensor([1, 1], { dtype: 'float64' });
    concat([a.add(b).add(c)], 0).backward({ gradient, createGraph });
    a.grad!.detach().assign(7);
    assert.equal(
      [list(b.grad), list(c.grad), list(gradient)],
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    );
    const x = leaf(1);
    x.backward({ gradient: tensor([1], { dtype: 'float64' }), createGraph });
    assert.equal(list(x.grad), [1]);
  }
});

test('without createGraph a gradient is not recorded, even if it is added to a recorded one', () => {
  const x = leaf(2);
  x.pow(3).sum().backward({ createGraph: true });
  assert.is(x.grad!.requiresGrad, true);
  x.square().sum().backward();
  assert.is(x.grad!.requiresGrad, false);
  assert.equal(list(x.grad), [16]);
});

test('a gradient has the shape of its tensor, for any strides', () => {
  const x = leaf(1, 2, 3, 4, 5, 6);
  const t = x.reshape([2, 3]).transpose();
  const w = arange(6).reshape([3, 2]).cast('float64');
  t.mul(w).sum().backward();
  assert.equal(list(x.grad), [0, 2, 4, 1, 3, 5]);
});

test('a vjp that returns another shape, another dtype or nothing is refused with the name of its operation', () => {
  const wrong = (part: (g: Tensor) => Tensor | null) =>
    customOp(
      'mine',
      (x) => x.mul(2),
      (g) => [part(g)],
    )(leaf(1, 2)).sum();
  assert.throws(
    () => wrong((g) => g.sum()).backward(),
    /mine: its vjp returned float64 \(\) for an input of float64 \(2\)/,
  );
  assert.throws(() => wrong((g) => g.cast('float32')).backward(), /mine: its vjp returned float32 \(2\)/);
  assert.throws(
    () => wrong(() => null).backward(),
    /mine: its vjp returns no gradient for input 0, which requires one/,
  );
});

test('customOp has the gradient that its vjp returns, and second derivatives', () => {
  const cube = customOp(
    'cube',
    (x) => x.mul(x).mul(x),
    (g, [x]) => [g.mul(x.square()).mul(3)],
  );
  const x = leaf(2);
  const [d1] = grad(cube(x), [x], { createGraph: true });
  assert.is(d1.itemSync(), 12);
  assert.is(grad(d1, [x])[0].itemSync(), 12);
});

test('customOp may return an input, a view of one, or a tensor from outside', () => {
  const elsewhere = leaf(5, 5).detach();
  for (const f of [(x: Tensor) => x, (x: Tensor) => x.reshape([2]), () => elsewhere]) {
    const run = () => {
      const x = leaf(1, 2);
      const data = x.detach();
      const y = customOp('same', f, (g) => [g.mul(3)])(x);
      y.sum().backward();
      assert.equal(list(x.grad), [3, 3]);
      assert.equal(list(data), [1, 2], 'the input is still there');
    };
    run();
    scope(run);
  }
  assert.is(elsewhere.isLeaf, true);
  assert.is(elsewhere.grad, null);
});

test('customOp with several inputs computes its vjp once, inside and outside a scope', () => {
  let calls = 0;
  const f = customOp(
    'pair',
    (a, b) => a.mul(b),
    (g, [a, b]) => {
      calls++;
      return [g.mul(b), g.mul(a)];
    },
  );
  const [a, b] = [leaf(2), leaf(3)];
  f(a, b).backward();
  scope(() => f(a, b).backward());
  assert.equal([calls, list(a.grad), list(b.grad)], [2, [6], [4]]);
});

test('an unused output has a cotangent of zeros: the positions of maxPool2d', () => {
  const x = tensor(
    [
      [
        [
          [1, 2],
          [4, 3],
        ],
      ],
    ],
    { requiresGrad: true },
  );
  maxPool2d(x, { kernelSize: 2 }).sum().backward();
  assert.equal(list(x.grad), [0, 0, 1, 0]);
});

const check = subject('rematerialize');

/** Two layers with a dropout between them; the weights are not arguments. */
function network() {
  seed(3);
  const draw = () => defaultRandom().stream('t').normal();
  const [w1, w2] = [0, 1].map(() =>
    tensor(Float64Array.from({ length: 9 }, draw), { shape: [3, 3], requiresGrad: true }),
  );
  const x = tensor(Float64Array.from({ length: 6 }, draw), { shape: [2, 3], requiresGrad: true });
  let runs = 0;
  const block = (a: Tensor) => {
    runs++;
    const mask = Float64Array.from({ length: 6 }, () => (defaultRandom().stream('dropout').uniform() < 0.5 ? 0 : 2));
    return a
      .matmul(w1)
      .tanh()
      .mul(tensor(mask, { shape: [2, 3] }))
      .matmul(w2);
  };
  return { x, w1, w2, block, runs: () => runs };
}

check(
  'gradients have the same bits with it and without it, in scopes and outside, also if it is nested, and the block runs once more for each level',
  () => {
    const wrap = (depth: number, f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
      depth === 0 ? f : (x) => rematerialize(wrap(depth - 1, f), x);
    const result = (depth: number, scoped: boolean) => {
      const { x, w1, w2, block, runs } = network();
      const step = () => {
        const h = wrap(depth, block)(x);
        wrap(depth, block)(h).square().sum().backward();
      };
      scoped ? scope(step) : step();
      return { runs: runs(), gs: [x, w1, w2].map((t) => list(t.grad)) };
    };
    const plain = result(0, false);
    assert.ok(plain.gs.flat().some((v) => v !== 0));
    for (const depth of [1, 2]) {
      for (const scoped of [false, true]) {
        const { runs, gs } = result(depth, scoped);
        assert.equal(gs, plain.gs, `depth ${depth}`);
        // Each of two blocks runs once forward and once in backward; nested, it runs twice in backward: when the outer block is repeated,
        // and for its own gradient.
        assert.is(runs, depth === 1 ? 4 : 6);
      }
    }
  },
);

check(
  'draws from a Random of the user’s own are repeated too, also in a nested call, and this Random continues as if the block had run once',
  () => {
    for (const depth of [1, 2]) {
      const random = new Random(3);
      const block = (x: Tensor): Tensor => {
        const mask = Float64Array.from({ length: 8 }, () => (random.stream('mask').uniform() < 0.5 ? 0 : 2));
        return x.mul(tensor(mask));
      };
      const x = ones([8], { dtype: 'float64', requiresGrad: true });
      const y = depth === 1 ? rematerialize(block, x) : rematerialize((x) => rematerialize(block, x), x);
      const next = random.state();
      y.sum().backward();
      // The gradient of x m is m.
      assert.equal(list(x.grad), list(y));
      assert.equal(random.state(), next);
    }
  },
);

check('the random streams continue as if the block had run once', () => {
  const next = (f: (g: (x: Tensor) => Tensor, x: Tensor) => Tensor) => {
    const { x, block } = network();
    f(block, x).sum().backward();
    return defaultRandom().stream('dropout').uniform();
  };
  assert.is(
    next((b, x) => rematerialize(b, x)),
    next((b, x) => b(x)),
  );
});

check(
  'a result that the block reads without being its argument gets its gradient, which includes that of its use outside the block',
  () => {
    for (const scoped of [false, true]) {
      const x = leaf(1, 2);
      const run = () => {
        const h = x.mul(3);
        rematerialize((a) => a.mul(h), x)
          .sum()
          .add(h.sum())
          .backward(); // 3x^2 + 3x
      };
      scoped ? scope(run) : run();
      assert.equal(list(x.grad), [9, 15]);
    }
  },
);

check('a rematerialized block has second derivatives', () => {
  const x = leaf(2);
  const [d1] = grad(rematerialize((a) => a.pow(3), x).sum(), [x], { createGraph: true });
  assert.is(d1.itemSync(), 12);
  assert.is(grad(d1.sum(), [x])[0].itemSync(), 12);
});

check('backward refuses an overwritten value that the second run of the block needs, an argument or not', () => {
  const [x, w] = [leaf(2), leaf(3)];
  for (const target of [x, w]) {
    const y = rematerialize((a) => a.mul(w), x).sum();
    target.detach().assign(5);
    assert.throws(() => y.backward(), /rematerialize: a value that the gradient needs was overwritten/);
  }
});

const own = subject('An operation that a user defines');
const twice = (extra: object = {}) =>
  op({
    name: 'twice',
    args: (x: Tensor) => [[x], {}],
    shape: ([x]) => [x],
    loop([y], [x]) {
      for (let i = 0; i < y.data.length; i++) y.data[i] = 2 * x.data[i];
    },
    vjp: ([g]) => [() => g.mul(2)],
    examples: (t): [Tensor][] => [[t([2])]],
    ...extra,
  });

own('gets its inputs in row-major order, for any view', () => {
  const f = twice();
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  assert.equal(list(f(x.transpose())), [2, 6, 4, 8]);
  assert.equal(list(f(x.slice([null, [1]]))), [4, 8]);
  assert.equal(list(f(tensor([[1], [2]]).broadcastTo([2, 2]))), [2, 2, 4, 4]);
  const w = leaf(1, 2);
  f(w).sum().backward();
  assert.equal(list(w.grad), [2, 2]);
});

own('is refused if a part is missing or a built-in operation has its name', () => {
  assert.throws(() => twice({ name: 'relu' }), /^op: 'relu' is the name of a built-in operation; choose another$/);
  assert.throws(() => twice({ loop: undefined }), /^op: twice: loop must be a function: got undefined$/);
  assert.throws(() => op(undefined as never), /^op: takes a definition with a name: got undefined$/);
});

own('is refused by backward if its vjp omits an input; without a vjp it ends the graph', () => {
  const forgets = twice({ vjp: () => [] })(leaf(1)).sum();
  assert.throws(
    () => forgets.backward(),
    /^twice: its vjp returns 0 gradients for 1 inputs; return null for an input without one$/,
  );
  const ends = twice({ vjp: undefined })(leaf(1)).sum();
  assert.throws(() => ends.backward(), /nothing to differentiate: no operand requires a gradient, or an operation/);
});

check('a block that returns its argument, a view of it or a weight passes the gradient on', () => {
  const w = leaf(7);
  for (const scoped of [false, true]) {
    for (const [f, expected] of [
      [(a: Tensor) => a, 2],
      [(a: Tensor) => a.reshape([1]), 2],
      [() => w, 0],
    ] as const) {
      const x = leaf(1);
      const run = () => {
        const y = rematerialize(f, x);
        mul(y, 2).add(x.mul(0)).sum().backward();
        assert.equal(list(x), [1]);
      };
      scoped ? scope(run) : run();
      assert.equal(list(x.grad), [expected]);
    }
  }
  assert.equal(list(w.grad), [4]);
});

check('without recording, rematerialize only calls the function', () => {
  let runs = 0;
  const block = (a: Tensor) => {
    runs++;
    return sum(a);
  };
  const y = noGrad(() => rematerialize(block, zeros([2])));
  assert.equal([runs, y.requiresGrad], [1, false]);
});
