// Tools that inspect a step: explain, breakWhen and the recorder.
import { ones, Random, randn, type Tensor, tensor, zeros } from '../../core/index.js';
import {
  AdaBelief,
  AdaBound,
  AdaMod,
  Adam,
  breakWhen,
  explain,
  firstClip,
  Lion,
  type OptimizerClass,
  optimizer,
  optimizers,
  Padam,
  Recorder,
  type RecorderOptions,
  rateBeyond,
  SGDM,
  signFlip,
  Yogi,
} from '../../optim/index.js';
import { rejects } from '../refusal.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Inspecting a step');

function leaf(n: number, seed: number, dtype: 'float32' | 'float64' = 'float32'): Tensor {
  return randn([n], { dtype, stream: new Random(seed).stream('p'), requiresGrad: true });
}

for (const [key, Class] of Object.entries(optimizers)) {
  if (Class.declaration.own) {
    test(`${Class.title}: explain says why its step is not the bounded step, and inspect shows the rates of a matrix`, async () => {
      const p = randn([2, 3], { stream: new Random(3).stream('p'), requiresGrad: true });
      const o = new Class([['w', p]]);
      p.grad = randn([2, 3], { stream: new Random(1).stream('g') });
      const error = await explain(o, p, 0).then(
        () => null,
        (e: Error) => e,
      );
      assert.match(
        String(error),
        `${Class.title}: its step is not the bounded one: ${Class.declaration.own?.why}; inspect`,
      );
      o.step();
      const { rate, floor, ceiling, schedule } = await o.inspect(p);
      assert.equal([rate.length, floor, ceiling], [6, 0, 0]);
      assert.ok(
        rate.every((r) => r * schedule > 0 && r < Infinity),
        `${rate}`,
      );
    });
    continue;
  }
  test(`${Class.title}: explain predicts the stored value to the bit, in both precisions, at each of five steps`, async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const p = leaf(4, 3, dtype);
      const o = new Class([['w', p]], key === 'sgdm' ? { nesterov: true, weightDecay: 0.01 } : { weightDecay: 0.01 });
      for (let t = 1; t <= 5; t++) {
        p.grad = randn([4], { dtype, stream: new Random(t).stream('g') });
        const predicted = await Promise.all([0, 1, 2, 3].map((i) => explain(o, p, i)));
        o.step();
        assert.equal(
          predicted.map((e) => e.x),
          [...p.dataSync()],
        );
        assert.match(predicted[2].text, `${Class.title}, w[2], step ${t}`);
      }
    }
  });
}

test('the derivation has a line for each equation of step.ts that the rule uses, with its numbers', async () => {
  const p = tensor([2, 1], { dtype: 'float64', requiresGrad: true });
  const o = new AdaBound([['fc.weight', p]], { lr: 0.01, finalLr: 0.1, gamma: 1, betas: [0.5, 0.75], eps: 0 });
  p.grad = tensor([4, 0], { dtype: 'float64' });
  const { text, lines } = await explain(o, p, 0);
  // a c_1 = 0.01 sqrt(1/4) / (1/2) = 0.01; v = 4; r = 0.005; lo = 0.05, hi = 0.2: at the floor; x = 2 - 0.05 * 2
  assert.is(
    text,
    [
      'AdaBound, fc.weight[0], step 1',
      '  g = grad = 4',
      '  m = b1 m + k g = 0.5 · 0 + 0.5 · 4 = 2',
      '  v = b2 v + k2 g² = 0.75 · 0 + 0.25 · 4² = 4',
      '  r = a / (sqrt(v) + e) = 0.01 / (sqrt(4) + 0) = 0.005',
      '  n = s clip(r, lo, hi) = 1 · clip(0.005, 0.05, 0.2) = 0.05   (at the floor)',
      '  d = m = 2',
      '  x = keep x - n d = 1 · 2 - 0.05 · 2 = 1.9',
    ].join('\n'),
  );
  const n = {
    letter: 'n',
    formula: 's clip(r, lo, hi)',
    numbers: '1 · clip(0.005, 0.05, 0.2)',
    value: 0.05,
    note: 'at the floor',
  };
  assert.equal(lines[4], n);
  assert.equal(lines.map(({ letter }) => letter).join(''), 'gmvrndx');
});

