// The class that applies the rules: groups, state, schedules, clipping and refused arguments. Some tests show that errors of
// the authors' code do not occur here.
import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { reference } from '../../core/backends/reference.js';
import {
  type Backend,
  defaultRandom,
  persist,
  scope,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from '../../core/index.js';
import * as optim from '../../optim/index.js';
import {
  AdaBound,
  Adam,
  AMSBound,
  clipGradNorm,
  clipGradValue,
  inverseSqrt,
  type Optimizer,
  type OptimizerClass,
  optimizer,
  optimizers,
  SGDM,
} from '../../optim/index.js';
import { onAwaited } from '../awaited.js';
import { onBackend } from '../onBackend.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Optimizer');
const hasWasm = existsSync('core/backends/wasm');
const f64 = (values: number[]) => tensor(values, { dtype: 'float64', requiresGrad: true });

const norm = (p: Tensor) => Math.hypot(...p.dataSync());

/** Takes steps on sum_i c_i x_i^2 / 2, with different curvatures c for each parameter. */
function descend(o: Optimizer<any>, params: Tensor[], steps: number): void {
  for (let k = 0; k < steps; k++) {
    params.forEach((p, i) => {
      p.grad = p.detach().mul(
        tensor(
          Array.from({ length: p.size }, (_, j) => 1 + i + j / 3),
          { dtype: p.dtype },
        ),
      );
    });
    o.step();
  }
}

test('optim/index.ts exports each class of the registry under its title, and no other optimizer', () => {
  const exported = Object.entries(optim).filter(([, value]) => typeof value === 'function' && 'declaration' in value);
  assert.equal(exported.map(([name]) => name.toLowerCase()).sort(), Object.keys(optimizers).sort());
  for (const [name, Class] of exported) assert.is(Class, optimizers[name.toLowerCase()], name);
});

test('every optimizer lowers a quadratic with its defaults, and has a title, a description and defaults', () => {
  assert.ok(Object.keys(optimizers).length >= 11);
  for (const [key, Class] of Object.entries(optimizers)) {
    assert.is(Class.title.toLowerCase(), key);
    assert.ok(Class.about.length > 10 && Class.defaults.lr > 0, key);
    const p = f64([1, -2, 0.5]);
    const before = norm(p);
    descend(new Class([p]), [p], 200);
    const after = norm(p);
    assert.ok(after < before, `${key}: ${before} to ${after}`);
  }
});

test('a group added later is stepped too, with its own hyper-parameters and its own step count', async () => {
  const [a, b] = [f64([1]), f64([1])];
  const o = new AdaBound([a]);
  descend(o, [a], 5);
  o.addParamGroup({ params: [b], lr: 0.01 });
  descend(o, [a, b], 1);
  assert.ok(
    b.dataSync()[0] < 1,
    'the authors’ code skips this group, because it zips the groups with the base_lrs of the first ones',
  );
  assert.is((await o.inspect(a)).step, 6);
  assert.is((await o.inspect(b)).step, 1);
  assert.is(o.paramGroups[1].baseLr, 0.01);
});

test('an optimizer made with another lr resumes with the same bounds, because baseLr is part of the state', () => {
  const whole = f64([1, 2]);
  const one = new AdaBound([whole], { lr: 0.01, finalLr: 0.05 });
  descend(one, [whole], 40);

  const part = f64([1, 2]);
  const first = new AdaBound([part], { lr: 0.01, finalLr: 0.05 });
  descend(first, [part], 20);
  const { tensors, meta } = first.stateDict();
  const second = new AdaBound([part], { lr: 0.5, finalLr: 0.9 });
  second.loadStateDict({ tensors, meta: JSON.parse(JSON.stringify(meta)) });
  descend(second, [part], 20);
  assert.equal(part.dataSync(), whole.dataSync());
});

for (const [key, Class] of Object.entries(optimizers)) {
  test(`${Class.title}: a resumed run gives the same bits as one that never stopped`, () => {
    const whole = [f64([1, 2, -3]), f64([0.5])];
    descend(new Class(whole), whole, 30);
    const parts = [f64([1, 2, -3]), f64([0.5])];
    const first = new Class(parts);
    descend(first, parts, 13);
    const second = new Class(parts);
    second.loadStateDict(first.stateDict());
    first.dispose();
    descend(second, parts, 17);
    parts.forEach((p, i) => assert.equal(p.dataSync(), whole[i].dataSync(), key));
  });
}

test('a saved state is refused, with nothing changed, if its rate or its step count is impossible', () => {
  const p = f64([1, 2]);
  const o = new Adam([['w', p]]);
  descend(o, [p], 2);
  const { tensors, meta } = o.stateDict();
  const load = (group: object, progress: object) => {
    const saved = JSON.parse(JSON.stringify(meta));
    Object.assign(saved.groups[0], group);
    Object.assign(saved.progress.w, progress);
    new Adam([['w', f64([1, 2])]]).loadStateDict({ tensors, meta: saved });
  };
  load({ lr: 0, baseLr: 0 }, {});
  load({ lr: 0, baseLr: 0.1 }, { t: 0 });
  assert.throws(() => load({ lr: 0.1, baseLr: 0 }, {}), /Adam: lr 0.1 is relative to a baseLr of 0/);
  const wrong = [
    { t: -1 },
    { t: 0.5 },
    { t: '2' },
    { product1: null },
    { product2: '0.9' },
    { product1: -1 },
    { product1: 1.001 },
    { product2: 2 },
  ];
  for (const progress of wrong)
    assert.throws(() => load({}, progress), /^Adam: the progress of w must be (an integer|a number from 0 to 1)/);
});

test('a saved hyper-parameter outside its domain is refused when it is loaded, not at the next step', () => {
  const wrong: [object, RegExp][] = [
    [{ betas: [0.9, 2] }, /^Adam: beta2 must lie in \[0, 1\): 2$/],
    [{ betas: [-1, 0.9] }, /^Adam: beta1 must lie in/],
    [{ weightDecay: -1 }, /^Adam: weightDecay must be a finite number of at least 0: -1$/],
    [{ eps: -1 }, /^Adam: eps must be a finite number/],
    [{ box: [1, 0] }, /^Adam: box: lower must not exceed upper/],
  ];
  for (const [hyper, message] of wrong) {
    const o = new Adam([['w', f64([1, 2])]]);
    const saved = o.stateDict();
    Object.assign(saved.meta.groups[0], hyper);
    const before = String(o);
    assert.throws(() => o.loadStateDict(saved), message);
    assert.is(String(o), before);
  }
});

test('assigning to an element of a list after loading or saving changes no other optimizer, and not the saved state', () => {
  const fresh = () => new Adam([['w', f64([1, 2])]], { betas: [0.9, 0.99] });
  const saved = fresh().stateDict();
  const all = [fresh(), fresh()];
  for (const o of all) o.loadStateDict(saved);
  const [a, b] = all.map((o) => o.paramGroups[0].betas as unknown as number[]);
  a[0] = 0.5;
  assert.equal(
    [b, saved.meta.groups[0].betas],
    [
      [0.9, 0.99],
      [0.9, 0.99],
    ],
  );
  const later = all[0].stateDict();
  a[0] = 0.25;
  assert.equal(later.meta.groups[0].betas, [0.5, 0.99]);
});

