// Every export of optim and theory, called with wrong arguments: each either accepts them or throws one of boundgrad's
// errors. A TypeError or a RangeError would name a line of this library in place of the mistake.
import { BoundgradError, ones, Tensor, tensor } from '../../core/index.js';
import * as optim from '../../optim/index.js';
import * as theory from '../../theory/index.js';
import { assert, subject } from '../spec.js';

const test = subject('Wrong arguments of optim and theory');

const parameter = () => tensor([1, 2], { requiresGrad: true });
const adam = () => {
  const p = parameter();
  p.grad = ones([2]);
  return [new optim.Adam([p]), p] as const;
};

const wrong: unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  NaN,
  Infinity,
  10n,
  1e300,
  Symbol('x'),
  '',
  'x',
  [],
  [3],
  [null],
  [[]],
  {},
  { odd: 1 },
  { params: 3 },
  Object.create(null),
  () => undefined,
  new Map([['a', 1]]),
  new Float32Array(2),
  new Date(0),
  /x/,
  Promise.resolve(1),
  tensor([1, 2]),
];

/** Valid arguments of the functions that look at a later argument only if the earlier ones are valid. */
const valid: Record<string, () => unknown[]> = {
  clipGradNorm: () => [[adam()[1]], 1],
  clipGradValue: () => [[adam()[1]], 1],
  breakWhen: () => [adam()[0], [optim.firstClip()]],
  explain: () => [...adam(), 0],
  Recorder: () => [adam()[0], {}],
  scalarsAt: () => [optim.Adam.rule(), optim.noProgress(), 1],
  boundedStep: () => [
    ...Array.from({ length: 3 }, () => new Float64Array(1)),
    null,
    null,
    optim.scalarsAt(optim.SGDM.rule(), optim.noProgress()),
    null,
  ],
  stepwise: () => [3, 0.5],
  multiStep: () => [[3], 0.5],
  cosine: () => [3, 0],
  warmUp: () => [3, optim.constant()],
  oneCycle: () => [3, 0.5],
  converging: () => [0.1, 0.1],
  rateOf: () => [1, 1, 1],
  clip: () => [1, 1, 1],
  regret: () => [theory.online.cycle(), optim.SGDM, 3, {}],
  box: () => [-1, 1],
  periodic: () => ['p', [[1]], theory.online.box(-1, 1), [0]],
  published: () => [{ D: 1, G: 1, b1: 0, d: 1 }, 1, 1, 1, 1],
  corrected: () => [{ D: 1, G: 1, b1: 0, d: 1 }, 1, 1, 1, 1, 1],
  corollary: () => [{ D: 1, G: 1, b1: 0, d: 1 }, 1, 1],
  vacuousUntil: () => [{ D: 1, G: 1, b1: 0, d: 1 }, 1],
  gap: () => [optim.free, 2],
  neverFalls: () => [optim.free, 2],
};
for (const Class of Object.values(optim.optimizers)) valid[Class.title] = () => [[parameter()], {}];

const isClass = (value: object) => /^class\b/.test(Function.prototype.toString.call(value));

/** Calls a function; anything but one of boundgrad's errors fails the test. Returns whether it refused. */
async function refuses(what: string, call: () => unknown): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    assert.ok(error instanceof BoundgradError, `${what}: ${(error as Error).stack}`);
    return true;
  }
}

const exported: [string, unknown][] = [
  ...Object.entries(optim),
  ...Object.entries(theory.online),
  ...Object.entries(theory.theorems),
  ['regret', theory.regret],
];

for (const [name, value] of exported) {
  if (typeof value !== 'function') continue;
  const call = (args: unknown[]) =>
    isClass(value) ? new (value as any)(...args) : (value as (...args: unknown[]) => unknown)(...args);
  test(`${name} throws boundgrad's errors alone, whatever the arguments are`, async () => {
    const fits = valid[name];
    for (const [i, bad] of wrong.entries()) {
      const text = `${name} with wrong[${i}]`;
      await refuses(text, () => call([bad]));
      await refuses(`${text}, four times`, () => call([bad, bad, bad, bad]));
      for (let at = 0; at < (fits?.().length ?? 0); at++) {
        await refuses(`${text} as argument ${at}`, () => call(fits().map((arg, k) => (k === at ? bad : arg))));
      }
    }
    if (fits) assert.ok(!(await refuses(name, () => call(fits()))), 'the valid arguments are accepted');
  });
}