/** A rule with all options of step.ts but the sign, the average of rates, the power and a second moment of its own. */
const Everything = optimizer<{ lr: number }>({
  title: 'Everything',
  about: 'the bounded step with most options',
  defaults: { lr: 1 },
  rule: ({ lr }) => ({
    rate: lr,
    beta1: 0.5,
    ingest: 'average',
    adjust: ({ b1, k }) => ({ p: b1, q: k }),
    beta2: 0.75,
    longMemory: true,
    corrected: 'none',
    eps: 0.5,
    bounds: () => [0.125, 0.25],
    schedule: () => 0.5,
    weightDecay: 0.5,
    decoupled: { decay: 0.25, by: 'scaled' },
    box: [-1, 0.5],
  }),
});

/** Takes one step with gradients[0]. Returns the lines of explain for the next step, with gradients[1], of the second
 *  of two elements. */
async function second(Class: OptimizerClass<any>, hyper: object, gradients: [number, number]): Promise<string[]> {
  const p = tensor([9, 1], { dtype: 'float64', requiresGrad: true });
  const o = new Class([['w', p]], hyper);
  p.grad = tensor([7, gradients[0]], { dtype: 'float64' });
  o.step();
  p.grad = tensor([7, gradients[1]], { dtype: 'float64' });
  return (await explain(o, p, 1)).text.split('\n');
}

test('the derivation includes decay, long memory, Nesterov momentum, a schedule and a box', async () => {
  // Step 1: g = 3.5 + 0.5 = 4, m = 2, v = u = 4, r = 1/2.5 is above 0.25, n = 0.125, d = 3, x = 0.875 - 0.375 = 0.5.
  assert.equal(await second(Everything, {}, [3.5, -16.25]), [
    'Everything, w[1], step 2',
    '  g = grad + wd x = -16.25 + 0.5 · 0.5 = -16',
    '  m = b1 m + k g = 0.5 · 2 + 0.5 · -16 = -7',
    '  v = b2 v + k2 g² = 0.75 · 4 + 0.25 · (-16)² = 67',
    '  u = max(u, v) = max(4, 67) = 67',
    '  r = a / (sqrt(u) + e) = 1 / (sqrt(67) + 0.5) = 0.115136',
    '  n = s clip(r, lo, hi) = 0.5 · clip(0.115136, 0.125, 0.25) = 0.0625   (at the floor)',
    '  d = p m + q g = 0.5 · -7 + 0.5 · -16 = -11.5',
    '  x = clip(keep x - n d, box) = clip(0.875 · 0.5 - 0.0625 · -11.5, -1, 0.5) = 0.5',
  ]);
  // With a small second gradient v = 3 is below u = 4, and the rate is above its ceiling.
  assert.equal((await second(Everything, {}, [3.5, -0.25])).slice(3, 7), [
    '  v = b2 v + k2 g² = 0.75 · 4 + 0.25 · 0² = 3',
    '  u = max(u, v) = max(4, 3) = 4',
    '  r = a / (sqrt(u) + e) = 1 / (sqrt(4) + 0.5) = 0.4',
    '  n = s clip(r, lo, hi) = 0.5 · clip(0.4, 0.125, 0.25) = 0.125   (at the ceiling)',
  ]);
});

test('without a second moment r = a, and a rate equal to its bounds is free', async () => {
  assert.equal(await second(SGDM, { lr: 0.25, momentum: 0.5 }, [2, 2]), [
    'SGDM, w[1], step 2',
    '  g = grad = 2',
    '  m = b1 m + k g = 0.5 · 2 + 1 · 2 = 3',
    '  r = a = 0.25',
    '  n = s clip(r, lo, hi) = 1 · clip(0.25, 0.25, 0.25) = 0.25   (free)',
    '  d = m = 3',
    '  x = keep x - n d = 1 · 0.5 - 0.25 · 3 = -0.25',
  ]);
});

