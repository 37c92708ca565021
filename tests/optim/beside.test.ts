// Laws of the optimizers with steps of their own. Each law follows from the equations and has its derivation here.
import { Random, randn, type Tensor, tensor, zeros } from '../../core/index.js';
import { averagerOf } from '../../optim/averaged.js';
import {
  AdaDelta,
  AdamW,
  Adan,
  explain,
  LAMB,
  Muon,
  type Optimizer,
  Prodigy,
  ScheduleFreeAdamW,
  SGDM,
} from '../../optim/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Laws of the optimizers with steps of their own');

const f64 = (values: number[], shape = [values.length]): Tensor => {
  const t = tensor(values, { dtype: 'float64' }).reshape(shape);
  t.requiresGrad = true;
  return t;
};
const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((s, v) => s + v * v, 0));
const minus = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (ai, i) => ai - b[i]);

/** Steps with these gradients. Returns the parameter after each step. */
function path(o: Optimizer<any>, p: Tensor, gradients: number[][]): number[][] {
  return gradients.map((g) => {
    p.grad = tensor(g, { dtype: 'float64' }).reshape(p.shape);
    o.step();
    return [...p.dataSync()];
  });
}

const noise = (n: number, steps: number, seed = 1): number[][] => {
  const s = new Random(seed).stream('g');
  return Array.from({ length: steps }, () => Array.from({ length: n }, () => s.normal()));
};

test('LAMB: the paper’s form steps by lr |x|, whatever the gradient’s size; the code’s form by lr / (1 - b1^t) min(10, |x|), up to eps', () => {
  // x_t - x_{t-1} = -a |x| u / |u|. The code divides by 1 - b1^t, and by |u| + eps.
  for (const scale of [1e-3, 1, 1e6]) {
    for (const form of ['paper', 'code'] as const) {
      const p = f64([30, -40]);
      const o = new LAMB([p], { lr: 0.01, form, eps: 1e-12 });
      let x = [...p.dataSync()];
      for (const [i, g] of noise(2, 5).entries()) {
        const [next] = path(o, p, [g.map((v) => v * scale)]);
        const want = form === 'paper' ? 0.01 * norm(x) : (0.01 * 10) / (1 - 0.9 ** (i + 1));
        // 1e-8: eps relative to a gradient of 1e-3 and |u| of about 1.
        close([norm(minus(next, x)) / want], [1], 1e-8);
        x = next;
      }
    }
  }
});

test('LAMB: the ratio |x| / |u| is also used if both are below 1: for one element 0.5 the step is 0.5 lr', () => {
  const p = f64([0.5]);
  const [[x]] = path(new LAMB([p], { lr: 0.01, form: 'paper', eps: 0.5 }), p, [[2]]);
  // |u| = 2 / 2.5, which cancels in |x| / |u| u.
  close([x], [0.5 - 0.01 * 0.5], 1e-14);
});

test('LAMB: a tensor of zeros gets a ratio of 1, so that it can leave 0', () => {
  const p = f64([0, 0]);
  const [x] = path(new LAMB([p], { lr: 0.01, form: 'paper' }), p, [[1, -1]]);
  // m^ / sqrt(v^) = sign(g); 1e-6: eps.
  close(x, [-0.01, 0.01], 1e-6);
});

test('LAMB: on zero gradients the paper’s form multiplies by 1 - lr for any weight decay but 0, for which nothing moves', () => {
  for (const weightDecay of [0.01, 3, 0]) {
    const p = f64([3, -4]);
    const zeros = Array.from({ length: 5 }, () => [0, 0]);
    // u = wd x, so that |x| / |u| u = x.
    const kept = weightDecay ? 0.75 : 1;
    path(new LAMB([p], { lr: 0.25, form: 'paper', weightDecay }), p, zeros).forEach((x, t) => {
      close(x, [3 * kept ** (t + 1), -4 * kept ** (t + 1)], 1e-14);
    });
  }
});

test('LAMB: the paper’s first step is lr |x| along the vector g / (|g| + eps), computed for each element', () => {
  const p = f64([3, 4]);
  const [x] = path(new LAMB([p], { lr: 0.1, eps: 1, form: 'paper' }), p, [[1, 3]]);
  const u = [1 / 2, 3 / 4];
  close(
    minus([3, 4], x),
    u.map((ui) => (0.1 * 5 * ui) / norm(u)),
    1e-14,
  );
});

