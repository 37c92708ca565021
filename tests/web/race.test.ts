// Room `nets` of the lab without its page: rules that train the same net, changes during a run, slices of the loss, a user's data.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as boundgrad from '../../index.js';
import { FragmentError } from '../../web/core/entries.js';
import { readFragment, writeFragment } from '../../web/core/fragment.js';
import { Funnel } from '../../web/core/funnel.js';
import { StateError } from '../../web/core/optimizerOf.js';
import { type Mark, Race } from '../../web/core/race.js';
import { racePresets } from '../../web/core/racePresets.js';
import { checksumOf, delimiterOf, headerOf, PLANE } from '../../web/core/raceTasks.js';
import { runState } from '../../web/core/run.js';
import { type Slice, sliceOf } from '../../web/core/slice.js';
import { catalogOf, firstRace, funnelOf, type RaceState } from '../../web/core/state.js';
import { noImages, withNetBackend } from '../../web/core/training.js';
import { RaceRuns } from '../../web/raceRuns.js';
import { boundgradHere } from '../cli/command.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const { cosine, crossEntropy, DataLoader, fashionMnistSample, mlp, moons } = boundgrad;
const { backend, noGrad, optimizers, Random, scope, setBackend, subset, Tanh } = boundgrad;
const test = subject('Races of nets in the lab');
const catalog = catalogOf(optimizers);
const read = (fragment: string) => readFragment(fragment, catalog).state as RaceState;
const images = () => fashionMnistSample();

/** The results of a race at its end. */
interface Ran {
  losses: number[][];
  marks: Mark[];
  notes: string[];
  ends: number[][];
  slice: Slice | null;
}
const ran = (state: RaceState, file: { name: string; text: string } | null = null): Promise<Ran> =>
  withNetBackend(async () => {
    const race = await Race.of(state, images, file);
    while (!race.isDone) await race.advance();
    const { marks, racers } = race;
    const slice = state.slice ? await sliceOf(race, state.slice) : null;
    race.dispose();
    return {
      ...{ marks, slice, losses: racers.map(({ losses }) => losses) },
      notes: racers.map(({ training }) => training.note),
      ends: racers.map(({ trail }) => [...trail.at(-1)!]),
    };
  });
const shortRun = (steps: number) => `#room=nets&data=moons&steps=${steps}&batch=100`;
const SHORT = shortRun(12);

const ROWS = Array.from({ length: 60 }, (_, i) => [i % 7, (3 * i) % 11, i % 3 === 0 ? 'red' : 'blue', i % 7 > 3]);
const CSV = `a;b;colour;"is ""large"""\n${ROWS.map((row) => row.join(';')).join('\n')}\n`;
/** A race of nets that predict a column of a CSV text. entries: the rules and the steps, as in an address. */
const table = (text: string, target: string, entries = 'steps=100&rule=adam,lr:0.02'): RaceState => ({
  ...read(`#room=nets&data=csv&batch=20&${entries}`),
  file: { name: 'own.csv', check: checksumOf(text), target },
});

/** A race on few rows, whose marks take little time. */
const small = (entries: string): RaceState => table(CSV, 'is "large"', entries);
const OWN = { name: 'own.csv', text: CSV };