test('the derivation of other rules: AdaBelief’s second moment, Padam’s power, AdaMod’s ceiling under a schedule, Lion’s sign', async () => {
  const lines = async (Class: OptimizerClass<any>, hyper: object, gradient: number, lr?: number) => {
    const p = tensor([2], { dtype: 'float64', requiresGrad: true });
    const o = new Class([['w', p]], hyper);
    if (lr) o.paramGroups[0].lr = lr;
    p.grad = tensor([gradient], { dtype: 'float64' });
    return (await explain(o, p, 0)).text.split('\n').map((l) => l.trim());
  };
  // e = eps sqrt(1 - b2) = 0.125, a = 0.5 sqrt(1 - b2) / (1 - b1) = 0.5.
  assert.equal((await lines(AdaBelief, { lr: 0.5, betas: [0.5, 0.75], eps: 0.25 }, 4)).slice(2, 5), [
    'm = b1 m + k g = 0.5 · 0 + 0.5 · 4 = 2',
    'v = b2 v + k2 (g - m)² + eps = 0.75 · 0 + 0.25 · (4 - 2)² + 0.25 = 1.25',
    'r = a / (sqrt(v) + e) = 0.5 / (sqrt(1.25) + 0.125) = 0.402242',
  ]);
  assert.equal(
    (await lines(Padam, { lr: 0.5, betas: [0, 0], eps: 7, partial: 0.25 }, -9))[4],
    'r = a / (sqrt(v) + e)^power = 0.5 / (sqrt(81) + 7)^0.5 = 0.125',
  );
  assert.is(
    (await lines(Yogi, { betas: [0, 0.5], initialAccumulatorValue: 9 }, -1))[3],
    'v = v - k2 sign(v - g²) g² = 9 - 0.5 · sign(9 - (-1)²) · (-1)² = 8.5',
  );
  assert.equal((await lines(AdaMod, { lr: 1, betas: [0, 0, 0.75], eps: 1 }, 3, 0.5)).slice(4), [
    'r = a / (sqrt(v) + e) = 1 / (sqrt(9) + 1) = 0.25',
    'h = b3 h + (1 - b3) s r = 0.75 · 0 + (1 - 0.75) · 0.5 · 0.25 = 0.03125',
    'r = min(r, h / s) = min(0.25, 0.03125 / 0.5) = 0.0625   (at its own ceiling)',
    'n = s clip(r, lo, hi) = 0.5 · clip(0.0625, 0, Infinity) = 0.03125   (free)',
    'd = m = 3',
    'x = keep x - n d = 1 · 2 - 0.03125 · 3 = 1.90625',
  ]);
  assert.is(
    (await second(AdaMod, { lr: 1, betas: [0, 0, 0.75], eps: 1 }, [3, 99]))[6],
    '  r = min(r, h / s) = min(0.01, 0.049375 / 1) = 0.01   (free)',
  );
  assert.equal((await lines(Lion, { lr: 0.25, betas: [0.25, 0.5] }, -3)).slice(4), [
    'n = s clip(r, lo, hi) = 1 · clip(0.25, 0.25, 0.25) = 0.25   (free)',
    'd = sign(p m + q g) = sign(0.5 · -1.5 + 0.5 · -3) = -1',
    'x = keep x - n d = 1 · 2 - 0.25 · -1 = 2.25',
  ]);
});