for (const form of ['code', 'paper'] as const) {
  for (const [name, make] of Object.entries({
    LAMB: (p: Tensor) => new LAMB([p], { lr: 0.01, eps: 0.1, form }),
    Prodigy: (p: Tensor) => new Prodigy([p], { lr: 2, d0: 0.1, eps: 0.1, form }),
  })) {
    test(`${name}, form ${form}: inspect shows the rates of a step, which is s times the clipped rate times m`, async () => {
      const p = f64([3, -0.4, 1]);
      const o = make(p);
      // Gradients of one sign, so that Prodigy's d grows.
      for (const g of noise(3, 6).map((g) => g.map((v) => 3 + v))) {
        const before = [...p.dataSync()];
        const [x] = path(o, p, [g]);
        const { schedule, clipped, m } = await o.inspect(p);
        close(
          minus(before, x),
          [...m].map((mi, i) => schedule * clipped[i] * mi),
          1e-13,
        );
      }
    });
  }
}

test('AdaDelta: inspect shows lr sqrt(w + eps) / sqrt(v + eps), with the averages after the step', async () => {
  const p = f64([1, -2]);
  const o = new AdaDelta([p], { lr: 0.5, rho: 0.5, eps: 0.01 });
  const g = [3, -0.5];
  const steps = path(o, p, new Array(2).fill(g));
  // v_t = g^2 (1 - 0.5^t), and w averages z^2, z = (x_{t-1} - x_t) / lr.
  const z = [minus([1, -2], steps[0]), minus(steps[0], steps[1])].map((each) => each.map((d) => d / 0.5));
  const want = g.map((gi, i) => {
    const w = 0.25 * z[0][i] ** 2 + 0.5 * z[1][i] ** 2;
    return 0.5 * Math.sqrt((w + 0.01) / (0.75 * gi * gi + 0.01));
  });
  const { rate, clipped, free } = await o.inspect(p);
  close([...rate], want, 1e-13);
  assert.equal([[...clipped], free], [[...rate], 2]);
});

test('Adan: on zero gradients proximal decay divides by 1 + lr wd, scaled decay multiplies by 1 - lr wd', () => {
  for (const decayBy of ['proximal', 'scaled'] as const) {
    const p = f64([2]);
    const kept = decayBy === 'scaled' ? 1 - 0.1 * 2 : 1 / (1 + 0.1 * 2);
    const steps = path(new Adan([p], { lr: 0.1, weightDecay: 2, decayBy }), p, [[0], [0], [0]]);
    steps.forEach((x, t) => close(x, [2 * kept ** (t + 1)], 1e-14));
  }
});

test('Adan: on a constant gradient the differences vanish, and each step is lr sign(g), like Adam’s', () => {
  const p = f64([0, 0]);
  const steps = path(
    new Adan([p], { lr: 0.1, eps: 1e-12 }),
    p,
    Array.from({ length: 20 }, () => [3, -0.5]),
  );
  // m / (1 - b1^t) = g, v / (1 - b3^t) = g^2, d = 0. 1e-11: eps / 0.5 in each of 20 steps.
  steps.forEach((x, i) => close(x, [-0.1 * (i + 1), 0.1 * (i + 1)], 1e-11));
});

test('Adan: the paper’s form, which has no bias correction, also takes steps of lr sign(g) on a constant gradient from the first step on', () => {
  const p = f64([0]);
  const steps = path(
    new Adan([p], { lr: 0.1, eps: 1e-12, form: 'paper' }),
    p,
    Array.from({ length: 5 }, () => [7]),
  );
  steps.forEach((x, i) => close(x, [-0.1 * (i + 1)], 1e-11));
});

test('Schedule-Free: eval() shows the average of z_1 .. z_t with weights lr_t^2, and train() the same bits as before', () => {
  // With b2 = 0 the step of z is lr_t g / (|g| + eps).
  const p = f64([1, 2]);
  const o = new ScheduleFreeAdamW([p], { lr: 0.1, eps: 1, betas: [0.9, 0], warmupSteps: 4 });
  const z = [1, 2];
  const average = [0, 0];
  let weights = 0;
  for (const [i, g] of noise(2, 10).entries()) {
    const rate = 0.1 * Math.min(1, (i + 1) / 4);
    path(o, p, [g]);
    g.forEach((v, k) => {
      z[k] -= (rate * v) / (Math.abs(v) + 1);
    });
    weights += rate ** 2;
    g.forEach((_, k) => {
      average[k] += (rate ** 2 / weights) * (z[k] - average[k]);
    });
    const y = [...p.dataSync()];
    o.eval();
    close(p.dataSync(), average, 1e-13);
    o.train();
    assert.equal([...p.dataSync()], y);
    close(
      y,
      z.map((zk, k) => 0.1 * zk + 0.9 * average[k]),
      1e-13,
    );
  }
});