for (const Class of Object.values(optim.optimizers)) {
  test(`${Class.title}: each hyper-parameter and each method throws boundgrad's errors alone`, async () => {
    for (const [i, bad] of wrong.entries()) {
      for (const key of [...Object.keys(Class.defaults), 'nonFinite', 'schedule', 'unknown']) {
        const text = `${Class.title} ${key} wrong[${i}]`;
        await refuses(text, () => new Class([parameter()], { [key]: bad }));
        await refuses(`${text}, in a group`, () => new Class([{ params: [parameter()], [key]: bad }]));
        await refuses(`${text}, in the rule`, () => Class.rule({ [key]: bad }));
        const p = parameter();
        p.grad = ones([2]);
        const o = new Class([p]);
        Object.assign(o.paramGroups[0], { [key]: bad });
        await refuses(`${text}, assigned`, () => o.step());
      }
      const o = new Class([['p', parameter()]]);
      const { tensors, meta } = o.stateDict();
      const group = meta.groups[0];
      await refuses(`wrong[${i}] as a group`, () => o.addParamGroup(bad as never));
      await refuses(`wrong[${i}] in upcoming`, () => o.upcoming(bad as never));
      await refuses(`wrong[${i}] in inspect`, () => o.inspect(bad as never));
      await refuses(`wrong[${i}] in hasStepped`, () => o.hasStepped(bad as never));
      const states = [
        bad,
        { tensors: bad, meta },
        { tensors, meta: bad },
        { tensors, meta: { ...meta, groups: bad } },
        { tensors, meta: { ...meta, groups: [bad] } },
        { tensors, meta: { ...meta, groups: [{ ...group, names: bad }] } },
        { tensors, meta: { ...meta, groups: [{ ...group, lr: bad }] } },
        { tensors, meta: { ...meta, steps: bad } },
        { tensors, meta: { ...meta, optimizer: bad } },
        { tensors, meta: { ...meta, progress: bad } },
        { tensors, meta: { ...meta, progress: { p: bad } } },
        { tensors: { 'p.m': bad }, meta: { ...meta, progress: { p: { t: 1, product1: 1, product2: 1 } } } },
      ];
      for (const [k, state] of states.entries())
        await refuses(`wrong[${i}] in state ${k}`, () => o.loadStateDict(state as never));
    }
  });
}

const silent: [string, () => unknown, RegExp][] = [
  ['a schedule of a text', () => optim.cosine('x' as never), /cosine: total must be a positive integer: string "x"/],
  ['a floor of a schedule as an object', () => optim.cosine(9, {} as never), /cosine: floor must be a finite number/],
  ['a milestone that is no number', () => optim.multiStep(['3'] as never), /multiStep: milestones .* string "3"/],
  [
    'a schedule after the warm-up that is a number',
    () => optim.warmUp(3, 1 as never),
    /warmUp: then must be a function/,
  ],
  ['another form', () => new optim.Adam([parameter()], { form: 'papr' as never }), /unknown form: papr/],
  [
    'another word for nonFinite',
    () => new optim.Adam([parameter()], { nonFinite: 'Throw' as never }),
    /unknown nonFinite: Throw; one of throw, allow; did you mean throw/,
  ],
  [
    'true for options',
    () => new optim.Adam([parameter()], true as never),
    /options are an object, .* got boolean true/,
  ],
  ['a list for options', () => new optim.Adam([parameter()], [] as never), /options are an object, .* an empty array/],
  [
    'a text for nesterov',
    () => new optim.SGDM([parameter()], { nesterov: 'yes' as never }),
    /nesterov must be true or/,
  ],
  [
    'a hyper-parameter named as a method of objects',
    () => new optim.Adam([parameter()], { toString: 1 } as never),
    /unknown option: toString/,
  ],
  ['an unknown option of a rule', () => optim.Adam.rule({ bets: 1 } as never), /Adam: unknown option: bets/],
  ['a limit as a text', () => optim.clipGradValue([parameter()], '1' as never), /limit must be positive: string "1"/],
  [
    'a parameter that is no tensor',
    () => optim.clipGradValue([3] as never, 1),
    /parameter 0 is not a tensor: got number/,
  ],
  ['pairs for clipGradNorm', () => optim.clipGradNorm([['w', parameter()]] as never, 1), /in place of namedParameters/],
  ['what is not a condition', () => optim.breakWhen(adam()[0], [3] as never), /breakWhen: condition 0 is not/],
  ['a model in place of an optimizer', () => optim.breakWhen({} as never, [optim.firstClip()]), /takes an optimizer/],
  ['an unknown option of Recorder', () => new optim.Recorder(adam()[0], { evry: 2 } as never), /unknown option: evry/],
  ['a text for a flag of Recorder', () => new optim.Recorder(adam()[0], { net: 'no' as never }), /net must be true or/],
  [
    'an unknown option of regret',
    () => theory.regret(theory.online.cycle(), optim.SGDM, 3, { At: [1] } as never),
    /At/,
  ],
  ['an unknown option of a problem', () => theory.online.cycle({ c: 5 } as never), /cycle: unknown option: c/],
  ['a text for an option of a problem', () => theory.online.cycle({ C: '5' as never }), /cycle: C must be a finite/],
  [
    'a text in a theorem',
    () => theory.theorems.corollary({ D: 1, G: 1, b1: 0, d: 1 }, 'x' as never, 1),
    /corollary: T/,
  ],
  ['a period beyond memory', () => theory.online.theorem1({ C: 1e10 }), /theorem1: C must be at most 1000000/],
  ['a rate of fixed as a text', () => optim.fixed('1' as never), /fixed: rate must be a number/],
];
for (const [what, act, message] of silent) test(`refused: ${what}`, () => assert.throws(act, message));

test('refused, and nothing changed: what is not a state', () => {
  const [o] = adam();
  o.step();
  const before = o.stateDict();
  assert.throws(() => o.loadStateDict({} as never), /Adam: not a saved state: its tensors are undefined; pass what/);
  assert.throws(() => o.loadStateDict(3 as never), /Adam: not a saved state: got number 3/);
  assert.equal(o.stateDict().meta, before.meta);
  assert.ok(Object.values(o.stateDict().tensors).every((t) => t instanceof Tensor && t.dataSync()));
});