test('the direction is p m + q g for every p and q, and the derivation shows m alone if p = 1 and q = 0', async () => {
  for (const [p, q, d] of [
    [0.5, 0, 'p m + q g = 0.5 · 3 + 0 · 2 = 1.5'],
    [1.01, 0, 'p m + q g = 1.01 · 3 + 0 · 2 = 3.03'],
    [1, 0.5, 'p m + q g = 1 · 3 + 0.5 · 2 = 4'],
    [1, 1, 'p m + q g = 1 · 3 + 1 · 2 = 5'],
    [1, 0, 'm = 3'],
  ] as const) {
    const Rule = optimizer<{ lr: number }>({
      ...SGDM.declaration,
      rule: ({ lr }: { lr: number }) => ({ ...SGDM.rule({ lr, momentum: 0.5 }), adjust: () => ({ p, q }) }),
    } as never);
    const lines = await second(Rule, { lr: 1 }, [2, 2]);
    assert.is(lines[5], `  d = ${d}`);
    // m is 2, then 3.
    close([Number(lines[6].split('= ').at(-1))], [1 - (p * 2 + q * 2) - (p * 3 + q * 2)], 1e-5);
  }
});

test('a rate at AdaMod’s own ceiling counts as clipped for inspect, firstClip and the recorder, with the schedule and without', async () => {
  for (const lr of [1, 0.5]) {
    const p = tensor([0, 0], { dtype: 'float64', requiresGrad: true });
    const o = new AdaMod([['w', p]], { lr: 1, betas: [0, 0, 0.75], eps: 1, bounds: () => [0, 0.05] });
    o.paramGroups[0].lr = lr;
    p.grad = tensor([3, 99], { dtype: 'float64' });
    o.step();
    // r = 1 / (|g| + 1) = 0.25 and 0.01; h / s = (1 - b3) r; then at most hi.
    const seen = await o.inspect(p);
    close(seen.rate, [0.25, 0.01], 1e-15);
    close(seen.clipped, [0.05, 0.0025], 1e-15);
    close(p.dataSync(), [-0.05 * 3 * lr, -0.0025 * 99 * lr], 1e-15);
    assert.equal([seen.floor, seen.free, seen.ceiling], [0, 0, 2]);
    assert.is((await breakWhen(o, [firstClip()])())!.index, 0);
    const recorder = new Recorder(o, { bins: { from: -3, to: 0, perDecade: 1 } });
    await recorder.take();
    assert.equal(
      [recorder.rows[0].raw.counts, recorder.rows[0].clipped.counts],
      [
        [0, 1, 1],
        [1, 1, 0],
      ],
    );
  }
});

test('if lr is 0 from the first step on, AdaMod has no ceilings, and nothing moves', async () => {
  const p = tensor([1], { dtype: 'float64', requiresGrad: true });
  const o = new AdaMod([p]);
  o.paramGroups[0].lr = 0;
  p.grad = tensor([1], { dtype: 'float64' });
  o.step();
  const { rate, clipped } = await o.inspect(p);
  assert.equal(clipped, rate);
  assert.is(p.itemSync(), 1);
});

test('if lr becomes 0, AdaMod’s rates are not limited, and its ceilings fall', async () => {
  const p = tensor([1], { dtype: 'float64', requiresGrad: true });
  const o = new AdaMod([['w', p]], { betas: [0, 0, 0.75] });
  for (const lr of [1e-3, 0]) {
    o.paramGroups[0].lr = lr;
    p.grad = tensor([1], { dtype: 'float64' });
    o.step();
  }
  const { rate, clipped } = await o.inspect(p);
  assert.equal(clipped, rate);
  close([o.stateDict().tensors['w.h'].itemSync()], [0.75 * 0.25 * 1e-3], 1e-10);
});

test('explain changes nothing, and refuses a missing gradient, a missing element and an unknown parameter', async () => {
  const p = leaf(2, 1);
  const o = new Adam([p]);
  await rejects(explain(o, p, 0), /0\.0 has no gradient; call backward\(\) first/);
  p.grad = randn([2]);
  for (const i of [2, -1, 0.5]) await rejects(explain(o, p, i), new RegExp(`no such element: ${i} of 2`));
  await rejects(explain(o, leaf(2, 2), 0), /not one of its parameters/);
  await explain(o, p, 1);
  assert.equal([o.steps, o.hasStepped(p)], [0, false]);
});