test('hyper-parameters that JSON cannot hold are taken from the loading optimizer: functions, also in lists, and infinite limits of a box', () => {
  const hyper = {
    betas: [(t: number) => 0.9 / t, 0.999] as const,
    box: [0, Infinity] as const,
    schedule: inverseSqrt(),
  };
  const whole = f64([3, 2]);
  descend(new Adam([whole], hyper), [whole], 8);
  const part = f64([3, 2]);
  const first = new Adam([part], hyper);
  descend(first, [part], 5);
  const { tensors, meta } = first.stateDict();
  const text = JSON.stringify(meta);
  assert.not.match(text, 'null');
  const second = new Adam([part], hyper);
  second.loadStateDict({ tensors, meta: JSON.parse(text) });
  descend(second, [part], 3);
  assert.equal(part.dataSync(), whole.dataSync());
});

test('a parameter is stepped on its own backend, not on the current one', async () => {
  const other = { ...reference, name: 'other' };
  const stepped = async (made: Backend, current: Backend) => {
    try {
      await setBackend(made);
      const p = tensor([1, 2, 3], { requiresGrad: true });
      await setBackend(current);
      const o = new AMSBound([p]);
      p.square().sum().backward();
      clipGradNorm([p], 1);
      o.step();
      assert.is(o.stateDict().tensors['0.0.v'].storage.backend, p.storage.backend);
      return [...p.dataSync()];
    } finally {
      await setBackend('reference');
    }
  };
  const expected = await stepped(reference, reference);
  assert.equal(await stepped(reference, other), expected);
  assert.equal(await stepped(other, reference), expected);
});

test('a step that fails changes no parameter of any group: a function of t outside its domain, a freed parameter', () => {
  const wrong: [RegExp, Record<string, unknown>][] = [
    [/bounds: at step 3 not 0 <= lo <= hi/, { bounds: (t: number) => [0, t < 3 ? 1 : -1] }],
    [/beta1 must lie in \[0, 1\): 3 at step 3/, { betas: [(t: number) => (t < 3 ? 0 : t), 0.999] }],
    [
      /schedule: at step 3 it must be a finite number of at least 0: NaN/,
      { schedule: (t: number) => (t < 3 ? 1 : NaN) },
    ],
    [/schedule: at step 3 .*: -1/, { schedule: (t: number) => (t < 3 ? 1 : -1) }],
    [/schedule: at step 3 .*: Infinity/, { schedule: (t: number) => (t < 3 ? 1 : Infinity) }],
  ];
  for (const [message, hyper] of wrong) {
    const [a, b] = [f64([1]), f64([1])];
    const o = new AdaBound([a]);
    o.addParamGroup({ params: [b], ...hyper });
    descend(o, [a, b], 2);
    const before = [a, b].map((p) => p.dataSync());
    const { meta } = o.stateDict();
    assert.throws(() => descend(o, [a, b], 1), message);
    assert.equal(
      [a, b].map((p) => p.dataSync()),
      before,
    );
    assert.equal(o.stateDict().meta, meta);
  }
  const [a, b] = [f64([1]), f64([1])];
  const o = new Adam([a, b]);
  a.grad = f64([1]);
  b.grad = f64([1]);
  b.dispose();
  assert.throws(() => o.step(), /Adam: 0.1: the tensor \(1\) was freed/);
  assert.is(a.itemSync(), 1);
  assert.is(o.steps, 0);
});

test('the constructor refuses a hyper-parameter outside its domain, and accepts the ends of the domain', () => {
  const { AdaGrad, Padam, Prodigy, RMSProp, RMSPropGraves, ScheduleFreeAdamW } = optim;
  const negative = [-1e-9, NaN, Infinity];
  const domains: [OptimizerClass<any>, name: string, error: string, outside: unknown[], inside: unknown[]][] = [
    [Adam, 'lr', 'lr must be a finite number of at least 0', negative, [0]],
    [Adam, 'weightDecay', 'weightDecay must be a finite number of at least 0', negative, [0]],
    [AdaBound, 'eps', 'eps must be a finite number of at least 0', negative, [0]],
    [AdaBound, 'finalLr', 'finalLr must be a finite number of at least 0', negative, [0]],
    [AdaBound, 'gamma', 'gamma must be positive and finite', [0, NaN, Infinity], [1e-300]],
    [
      AdaBound,
      'box',
      'box: lower must not exceed upper',
      [
        [1, -1],
        [NaN, 1],
        [1, NaN],
      ],
      [
        [1, 1],
        [0, Infinity],
      ],
    ],
    [SGDM, 'momentum', 'momentum must lie in [0, 1)', [-1e-9, NaN, 1], [0]],
    [SGDM, 'dampening', 'dampening must lie in [0, 1]', [-1e-9, NaN, 1.001], [0, 1]],
    [AdaGrad, 'eps', 'eps must be positive and finite', [0, NaN, Infinity], [1e-300]],
    [AdaGrad, 'lrDecay', 'lrDecay must be a finite number of at least 0', negative, [0]],
    [
      AdaGrad,
      'initialAccumulatorValue',
      'initialAccumulatorValue must be a finite number of at least 0',
      negative,
      [0],
    ],
    [RMSProp, 'alpha', 'alpha must lie in [0, 1)', [-1e-9, NaN, 1], [0]],
    [RMSPropGraves, 'momentum', 'momentum must lie in [0, 1)', [-1e-9, NaN, 1], [0]],
    [Padam, 'partial', 'partial must lie in (0, 1/2]', [0, NaN, 0.501], [1e-300, 0.5]],
    [ScheduleFreeAdamW, 'warmupSteps', 'warmupSteps are steps, not a share', [1e-300, 0.5, 0.999], [0, 1]],
    [Prodigy, 'beta3', 'beta3 must lie in [0, 1)', [-1e-9, NaN, 1], [0]],
    [Prodigy, 'd0', 'd0 must be positive', [0], [1e-300]],
    [Prodigy, 'dCoef', 'dCoef must be a finite number of at least 0', [-1e-9], [0]],
    [Prodigy, 'growthRate', 'growthRate must be at least 1', [0.999, NaN], [1, Infinity]],
  ];
  for (const [Class, name, error, outside, inside] of domains) {
    const make = (value: unknown) => new Class([f64([1])], { [name]: value });
    for (const value of inside) assert.ok(make(value), `${name} ${value}`);
    for (const value of outside) {
      const message = `${Class.title}: ${error}: ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`;
      assert.throws(
        () => make(value),
        (e: Error) => e.message.startsWith(message),
        `${name} ${value}`,
      );
    }
  }
});

test('a schedule multiplies the schedule of the paper’s form, in the optimizer and in its rule', async () => {
  const p = f64([1]);
  const o = new AdaBound([p], { form: 'paper', schedule: (t) => 1 / t });
  descend(o, [p], 4);
  close([(await o.inspect(p)).schedule], [1 / 4 / 2], 1e-15);
  close([AdaBound.rule({ form: 'paper', schedule: (t) => 1 / t }).schedule!(4)], [1 / 4 / 2], 1e-15);
  assert.is(
    AdaBound.rule({ schedule: (t) => 1 / t }).schedule!(4),
    1 / 4,
    'the code’s form has no schedule of its own',
  );
  for (const make of [SGDM, Adam, AdaBound]) {
    assert.throws(() => make.rule({ form: 'papr' as 'paper' }), /unknown form: papr; one of code, paper$/);
  }
});