test('Schedule-Free: the paper’s form has the factor sqrt(1 - b2^t) in the rate, so the weights of the average have it too', () => {
  const p = f64([1]);
  const o = new ScheduleFreeAdamW([p], { lr: 0.1, eps: 0.5, betas: [0.9, 0.75], form: 'paper' });
  // a_t = lr sqrt(1 - b2^t); for a constant g = 2, v_t = (1 - b2^t) 4.
  let [z, average, weights] = [1, 1, 0];
  for (let t = 1; t <= 4; t++) {
    const second = Math.sqrt(1 - 0.75 ** t);
    path(o, p, [[2]]);
    z -= (0.1 * second * 2) / (2 * second + 0.5);
    weights += second ** 2;
    average += (second ** 2 / weights) * (z - average);
    close(p.dataSync(), [0.1 * z + 0.9 * average], 1e-14);
  }
});

test('Schedule-Free: a step between eval() and train() is refused; a state saved there continues to the same bits', () => {
  const gradients = noise(3, 20);
  const whole = f64([1, 2, 3]);
  const { isEval, hasAverage } = new AdamW([whole]);
  assert.equal([isEval, hasAverage], [false, false], 'other optimizers always hold the weights for training');
  path(new ScheduleFreeAdamW([whole]), whole, gradients);
  const p = f64([1, 2, 3]);
  const o = new ScheduleFreeAdamW([p]);
  path(o, p, gradients.slice(0, 11));
  o.eval();
  assert.throws(() => o.step(), /hold averaged weights; call optimizer\.train\(\) first/);
  const [weights, state] = [[...p.dataSync()], o.stateDict()];
  const q = f64(weights);
  const resumed = new ScheduleFreeAdamW([q]);
  resumed.loadStateDict(state);
  assert.ok(resumed.isEval);
  resumed.train();
  path(resumed, q, gradients.slice(11));
  assert.equal([...q.dataSync()], [...whole.dataSync()]);
});

test('Schedule-Free: its parameters have an averager from its first step on, except between eval() and train(); those of other optimizers have none', () => {
  const [w, p, q] = [f64([1]), f64([1]), f64([1])];
  const o = new ScheduleFreeAdamW([p]);
  for (const other of [new AdamW([w]), new Prodigy([q])]) path(other, other.paramGroups[0].params[0], [[1]]);
  const averager = () => averagerOf([w, q, p]);
  assert.is(averager(), undefined);
  path(o, p, [[1]]);
  assert.is(averager(), o);
  o.eval();
  assert.is(averager(), undefined);
  o.train();
  assert.is(averager(), o);
  assert.is(averagerOf([w, q]), undefined);
});

test('Prodigy: d never falls, and the path on c f is the path on f: it does not depend on the scale of the loss', async () => {
  const A = [3, 0.1, 1];
  const run = async (c: number) => {
    const p = f64([1, -2, 5]);
    const o = new Prodigy([['p', p]], { d0: 1e-3, eps: 1e-300 });
    const found: number[] = [];
    for (let t = 0; t < 100; t++) {
      const x = p.dataSync();
      path(o, p, [A.map((a, i) => c * a * x[i])]);
      found.push((await o.stateDict().tensors['p.numbers'].data())[0]);
    }
    return { found, x: [...p.dataSync()] };
  };
  const { found, x } = await run(1);
  for (let t = 1; t < found.length; t++) assert.ok(found[t] >= found[t - 1], `step ${t}`);
  assert.ok(found.at(-1)! > 100 * found[0], `${found.at(-1)}`);
  // R, |s|_1, m and sqrt(v) all scale with c; for a power of two the bits are the same.
  for (const c of [2 ** -20, 1024]) assert.equal((await run(c)).x, x);
});

/** The distance x_0 - x_t that Prodigy has covered, and d_t, both in units of d0, in one dimension on the gradient 1. With both betas 0 step t has
 *  length lr d_{t-1}. */