test('breakWhen finds the first clip, with its step, parameter and element', async () => {
  const [a, b] = [leaf(3, 1), leaf(2, 2)];
  // The bounds are open before step 4.
  const bounds = (t: number) => (t < 4 ? ([0, Infinity] as const) : ([10, 20] as const));
  const o = new AdaBound(
    [
      ['a', a],
      ['b', b],
    ],
    { bounds },
  );
  const watch = breakWhen(o, [firstClip()]);
  for (let t = 1; t <= 10; t++) {
    b.grad = tensor([1, 1]);
    if (t > 5) a.grad = tensor([1, 1, 1]);
    o.step();
    const hit = await watch();
    if (!hit) continue;
    assert.equal([t, hit.step, hit.name, hit.index, hit.what], [4, 4, 'b', 0, 'a rate is clipped']);
    return;
  }
  assert.unreachable('no hit');
});

test('a rate equal to its bounds is not clipped: SGDM’s never is', async () => {
  const p = leaf(2, 1);
  const o = new SGDM([p]);
  p.grad = randn([2]);
  o.step();
  assert.is(await breakWhen(o, [firstClip()])(), null);
});

test('rateBeyond takes the rate after both clip and schedule; signFlip compares the direction with that of the previous check', async () => {
  const p = tensor([0, 0], { dtype: 'float64', requiresGrad: true });
  const o = new SGDM([['w', p]], { lr: 0.5, momentum: 0, schedule: (t) => t });
  const beyond = breakWhen(o, [rateBeyond(1)]);
  const flip = breakWhen(o, [signFlip('w')]);
  assert.throws(() => breakWhen(o, [signFlip('bias')]), /^breakWhen: no parameter has 'bias' in its name: one of w$/);
  const seen: (number | null)[][] = [];
  for (const g of [
    [1, 1],
    [2, 1],
    [2, -1],
  ]) {
    p.grad = tensor(g, { dtype: 'float64' });
    o.step();
    seen.push([(await beyond())?.index ?? null, (await flip())?.index ?? null]);
  }
  assert.equal(seen, [
    [null, null],
    [null, null],
    [0, 1],
  ]);
  const all = breakWhen(o, [rateBeyond(2), rateBeyond(1), rateBeyond(0.1)]);
  assert.is((await all())!.what, 'a rate exceeds 1', 'the first of several conditions that hold');
  assert.throws(() => breakWhen(o, []), /no conditions/);
  assert.throws(() => rateBeyond(-1), /at least 0: -1/);
  assert.is((await breakWhen(o, [rateBeyond(0)])())!.index, 0, 'a limit of 0 is allowed');
});

test('signFlip: a direction changes its sign if its product with the previous one is negative, however small; 0 has no sign', async () => {
  const p = tensor([0, 0, 0], { dtype: 'float64', requiresGrad: true });
  const o = new SGDM([p], { momentum: 0 });
  const flip = breakWhen(o, [signFlip()]);
  const seen: (number | undefined)[] = [];
  for (const g of [
    [1, 0.1, 0],
    [1, 0.1, -1],
    [0, 0.1, 0],
    [1, -1e-9, 1],
  ]) {
    p.grad = tensor(g, { dtype: 'float64' });
    o.step();
    seen.push((await flip())?.index);
  }
  assert.equal(seen, [undefined, undefined, undefined, 1]);
});