test('without momentum SGD ignores dampening', () => {
  const p = f64([0]);
  const o = new SGDM([p], { lr: 1, momentum: 0, dampening: 0.5 });
  for (let t = 0; t < 2; t++) {
    p.grad = f64([1]);
    o.step();
  }
  assert.is(p.itemSync(), -2);
});

test('with dampening 1 the momentum of the heavy ball contains the first gradient alone, and decays', () => {
  const p = f64([0]);
  const o = new SGDM([p], { lr: 1, momentum: 0.5, dampening: 1 });
  const path = [1, 10, 100].map((g) => {
    p.grad = f64([-g]);
    o.step();
    return p.itemSync();
  });
  assert.equal(path, [1, 1.5, 1.75]);
});

test('the state of centered RMSProp contains the mean of the gradients with its sign', () => {
  const p = f64([1]);
  const o = new optim.RMSPropGraves([['w', p]], { alpha: 0.75 });
  for (const g of [4, -8]) {
    p.grad = f64([g]);
    o.step();
  }
  // c = 1/4 4 = 1, then 3/4 1 - 1/4 8.
  assert.is(o.stateDict().tensors['w.c'].itemSync(), -1.25);
});

test('RMSPropGraves inspects the rate that it used, centered or not', async () => {
  for (const centered of [true, false]) {
    const p = f64([1]);
    const o = new optim.RMSPropGraves([p], { momentum: 0, centered });
    for (const g of [0.5, 3]) {
      const before = p.itemSync();
      p.grad = f64([g]);
      o.step();
      close([(await o.inspect(p)).rate[0] * g], [before - p.itemSync()], 1e-13);
    }
  }
});

test('lr 0 is allowed: nothing moves; with a baseLr of 0 a later lr is refused until baseLr is assigned too', () => {
  const p = f64([1]);
  const o = new AdaBound([p], { lr: 0 });
  descend(o, [p], 3);
  assert.equal([...p.dataSync()], [1]);
  o.paramGroups[0].lr = 0.1;
  assert.throws(() => descend(o, [p], 1), /AdaBound: lr 0.1 is relative to a baseLr of 0/);
  o.paramGroups[0].baseLr = 0.1;
  descend(o, [p], 1);
  assert.ok(p.dataSync()[0] < 1);
  const q = f64([1]);
  const warm = new AdaBound([q], { lr: 0.001 });
  warm.paramGroups[0].lr = 0;
  descend(warm, [q], 3);
  assert.equal([...q.dataSync()], [1]);
  warm.paramGroups[0].lr = 0.001;
  descend(warm, [q], 1);
  assert.ok(q.dataSync()[0] < 1);
});

test('assigning group.lr scales the whole step, including the bounds', async () => {
  const path = (drop: boolean) => {
    const p = f64([1]);
    const o = new AdaBound([p], { lr: 0.01, finalLr: 0.05 });
    p.grad = f64([3]);
    if (drop) o.paramGroups[0].lr = 0.0025;
    o.step();
    return 1 - p.dataSync()[0];
  };
  // 1e-12: 1 - (1 - step) loses the last bits.
  close([path(true) / path(false)], [0.25], 1e-12);
});

test('other hyper-parameters can be assigned between steps too', () => {
  const p = f64([1]);
  const o = new SGDM([p], { lr: 0.1, momentum: 0 });
  o.paramGroups[0].weightDecay = 0.5;
  p.grad = zeros([1], { dtype: 'float64' });
  o.step();
  close(p.dataSync(), [1 - 0.1 * 0.5], 1e-15);
});

test('a parameter without a gradient does not change', () => {
  const [a, b] = [f64([1]), f64([1])];
  const o = new Adam([a, b]);
  a.grad = f64([1]);
  o.step();
  assert.is(b.dataSync()[0], 1);
});

test('step keeps parameters as leaves that require a gradient, and zeroGrad sets gradients to null', () => {
  const p = f64([2]);
  const o = new SGDM([p], { lr: 0.1 });
  p.square().backward();
  o.step();
  assert.ok(p.isLeaf && p.requiresGrad);
  o.zeroGrad();
  assert.is(p.grad, null);
});

test('a gradient that is not a tensor is refused, with the name of its parameter', () => {
  const p = f64([1]);
  p.grad = 3 as never;
  assert.throws(() => new Adam([p]).step(), /^Adam: the gradient of 0\.0 is not a tensor: got number 3$/);
});

test('zeroGrad frees the gradients that backward made for a persistent parameter, and no other tensors', () => {
  const p = persist(f64([1, 2]));
  const o = new SGDM([p]);
  const mine = f64([5, 7]);
  for (let step = 0; step < 3; step++) {
    scope(() => p.square().sum().backward());
    const first = p.grad!;
    const copy = first.clone();
    // Accumulation makes a new gradient. zeroGrad also frees the first one.
    scope(() => p.square().sum().backward());
    assert.equal([...first.dataSync()], [2, 4]);
    assert.equal([...p.grad!.dataSync()], [4, 8]);
    o.zeroGrad();
    assert.throws(() => first.dataSync(), /was freed: it was a gradient, which zeroGrad\(\) or dispose/);
    assert.equal([...copy.dataSync()], [2, 4]);
    p.grad = mine;
    o.zeroGrad();
    assert.equal([...mine.dataSync()], [5, 7]);
  }
});

test('zeroGrad of a detached copy, which shares the values, does not free the gradient of the parameter', () => {
  const p = persist(f64([1, 2]));
  const copy = p.detach();
  copy.requiresGrad = true;
  p.square().sum().backward();
  new SGDM([copy]).zeroGrad();
  assert.equal([...p.grad!.dataSync()], [2, 4]);
  copy.sum().backward();
  new SGDM([p]).zeroGrad();
  assert.equal([p.grad, [...copy.grad!.dataSync()]], [null, [1, 1]]);
});

test('an optimizer that loads its own state keeps its steps, and the state that was given stays readable', () => {
  for (const Class of Object.values(optimizers)) {
    const [p, q] = [f64([1, 2]), f64([1, 2])];
    const [o, other] = [new Class([p]), new Class([q])];
    for (const [optimizer, x] of [
      [o, p],
      [other, q],
    ] as const)
      descend(optimizer, [x], 2);
    const own = o.stateDict();
    o.loadStateDict(own);
    const kept = Object.values(own.tensors).map((t) => [...t.dataSync()]);
    descend(o, [p], 2);
    assert.equal(
      Object.values(own.tensors).map((t) => [...t.dataSync()]),
      kept,
      Class.title,
    );
    descend(other, [q], 2);
    assert.equal([...p.dataSync()], [...q.dataSync()], Class.title);
  }
});

test('a NaN or infinite gradient skips the whole update: step throws with the parameter’s name and changes nothing', () => {
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    const [a, b] = [f64([1]), f64([1, 2])];
    const o = new AdaBound([
      ['fc.weight', a],
      ['fc.bias', b],
    ]);
    descend(o, [a, b], 2);
    const before = [...a.dataSync(), ...b.dataSync(), o.steps];
    a.grad = f64([1]);
    b.grad = f64([0, bad]);
    assert.throws(
      () => o.step(),
      /AdaBound: the gradient of fc\.bias is NaN or infinite: 1 of 2 elements; nothing changed/,
    );
    assert.equal([...a.dataSync(), ...b.dataSync(), o.steps], before);
    assert.is(o.stateDict().meta.progress['fc.weight'].t, 2);
  }
});