test('an address holds a race with its changes, and gives the same state again', () => {
  assert.equal(read('#room=nets'), firstRace);
  assert.match(writeFragment(firstRace), /^#lab=1&by=[\d.]+&room=nets$/);
  const states: RaceState[] = [
    {
      ...firstRace,
      ...{ data: 'fashion', race: 'mlp', batch: 7, steps: 30, seed: 9, at: 4, slice: 'random' },
      rules: [
        { key: 'adam', hyper: { betas: [0.8, 0.1 + 0.2] } },
        { key: 'adabound', hyper: {}, schedule: 'drop' },
      ],
      changes: [
        { step: 2, rule: 1, name: 'lr', value: 1e-7 },
        { step: 9, rule: 0, name: 'betas', value: [0.5, 0.75] },
        { step: 30, rule: 1, name: 'schedule', value: 'none' },
      ],
    },
    { ...firstRace, data: 'text', race: 'charLstm', text: `Ünïcode, 50 % & more #=+; 海\n${'ab'.repeat(90)}` },
    { ...firstRace, data: 'csv', file: { name: 'a, b & c%.csv', check: '00ff00ff', target: 'the "last", 1' } },
    { ...firstRace, data: 'csv', file: undefined },
  ];
  for (const state of states) {
    const { file, ...rest } = state;
    assert.equal(read(writeFragment(state)), file ? state : rest);
  }
  assert.is(read('#room=nets&data=fashion').race, 'lenet');
  // Sorted by step, whatever their order in the address.
  const { changes } = read(`${SHORT}&change=9,1,lr:1&change=3,2,lr:2`);
  assert.equal(
    changes.map(({ step }) => step),
    [3, 9],
  );
});

test('an address of a race that cannot be run is refused in one line with a remedy', async () => {
  const refused: [entries: string, message: RegExp][] = [
    ['data=cifar', /data: unknown: 'cifar'; one of moons, spirals, fashion, loomings, text, csv/],
    ['data=moons&net=lenet', /net: lenet does not learn moons; choose net=mlp/],
    ['data=fashion&net=charLstm', /net: charLstm does not learn fashion; choose net=lenet or net=resnet8 or net=mlp/],
    ['rule=adam&rule=adam&rule=adam&rule=adam&rule=adam', /rule: 5 rules: at most 4 run together/],
    ['steps=1001', /steps: must lie in \[1, 1000\]: 1001/],
    ['batch=0', /batch: must lie in \[1, 512\]: 0/],
    ['change=5', /change: takes a step, the place of a rule, and name:value: '5'; for example 100,1,lr:0.01/],
    ['change=1,1,lr:1', /change: must lie in \[2, 400\]: 1/],
    ['change=401,1,lr:1', /change: must lie in \[2, 400\]: 401/],
    ['change=5,4,lr:1', /change: must lie in \[1, 3\]: 4/],
    ['change=5,1,finalLr:1', /SGDM: unknown: 'finalLr'; one of lr, .*schedule/],
    ['change=5,1,lr:fast', /change: SGDM lr: not a number: 'fast'/],
    ['change=5,1,schedule:slow', /SGDM schedule: unknown: 'slow'; one of none, drop, cosine/],
    ['change=5,2,betas:0.9', /change: Adam betas: takes 2 numbers: '0.9'/],
    [Array.from({ length: 13 }, (_, i) => `change=${i + 2},1,lr:1`).join('&'), /13 changes: at most 12 in a run/],
    ['steps=1&change=2,1,lr:1', /a run of one step has no middle; choose more steps/],
    ['data=text&text=short', /text: must have 200 to 2,000 characters: it has 5/],
    ['data=text', /text: must have 200 to 2,000 characters: it has 0/],
    [`data=text&text=${'a'.repeat(300)}`, /text: has one character only: nothing can be learnt from it/],
    [`data=text&text=${'ab'.repeat(200)}%ED%A0%80`, /a % code is wrong or incomplete/],
    [
      'data=csv&file=a.csv',
      /file: takes a name, a checksum and a column: 'a.csv'; for example iris.csv,1f00ba42,species/,
    ],
    ['data=csv&file=,00000000,b', /file: a name must have 1 to 80 characters: it has 0/],
    ['text=abc', /address: unknown entry: 'text'; one of room, data, net, batch, .*change, slice/],
    ['slice=pca', /slice: unknown: 'pca'; one of ends, random/],
    ['stop=clip', /address: unknown entry: 'stop'/],
  ];
  for (const [entries, message] of refused)
    assert.match((await refusalOf(() => read(`#room=nets&${entries}`), FragmentError)).message, message);
});

test('every rule begins with the same weights and sees the same batches, and no rule affects another', async () => {
  const both = await ran(read(`${SHORT}&rule=adam,lr:0.01&rule=sgdm,lr:0`));
  const alone = await ran(read(`${SHORT}&rule=adam,lr:0.01`));
  assert.is(both.losses[0][0], both.losses[1][0]);
  assert.not.equal(both.losses[0], both.losses[1]);
  assert.equal(both.losses[0], alone.losses[0]);
  assert.equal(both.ends[0], alone.ends[0]);
  const { marks } = both;
  assert.equal([marks[0].step, marks.at(-1)!.step], [0, 12]);
  assert.equal(marks[0].rules[0], marks[0].rules[1]);
  // A rate of 0 changes nothing.
  assert.equal(marks.at(-1)!.rules[1], marks[0].rules[1]);
});

test('the funnel of a rule shows the same run, digit by digit', async () => {
  const state = read(`${shortRun(6)}&rule=adam&rule=adabound,lr:0.01,schedule:cosine`);
  const { losses } = await ran(state);
  const found = await withNetBackend(async () => {
    const funnel = await Funnel.of(funnelOf(state, 1)!, images);
    while (!funnel.isDone) await funnel.advance();
    funnel.dispose();
    return funnel.rows.map(({ loss }) => loss);
  });
  assert.equal(found, losses[1]);
  assert.is(funnelOf({ ...state, data: 'loomings', race: 'charLstm' }, 0), null);
});

test('every optimizer races', async () => {
  const keys = Object.keys(optimizers);
  for (let i = 0; i < keys.length; i += 4) {
    const rules = keys.slice(i, i + 4).map((key) => ({ key, hyper: {} }));
    const { losses, notes } = await ran({ ...small('steps=3'), rules }, OWN);
    assert.equal(
      losses.map(({ length }) => length),
      rules.map(() => 3),
      String(notes),
    );
  }
});

test('a change during a run is an assignment to the group, and the steps before it do not change', async () => {
  const fragment = `${SHORT}&rule=adabound,lr:0.01&rule=adam,lr:0.01`;
  const plain = await ran(read(fragment));
  const changed = await ran(
    read(`${fragment}&change=5,1,lr:0.1&change=7,1,finalLr:3&change=8,1,schedule:cosine&change=10,1,gamma:0.5`),
  );
  assert.equal(changed.losses[1], plain.losses[1], 'the other rule');
  assert.equal(changed.losses[0].slice(0, 5), plain.losses[0].slice(0, 5));
  assert.not.equal(changed.losses[0][5], plain.losses[0][5]);
  const own = await withNetBackend(async () => {
    const data = moons({ samples: 400, noise: 0.1, seed: 0 });
    const model = mlp({ sizes: [2, 32, 32, 2], activation: () => new Tanh(), random: new Random(0) });
    const optimizer = new boundgrad.AdaBound(model.namedParameters(), { lr: 0.01 });
    const [group] = optimizer.paramGroups;
    const loader = new DataLoader(data, { batchSize: 100, shuffle: true, seed: 0 });
    const losses: number[] = [];
    while (losses.length < 12)
      for await (const [x, y] of loader) {
        if (losses.length === 4) group.lr = 0.1;
        if (losses.length === 6) group.finalLr = 3;
        if (losses.length === 7) group.schedule = cosine(12);
        if (losses.length === 9) group.gamma = 0.5;
        const loss = scope(() => {
          const loss = crossEntropy(model.forward(x), y);
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss.itemSync();
        });
        losses.push(loss);
      }
    return losses;
  });
  assert.equal(changed.losses[0], own);
  // Setting the value that a rule already has changes no bit; a value outside its domain stops the rule with the library's own line.
  const same = await ran(read(`${fragment}&change=5,1,lr:0.01&change=6,2,schedule:none`));
  assert.equal(same.losses, plain.losses);
  const { notes, losses } = await ran(read(`${fragment}&change=5,1,finalLr:-1`));
  assert.match(notes[0], /^stopped before step 5: AdaBound: finalLr must be/);
  assert.equal(
    losses.map(({ length }) => length),
    [4, 12],
  );
});

test('a run that goes back and continues with other changes has the bits of a run from the start', async () => {
  const rules = 'rule=adabound,lr:0.01,schedule:warmup&rule=muon&rule=schedulefreeadamw,lr:0.02&rule=sgdm,lr:1e38';
  const changes = [
    '&change=5,1,lr:0.1&change=7,2,schedule:cosine',
    '&change=5,1,lr:0.1&change=7,2,schedule:cosine&change=8,1,finalLr:2&change=8,3,betas:0.8;0.9',
    '&change=7,2,schedule:cosine&change=9,1,schedule:none',
    '&change=2,1,lr:0.2&change=7,2,schedule:cosine&change=9,1,schedule:none',
    '',
  ];
  const states = changes.map((each) => small(`steps=10&${rules}${each}`));
  const fresh: Ran[] = [];
  for (const state of states) fresh.push(await ran(state, OWN));
  await withNetBackend(async () => {
    const race = await Race.of(states[0], images, OWN);
    for (const [i, state] of states.entries()) {
      await race.rewind(state);
      while (!race.isDone) await race.advance();
      const { racers, marks } = race;
      assert.equal(
        racers.map(({ losses }) => losses),
        fresh[i].losses,
      );
      assert.equal(
        racers.map(({ trail }) => [...trail.at(-1)!]),
        fresh[i].ends,
      );
      assert.equal(marks, fresh[i].marks);
      assert.equal(
        racers.map(({ training }) => training.note),
        fresh[i].notes,
      );
    }
    race.dispose();
  });
});

test('a mark has the loss, the score, the answer for each test sample and, for points of the plane, the map of its answers', async () => {
  const { marks } = await ran(read('#room=nets&data=spirals&steps=60&batch=100&rule=adam,lr:0.02'));
  const { loss, score, answers, plane } = marks.at(-1)!.rules[0]!;
  // The classes of the test points alternate.
  const right = answers!.filter((answer, i) => answer === i % 2).length;
  assert.is(score, right / 400);
  assert.ok(loss > 0 && loss < Math.LN2 && score > 0.5, `${loss} ${score}`);
  assert.is(plane!.length, PLANE * PLANE);
  assert.ok(plane!.some((p) => p < 100) && plane!.some((p) => p > 155));
  assert.equal(marks.map(({ step }) => step).slice(0, 4), [0, 2, 4, 6]);
  const pictures = await ran(read('#room=nets&data=fashion&net=mlp&steps=12&batch=64&rule=adam,lr:0.003'));
  const last = pictures.marks.at(-1)!.rules[0]!;
  assert.is(last.answers!.length, 500);
  assert.is(last.score, last.answers!.filter((answer, i) => answer === i % 10).length / 500);
  assert.ok(last.score > 0.3, String(last.score));
});

test('ResNet-8 is tested with the running averages of its batches, and goes back to the same bits', async () => {
  const { train, test } = await fashionMnistSample();
  const first = (data: typeof train, length: number) =>
    subset(
      data,
      Int32Array.from({ length }, (_, i) => i),
    );
  const few = async () => ({ train: first(train, 8), test: first(test, 8) });
  const fragment = '#room=nets&data=fashion&net=resnet8&steps=3&batch=4&rule=adam,lr:0.01';
  const changed = read(`${fragment}&change=2,1,lr:0.001`);
  await withNetBackend(async () => {
    const ends: unknown[] = [];
    for (const states of [[changed], [read(fragment), changed]]) {
      const race = await Race.of(states[0], few);
      for (const state of states) {
        await race.rewind(state);
        while (!race.isDone) await race.advance();
      }
      const { racers, marks, task } = race;
      ends.push([racers.map(({ losses, trail }) => [losses, trail.at(-1)]), marks]);
      const { model } = racers[0].training;
      const [[x, y]] = task.test;
      const loss = scope(() => noGrad(() => crossEntropy(model.eval().forward(x) as boundgrad.Tensor, y).itemSync()));
      assert.is(marks.at(-1)!.rules[0]!.loss, loss);
      race.dispose();
    }
    assert.equal(ends[0], ends[1]);
  });
});

test('a rule that diverges stops with the reason, and the others continue', async () => {
  const { notes, losses, marks } = await ran(read(`${SHORT}&rule=sgdm,lr:1e38&rule=adam,lr:0.01`));
  assert.match(notes[0], /^stopped before step \d+: a gradient is not finite$/);
  assert.is(notes[1], '');
  assert.ok(losses[0].length < 12 && losses[1].length === 12);
  assert.equal(
    marks.at(-1)!.rules.map((found) => found === null),
    [true, false],
  );
});

test('a character model learns a text and generates one with its characters; the same seed generates the same text', async () => {
  const fragment = '#room=nets&data=loomings&steps=8&batch=16&rule=adam,lr:0.03';
  const first = await ran(read(fragment));
  const written = first.marks.map(({ rules }) => rules[0]!.sample);
  assert.is(written[0], undefined);
  assert.is(written.at(-1)!.length, 160);
  assert.not.equal(written.at(-1), written[1]);
  assert.ok(first.losses[0].at(-1)! < first.losses[0][0] - 0.8);
  // A text that repeats eight letters is learnt almost completely.
  const text = 'abcdefgh'.repeat(40);
  const own = await ran({ ...read(fragment), data: 'text', text, steps: 30 });
  const { score, sample } = own.marks.at(-1)!.rules[0]!;
  assert.ok(score > 0.95, String(score));
  assert.match(text, sample!.slice(0, 40));
  const again = { ...read(fragment), data: 'text', text, steps: 2 } as const;
  assert.equal(await ran(again), await ran(again));
});

test('a user’s CSV file trains classes and numbers, with the file’s own delimiter', async () => {
  assert.equal(headerOf(CSV), ['a', 'b', 'colour', 'is "large"']);
  assert.equal(headerOf('\uFEFFx, y\r\n1,2'), ['x', 'y']);
  assert.is(delimiterOf(CSV), ';');
  const classes = await ran(small('steps=100&rule=adam,lr:0.02'), OWN);
  assert.is(classes.marks.at(-1)!.rules[0]!.score, 1);
  const text = `x,y\n${Array.from({ length: 80 }, (_, i) => `${i},${i * i - 3.5}`).join('\n')}`;
  const { marks } = await ran(table(text, 'y'), { name: 'own.csv', text });
  const [first, last] = [marks[0], marks.at(-1)!].map(({ rules }) => rules[0]!.score);
  // R2 of an untrained net is about 0 or less.
  assert.ok(first < 0.3 && last > 0.98, `${first} ${last}`);
  // A target with few different whole numbers is read as classes.
  const digits = `x,y\n${Array.from({ length: 80 }, (_, i) => `${i},${i > 40 ? 1 : 0}`).join('\n')}`;
  const race = await Race.of(table(digits, 'y'), images, { name: 'own.csv', text: digits });
  assert.equal(race.task.classes, ['0', '1']);
  race.dispose();
});

test('missing data, a file other than that of the address, an unknown column and too few rows are refused, with what to do', async () => {
  const run = async (state: RaceState, text?: string) => {
    const file = text === undefined ? null : { name: 'own.csv', text };
    return (await refusalOf(() => runState(state, noImages, file), StateError)).message;
  };
  assert.match(await run(read('#room=nets&data=fashion')), /this page is without the images; choose moons/);
  assert.match(await run(read('#room=nets&data=csv')), /no file is chosen: drop a CSV file onto the page/);
  assert.match(
    await run(table(CSV, 'a')),
    /names the file own.csv but .*drop the file onto the page, .* as --csv FILE/,
  );
  assert.match(await run(table(CSV, 'a'), `${CSV}1;2;red;true\n`), /own.csv is not the file .* its checksum differs/);
  assert.match(await run(table(CSV, 'c'), CSV), /own.csv: unknown column: c; one of a, b, colour/);
  assert.match(await run(table('x,y\n1,2\n3,4', 'y'), 'x,y\n1,2\n3,4'), /at least 10 rows are needed: it has 2/);
  assert.match(await run(read(`${SHORT}&rule=adam,eps:-1`)), /Adam: eps must be a finite number of at least 0: -1/);
});

test('a slice through the ends has the start at 0, the end of the first rule on its first axis, and the net’s loss at its points', async () => {
  const { slice } = await ran(read(`${shortRun(40)}&rule=sgdm,lr:0.1&rule=adam,lr:0.02&rule=adabound&slice=ends`));
  const { trajectories, field, steps } = slice!;
  const [first, second, third] = trajectories;
  assert.equal([first.a[0], first.b[0], steps[0], steps.at(-1)], [0, 0, 0, 40]);
  assert.ok(first.a.at(-1)! > 0.1 && Math.abs(first.b.at(-1)!) < 1e-6);
  assert.ok(second.b.at(-1)! > 0.1);
  assert.ok(Math.abs(first.share - 1) < 1e-9 && Math.abs(second.share - 1) < 1e-9 && third.share < 1);
  for (const { a, b, loss } of [first, second]) {
    // The loss of the end, which is in the plane, lies between those of four points of the grid.
    const [x0, x1, y0, y1] = field.box;
    const column = Math.floor(((a.at(-1)! - x0) / (x1 - x0)) * (field.columns - 1));
    const row = Math.floor(((b.at(-1)! - y0) / (y1 - y0)) * (field.rows - 1));
    const around = [0, 1, field.columns, field.columns + 1].map((i) => field.values[row * field.columns + column + i]);
    assert.ok(Math.min(...around) - 0.02 < loss && loss < Math.max(...around) + 0.02, `${loss} among ${around}`);
  }
});

test('a new run frees the previous one, also if a rule is refused: 20 runs use the memory of one', async () => {
  // Twenty runs as the page's worker makes them: other seeds, rates and changes during the run. One rule of every third run is refused.
  const before = backend();
  const used = await withNetBackend(async () => {
    const { allocator } = backend() as unknown as { allocator?: { used: number } };
    const runs = new RaceRuns(
      () => {},
      images,
      () => Promise.resolve(),
      0,
    );
    const used: (number | undefined)[] = [];
    for (let id = 1; id <= 20; id++) {
      const rules = `rule=adam,lr:0.0${id % 4}&rule=muon${id % 3 ? '' : '&rule=sgdm,lr:-1'}`;
      const state = small(`steps=3&seed=${id % 5}&${rules}&change=${2 + (id % 2)},1,lr:0.1`);
      runs.file = OWN;
      await runs.run(id, state).catch((error) => assert.match(error.message, /^SGDM: lr must be/));
      used.push(allocator?.used);
    }
    return used;
  });
  // The runs of a worker leave the backend of nets in place.
  await setBackend(before);
  assert.is(new Set(used).size, 1, String(used));
});

test('a slice along random directions depends on the seed alone, and contains little of any rule’s path', async () => {
  const of = async (rules: string, seed: number) =>
    (await ran(read(`${SHORT}&seed=${seed}&${rules}&slice=random`))).slice!;
  const [one, two, other] = [await of('rule=adam', 1), await of('rule=adam&rule=lion', 1), await of('rule=adam', 2)];
  assert.equal(one.field.values, two.field.values);
  assert.not.equal(one.field.values, other.field.values);
  assert.ok(one.trajectories[0].share < 0.05);
});

test('every question about nets that race has two sentences that say why, and an address of this room', () => {
  assert.ok(racePresets.length >= 4);
  for (const { question, fragment, why } of racePresets) {
    assert.match(question, /\?$/);
    assert.ok(why.split(/[.:] /).length >= 2 && why.endsWith('.'), question);
    assert.is(read(fragment).room, 'nets');
  }
});

test('`boundgrad lab --state` prints a race’s numbers, also for a file', async () => {
  const fragment = `${shortRun(4)}&rule=adam&rule=sgdm&change=3,1,lr:0.1&slice=ends`;
  const { stdout, code } = await boundgradHere(['lab', '--state', fragment, '--json']);
  assert.is(code, 0);
  const { names, numbers, state } = JSON.parse(stdout);
  assert.equal(
    await runState(read(state)),
    names.map((name: string, i: number) => ({ name, value: numbers[i] })),
  );
  assert.equal(names.slice(0, 8), [
    ...['1.adam.steps', '1.adam.loss', '1.adam.sum', '2.sgdm.steps', '2.sgdm.loss', '2.sgdm.sum'],
    ...['1.adam.at0.loss', '1.adam.at0.score'],
  ]);
  assert.is(names.at(-1), 'slice.2.sgdm.share');
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-csv-'));
  const path = join(folder, 'own.csv');
  const csv = ['lab', '--state', writeFragment({ ...table(CSV, 'a'), steps: 3 }), '--json'];
  try {
    writeFileSync(path, CSV);
    const { stdout } = await boundgradHere([...csv, '--csv', path]);
    assert.equal(
      JSON.parse(stdout).numbers,
      (await runState({ ...table(CSV, 'a'), steps: 3 }, noImages, { name: 'own.csv', text: CSV })).map((n) => n.value),
    );
    assert.match((await boundgradHere(csv)).stderr, /--state: the address names the file own.csv/);
    assert.match((await boundgradHere([...csv, '--csv', `${path}x`])).stderr, /--csv: cannot read '.*own.csvx': /);
    assert.match(
      (await boundgradHere(['lab', '--csv', path])).stderr,
      /--csv: no file is read without --state; leave it out/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