test('the recorder takes every n-th step of the chosen layers; shares add up to 1, histograms to the number of elements', async () => {
  const [w, b] = [leaf(500, 1), leaf(20, 2)];
  const o = new AdaBound([
    ['conv.weight', w],
    ['conv.bias', b],
  ]);
  const recorder = new Recorder(o, { every: 3, layers: (n) => n.endsWith('weight'), sample: 8, seed: 5 });
  for (let t = 1; t <= 10; t++) {
    w.grad = randn([500], { stream: new Random(t).stream('g') });
    b.grad = randn([20], { stream: new Random(t).stream('b') });
    o.step();
    assert.is(await recorder.take(), t % 3 === 0);
  }
  assert.equal(
    recorder.rows.map((r) => [r.step, r.name]),
    [3, 6, 9].map((s) => [s, 'conv.weight']),
  );
  const seen = await o.inspect(w);
  for (const row of recorder.rows) {
    close([row.floor + row.free + row.ceiling], [1], 1e-12);
    for (const { below, counts, above } of [row.raw, row.clipped]) {
      assert.is(
        counts.reduce((s, c) => s + c, below + above),
        500,
      );
      assert.is(counts.length, 50);
    }
    assert.equal(row.sample.index, recorder.rows[0].sample.index, 'the same elements every time');
    assert.is(new Set(row.sample.index).size, 8);
    row.sample.rate.forEach((r, i) => {
      const clipped = Math.min(row.hi, Math.max(row.lo, r));
      assert.is(row.sample.clipped[i], clipped);
    });
  }
  assert.ok(seen.step === 10);
});

test('the recorder records a step once, also if two calls overlap, and again if a loaded state leads to a step of the same number', async () => {
  const p = leaf(3, 1);
  const stepped = (steps: number) => {
    const o = new Adam([['w', p]]);
    p.grad = ones([3]);
    for (let t = 0; t < steps; t++) o.step();
    return o;
  };
  const o = stepped(2);
  const recorder = new Recorder(o);
  assert.equal(await Promise.all([recorder.take(), recorder.take()]), [true, false]);
  assert.is(await recorder.take(), false);
  o.loadStateDict(stepped(1).stateDict());
  o.step();
  assert.is(await recorder.take(), true);
  assert.equal(
    recorder.rows.map((row) => row.step),
    [2, 2],
  );
});

test('the histogram counts a rate in the bin of its logarithm', async () => {
  const p = tensor([1, 1, 1, 1], { dtype: 'float64', requiresGrad: true });
  // The raw rate of SGDM is lr: 0.02 lies in [10^-1.8, 10^-1.6), bin 21 from 10^-6 at five a decade.
  const o = new SGDM([p], { lr: 0.02 });
  const recorder = new Recorder(o);
  p.grad = tensor([1, 1, 1, 1], { dtype: 'float64' });
  o.step();
  await recorder.take();
  assert.is(recorder.rows[0].raw.counts.indexOf(4), 21);
  // A NaN rate is counted above, so that the counts still add up to the size.
  const wild = new Adam([p], { nonFinite: 'allow' });
  p.grad = tensor([1, NaN, 1, 1], { dtype: 'float64' });
  wild.step();
  const other = new Recorder(wild);
  await other.take();
  const { below, counts, above } = other.rows[0].raw;
  assert.equal([below, counts.reduce((a, c) => a + c), above, Object.keys(counts).length], [0, 3, 1, 50]);
});

test('histograms, shares and sample by hand: rates 0.001, 0.02, 0.2, 2 and 20 between the bounds 0.05 and 5', async () => {
  const p = tensor([0, 0, 0, 0, 0], { dtype: 'float64', requiresGrad: true });
  // With both betas 0 the rate is lr / |g|.
  const o = new AdaBound([p], { lr: 1, betas: [0, 0], eps: 0, bounds: () => [0.05, 5] });
  const recorder = new Recorder(o, { bins: { from: -2, to: 1, perDecade: 1 }, sample: 9 });
  p.grad = tensor([1000, 50, 5, 0.5, 0.05], { dtype: 'float64' });
  o.step();
  await recorder.take();
  const { floor, free, ceiling, raw, clipped, sample } = recorder.rows[0];
  assert.equal([floor, free, ceiling], [2 / 5, 2 / 5, 1 / 5]);
  assert.equal(raw, { below: 1, counts: [1, 1, 1], above: 1 });
  assert.equal(clipped, { below: 0, counts: [2, 1, 2], above: 0 });
  assert.equal(sample.index, [0, 1, 2, 3, 4], 'no more than there are, in order');
  assert.equal(sample.clipped, [0.05, 0.05, 0.2, 2, 5]);
});