test('step refuses an invalid lr and a gradient of another shape, and changes nothing', () => {
  const [a, b] = [f64([1]), f64([1, 2])];
  const o = new Adam([a, b]);
  a.grad = f64([1]);
  b.grad = f64([1]);
  assert.throws(() => o.step(), /Adam: the gradient of 0\.1 does not fit: float64 \(1\) for float64 \(2\)/);
  b.grad = null;
  for (const lr of [Number.NaN, -1, Infinity]) {
    o.paramGroups[0].lr = lr;
    assert.throws(() => o.step(), /lr must be a finite number of at least 0/);
  }
  assert.equal([a.dataSync()[0], o.steps], [1, 0]);
});

test('the state holds the moments that the rule has, and no other tensors', () => {
  const held = (Class: typeof Adam) => {
    const p = f64([1]);
    const o = new Class([['w', p]]);
    descend(o, [p], 1);
    return Object.keys(o.stateDict().tensors);
  };
  assert.equal(held(Adam), ['w.m', 'w.v']);
  assert.equal(held(optimizers.sgdm as typeof Adam), ['w.m']);
  assert.equal(held(optimizers.amsbound as typeof Adam), ['w.m', 'w.v', 'w.u']);
  assert.equal(held(optimizers.rmspropgraves as typeof Adam), ['w.v', 'w.c', 'w.b']);
});

test('a parameter can be a slice of a larger tensor: the other elements do not change', () => {
  const whole = tensor([1, 2, 3, 4, 5], { dtype: 'float64' });
  const p = whole.slice([[1, 4]]);
  p.requiresGrad = true;
  const o = new AMSBound([p]);
  p.grad = tensor([1, 1, 1], { dtype: 'float64' });
  o.step();
  const [a, b, c, d, e] = whole.dataSync();
  assert.ok(a === 1 && e === 5 && b < 2 && c < 3 && d < 4, `${[a, b, c, d, e]}`);
});

test('on a backend without synchronous reads a NaN skips the update, and the next read rejects, once', async () => {
  const { readSync: _, ...awaited } = reference;
  for (const Class of [AdaBound, optimizers.rmspropgraves]) {
    for (const bad of [0, 1]) {
      await setBackend({ ...awaited, name: 'awaited' });
      try {
        const [a, b, still] = [f64([1, 2]), f64([1, 2]), f64([1])];
        const o = new Class([a, b, still]);
        a.grad = f64([1, bad === 0 ? NaN : 0]);
        b.grad = f64([1, bad === 1 ? NaN : 0]);
        o.step();
        const error = await tensor([7])
          .data()
          .then(
            () => null,
            (e: Error) => e,
          );
        assert.match(
          error?.message ?? 'read',
          `the gradient of 0.${bad} is NaN or infinite: 1 of 2 elements; nothing changed`,
        );
        assert.equal([...(await a.data()), ...(await b.data())], [1, 2, 1, 2]);
        a.grad = f64([1, 1]);
        b.grad = null;
        o.step();
        const [x, y, ...others] = [...(await a.data()), ...(await b.data()), ...(await still.data())];
        assert.ok(x < 1 && y < 2, 'a later step with a finite gradient is taken');
        assert.equal(others, [1, 2, 1]);
      } finally {
        await setBackend('reference');
      }
    }
  }
});

test('parameters on two backends are refused when they are listed or added, with the names of both', async () => {
  const here = f64([1]);
  await onAwaited(() => {
    const there = f64([1]);
    assert.throws(
      () => new Adam([here, there]),
      /^Adam: parameter 0\.1: on awaited, others on reference; await setBackend/,
    );
    const o = new Adam([there]);
    assert.throws(() => o.addParamGroup({ params: [here] }), /^Adam: parameter 1\.0: on reference, others on awaited;/);
    assert.is(o.paramGroups.length, 1);
  });
});

test('nonFinite: allow steps with a NaN', () => {
  const p = f64([1]);
  const o = new Adam([p], { nonFinite: 'allow' });
  p.grad = f64([Number.NaN]);
  o.step();
  assert.ok(Number.isNaN(p.dataSync()[0]));
});

test('inspect returns the last step: rates before and after the clip, bounds, moments, and how many rates were clipped', async () => {
  const p = f64([1, 1, 1]);
  const o = new AdaBound([p], { lr: 0.01, finalLr: 0.1, gamma: 1 });
  p.grad = f64([1e-3, 0.02, 100]);
  const before = p.dataSync();
  o.step();
  const seen = await o.inspect(p);
  // t = 1: lo = 0.05, hi = 0.2; the rate before the clip is lr / ((1 - b1) (|g| + eps')).
  close([seen.lo, seen.hi, seen.schedule, seen.step], [0.05, 0.2, 1, 1], 1e-15);
  close(
    seen.rate,
    [1e-3, 0.02, 100].map((g) => 0.01 / 0.1 / (g + 1e-8 / Math.sqrt(0.001))),
    1e-9,
  );
  close(seen.clipped, [0.2, 0.2, 0.05], 1e-15);
  assert.equal([seen.floor, seen.free, seen.ceiling], [1, 0, 2]);
  close(seen.m, [1e-4, 2e-3, 10], 1e-15);
  close(seen.v, [1e-9, 4e-7, 10], 1e-15);
  close(
    p.dataSync(),
    before.map((x, i) => x - seen.clipped[i] * seen.m[i]),
    1e-15,
  );
});

test('finalLr 0 is allowed: both bounds are 0, and so is the step', () => {
  const p = f64([1]);
  const o = new AdaBound([p], { finalLr: 0 });
  descend(o, [p], 3);
  assert.equal([...p.dataSync()], [1]);
});

test('SGDM takes bounds too: its rate is lr clipped to them; its momentum can be a function of t', async () => {
  const p = f64([0]);
  const o = new SGDM([p], { lr: 0.1, momentum: (t) => (t === 2 ? 0.5 : 0), bounds: (t) => [0, 0.3 / (t * t)] });
  const seen: number[] = [];
  for (let t = 1; t <= 3; t++) {
    p.grad = f64([-1]);
    o.step();
    seen.push((await o.inspect(p)).clipped[0]);
  }
  close(seen, [0.1, 0.075, 0.3 / 9], 1e-15);
  // m = 1, 1.5, 1
  close(p.dataSync(), [0.1 + 0.075 * 1.5 + 0.3 / 9], 1e-15);
});

