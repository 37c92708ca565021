// The trials of a sweep and the ids of its tasks.
import { createHash } from 'node:crypto';
import { drawTrials, radicalInverse, valueAt } from '../../sweep/draw.js';
import { sha256 } from '../../sweep/sha256.js';
import { checkSpace, type Range, type Space } from '../../sweep/space.js';
import { canonical, idOf, trialsOf } from '../../sweep/task.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Trials of a sweep');

const adam: Space[string] = {
  lr: { log: [1e-5, 0.1] },
  eps: { uniform: [0, 1] },
  steps: { integer: [1, 5] },
  form: { values: ['code', 'paper'] },
};
/** Written by the first version that had sweeps. A change here changes every sweep that a user has begun. */
const RANDOM = [
  { lr: 0.00007697, eps: 0.8792, steps: 3, form: 'code' },
  { lr: 0.0419, eps: 0.117, steps: 4, form: 'code' },
  { lr: 0.03551, eps: 0.8008, steps: 2, form: 'paper' },
];
const HALTON = [
  { lr: 0.002523, eps: 0.0563, steps: 4, form: 'code' },
  { lr: 0.0002523, eps: 0.3896, steps: 5, form: 'code' },
  { lr: 0.02523, eps: 0.8341, steps: 1, form: 'paper' },
];
const ID = 'run-13649345dca765b9d329';

const of = (draw: 'random' | 'halton' | 'grid', trials: number, ranges = adam, seed = 7) =>
  drawTrials('adam', ranges, { draw, trials, seed });

test('the same seed gives the same trials forever', () => {
  assert.equal(of('random', 3), RANDOM);
  assert.equal(of('halton', 3), HALTON);
});

test('a task has the same id forever, whatever the order of its entries', () => {
  const [settings, config] = [
    { model: 'lenet', epochs: 3 },
    { lr: 0.01, betas: [0.9, 0.999] },
  ];
  const id = idOf(settings, { method: 'adam', config, seed: 1 });
  assert.is(id, ID);
  const mixed = { betas: config.betas, lr: config.lr };
  assert.is(idOf({ epochs: 3, model: 'lenet' }, { seed: 1, config: mixed, method: 'adam' }), id);
});

test('another setting, method, value or seed gives another id', () => {
  const task = { method: 'adam', config: { lr: 0.01 }, seed: 1 };
  const others = [
    idOf({ epochs: 3 }, task),
    idOf({ epochs: 4 }, task),
    idOf({ epochs: 3 }, { ...task, method: 'sgdm' }),
    idOf({ epochs: 3 }, { ...task, config: { lr: 0.010001 } }),
    idOf({ epochs: 3 }, { ...task, config: { lr: '0.01' } }),
    idOf({ epochs: 3 }, { ...task, seed: 2 }),
  ];
  assert.is(new Set(others).size, others.length);
});

test('the hash is SHA-256, at every length around a block, and for characters of every plane of Unicode', () => {
  for (let n = 0; n < 200; n++) {
    const text = 'aé漢😀'.repeat(n).slice(0, n);
    const whole = text.replace(/[\ud800-\udbff]$/, '');
    assert.is(sha256(whole), createHash('sha256').update(whole).digest('hex'), `${n} characters`);
  }
});

test('more trials, or another hyper-parameter, change no earlier value', () => {
  for (const draw of ['random', 'halton'] as const) {
    const few = of(draw, 5);
    assert.equal(of(draw, 50).slice(0, 5), few);
    assert.equal(
      of(draw, 5, { ...adam, gamma: { log: [1, 2] } }).map(({ gamma: _, ...rest }) => rest),
      few,
    );
    assert.not.equal(of(draw, 5, adam, 8), few, 'another seed gives other trials');
  }
});

test('draws lie in their range and spread over it evenly; with log, their logarithms do', () => {
  for (const draw of ['random', 'halton'] as const) {
    const all = of(draw, 2000) as unknown as { lr: number; eps: number; steps: number; form: string }[];
    assert.ok(all.every(({ lr, eps }) => lr >= 1e-5 && lr <= 0.1 && eps >= 0 && eps <= 1));
    // The share of a quarter of the range has a standard deviation of 0.01 over 2,000 draws.
    const quarter = (holds: (t: (typeof all)[0]) => boolean) => all.filter(holds).length / all.length;
    close([quarter(({ lr }) => lr < 1e-4)], [0.25], 0.04);
    close([quarter(({ eps }) => eps < 0.25)], [0.25], 0.04);
    close([quarter(({ steps }) => steps === 5)], [0.2], 0.04);
    close([quarter(({ form }) => form === 'paper')], [0.5], 0.04);
  }
});