test('if requested, a row of the recorder has quantiles of log10 of the rates, linear between neighbours', async () => {
  const p = zeros([5], { dtype: 'float64', requiresGrad: true });
  const bounds = (): [number, number] => [0.01, 5];
  // Rates are recorded without the schedule's factor, unless `scheduled` is set.
  const o = new AdaBound([p], { lr: 1, betas: [0, 0], eps: 0, bounds, schedule: () => 0.5 });
  const recorder = new Recorder(o, { quantiles: [0, 0.5, 0.875, 1] });
  // Rates 10^-3, 10^-2, 0.1, 1 and 10, of which the first is raised to 0.01 and the last lowered to 5.
  p.grad = tensor([1000, 100, 10, 1, 0.1], { dtype: 'float64' });
  o.step();
  await recorder.take();
  const { quantiles, elements, size } = recorder.rows[0];
  close(quantiles.raw, [-3, -1, 0.5, 1], 1e-12);
  // Also between two logarithms of which neither is 0: a tenth of the way from -3 to -2.
  const tenth = new Recorder(o, { quantiles: [0.025] });
  await tenth.take();
  close(tenth.rows[0].quantiles.raw, [-2.9], 1e-12);
  close(quantiles.clipped, [-2, -1, 0.5 * Math.log10(5), Math.log10(5)], 1e-12);
  assert.equal({ ...elements, size }, { floor: 1, free: 3, ceiling: 1, size: 5 });
  await new Recorder(o).take();
  assert.equal(recorder.net, [], 'and the whole net only if net is set');
});

test('the row of the whole net is the row of one parameter that holds all elements', async () => {
  const bounds = () => [0.03, 0.05] as const;
  const g = randn([60], { stream: new Random(4).stream('g') }).dataSync() as Float32Array;
  const rowOf = async (...sizes: number[]) => {
    let at = 0;
    const named = sizes.map((n, i) => [`p${i}`, zeros([n], { requiresGrad: true })] as const);
    const o = new AdaBound(named, { lr: 0.03, betas: [0, 0], bounds });
    for (const [, p] of named) p.grad = tensor(g.subarray(at, (at += p.size)));
    o.step();
    const recorder = new Recorder(o, { quantiles: [0.05, 0.5, 0.95], net: true });
    await recorder.take();
    assert.equal(
      recorder.rows.map(({ size }) => size),
      sizes,
    );
    return [recorder.net[0], { ...recorder.rows[0], name: '', sample: recorder.net[0].sample }];
  };
  const [whole, alone] = await rowOf(60);
  assert.equal(whole, alone);
  assert.equal((await rowOf(10, 49, 1))[0], whole);
  assert.ok(whole.elements.floor > 0 && whole.elements.free > 0 && whole.elements.ceiling > 0);
  assert.equal([whole.name, whole.size], ['', 60]);
});

test('with the option `scheduled` every rate of the recorder contains the schedule’s factor, and the bounds of a row do not', async () => {
  const p = tensor([0, 0], { dtype: 'float64', requiresGrad: true });
  const o = new SGDM([p], { lr: 0.5 });
  p.grad = tensor([1, 1], { dtype: 'float64' });
  o.paramGroups[0].lr = 0.005;
  o.step();
  const options = { quantiles: [0.5], sample: 1, bins: { from: -4, to: 0, perDecade: 1 } };
  const take = async (scheduled: boolean) => {
    const recorder = new Recorder(o, { ...options, scheduled });
    await recorder.take();
    return recorder.rows[0];
  };
  const [before, after] = [await take(false), await take(true)];
  assert.equal(
    [before.raw.counts, after.raw.counts],
    [
      [0, 0, 0, 2],
      [0, 2, 0, 0],
    ],
  );
  close([before.quantiles.raw[0], after.quantiles.clipped[0]], [Math.log10(0.5), Math.log10(0.005)], 1e-12);
  assert.equal([before.sample.rate, after.sample.clipped], [[0.5], [0.005]]);
  assert.equal([after.lo, after.hi, after.schedule], [0.5, 0.5, 0.01]);
});