async function doubling(options: object): Promise<{ x: number[]; d: number[]; o: Optimizer<any> }> {
  const p = f64([0]);
  const d0 = 2 ** -10;
  const o = new Prodigy([['p', p]], { lr: 2, betas: [0, 0], beta3: 0, d0, eps: 1e-300, ...options });
  const [x, d]: number[][] = [[], []];
  for (let t = 1; t <= 5; t++) {
    path(o, p, [[1]]);
    x.push(-p.itemSync() / d0);
    d.push(o.stateDict().tensors['p.numbers'].dataSync()[0] / d0);
  }
  return { x, d, o };
}

test('Prodigy: in one dimension with beta3 = 0, d_t is the distance covered; if lr is left out of s, d_t is lr times that distance', async () => {
  // R_t / |s_t| = x_0 - x_{t-1}, and x_t = x_{t-1} - 2 d_{t-1}.
  const plain = await doubling({});
  close(plain.d, [1, 2, 4, 8, 16], 1e-12);
  close(plain.x, [2, 4, 8, 16, 32], 1e-12);
  // The factor lr = 2 is in R alone: d_t = 2 (x_0 - x_{t-1}).
  const guarded = await doubling({ safeguardWarmup: true });
  close(guarded.d, [1, 4, 8, 24, 56], 1e-12);
});

test('Prodigy: growthRate limits d from its second growth on', async () => {
  const { d } = await doubling({ growthRate: 1.5 });
  // The first growth, to 2, may reach 1.5 max(1, 2) = 3; each later d is at most 1.5 times the last.
  close(d, [1, 2, 3, 4.5, 6.75], 1e-12);
});

test('Prodigy: R and s decay by beta3; s sums the signed gradients', async () => {
  const { d, o } = await doubling({ beta3: 0.5 });
  // In units of lr d0, s_2 = 0.5 + 1 = 1.5; in units of lr d0^2, R_2 = (x_0 - x_1) / d0 = 2.
  close(d.slice(0, 2), [1, 4 / 3], 1e-12);
  assert.ok(o.stateDict().tensors['p.s'].itemSync() > 0);
});

test('Prodigy: while all gradients are 0, nothing moves, weights do not decay, and d stays', () => {
  const [p, q] = [f64([1, 2]), f64([1, 2])];
  const options = { weightDecay: 0.5, d0: 0.1 };
  const o = new Prodigy([['p', p]], options);
  assert.equal(path(o, p, [[0, 0]]), [[1, 2]]);
  assert.is(o.stateDict().tensors['p.numbers'].dataSync()[0], 0.1);
  // x0 is unchanged, so the path is that of an optimizer that starts here.
  close(path(o, p, [[1, -1]])[0], path(new Prodigy([q], options), q, [[1, -1]])[0], 1e-14);
});

test('Prodigy: all parameters share d: two tensors step as their concatenation', () => {
  const gradients = noise(5, 30);
  const whole = f64([1, 2, 3, 4, 5]);
  path(new Prodigy([whole], { d0: 0.01 }), whole, gradients);
  const [a, b] = [f64([1, 2]), f64([3, 4, 5])];
  const o = new Prodigy([a, b], { d0: 0.01 });
  for (const g of gradients) {
    a.grad = tensor(g.slice(0, 2), { dtype: 'float64' });
    b.grad = tensor(g.slice(2), { dtype: 'float64' });
    o.step();
  }
  assert.equal([...a.dataSync(), ...b.dataSync()], [...whole.dataSync()]);
});

/** The singular values of a matrix (2, n), from the eigenvalues of its product with its transpose. */
function singular([a, b]: number[][]): number[] {
  const dot = (x: number[], y: number[]) => x.reduce((s, v, i) => s + v * y[i], 0);
  const [p, q, r] = [dot(a, a), dot(a, b), dot(b, b)];
  const root = Math.sqrt(((p - r) / 2) ** 2 + q * q);
  return [Math.sqrt((p + r) / 2 + root), Math.sqrt(Math.max(0, (p + r) / 2 - root))];
}