test('the defaults are those of PyTorch and of the authors', () => {
  const actual = Object.entries(optimizers).map(([key, { defaults }]) => {
    const set = Object.entries(defaults).filter(([name, v]) => v !== undefined && name !== 'form');
    return `${key}: ${set.map(([name, v]) => `${name} ${v}`).join(', ')}`;
  });
  const adam = 'betas 0.9,0.999, eps 1e-8';
  assert.equal(
    actual,
    [
      'sgdm: lr 0.01, momentum 0.9, dampening 0, nesterov false, averaged false, weightDecay 0',
      `adam: lr 0.001, ${adam}, weightDecay 0`,
      `amsgrad: lr 0.001, ${adam}, weightDecay 0`,
      `adabound: lr 0.001, ${adam}, weightDecay 0, finalLr 0.1, gamma 0.001`,
      `amsbound: lr 0.001, ${adam}, weightDecay 0, finalLr 0.1, gamma 0.001`,
      'adagrad: lr 0.01, lrDecay 0, initialAccumulatorValue 0, eps 1e-10, weightDecay 0',
      'rmsprop: lr 0.01, alpha 0.99, eps 1e-8, weightDecay 0',
      'rmspropgraves: lr 0.01, alpha 0.99, eps 1e-8, momentum 0.9, centered true, weightDecay 0',
      `adamw: lr 0.001, ${adam}, weightDecay 0.01, amsgrad false`,
      `adaboundw: lr 0.001, ${adam}, weightDecay 0.0005, finalLr 0.1, gamma 0.001, amsbound false, decayBy scaled`,
      'csgd: lr 0.1, momentum 0.9, weightDecay 0',
      `radam: lr 0.001, ${adam}, weightDecay 0`,
      `nadam: lr 0.002, ${adam}, weightDecay 0, momentumDecay 0.004`,
      'adabelief: lr 0.001, betas 0.9,0.999, eps 1e-16, weightDecay 0, decayBy coupled, amsgrad false, rectify false',
      'yogi: lr 0.01, betas 0.9,0.999, eps 0.001, weightDecay 0, decayBy coupled, initialAccumulatorValue 0.000001',
      `adamod: lr 0.001, betas 0.9,0.999,0.999, eps 1e-8, weightDecay 0, decayBy coupled`,
      `padam: lr 0.1, ${adam}, weightDecay 0, partial 0.25, decayBy coupled`,
      'lion: lr 0.0001, betas 0.9,0.99, weightDecay 0, decayBy scaled',
      `adamax: lr 0.002, ${adam}, weightDecay 0`,
      'adadelta: lr 1, rho 0.9, eps 0.000001, weightDecay 0',
      'lamb: lr 0.001, betas 0.9,0.999, eps 0.000001, weightDecay 0',
      'adan: lr 0.001, betas 0.98,0.92,0.99, eps 1e-8, weightDecay 0, decayBy proximal',
      `schedulefreeadamw: lr 0.0025, ${adam}, weightDecay 0, r 0, weightLrPower 2, warmupSteps 0`,
      `prodigy: lr 1, ${adam}, weightDecay 0, d0 0.000001, dCoef 1, biasCorrection false, safeguardWarmup false`,
      'muon: lr 0.02, momentum 0.95, nesterov true, steps 5, weightDecay 0',
    ].map((line) => line.replaceAll('1e-8', String(1e-8))),
  );
});

test('an optimizer prints its steps and the hyper-parameters of each group, and baseLr if it differs from lr', () => {
  const [a, b] = [f64([1, 2]), f64([3])];
  const o = new AdaBound([a, b], { bounds: optim.free, nonFinite: 'allow' });
  o.addParamGroup({ params: [f64([4])], lr: 0.5, eps: 0.25 });
  o.paramGroups[1].lr = 0.125;
  descend(o, [a], 3);
  const rest = 'weightDecay 0, form code, bounds a function, finalLr 0.1, gamma 0.001, nonFinite allow';
  assert.is(
    String(o),
    [
      'AdaBound(',
      '  steps 3',
      `  (0): parameters 2, elements 3, lr 0.001, betas [0.9, 0.999], eps 1e-8, ${rest}`,
      `  (1): parameters 1, elements 1, lr 0.125, betas [0.9, 0.999], eps 0.25, ${rest}, baseLr 0.5`,
      ')',
    ].join('\n'),
  );
  assert.is(inspect(o), String(o), 'and console.log prints the same');
});

test('SGDM has one rate, which equals both bounds', async () => {
  const p = f64([1, 2]);
  const o = new SGDM([p], { lr: 0.3 });
  descend(o, [p], 1);
  const { rate, clipped, lo, hi, free, v } = await o.inspect(p);
  assert.equal([[...rate], [...clipped], lo, hi, free, v.length], [[0.3, 0.3], [0.3, 0.3], 0.3, 0.3, 2, 0]);
});

test('inspect refuses a parameter that has not been stepped', async () => {
  const p = f64([1]);
  for (const Class of [Adam, optim.LAMB]) {
    const error = await new Class([p]).inspect(p).catch(String);
    assert.match(String(error), `${Class.title}: nothing to inspect`);
  }
});

const refusals: [string, () => unknown, RegExp][] = [
  ['lr as text', () => new Adam([f64([1])], { lr: '0.1' as any }), /a finite number of at least 0: string/],
  ['a beta of 1', () => new Adam([f64([1])], { betas: [1, 0.999] }), /Adam: beta1 must lie in \[0, 1\): 1/],
  ['a negative beta', () => new Adam([f64([1])], { betas: [0.9, -0.1] }), /beta2 must lie in \[0, 1\): -0.1/],
  ['one beta', () => new Adam([f64([1])], { betas: [0.9] as any }), /betas must be two/],
  ['eps 0 with an infinite ceiling', () => new Adam([f64([1])], { eps: 0 }), /eps = 0 would divide by zero/],
  [
    'eps 0 with a ceiling that is infinite at the first step alone',
    () => new Adam([f64([1])], { eps: 0, bounds: (t) => [0, t === 1 ? Infinity : 1] }),
    /eps = 0 would divide by zero/,
  ],
  ['Lion with beta2 = 0', () => new optim.Lion([f64([1])], { betas: [0.9, 0] }), /Lion: beta2 must be positive: 0/],
  ...[
    [0.9, 0.9],
    [0.9, () => 0.9, 0.9],
    [0.9, 1, 0.9],
  ].map((betas): [string, () => unknown, RegExp] => [
    `Adan with betas ${betas}`,
    () => new optim.Adan([f64([1])], { betas: betas as any }),
    /betas must be three, the second a number|the second of betas must lie in \[0, 1\): 1/,
  ]),
  [
    'Schedule-Free with a first beta that changes',
    () => new optim.ScheduleFreeAdamW([f64([1])], { betas: [() => 0.9, 0.99] as any }),
    /the first of betas must be a number/,
  ],
  ['Muon without parameters', () => new optim.Muon([]), /^Error: Muon: no parameters|^Muon: no parameters/],
  ...[{ momentum: 0 }, { dampening: 0.5 }, { averaged: true }].map((hyper): [string, () => unknown, RegExp] => [
    `nesterov with ${Object.entries(hyper)[0].join(' ')}`,
    () => new SGDM([f64([1])], { nesterov: true, ...hyper }),
    /nesterov needs the heavy ball/,
  ]),
  [
    'bounds that cross at the first step',
    () => new AdaBound([f64([1])], { bounds: (t) => (t === 1 ? [2, 1] : [0, 1]) }),
    /bounds: at step 1 .* 0 <= lo <= hi: \[2, 1\]/,
  ],
  ['an unknown hyper-parameter', () => new Adam([f64([1])], { finalLr: 0.1 } as any), /Adam: unknown option: finalLr/],
  [
    'bounds, if the step is not the bounded one',
    () => new optim.RMSPropGraves([f64([1])], { bounds: () => [0, 1] } as any),
    /RMSPropGraves: unknown option: bounds/,
  ],
  ['an empty list', () => new Adam([]), /no parameters: the list is empty/],
  ['a parameter twice', () => ((p) => new Adam([p, p]))(f64([1])), /parameter 0\.1: listed twice/],
  [
    'a name twice',
    () =>
      new Adam([
        ['w', f64([1])],
        ['w', f64([1])],
      ]),
    /parameter w: its name is taken/,
  ],
  ['a non-leaf', () => new Adam([f64([1]).mul(2)]), /not a leaf/],
  [
    'a tensor of integers',
    () => new Adam([tensor([1], { dtype: 'int32' })]),
    /only float tensors can be trained: int32/,
  ],
];
for (const [what, act, message] of refusals) test(`refused: ${what}`, () => assert.throws(act, message));