test('a recorder’s sample can be chosen by a function of the size; visit is called with each inspection that makes a row', async () => {
  const p = leaf(10, 1);
  const o = new Adam([['w', p]]);
  p.grad = randn([10]);
  o.step();
  const seen: [string, number][] = [];
  const recorder = new Recorder(o, {
    sample: (size) => [0, size - 1],
    visit: ({ rate }, name) => seen.push([name, rate.length]),
  });
  await recorder.take();
  assert.equal(recorder.rows[0].sample.index, [0, 9]);
  assert.equal(seen, [['w', 10]]);
  for (const odd of [-1, 1.5, 10]) {
    const error = await new Recorder(o, { sample: () => [0, odd] }).take().catch(String);
    assert.match(String(error), `Recorder: sample: no such element of w: ${odd} of 10`);
  }
});

test('the recorder samples nothing by default; a sample is drawn with the seed, which is 0 by default; SGDM has no v to sample', async () => {
  const p = leaf(50, 1);
  const o = new SGDM([p]);
  p.grad = randn([50]);
  o.step();
  const sample = async (options: RecorderOptions) => {
    const recorder = new Recorder(o, options);
    await recorder.take();
    return recorder.rows[0].sample;
  };
  assert.equal((await sample({})).index, []);
  const five = await sample({ sample: 5 });
  assert.equal(five, await sample({ sample: 5, seed: 0 }));
  assert.not.equal(five, await sample({ sample: 5, seed: 1 }));
  const all = await sample({ sample: 50 });
  assert.equal([all.rate.length, all.m.length, all.v], [50, 50, []]);
});

test('the recorder refuses fractions of steps and of elements, bins without a range, quantiles outside [0, 1], unknown options', () => {
  const o = new SGDM([leaf(1, 1)]);
  const refused = (options: RecorderOptions, message: RegExp) => assert.throws(() => new Recorder(o, options), message);
  for (const every of [0, 1.5]) refused({ every }, /Recorder: every must be a positive integer/);
  for (const sample of [-1, 0.5]) refused({ sample }, /Recorder: sample must be a count/);
  for (const [from, to, perDecade] of [
    [1, 0, 5],
    [1, 1, 5],
    [0, 1, 0],
  ])
    refused({ bins: { from, to, perDecade } }, /Recorder: bins must rise and have a resolution/);
  for (const [from, to, rate] of [
    [1e-6, 1, '0.000001'],
    [-6, 0.099, '0.099'],
  ] as const)
    refused(
      { bins: { from, to, perDecade: 5 } },
      new RegExp(`Recorder: bins: from and to are powers of ten: ${rate}; 1e`),
    );
  assert.ok(new Recorder(o, { bins: { from: 0, to: 0.1, perDecade: 50 } }), 'rates between 1 and 1.26');
  refused({ bins: { from: -2, to: 0, perDecade: 500_001 } }, /Recorder: bins: at most 1,000,000: 1000002/);
  assert.ok(new Recorder(o, { bins: { from: -2, to: 0, perDecade: 500_000 } }));
  for (const p of [-0.1, 1.001, NaN]) refused({ quantiles: [p] }, /Recorder: quantiles must be between 0 and 1/);
  refused({ samples: 3 } as RecorderOptions, /Recorder: unknown option: samples; it has every/);
});

test('with the option `scheduled` the recorder counts a rate clipped to a bound at that bound times the schedule’s factor', async () => {
  const p = tensor([0], { dtype: 'float64', requiresGrad: true });
  const o = new Adam([p], { lr: 1, bounds: () => [0, 1] });
  p.grad = tensor([1e-4], { dtype: 'float64' });
  o.paramGroups[0].lr = 0.05;
  o.step();
  const recorder = new Recorder(o, { scheduled: true, bins: { from: -4, to: 4, perDecade: 1 } });
  await recorder.take();
  assert.equal(recorder.rows[0].clipped.counts, [0, 0, 1, 0, 0, 0, 0, 0]);
});