test('Muon: five steps bring singular values of 0.002 of the norm and more into [0.68, 1.21], whatever the gradient’s scale', () => {
  let [least, most] = [Infinity, 0];
  for (const ratio of [1, 0.5, 0.1, 0.03, 0.01, 0.005, 0.0021]) {
    for (const scale of [1, 1e6]) {
      // Columns at right angles with the lengths `scale` and `ratio * scale`, rotated by 0.7, and a column of zeros.
      const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
      const g = [c, -s * ratio, 0, s, c * ratio, 0].map((v) => v * scale);
      const p = f64([0, 0, 0, 0, 0, 0], [2, 3]);
      const [x] = path(new Muon([p], { lr: 1, momentum: 0 }), p, [g]);
      const values = singular([x.slice(0, 3), x.slice(3)]);
      [least, most] = [Math.min(least, ...values), Math.max(most, ...values)];
    }
  }
  assert.ok(least >= 0.68 && most <= 1.21, `[${least}, ${most}]`);
  // The same on a dense grid, with the scalar iteration: q(s) acts on each singular value alone.
  const q = (s: number) => 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  const ends = Array.from({ length: 20_000 }, (_, i) => {
    let value = 0.002 + (0.998 * i) / 19_999;
    for (let k = 0; k < 5; k++) value = q(value);
    return value;
  });
  const range = [Math.min(...ends), Math.max(...ends)];
  assert.ok(range[0] >= 0.68 && range[1] <= 1.21, `${range}`);
});

test('Muon: a matrix of one element g steps by lr q(..q(g / (|g| + 1e-7))), so a tiny gradient gets a short step', () => {
  const q = (s: number) => 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  for (const steps of [1, 5]) {
    for (const g of [1e-7, 1e-9, 1]) {
      const p = f64([0], [1, 1]);
      const [x] = path(new Muon([p], { lr: 1, momentum: 0, steps }), p, [[g]]);
      let value = g / (g + 1e-7);
      for (let k = 0; k < steps; k++) value = q(value);
      close(x, [-value], 1e-12);
    }
  }
});

test('Muon: a tall matrix gets the step of its transpose times sqrt(rows / columns); a convolution’s filters are rows', () => {
  const [g] = noise(12, 1);
  const step = (shape: number[], values: number[]) => {
    const p = f64(new Array(12).fill(0), shape);
    return path(new Muon([p], { lr: 1 }), p, [values])[0];
  };
  const wide = step([3, 4], g);
  const turned = (v: number[], rows: number, columns: number) =>
    Array.from({ length: v.length }, (_, i) => v[(i % rows) * columns + Math.floor(i / rows)]);
  close(
    step([4, 3], turned(g, 3, 4)),
    turned(wide, 3, 4).map((v) => v * Math.sqrt(4 / 3)),
    1e-13,
  );
  close(step([3, 1, 2, 2], g), wide, 1e-15);
});

test('Muon: the schedule and nonFinite also apply to the other optimizer, which steps the vectors; a matrix without elements stays', () => {
  const step = (options: object, factor: number) => {
    const params = [[2, 2], [2], [0, 2]].map((shape) => zeros(shape, { requiresGrad: true }));
    for (const p of params) p.mul(factor).sum().backward();
    new Muon(params, options).step();
    return params.map((p) => [...p.dataSync()]);
  };
  assert.equal(step({ schedule: () => 0 }, 1), [[0, 0, 0, 0], [0, 0], []]);
  assert.ok(step({ nonFinite: 'allow' }, Number.NaN)[1].every(Number.isNaN));
});