test('refused: a parameter that is already in another group', () => {
  const p = f64([1]);
  const o = new Adam([p]);
  assert.throws(() => o.addParamGroup({ params: [p] }), /listed twice/);
  assert.is(o.paramGroups.length, 1, 'and no part of the group is added');
});

test('refused, with nothing changed: a state of another optimizer, with other names or another shape, with a tensor too few or too many', () => {
  const p = f64([1, 2]);
  const o = new Adam([['w', p]]);
  descend(o, [p], 3);
  const good = o.stateDict();
  const before = JSON.stringify(good.meta);
  const tries: [any, RegExp][] = [
    [{ ...good, meta: { ...good.meta, optimizer: 'AdaBound' } }, /it was saved by AdaBound/],
    [
      { ...good, meta: { ...good.meta, groups: [{ ...good.meta.groups[0], names: ['x'] }] } },
      /its parameters are \[\["x"\]\], this optimizer has \[\["w"\]\]/,
    ],
    [
      { ...good, tensors: { ...good.tensors, 'w.m': zeros([3], { dtype: 'float64' }) } },
      /w\.m is float64 \(3\), not float64 \(2\)/,
    ],
    [
      { ...good, meta: { ...good.meta, groups: [{ ...good.meta.groups[0], lrs: 1 }] } },
      /^Adam: the state: unknown option: lrs; .*; did you mean lr\?$/,
    ],
    [{ ...good, tensors: { 'w.m': good.tensors['w.m'] } }, /w\.v is missing/],
    [
      { ...good, tensors: { ...good.tensors, 'w.u': good.tensors['w.m'] } },
      /it has tensors that this optimizer does not use: w\.u/,
    ],
  ];
  for (const [state, message] of tries) {
    assert.throws(() => o.loadStateDict(state), message);
    assert.is(JSON.stringify(o.stateDict().meta), before);
  }
});

test('stateDict() returns the optimizer’s own tensors: loadStateDict() takes them before the next step, and refuses them after it', () => {
  for (const Class of [Adam, SGDM]) {
    const p = f64([1, 2]);
    const o = new Class([['w', p]], { lr: 0.1 });
    descend(o, [p], 2);
    o.loadStateDict(o.stateDict());
    const own = o.stateDict();
    descend(o, [p], 1);
    assert.throws(
      () => o.loadStateDict(own),
      /^(Adam|SGDM): the tensors are its own, changed by training; keep clones$/,
    );
    assert.is(o.steps, 3);
  }
});

test('a step evaluates functions of t at its own t alone', () => {
  const asked: number[] = [];
  const beta1 = (t: number) => {
    asked.push(t);
    return 0.9;
  };
  const p = f64([1]);
  const o = new Adam([p], { betas: [beta1, 0.999] });
  asked.length = 0;
  descend(o, [p], 3);
  assert.equal(asked, [1, 2, 3]);
});

test('each schedule has the stated values at its first, middle and last steps', () => {
  const at = (s: optim.Schedule, ...ts: number[]) => ts.map(s);
  close(at(optim.constant(), 1, 99), [1, 1], 0);
  close(at(optim.stepwise(10, 0.5), 1, 10, 11, 21), [1, 1, 0.5, 0.25], 1e-15);
  close(at(optim.multiStep([5, 8]), 5, 6, 9), [1, 0.1, 0.01], 1e-15);
  close(at(optim.multiStep([0, 2]), 1, 2, 3), [0.1, 0.1, 0.01], 1e-15);
  close(at(optim.multiStep([1]), 1, 2), [1, 0.1], 1e-15);
  close(at(optim.cosine(101, 0.2), 1, 51, 101, 500), [1, 0.6, 0.2, 0.2], 1e-15);
  close(at(optim.cosine(3), 1, 2, 3), [1, 0.5, 0], 1e-15);
  close(at(optim.warmUp(4, optim.stepwise(2)), 1, 2, 4, 5, 6), [0.25, 0.5, 1, 1, 0.1], 1e-15);
  close(
    at(
      optim.warmUp(4, (t) => 7 * t),
      3,
      4,
      5,
    ),
    [0.75, 7, 14],
    1e-15,
  );
  // Halfway up, halfway down, and past the end.
  close(at(optim.oneCycle(101), 1, 16, 31, 66, 101, 500), [0.04, 0.52, 1, (1 + 4e-6) / 2, 4e-6, 4e-6], 1e-15);
  // With a total of one step, a schedule is at its start at step 1 and at its end after it.
  close([...at(optim.cosine(1, 0.2), 1, 2), ...at(optim.oneCycle(1), 1, 2)], [1, 0.2, 0.04, 4e-6], 1e-15);
  close(at(optim.inverseSqrt(), 1, 4, 100), [1, 0.5, 0.1], 1e-15);
  for (const share of [1e-300, 0.5, 0.999])
    assert.throws(() => optim.multiStep([9, share]), /^multiStep: a milestone is a step, not a share: /);
  assert.throws(() => optim.cosine(9, 1.005), /cosine: floor must be a number from 0 to 1: 1.005/);
  assert.throws(() => optim.cosine(0), /cosine: total must be a positive integer: 0/);
  for (const rise of [0, 1, NaN]) assert.throws(() => optim.oneCycle(10, rise), /oneCycle: rise must lie in \(0, 1\)/);
  const p = f64([0]);
  // A decay of 1 a step takes the whole weight; more would change its sign.
  new optim.AdamW([p], { lr: 1, weightDecay: 1 });
  assert.throws(
    () => new optim.AdamW([p], { lr: 1, weightDecay: 1.005 }),
    /^AdamW: weightDecay per step must be at most 1: 1.0/,
  );
  const o = new SGDM([p], { lr: 1, momentum: 0, schedule: optim.stepwise(1, 0.5) });
  for (let k = 0; k < 3; k++) {
    p.grad = f64([-1]);
    o.step();
  }
  close(p.dataSync(), [1.75], 1e-15);
  const pause = new SGDM([p], { lr: 1, momentum: 0, schedule: (t) => (t === 2 ? 0 : 1) });
  for (let k = 0; k < 3; k++) pause.step();
  close(p.dataSync(), [3.75], 1e-15);
});

test('clipGradNorm scales all gradients by one factor down to the norm, and leaves smaller gradients unchanged', () => {
  const [a, b] = [f64([0]), f64([0, 0])];
  a.grad = f64([3]);
  b.grad = f64([0, 4]);
  const norm = scope(() => clipGradNorm([a, b], 1).itemSync());
  const factor = 1 / (5 + 1e-6);
  // The gradients stay after the scope closes. 1e-15: rounding of one product.
  close([norm, a.grad.dataSync()[0], b.grad.dataSync()[1]], [5, 3 * factor, 4 * factor], 1e-15);
  close([clipGradNorm([a, b], 10).itemSync()], [1], 1e-6);
  close([a.grad.dataSync()[0]], [0.6], 1e-6);
  assert.throws(() => clipGradNorm([f64([0])], 1), /no parameter has a gradient/);
  assert.throws(() => clipGradNorm([a], 0), /maxNorm must be positive: 0/);
});

