// Hyper-parameters, states and methods of optimizers with wrong arguments: accepted, or refused by one of boundgrad's errors.
// The tests in tests/arguments call exported functions and constructors.
import { BoundgradError, ones, Tensor, tensor } from '../../core/index.js';
import * as optim from '../../optim/index.js';
import * as theory from '../../theory/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

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

/** Calls a function; any error but one of boundgrad's fails the test. Returns whether it refused. */
async function refuses(what: string, call: () => unknown): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    assert.ok(error instanceof BoundgradError, `${what}: ${(error as Error).stack}`);
    return true;
  }
}

for (const Class of Object.values(optim.optimizers)) {
  test(`${Class.title}: wrong hyper-parameters and arguments of methods throw no other errors than boundgrad's`, async () => {
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
  ['cosine of a text', () => optim.cosine('x' as never), /cosine: total must be a positive integer: string "x"/],
  [
    'a floor of a schedule as an object',
    () => optim.cosine(9, {} as never),
    /cosine: floor must be a number from 0 to 1/,
  ],
  ['a milestone that is not a number', () => optim.multiStep(['3'] as never), /multiStep: milestones .* string "3"/],
  ['a number as the schedule after a warm-up', () => optim.warmUp(3, 1 as never), /warmUp: then must be a function/],
  ['an unknown form', () => new optim.Adam([parameter()], { form: 'papr' as never }), /unknown form: papr/],
  [
    'an unknown nonFinite',
    () => new optim.Adam([parameter()], { nonFinite: 'Throw' as never }),
    /unknown nonFinite: Throw; one of throw, allow; did you mean throw/,
  ],
  [
    'true for options',
    () => new optim.Adam([parameter()], true as never),
    /options are an object of .* got boolean true/,
  ],
  [
    'a list for options',
    () => new optim.Adam([parameter()], [] as never),
    /options are an object of .* an empty array/,
  ],
  [
    'a text for nesterov',
    () => new optim.SGDM([parameter()], { nesterov: 'yes' as never }),
    /nesterov must be true or/,
  ],
  [
    'a hyper-parameter named like a method of objects',
    () => new optim.Adam([parameter()], { toString: 1 } as never),
    /unknown option: toString/,
  ],
  ['an unknown option of a rule', () => optim.Adam.rule({ bets: 1 } as never), /Adam: unknown option: bets/],
  ['a limit as a text', () => optim.clipGradValue([parameter()], '1' as never), /limit must be positive: string "1"/],
  [
    'a parameter that is not a tensor',
    () => optim.clipGradValue([3] as never, 1),
    /parameter 0 is not a tensor: got number/,
  ],
  ['pairs for clipGradNorm', () => optim.clipGradNorm([['w', parameter()]] as never, 1), /in place of namedParameters/],
  ['a number as a condition', () => optim.breakWhen(adam()[0], [3] as never), /breakWhen: condition 0 is not/],
  ['a condition without find', () => optim.breakWhen(adam()[0], [{}] as never), /breakWhen: condition 0 is not/],
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

test('values that are not states are refused, and nothing changes', () => {
  const [o] = adam();
  o.step();
  const before = o.stateDict();
  assert.throws(() => o.loadStateDict({} as never), /^Adam: tensors must be as stateDict\(\) returned it: an Object$/);
  assert.throws(() => o.loadStateDict(3 as never), /^Adam: tensors must be as stateDict\(\) returned it: 3$/);
  assert.equal(o.stateDict().meta, before.meta);
  assert.ok(Object.values(o.stateDict().tensors).every((t) => t instanceof Tensor && t.dataSync()));
});

test('betas that are probably swapped cause one warning; defaults, other pairs, functions of t and three betas cause none', async () => {
  const warned = (Class: any, ...options: object[]) =>
    warningsOf(() => new Class(options.map((own) => ({ params: [parameter()], ...own }))));
  const message = (title: string) => `${title}: betas [0.999,0.9]: swapped?`;
  for (const Class of [optim.Adam, optim.AdaBound, optim.Lion, optim.LAMB, optim.ScheduleFreeAdamW])
    assert.equal(await warned(Class, { betas: [0.999, 0.9] }), [message(Class.title)]);
  const swapped = { betas: [0.999, 0.9] };
  assert.equal(await warned(optim.Adam, {}, swapped, swapped), [message('Adam')]);
  assert.equal(await warningsOf(() => new optim.Adam([parameter()], swapped as never)), [message('Adam')]);
  const grown = await warningsOf(() => {
    const o = new optim.Adam([parameter()]);
    for (let i = 0; i < 2; i++) o.addParamGroup({ params: [parameter()], ...swapped } as never);
  });
  assert.equal(grown, [message('Adam')], 'groups that are added');
  for (const Class of Object.values(optim.optimizers)) assert.equal(await warned(Class, {}), [], Class.title);
  for (const betas of [
    [0, 0.1],
    [0.9, 0.8],
    [0.98, 0.5],
    [0.99, 0.99],
    [0.99, 0.999],
    [() => 0.999, 0.9],
  ])
    assert.equal(await warned(optim.Adam, { betas }), [], `${betas}`);
  assert.equal(await warned(optim.Adan, { betas: [0.99, 0.92, 0.999] }), []);
  const Slow = optim.optimizer({ ...optim.Adam.declaration, defaults: { ...optim.Adam.defaults, betas: [0.99, 0.9] } });
  assert.equal(await warned(Slow, {}, swapped), [], 'an optimizer with this order by default');
  assert.equal(await warningsOf(() => optim.Adam.rule(swapped as never)), [], 'a rule');
});

test('a small lr of AdaDelta, which is a factor on the rate that it estimates, causes one warning', async () => {
  const warned = (lr: number) => warningsOf(() => new optim.AdaDelta([parameter()], { lr }));
  for (const lr of [0.0101, 0]) assert.equal(await warned(lr), []);
  assert.equal(await warned(0.01), ['AdaDelta: lr 0.01 is a factor on the rate that it estimates; leave it at 1']);
  assert.equal(await warned(0.01), []);
});

test('a weightDecay of 0 in one group causes a warning if the others have the default, which is 0 too', async () => {
  const [free, rest] = [{ params: [parameter()], weightDecay: 0 }, { params: [parameter()] }];
  const warned = (...args: ConstructorParameters<typeof optim.Adam>) => warningsOf(() => new optim.Adam(...args));
  assert.equal(await warned([free, rest]), ['Adam: weightDecay 0 has no effect: pass a weightDecay']);
  for (const args of [
    [[free]],
    [[free, { ...rest, weightDecay: 0 }]],
    [[rest, { params: [parameter()] }]],
    [[free, rest], { weightDecay: 0 }],
    [[free, rest], { weightDecay: 0.1 }],
    [[free, { ...rest, weightDecay: 0.1 }]],
  ] as ConstructorParameters<typeof optim.Adam>[])
    assert.equal(await warned(...args), [], JSON.stringify(args.slice(1)));
});