test('Muon: vectors and the parameters that `rest` names go to the other optimizer, with its options, its state and its checks', async () => {
  const [w, b, head] = [f64([1, 2, 3, 4], [2, 2]), f64([1, 2]), f64([1, 2, 3, 4], [2, 2])];
  const [b2, head2] = [f64([1, 2]), f64([1, 2, 3, 4], [2, 2])];
  const o = new Muon(
    [
      ['w', w],
      ['b', b],
      ['head.weight', head],
    ],
    { rest: [SGDM, { lr: 0.5 }, ['head']] },
  );
  const alone = new SGDM(
    [
      ['b', b2],
      ['head.weight', head2],
    ],
    { lr: 0.5 },
  );
  assert.equal(
    o.paramGroups.map(({ names }) => names),
    [['w'], ['b', 'head.weight']],
  );
  assert.match(o.toString(), '(1): SGDM: parameters 2');
  for (const p of [w, b, head, b2, head2])
    p.grad = tensor([1, -2, 3, 0.5].slice(0, p.size), { dtype: 'float64' }).reshape(p.shape);
  o.step();
  alone.step();
  assert.equal([...b.dataSync(), ...head.dataSync()], [...b2.dataSync(), ...head2.dataSync()]);
  assert.match((await explain(o, b, 1)).text, /^SGDM, b\[1\], step 2\n/);
  assert.equal(Object.keys(o.stateDict().tensors), ['w.m', 'b.m', 'head.weight.m']);
  const refused = (rest: unknown, message: RegExp) =>
    assert.throws(
      () =>
        new Muon(
          [
            ['w', w],
            ['b', b],
          ],
          { rest: rest as never },
        ),
      message,
    );
  refused([SGDM, { lr: 0.5 }, ['haed']], /Muon: rest names no parameter: string "haed"|"haed"/);
  refused('adam', /Muon: rest must be a list \[AdamW/);
  refused([SGDM, { rate: 1 }], /SGDM: unknown option: rate/);
  refused([AdamW, { lr: -1 }], /AdamW: lr must be a finite number of at least 0/);
});

test('Muon: a name in `rest` may be in one of several groups; one that is in no group is refused', () => {
  const matrix = () => f64([1, 2, 3, 4], [2, 2]);
  const groups = () => [
    { params: [['body.weight', matrix()] as const] },
    { params: [['head.weight', matrix()] as const], lr: 0.1 },
  ];
  for (const [list, names] of [
    [groups(), [['body.weight'], ['head.weight']]],
    [groups().reverse(), [['head.weight'], ['body.weight']]],
  ] as const) {
    const o = new Muon(list, { rest: [SGDM, { lr: 0.5 }, ['head']] });
    assert.equal(
      o.paramGroups.map((group) => group.names),
      names,
    );
    assert.is(o.toString().match(/SGDM: /g)?.length, 1);
    // The names of earlier groups count, and so do those of the added one.
    o.addParamGroup({ params: [['tail.weight', matrix()]] });
    o.addParamGroup({ params: [['last.weight', matrix()]], rest: [SGDM, { lr: 0.5 }, ['last']] });
    const add = () => o.addParamGroup({ params: [['new.weight', matrix()]], rest: [SGDM, { lr: 0.5 }, ['nwe']] });
    assert.throws(add, /^Muon: rest names no parameter: string "nwe"$/);
    assert.is(o.paramGroups.length, 4);
  }
  assert.throws(
    () => new Muon(groups(), { rest: [SGDM, {}, ['haed']] }),
    /^Muon: rest names no parameter: string "haed"$/,
  );
});

for (const Class of [LAMB, Adan, ScheduleFreeAdamW, Prodigy, Muon]) {
  test(`${Class.title}: a NaN in one gradient changes no parameter and no state, and the next update without NaN runs`, () => {
    const make = () => [f64([1, 2, 3, 4], [2, 2]), f64([5, 6])];
    const grads = (ps: Tensor[], last: number) => {
      ps[0].grad = tensor(
        [
          [1, 2],
          [3, 5],
        ],
        { dtype: 'float64' },
      );
      ps[1].grad = tensor([1, last], { dtype: 'float64' });
    };
    const [ours, clean] = [make(), make()];
    const [o, other] = [new Class(ours), new Class(clean)];
    for (const last of [1, Number.NaN, 2]) {
      grads(ours, last);
      if (Number.isNaN(last)) assert.throws(() => o.step(), /nothing changed/);
      else {
        o.step();
        grads(clean, last);
        other.step();
      }
      assert.equal(
        ours.map((p) => [...p.dataSync()]),
        clean.map((p) => [...p.dataSync()]),
      );
    }
  });

  test(`${Class.title}: a step in float32 is the rounded step in float64, and state that is not per element stays float64`, () => {
    const step = (dtype: 'float32' | 'float64') => {
      const p = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype, requiresGrad: true },
      );
      const o = new Class([['p', p]], { lr: 0.1 });
      for (let t = 0; t < 3; t++) {
        p.grad = randn([2, 2], { dtype, stream: new Random(t).stream('g') });
        o.step();
      }
      assert.is(o.stateDict().tensors['p.numbers']?.dtype ?? 'float64', 'float64');
      return p.dataSync();
    };
    // 1e-5: some ten roundings of 6e-8, which Muon's iteration magnifies.
    close(step('float32'), step('float64'), 1e-5);
  });
}