for (const dtype of ['float32', 'float64'] as const) {
  test(`clipGradNorm of ${dtype} gradients whose squares overflow or vanish: the norm and the gradients are exact`, async () => {
    const far = dtype === 'float32' ? [1e20, 3e-30, 1e-42] : [1e200, 3e-200, 1e-310];
    for (const name of ['reference', 'wasm'] as const) {
      if (name === 'wasm' && !hasWasm) continue;
      await onBackend(name, () => {
        for (const size of far) {
          const p = tensor([0, 0], { dtype, requiresGrad: true });
          p.grad = tensor([size, size], { dtype });
          const [stored] = p.grad.dataSync();
          const norm = clipGradNorm([p], 1).itemSync();
          // 1e-6: float32; the smallest size has only a few bits.
          assert.ok(
            Math.abs(norm / (stored * Math.SQRT2) - 1) < (size < 1e-40 && dtype === 'float32' ? 1e-3 : 1e-6),
            `${norm}`,
          );
          close([...p.grad.dataSync()], Array(2).fill(size > 1 ? Math.SQRT1_2 : stored), 1e-6);
          assert.ok(
            p.grad.dataSync().every((g) => g > 0),
            'no gradient vanishes',
          );
        }
      });
    }
  });
}

test('clipGradNorm of float32 and float64 gradients together: each keeps its dtype, and none overflows or vanishes', () => {
  for (const [wide, narrow, maxNorm] of [
    [4, 3, 1],
    [1e200, 1, 1],
    [1e-200, 1e-30, 1],
    [1e-200, 3e38, 1],
    [4e60, 3e38, 1e30],
    [1e-310, 1e-42, Infinity],
  ]) {
    for (const turned of [false, true]) {
      const [p, q] = [f64([0]), tensor([0, 0], { requiresGrad: true })];
      p.grad = f64([wide]);
      q.grad = tensor([narrow, narrow]);
      const stored = q.grad.dataSync()[0];
      const expected = Math.hypot(wide, stored, stored);
      const norm = clipGradNorm(turned ? [q, p] : [p, q], maxNorm);
      const factor = Math.min(1, maxNorm / (expected + 1e-6));
      assert.ok(Math.abs(norm.itemSync() / expected - 1) < 1e-6, `${norm.itemSync()}`);
      assert.equal([norm.dtype, p.grad.dtype, q.grad.dtype], ['float64', 'float64', 'float32']);
      close([p.grad.itemSync() / wide / factor], [1], 1e-6);
      close([...q.grad.dataSync()], Array(2).fill(Math.fround(stored * factor)), 1e-6 * stored * factor);
    }
  }
});

test('clipGradNorm to a tiny norm: the factor of large float32 gradients does not vanish', () => {
  const p = tensor([0], { requiresGrad: true });
  p.grad = tensor([1e13]);
  clipGradNorm([p], 1e-20);
  close([p.grad.itemSync() / 1e-20], [1], 1e-6);
});

test('clipGradNorm: if all gradients are multiplied by a power of two, so is the norm, to the bit, also if squares overflow or vanish', () => {
  for (const [dtype, power] of [
    ['float32', 2 ** 70],
    ['float64', 2 ** 700],
  ] as const) {
    // Many short gradients, because in the sum over a long one the roundings of a wrong factor would cancel.
    for (let i = 1; i <= 10; i++) {
      const g = tensor([Math.sin(i), Math.cos(i)], { dtype });
      const plain = g.square().sum().sqrt().itemSync();
      for (const factor of [1, power, 1 / power]) {
        const p = tensor([0, 0], { dtype, requiresGrad: true });
        p.grad = g.mul(factor);
        assert.is(clipGradNorm([p], Infinity).itemSync(), plain * factor, `${dtype}, ${factor}`);
      }
    }
  }
});

test('clipGradNorm: a gradient without elements adds nothing to the norm; alone its norm is 0', () => {
  const [none, one] = [f64([]), f64([0, 0])];
  none.grad = f64([]);
  one.grad = f64([3, 4]);
  assert.is(clipGradNorm([none, one], 9).itemSync(), 5);
  assert.is(clipGradNorm([none], 9).itemSync(), 0);
});

test('clipGradNorm of ordinary float32 gradients gives the bits of the plain formula, and reads no value', async () => {
  const p = tensor(Array(100).fill(0), { requiresGrad: true });
  const g = tensor(Array.from({ length: 100 }, (_, i) => Math.sin(i + 1)));
  p.grad = g;
  const norm = clipGradNorm([p], 1);
  const plain = g.square().sum().sqrt();
  assert.equal([norm.itemSync()], [plain.itemSync()]);
  assert.equal([...p.grad.dataSync()], [...g.mul(tensor(1).div(plain.add(1e-6))).dataSync()]);
  // On this backend a synchronous read throws.
  await onAwaited(() => {
    const q = f64([0, 0]);
    q.grad = f64([3, 4]);
    const length = clipGradNorm([q], 1);
    assert.throws(() => length.itemSync());
  });
});

test('clipGradNorm with maxNorm Infinity measures the norm and changes no gradient', () => {
  const p = f64([0, 0]);
  p.grad = f64([3, 4]);
  assert.is(clipGradNorm([p], Infinity).itemSync(), 5);
  assert.equal([...p.grad!.dataSync()], [3, 4]);
});

test('a step without any gradient fails and says to call backward; a step with some gradients succeeds', () => {
  const [a, b] = [f64([1]), f64([1])];
  const o = new Adam([a, b]);
  assert.throws(() => o.step(), /Adam: nothing to step: no parameter has a gradient: call backward\(\)/);
  assert.is(o.steps, 0);
  a.grad = f64([1]);
  o.step();
  assert.is(b.dataSync()[0], 1);
  o.zeroGrad();
  assert.throws(() => o.step(), /nothing to step/);
});

/** Changes an optimizer of one parameter, then lets it step. */
function stepped(Class: OptimizerClass<any>, change: (optimizer: any) => void): void {
  const p = f64([1, 2]);
  p.grad = f64([1, 1]);
  const o = new Class([p], { lr: 1 });
  change(o);
  o.step();
}

test('step refuses a property of an optimizer that it would not read, and lists the hyper-parameters', () => {
  for (const name of ['learningRate', 'learning_rate', 'weight_decay', 'params', 'paramgroups'])
    assert.throws(
      () => stepped(SGDM, (o) => (o[name] = 0.1)),
      new RegExp(`^SGDM: unknown option: ${name}; it has lr, `),
    );
  assert.throws(
    () => stepped(optim.ScheduleFreeAdamW, (o) => (o.average = 1)),
    /^ScheduleFree\w*: unknown option: average/,
  );
  assert.throws(() => stepped(SGDM, (o) => (o.lr = 1)), /^SGDM: lr is in a group: assign optimizer.paramGroups/);
});

test('the baseLr of a group is at least 0: with a negative one a step would go uphill', () => {
  assert.throws(
    () => stepped(SGDM, (o) => (o.paramGroups[0].baseLr = -1)),
    /^SGDM: baseLr must be a finite number of at least 0: -1$/,
  );
});

test('a method of an optimizer may be wrapped, as a spy of a test does', () => {
  let calls = 0;
  stepped(SGDM, (o) => {
    const { step, zeroGrad } = o;
    o.zeroGrad = () => zeroGrad.call(o);
    o.step = () => {
      calls++;
      step.call(o);
    };
  });
  assert.is(calls, 1);
});

