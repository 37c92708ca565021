// The poster's verdicts are functions of records: exchanging the logs of two optimizers reverses them, and logs without a difference
// give no verdict. Then the records themselves: the result of a task, and kills and damage of their files.
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PanelRecords, parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { halved } from '../../cli/poster/smallData.js';
import { runTraining } from '../../cli/poster/training.js';
import { runTask } from '../../cli/poster/worker.js';
import { sessionOf } from '../../cli/session.js';
import type { Dataset } from '../../datasets/index.js';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { percent } from '../../reports/format.js';
import type { Panel } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import { BINS, middles, type NetRates, quantile, quantileOfUsed, sizeOf } from '../../reports/poster/rates.js';
import { full, quick, type Recipe } from '../../reports/poster/recipe.js';
import {
  type Done,
  keyOf,
  type Online,
  stepsTo,
  type Task,
  type Training,
  type TrainingResult,
} from '../../reports/poster/task.js';
import { exceeds, verdict } from '../../reports/poster/verdict.js';
import { temporary } from '../cli/command.js';
import { assert, close, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('Poster: verdicts from records');

const panel = (key: string): Panel => panels.find((p) => p.key === key)!;
const recipe = quick();

/** A training with these test accuracies and training losses by epoch. */
function log(task: Training, accuracies: number[], losses = accuracies.map((a) => 1 - a)): Done<Training> {
  const epochs = accuracies.map((testAccuracy, i) => {
    return { epoch: i + 1, loss: losses[i], accuracy: testAccuracy, testLoss: losses[i], testAccuracy };
  });
  const result: TrainingResult = {
    ...{ outcome: 'finished', note: '', parameters: 10, train: 100, test: 100, steps: 6, looks: [] },
    epochs,
  };
  return { kind: 'task', task, result, seconds: 1 };
}

/** The logs with the results of two optimizers exchanged, for each seed, net and problem. Results without a partner stay. */
function exchanged(done: readonly Done[], a: string, b: string): Done[] {
  const other: Record<string, string> = { [a]: b, [b]: a };
  const name = ({ optim, hyper: _, ...rest }: Task, as = optim) => keyOf({ ...rest, optim: as, hyper: {} } as Task);
  return done.map((d) => {
    const partner = done.find((o) => name(o.task) === name(d.task, other[d.task.optim] ?? d.task.optim));
    return { ...d, result: (partner ?? d).result } as Done;
  });
}

const ramp = (end: number) => [0.5, 0.6, 0.7, 0.7, 0.7, end];

/** The logs of panel 1: Adam's loss is low at first, and SGDM's accuracy is high in the end, by far more than seeds differ. */
function pair(): Done<Training>[] {
  return (panel('fast').tasks(recipe) as Training[]).map((task) => {
    const jitter = 0.001 * task.seed;
    if (task.optim === 'adam') return log(task, ramp(0.8 + jitter), [0.5 + jitter, 0.4, 0.3, 0.3, 0.3, 0.3]);
    return log(task, ramp(0.9 + jitter), [1.5 + jitter, 0.9, 0.5, 0.3, 0.3, 0.2]);
  });
}

test('that Adam is faster at first, and SGDM better at the end, is supported by logs that show it, and contradicted if the two are exchanged', () => {
  const { verdict: judge } = panel('fast');
  assert.equal(
    judge(pair()).findings.map((f) => f.outcome),
    ['supported', 'supported'],
  );
  const turned = judge(exchanged(pair(), 'adam', 'sgdm'));
  assert.is(turned.outcome, 'contradicted');
  assert.equal(
    turned.findings.map((f) => f.outcome),
    ['contradicted', 'contradicted'],
  );
});

test('if two seeds of one optimizer are recorded as two optimizers, the verdict is inconclusive', () => {
  const adam = pair().filter(({ task }) => task.optim === 'adam');
  const [first, second] = adam;
  const named = (d: Done<Training>, optim: string, seed: number) => ({ ...d, task: { ...d.task, optim, seed } });
  const { outcome, findings } = panel('fast').verdict([named(first, 'adam', 1), named(second, 'sgdm', 1)]);
  assert.is(outcome, 'inconclusive');
  assert.match(findings[0].numbers, /two finished seeds of each are needed/);
  // The same three results on both sides, in another order, are no difference either.
  const both = adam.flatMap((d, i) => [named(d, 'adam', i), named(adam[2 - i], 'sgdm', i)]);
  assert.is(panel('fast').verdict(both).outcome, 'inconclusive');
});

test('a difference counts if it is more than twice the spread, by hand: with variances 1 and 1 the means must be more than 2 apart', () => {
  const judge = (by: number) => {
    const [a, b] = [1, 2, 3]
      .map((v) => [v + by, v])
      .reduce(
        (r, [x, y]) => [
          [...r[0], x],
          [...r[1], y],
        ],
        [[], []] as number[][],
      );
    return exceeds('', { name: 'a', values: a }, { name: 'b', values: b }, String).outcome;
  };
  assert.equal([2.01, 1.99, 0, -1.99, -2.01].map(judge), [
    'supported',
    ...['inconclusive', 'inconclusive', 'inconclusive'],
    'contradicted',
  ]);
  const { numbers } = exceeds('', { name: 'a', values: [1, null, 3] }, { name: 'b', values: [] }, String);
  assert.is(numbers, 'a 1, diverged and 3; b: not run; two finished seeds of each are needed');
});

test('a panel is supported if all its claims are, contradicted if one is, and inconclusive otherwise or without runs', () => {
  const of = (...outcomes: ('supported' | 'contradicted' | 'inconclusive')[]) =>
    verdict(outcomes.map((outcome) => ({ claim: '', outcome, numbers: '' }))).outcome;
  assert.is(of('supported', 'supported'), 'supported');
  assert.is(of('supported', 'contradicted', 'inconclusive'), 'contradicted');
  assert.is(of('supported', 'inconclusive'), 'inconclusive');
  assert.is(of(), 'inconclusive');
  for (const p of panels) assert.not(p.verdict([]).outcome === 'supported', p.key);
});

test('a panel without records draws nothing, and each of its claims is inconclusive', () => {
  for (const p of panels) {
    assert.equal(p.figures([], recipe), [], p.key);
    assert.ok(
      p.verdict([]).findings.every(({ outcome }) => outcome === 'inconclusive'),
      p.key,
    );
  }
});

/** The records of a panel's online tasks, which run here. */
async function online(key: string): Promise<Done[]> {
  const tasks = panel(key)
    .tasks(recipe)
    .filter((task): task is Online => task.kind === 'online');
  const run = async (task: Online) => ({
    kind: 'task',
    task,
    result: await runTask({ task, backend: 'reference' }),
    seconds: 0,
  });
  return Promise.all(tasks.map(run)) as Promise<Done[]>;
}

test('the theorems are supported by runs made here, and contradicted if Adam’s and SGD’s logs are exchanged', async () => {
  const done = await online('theorems');
  const { verdict: judge } = panel('theorems');
  assert.is(judge(done).outcome, 'supported');
  for (const { outcome, claim } of judge(exchanged(done, 'adam', 'sgdm')).findings) {
    assert.is(outcome, 'contradicted', claim);
  }
  // A problem that was not run makes the panel inconclusive.
  const some = done.filter(({ task }) => (task as Online).problem !== 'theorem2');
  assert.is(judge(some).outcome, 'inconclusive');
});

test('where AdaBound loses: the claims on scale, Rosenbrock and theorem 4 are supported by runs made here; the first two are contradicted if its logs are exchanged with Adam’s', async () => {
  const done = await online('losses');
  const { verdict: judge } = panel('losses');
  const outcomes = (records: Done[]) => judge(records).findings.map(({ outcome }) => outcome);
  assert.equal(outcomes(done), ['supported', 'supported', 'supported', 'inconclusive']);
  const turned = outcomes(exchanged(done, 'adam', 'adabound'));
  assert.equal(turned.slice(0, 2), ['contradicted', 'contradicted']);
});

test('robustness: supported if AdaBound is flat and SGDM has a peak, contradicted if they are exchanged, and inconclusive with one seed', () => {
  const tasks = panel('robustness').tasks(recipe) as Training[];
  const done = tasks.map((task) => {
    const { lr, finalLr } = task.hyper as Record<string, number>;
    const flat = 0.85 + 0.001 * task.seed;
    // SGDM has a peak over its rates; AdaBound is flat over the same range.
    return log(task, [
      task.optim === 'sgdm' ? flat - 0.1 * Math.abs(Math.log10(lr / 0.01)) : flat + 0.001 * Math.log10(finalLr),
    ]);
  });
  const { verdict: judge } = panel('robustness');
  assert.is(judge(done).outcome, 'supported');
  const swap = ({ task }: Done<Training>): Done<Training> => {
    const rate = task.optim === 'sgdm' ? (task.hyper.lr as number) : (task.hyper.finalLr as number) / 10;
    const partner = done.find(
      ({ task: o }) =>
        o.seed === task.seed &&
        (task.optim === 'sgdm'
          ? o.optim === 'adabound' &&
            o.hyper.gamma === 1e-3 &&
            o.hyper.lr === 1e-3 &&
            Math.abs((o.hyper.finalLr as number) / 10 - rate) < 1e-9
          : o.optim === 'sgdm' && Math.abs((o.hyper.lr as number) - rate) < 1e-9),
    )!;
    return { ...partner, task };
  };
  assert.is(judge(done.map(swap)).outcome, 'contradicted');
  assert.is(judge(done.filter(({ task }) => task.seed === 1)).outcome, 'inconclusive');
});

const task: Training = {
  ...(recipe.nets[0].base as Training),
  ...{ model: 'mlp', images: 40, epochs: 2, batchSize: 10, looks: 'often', optim: 'adabound', hyper: {}, seed: 1 },
};

test('a training returns its epochs and rates; each record of rates counts every weight once, and no used rate is outside the bounds', async () => {
  const result = (await runTraining(task))!;
  assert.is(result.outcome, 'finished');
  assert.equal([result.steps, result.train, result.test], [8, 40, 900]);
  assert.equal(
    result.looks.map(({ step }) => step),
    [1, 2, 3, 5, 8],
  );
  for (const { rate, used, floor, free, ceiling, lo, hi, extreme } of result.looks) {
    for (const n of [sizeOf(rate), sizeOf(used), floor + free + ceiling]) assert.is(n, result.parameters);
    // No used rate is outside the bounds, up to the width of a bin.
    const inside = middles().map((r) => r > lo / 10 ** 0.2 && r < hi! * 10 ** 0.2);
    assert.ok(used.every((n, i) => n === 0 || inside[i]));
    assert.equal([extreme.high, extreme.highRelative > 0], [0, extreme.highRelative > 0]);
  }
  assert.equal(
    result.looks.map(({ layers }) => layers?.length ?? 0),
    [0, 0, 0, 0, 4],
  );
  // The same task has the same result again.
  assert.equal(await runTraining(task), result);
});

test('a quantile divides its bin in proportion, in log scale; a quantile of used rates is a bound if the clip set the rates at that quantile to the bound', () => {
  const counts = middles().map(() => 0);
  counts[1 + 5 * (0 - BINS.from)] = 4; // from 1 to 10^0.2
  counts[1 + 5 * (2 - BINS.from)] = 4; // from 100 to 10^2.2
  const powers = [0.1, 0.2, 2.1, 2.2];
  close(
    [0.25, 0.5, 0.75, 1].map((p) => quantile(counts, p)),
    powers.map((x) => 10 ** x),
    1e-9,
  );
  const bounds = { lo: 1.2, hi: 150, floor: 1, ceiling: 2 };
  const used = (p: number) => quantileOfUsed({ ...({} as NetRates), ...bounds, used: counts }, p);
  assert.equal([1 / 8, 2 / 8, 6 / 8, 6.1 / 8].map(used), [1.2, quantile(counts, 2 / 8), quantile(counts, 6 / 8), 150]);
  assert.is(quantileOfUsed({ ...({} as NetRates), lo: 2, hi: null, floor: 0, ceiling: 0, used: counts }, 0.01), 2);
});

test('an image at half the size has the mean of 2 x 2 pixels, in each channel', async () => {
  const pixels = Float32Array.from({ length: 2 * 2 * 4 * 4 }, (_, i) => i);
  const set: Dataset = {
    ...{ name: 'ramp', length: 2, shape: [2, 4, 4], classes: ['a', 'b'] },
    batch: (indices) => ({
      inputs: Float32Array.from(Array.from(indices).flatMap((i) => [...pixels.subarray(32 * i, 32 * i + 32)])),
      labels: Int32Array.from(indices),
    }),
  };
  const small = await halved(set);
  assert.equal(small.shape, [2, 2, 2]);
  const { inputs, labels } = await small.batch([1]);
  // With rows of four pixels: (0 + 1 + 4 + 5) / 4 = 2.5, and so on from 32 and from 48 upwards.
  assert.equal([...inputs], [34.5, 36.5, 42.5, 44.5, 50.5, 52.5, 58.5, 60.5]);
  assert.equal([...labels], [1]);
});

test('smaller data keep their normalization, so that a training does not warn of its test set', async () => {
  for (const [images, halved] of [
    [64, false],
    [null, true],
  ] as const) {
    const warned = await warningsOf(() =>
      runTraining({ ...task, epochs: 1, evalEvery: 1, looks: 'none', images, halved }),
    );
    assert.equal(warned, []);
  }
});

test('the points of a curve are at increasing steps from 1 to T', () => {
  for (const T of [1, 7, 30_000]) {
    const found = stepsTo(T);
    assert.equal([found[0], found.at(-1)], [1, T]);
    assert.ok(found.every((t, i) => i === 0 || t > found[i - 1]));
  }
});

test('the key of a task depends on its seed, but not on the order of its entries', () => {
  const { seed, ...rest } = task;
  assert.is(keyOf({ ...rest, seed }), keyOf({ seed, ...rest } as Training));
  assert.not.equal(keyOf({ ...task, seed: 2 }), keyOf(task));
});

test('no panel has the same task twice, and the six optimizers of a net and seed see the same batches', () => {
  for (const r of [recipe, full()]) {
    for (const p of panels) {
      const keys = p.tasks(r).map(keyOf);
      assert.ok(new Set(keys).size >= keys.length - repeated(p, r), p.key);
    }
    const trainings = panel('accuracy').tasks(r) as Training[];
    const rest = ({ optim: _, hyper: __, ...t }: Training) => keyOf(t as Task);
    for (const t of trainings) assert.is(trainings.filter((o) => rest(o) === rest(t)).length, 6);
  }
});

/** How many tasks a panel may repeat: the map of robustness has a row that its lines have too. */
function repeated({ key }: Panel, { grid }: Recipe): number {
  return key === 'robustness' && grid.map ? 6 : 0;
}

test('the full form is the authors’ recipe: batches of 128, 200 epochs, a tenth of the rate after 150, decay 5e-4, crops and flips', () => {
  const { nets, hyper } = full();
  assert.equal(
    nets.map(({ base }) => base.model),
    ['resnet34', 'densenet121'],
  );
  const { batchSize, epochs, milestones, augment, data } = nets[0].base;
  assert.equal(
    { batchSize, epochs, milestones, augment, data },
    {
      ...{ batchSize: 128, epochs: 200, milestones: [150] },
      ...{ augment: ['crop', 'flip'], data: 'cifar10' },
    },
  );
  for (const h of Object.values(hyper)) assert.is(h.weightDecay, 5e-4);
  assert.equal(
    [hyper.sgdm.lr, hyper.adam.betas, full({ epochs: 20 }).nets[0].base.milestones],
    [0.1, [0.99, 0.999], [15]],
  );
});

test('a file of records continues after a kill in the middle of a line, and is refused if it has a line that boundgrad did not write', () => {
  const path = join(temporary(), 'fast.jsonl');
  const [a, b] = pair();
  const records = new PanelRecords(path, sessionOf('boundgrad poster'));
  records.add(a);
  records.add(b);
  truncateSync(path, readFileSync(path).length - 9);
  const again = new PanelRecords(path, sessionOf('boundgrad poster --quick'));
  assert.equal([again.get(a.task), again.get(b.task)], [a, undefined]);
  again.add(b);
  const { sessions, done } = parsePanelRecords(readFileSync(path, 'utf8'), path);
  assert.equal(done, [a, b]);
  assert.equal(
    sessions.map(({ command }) => command),
    ['boundgrad poster', 'boundgrad poster --quick'],
  );
  appendFileSync(path, '{"kind":"else"}\n');
  assert.throws(
    () => new PanelRecords(path, sessionOf('')),
    /line 5 is not a record of a panel: it has no checksum; remove the file to run its tasks again$/,
  );
});

test('the records of another version are refused, because their results may differ, and are not changed', () => {
  const path = join(temporary(), 'fast.jsonl');
  new PanelRecords(path, sessionOf('')).add(pair()[0]);
  const records = readJsonLines(path).map(({ record }) => record as object);
  const text = formatJsonLines([{ ...records[0], boundgrad: '0.0.0' }, ...records.slice(1)]);
  writeFileSync(path, text);
  assert.throws(
    () => new PanelRecords(path, sessionOf('')),
    /was written by boundgrad 0\.0\.0, this is .*: give another --out, or remove the file/,
  );
  assert.is(readFileSync(path, 'utf8'), text);
});

test('the numbers of a finding come from the logs', () => {
  const [, good] = panel('fast').verdict(pair()).findings;
  for (const { task, result } of pair()) {
    assert.match(good.numbers, percent(result.epochs.at(-1)!.testAccuracy!), `${task.optim} ${task.seed}`);
  }
});