test('Halton’s points are more even than random ones: of 64, every eighth of the range has 7 to 9', () => {
  const ranges = { x: { uniform: [0, 1] } } as const;
  const counts = Array.from({ length: 8 }, () => 0);
  for (const { x } of of('halton', 64, ranges)) counts[Math.min(7, Math.floor(8 * (x as number)))]++;
  assert.ok(
    counts.every((n) => n >= 7 && n <= 9),
    `${counts}`,
  );
});

test('the radical inverse reverses the digits: 6 = 110 in base 2 gives 3/8; 5 = 12 in base 3 gives 7/9', () => {
  close([radicalInverse(6, 2), radicalInverse(5, 3), radicalInverse(1, 5)], [3 / 8, 7 / 9, 1 / 5], 1e-15);
});

test('a grid has every combination once, with as many points of a range as the trials permit, including both ends', () => {
  const ranges = { lr: { log: [1e-4, 1] }, amsgrad: { values: [true, false] } } as const;
  const grid = of('grid', 10, ranges);
  assert.equal(
    grid.map(({ lr }) => lr),
    [1e-4, 1e-4, 1e-3, 1e-3, 0.01, 0.01, 0.1, 0.1, 1, 1],
  );
  assert.is(new Set(grid.map((config) => canonical(config))).size, 10);
  assert.is(of('grid', 11, ranges).length, 10);
  assert.equal(
    of('grid', 3, { n: { integer: [1, 9] } }).map(({ n }) => n),
    [1, 5, 9],
  );
});

test('drawn values have four digits, so that they are the same if an engine’s powers differ in the last bit', () => {
  for (const u of [0.1, 0.3, 0.77, 0.999]) {
    const value = valueAt({ log: [1e-5, 0.1] }, u) as number;
    assert.is(value, Number(value.toPrecision(4)));
  }
  assert.equal([valueAt({ log: [1e-5, 0.1] }, 0), valueAt({ log: [1e-5, 0.1] }, 1)], [1e-5, 0.1]);
  assert.is(valueAt({ uniform: [0, 0.123456] }, 1), 0.123456, 'rounding does not leave the range');
});

test('each trial has a task for each seed, and equal configurations have equal ids', () => {
  const space = { a: { x: { values: [1] } } } as const;
  const how = { draw: 'random', trials: 2, seed: 7, seeds: [4, 9], settings: null } as const;
  const [one, two] = trialsOf(space, how);
  assert.equal([one.number, two.number, one.tasks.map(({ seed }) => seed)], [1, 2, [4, 9]]);
  assert.equal(
    one.tasks.map(({ id }) => id),
    two.tasks.map(({ id }) => id),
  );
});

const bad: [name: string, space: unknown, message: RegExp][] = [
  ['undefined in place of methods', undefined, /space must be an object of methods/],
  ['no method', {}, /at least one method/],
  ['a method that is no object', { adam: 3 }, /space\.adam must be an object of ranges/],
  ['an unknown kind', { adam: { lr: { lgo: [1, 2] } } }, /space\.adam\.lr: unknown option: lgo.*did you mean log/],
  [
    'two kinds',
    { adam: { lr: { log: [1, 2], values: [1] } } },
    /space\.adam\.lr: takes one of .*: log and values given/,
  ],
  ['no kind', { adam: { lr: {} } }, /none given/],
  [
    'a range of one number',
    { adam: { lr: { log: [1] } } },
    /space\.adam\.lr: log must be a list of two finite numbers/,
  ],
  ['a range from 0 in the logarithm', { adam: { lr: { log: [0, 1] } } }, /two positive numbers/],
  ['a falling range', { adam: { lr: { uniform: [2, 1] } } }, /the second number must be the larger one: \[2,1\]/],
  ['an infinite range', { adam: { lr: { uniform: [0, Infinity] } } }, /two finite numbers/],
  ['a range of integers that ends in a fraction', { adam: { n: { integer: [1, 2.5] } } }, /two integers/],
  ['an empty list', { adam: { lr: { values: [] } } }, /at least one value/],
  ['a value of another kind', { adam: { lr: { values: [null] } } }, /values\[0\] must be a number, text or flag/],
  ['a value twice', { adam: { lr: { values: [1, 2, 1] } } }, /values: 1 is listed twice/],
  ['a method named __proto__', JSON.parse('{"__proto__": {"lr": {"log": [1, 2]}}}'), /__proto__/],
];
for (const [name, space, message] of bad) {
  test(`a space with ${name} is refused with its path`, () => {
    assert.throws(() => checkSpace(space as Record<string, Record<string, Range>>), message);
  });
}