test('a subclass that a user writes may have fields', () => {
  class Mine extends SGDM {
    calls = 0;
  }
  stepped(Mine, () => {});
});

test('step takes no function, unlike that of PyTorch', () => {
  const o: any = new Adam([f64([1])]);
  assert.throws(() => o.step(() => 1), /^Adam: step: too many arguments: 1; at most 0$/);
});

test('a frozen parameter is accepted and skipped, even if it still has a gradient; unfrozen, it is stepped', () => {
  const [a, b] = [f64([1]), f64([1])];
  b.requiresGrad = false;
  const o = new SGDM([a, b], { lr: 1, momentum: 0 });
  b.grad = f64([NaN]);
  a.grad = f64([0.5]);
  o.step();
  assert.equal([a.dataSync()[0], b.dataSync()[0]], [0.5, 1]);
  b.requiresGrad = true;
  b.grad = f64([0.25]);
  o.step();
  assert.equal([a.dataSync()[0], b.dataSync()[0]], [0, 0.75]);
  a.requiresGrad = false;
  b.requiresGrad = false;
  assert.throws(() => o.step(), /nothing to step: no parameter requires a gradient: set requiresGrad = true/);
});

test('parameter groups are those of PyTorch: hyper-parameters of a group override the options', () => {
  const [a, b] = [f64([1]), f64([1])];
  const o = new SGDM([{ params: [a] }, { params: [['b', b]], lr: 0.5 }], { lr: 0.25, momentum: 0 });
  for (const p of [a, b]) p.grad = f64([1]);
  o.step();
  assert.equal([a.dataSync()[0], b.dataSync()[0]], [0.75, 0.5]);
  assert.equal(
    o.paramGroups.map(({ lr, momentum, names }) => [lr, momentum, ...names]),
    [
      [0.25, 0, '0.0'],
      [0.5, 0, 'b'],
    ],
  );
  const wrong = (params: unknown) => () => new SGDM(params as never);
  assert.throws(wrong([{ params: [a], learningRate: 1 }]), /SGDM: unknown option: learningRate/);
  assert.throws(wrong([{ params: [a] }, b]), /SGDM: a group must be an object with params: got a Tensor/);
  assert.throws(wrong({ params: [a] }), /SGDM: parameters must be a list: .* put the group into a list/);
});

test('clipGradValue limits each element', () => {
  const p = f64([0, 0, 0]);
  p.grad = f64([-3, 0.5, 2]);
  clipGradValue([p], 1);
  assert.equal([...p.grad.dataSync()], [-1, 0.5, 1]);
  assert.throws(() => clipGradValue([p], 0), /the limit must be positive: 0/);
});

test('a new optimizer is a declaration of a few lines', () => {
  // Sign descent: the rate is lr/|g|.
  const SignSGD = optimizer<{ lr: number }>({
    title: 'SignSGD',
    about: 'steps of equal length, along the sign of the gradient',
    defaults: { lr: 0.1 },
    rule: (h) => ({ rate: h.lr, beta1: 0, ingest: 1, beta2: 0, corrected: 'none', eps: 0, bounds: optim.free }),
  });
  const p = f64([5, -5, 0]);
  p.grad = f64([-1e-3, -7, 0]);
  new SignSGD([p]).step();
  close(p.dataSync(), [5.1, -4.9, 0], 1e-15);
});

test('no optimizer draws random numbers', () => {
  const before = structuredClone(defaultRandom().state());
  for (const Kind of Object.values(optimizers)) {
    const p = f64([1, -2, 3, 4]);
    descend(new Kind([['p', p]]), [p], 3);
  }
  assert.equal(defaultRandom().state(), before);
});

test('refused, with what was given: parameters that are not a list, an entry that is not a tensor, options that are not an object', () => {
  const p = tensor([1], { requiresGrad: true });
  const wrong = (params: unknown, options?: unknown) => () => new SGDM(params as never, options as never);
  assert.throws(
    wrong({ weight: p }),
    /^SGDM: parameters must be a list: got an Object; pass model\.namedParameters\(\)/,
  );
  assert.throws(wrong(undefined), /^SGDM: parameters must be a list: got undefined/);
  assert.throws(wrong([p, 3]), /^SGDM: parameter 0\.1: not a tensor: got number 3/);
  assert.throws(wrong([['a', 'b']]), /^SGDM: parameter a: not a tensor: got string "b"/);
  assert.throws(wrong([p], 0.1), /^SGDM: options are an object of lr, .*: got number 0\.1/);
});

test('the state of an optimizer that has not stepped can be loaded: the optimizer is then at step 0', () => {
  const fresh = () => new Adam([['w', f64([1, 2])]]);
  const o = fresh();
  o.loadStateDict(fresh().stateDict());
  assert.is(o.steps, 0);
});

test('clipGradNorm scales a gradient of one element too', () => {
  const p = tensor([0], { requiresGrad: true });
  p.grad = tensor([1e30]);
  close([clipGradNorm([p], 1).itemSync() / 1e30, p.grad.itemSync()], [1, 1], 1e-6);
});

/** Runs a function and returns how many parameters each call of the step's kernel had. */
function callsOf(on: Backend, run: () => void): number[] {
  const calls: number[] = [];
  const before = on.run;
  on.run = (kernel, outs, ins, attrs) => {
    if (kernel.name === 'boundedStep') calls.push((attrs as unknown[]).length);
    before.call(on, kernel, outs, ins, attrs);
  };
  run();
  on.run = before;
  return calls;
}

test('one kernel call steps a group: each dtype, and the parameters without elements, have a call of their own; parameters without a gradient have none', () => {
  const make = (n: number, dtype: 'float32' | 'float64' = 'float32') => {
    const p = tensor(
      Array.from({ length: n }, (_, i) => Math.sin(i + n)),
      { dtype, requiresGrad: true },
    );
    p.grad = tensor(
      Array.from({ length: n }, (_, i) => Math.cos(i * n)),
      { dtype },
    );
    return p;
  };
  const all = () => [make(1), make(3), make(2, 'float64'), make(4), make(5), make(6), make(7), make(0)];
  const [together, alone] = [all(), all()];
  for (const params of [together, alone]) {
    params[3].grad = null;
    params[4].requiresGrad = false;
  }
  const hyper = (i: number) => (i < 5 ? { lr: 0.1 } : { lr: 0.2, weightDecay: 0.1 });
  const o = new AdaBound([
    { params: together.slice(0, 5), ...hyper(0) },
    { params: together.slice(5), ...hyper(5) },
  ]);
  const own = alone.flatMap((p, i) => (i === 3 || i === 4 ? [] : [new AdaBound([p], hyper(i))]));
  for (let t = 0; t < 2; t++) {
    assert.equal(
      callsOf(reference, () => o.step()),
      [2, 1, 2, 1],
    );
    for (const each of own) each.step();
  }
  // This parameter is at another step than its group.
  together[3].grad = alone[3].grad = make(4).grad;
  const late = new AdaBound([alone[3]], hyper(3));
  assert.equal(
    callsOf(reference, () => o.step()),
    [3, 1, 2, 1],
  );
  for (const each of [...own, late]) each.step();
  together.forEach((p, i) => assert.equal([...p.dataSync()], [...alone[i].dataSync()], `parameter ${i}`));
});
