// Room `funnel` of the lab without its page: a net learns, and each weight's rates, bounds and clips are known at every step.
import * as boundgrad from '../../index.js';
import { FragmentError } from '../../web/core/entries.js';
import { readFragment, writeFragment } from '../../web/core/fragment.js';
import { Funnel, type Row } from '../../web/core/funnel.js';
import { StateError } from '../../web/core/optimizerOf.js';
import { netPresets } from '../../web/core/presets.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, firstNet, firstState, type NetState } from '../../web/core/state.js';
import { noImages, Training, withNetBackend } from '../../web/core/training.js';
import { unroll, unrollOf } from '../../web/core/unroll.js';
import { boundgradHere } from '../cli/command.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const { AdaBound, backend, optimizers, Recorder } = boundgrad;
const test = subject('The funnel of the lab');
const catalog = catalogOf(optimizers);
const read = (fragment: string) => readFragment(fragment, catalog).state as NetState;

/** Runs a net to its end. Returns what `use` makes of it. */
const ran = <T>(fragment: string, use: (funnel: Funnel, state: NetState) => Promise<T> | T): Promise<T> =>
  withNetBackend(async () => {
    const state = read(fragment);
    const funnel = await Funnel.of(state, noImages);
    while (!funnel.isDone) await funnel.advance();
    const result = await use(funnel, state);
    funnel.dispose();
    return result;
  });
const valuesOf = ({ model }: Training) => model.namedParameters().map(([, p]) => [...p.dataSync()]);

test('an address holds the state of a net in few characters, and says whether a step belongs to a net or to a surface', () => {
  assert.equal(read('#room=funnel'), firstNet);
  assert.match(writeFragment(firstNet), /^#lab=1&by=[\d.]+&room=funnel$/);
  const state: NetState = {
    room: 'step',
    net: 'mlp',
    data: 'fashion',
    batch: 7,
    rules: [{ key: 'adabound', hyper: { gamma: 0.1 + 0.2 }, schedule: 'drop' }],
    steps: 12,
    seed: 4294967295,
    layer: 'fc1.weight',
    index: 48_000,
    units: 'heavy',
    at: 3,
    stop: 'clip',
  };
  assert.equal(read(writeFragment(state)), state);
  assert.is(read('#room=funnel&data=spirals').net, 'mlp');
  assert.not.match(writeFragment(read('#room=funnel&data=spirals')), /net=/);
  for (const fragment of ['#room=step&net=lenet', '#room=step&data=moons', '#room=funnel&of=conv1.bias'])
    assert.equal(read(writeFragment(read(fragment))), read(fragment), fragment);
  assert.is('net' in readFragment('#room=step', catalog).state, false);
  assert.is('net' in firstState, false);
});

test('an address of a net that cannot be trained is refused in one line with a remedy', async () => {
  const refused: [fragment: string, message: RegExp][] = [
    ['#room=funnel&data=moons&net=lenet', /net: lenet takes images: data is moons; choose net=mlp, or data=fashion/],
    ['#room=surface&net=mlp', /room: a net is not trained on a surface; write room=funnel/],
    ['#room=funnel&net=resnet', /net: unknown: 'resnet'; one of lenet, mlp/],
    ['#room=funnel&data=cifar', /data: unknown: 'cifar'; one of fashion, moons, spirals/],
    ['#room=funnel&rule=adam&rule=sgdm', /rule: 2 rules: at most 1 trains a net/],
    ['#room=funnel&batch=0', /batch: must lie in \[1, 512\]: 0/],
    ['#room=funnel&steps=1001', /steps: must lie in \[1, 1000\]: 1001/],
    ['#room=funnel&of=fc1.weight,1.5', /of: must be a whole number: 1.5/],
    ['#room=funnel&of=<b>,1', /of: takes a parameter and the place of an element: '<b>,1'; for example fc1.weight,0/],
    ['#room=funnel&units=miles', /units: unknown: 'miles'; one of heavy/],
    ['#room=funnel&problem=beale', /address: unknown entry: 'problem'; one of room, data, net, batch, rule/],
  ];
  for (const [fragment, message] of refused)
    assert.match((await refusalOf(() => read(fragment), FragmentError)).message, message);
});

test('a row is what a Recorder records: bounds and counts of every parameter, before the clip, with the schedule', async () => {
  await ran('#room=funnel&data=moons&steps=6&rule=adabound,gamma:0.02,schedule:warmup', async (funnel) => {
    const { optimizer } = funnel.training;
    const recorder = new Recorder(optimizer, { scheduled: true, bins: { from: -7, to: 6, perDecade: 10 } });
    await recorder.take();
    const { parts } = funnel.rows[5];
    for (const [i, { name, size }] of funnel.parts.entries()) {
      const { lo, hi, schedule, elements, raw } = recorder.rows[i];
      const { floor, ceiling } = elements;
      assert.equal(parts[i], { lo: schedule * lo, hi: schedule * hi, floor, ceiling, ...raw }, name);
      assert.is(
        raw.counts.reduce((a, b) => a + b, raw.below + raw.above),
        size,
      );
    }
    assert.equal(funnel.facts('').units, { averaged: 1, heavy: 1 - 0.9 });
  });
  const unitsOf = (rule: string) => ran(`#room=funnel&data=moons&steps=1&rule=${rule}`, (f) => f.facts('').units);
  assert.equal(await unitsOf('sgdm'), { averaged: 1 / (1 - 0.9), heavy: 1 });
  // A sign, a direction other than m, or a step of its own has no such units.
  for (const rule of ['lion', 'nadam', 'schedulefreeadamw']) assert.is(await unitsOf(rule), null, rule);
});

test('every optimizer trains a net, and going back to any step and forward again gives the same bits', async () => {
  for (const key of Object.keys(optimizers)) {
    await ran(`#room=funnel&data=moons&batch=128&steps=13&rule=${key},schedule:cosine`, async (funnel) => {
      assert.is(funnel.rows.length, 13, key);
      assert.ok(
        funnel.rows.every(({ loss }: Row) => Number.isFinite(loss)),
        key,
      );
      // Snapshots are at steps 0, 4, 8 and 12; an epoch has 4 batches.
      const early = valuesOf(await funnel.replay(6));
      assert.equal(valuesOf(await funnel.replay(13)), valuesOf(funnel.training), key);
      assert.equal(valuesOf(await funnel.replay(6)), early, key);
    });
  }
});

test('the step at which AdaBound leaves Adam for a weight is the first whose equations clip its rate', async () => {
  const fragment = '#room=funnel&data=spirals&steps=24&batch=400&rule=adabound,gamma:0.05';
  await ran(fragment, async (funnel, state) => {
    let [left, stayed] = [0, 0];
    for (const layer of ['1.weight', '3.weight', '5.bias']) {
      const { first, raised, lowered, path, every } = funnel.weight(layer, 1);
      let [found, clipped] = [0, 0];
      for (let step = 1; step <= 24; step++) {
        const { lines, lo, hi } = await unrollOf(await funnel.replay(step - 1), { ...state, layer, index: 1 });
        const [r, n] = ['r', 'n'].map((letter) => lines.find((line) => line.letter === letter)!);
        assert.ok(Math.abs(path[step - 1] / r.value - 1) < 1e-6);
        if (n.note === 'free') continue;
        clipped++;
        if (found) continue;
        found = step;
        assert.equal(first, { step, how: n.note === 'at the floor' ? -1 : 1, rate: first!.rate, lo, hi });
        assert.ok(Math.abs(first!.rate / r.value - 1) < 1e-6);
      }
      assert.is(every, 1);
      assert.is(first?.step ?? 0, found);
      assert.is(raised + lowered, clipped);
      if (found) left++;
      else stayed++;
    }
    assert.ok(left > 0, `${left} left, ${stayed} stayed`);
  });
});

test('room `step` shows a weight’s equations and what Adam and SGDM would do; a run that goes back shows the same as a new one', async () => {
  const fragment = '#room=step&data=moons&steps=12&rule=adabound,gamma:0.5&of=3.weight,9&at=7';
  const seen = await unroll(read(fragment));
  assert.is(seen.step, 7);
  const [own, free, fixed] = seen.alternatives;
  const valueOf = (letter: string) => seen.lines.find((line) => line.letter === letter)!.value;
  assert.is(own.x, valueOf('x'));
  assert.is(free.n, valueOf('r'));
  assert.is(fixed.n, 0.1);
  await ran(fragment.replace('step', 'funnel'), async (funnel, state) => {
    assert.equal(await unrollOf(await funnel.replay(6), state), seen);
  });
  assert.is(backend().name, 'reference', 'another backend stays set');
});

test('a step that could not be taken keeps its gradient, so that it can be unrolled', async () => {
  const training = await Training.of(read('#room=funnel&data=moons&steps=30&rule=sgdm,lr:1e38') as NetState, noImages);
  while (!training.isDone) await training.step();
  assert.match(training.note, new RegExp(`^stopped before step ${training.steps + 1}: a gradient is not finite`));
  const gradient = training.model.parameters()[0].grad;
  await training.prepare();
  assert.is(training.model.parameters()[0].grad, gradient);
  training.dispose();
});

test('a click finds the weight whose rate before the clip is nearest, in the net or in a layer', async () => {
  await ran('#room=funnel&data=moons&steps=8', (funnel) => {
    const { path } = funnel.weight('3.weight', 77);
    const found = funnel.pick(5, path[4] * 1.0001, '3.weight')!;
    assert.ok(Math.abs(funnel.weight('3.weight', found.index).path[4] / path[4] - 1) <= 2e-4);
    const largest = funnel.pick(5, 1e30)!;
    for (const { name, size } of funnel.parts)
      for (let i = 0; i < size; i++)
        assert.ok(funnel.weight(name, i).path[4] <= funnel.weight(largest.layer, largest.index).path[4]);
    assert.is(funnel.pick(5, 1, 'none'), null);
  });
});

test('a choice by kind finds a weight that the clip raised, left unchanged or lowered, also if a bound lies within a bin of the histogram', async () => {
  await ran('#room=funnel&data=moons&steps=40&batch=100&rule=adabound,gamma:0.05', async (funnel, state) => {
    const notes = { raised: 'at the floor', free: 'free', lowered: 'at the ceiling' } as const;
    let found = 0;
    for (const step of [2, 20, 39]) {
      for (const [part, { name, size }] of funnel.parts.entries()) {
        const { floor, ceiling } = funnel.rows[step - 1].parts[part]!;
        const counts = { raised: floor, free: size - floor - ceiling, lowered: ceiling };
        for (const kind of ['raised', 'free', 'lowered'] as const) {
          const picked = funnel.pick(step, kind, name);
          assert.is(picked === null, counts[kind] === 0, `${name}, step ${step}, ${kind}`);
          if (!picked) continue;
          const { lines } = await unrollOf(await funnel.replay(step - 1), { ...state, ...picked });
          assert.is(lines.find(({ letter }) => letter === 'n')!.note, notes[kind], `${name}, step ${step}, ${kind}`);
          found++;
        }
      }
    }
    assert.ok(found > 30, `${found} found`);
    assert.is(funnel.pick(1, 'free', 'none'), null);
  });
  // Before the first step there are no rates.
  await withNetBackend(async () => {
    const funnel = await Funnel.of(read('#room=funnel&data=moons&steps=1'), noImages);
    assert.is(funnel.pick(1, 'free'), null);
    funnel.dispose();
  });
});

test('the reason is given if a net cannot run: no images, no such weight, a bad hyper-parameter, a gradient that is not finite', async () => {
  const run = async (fragment: string) => (await refusalOf(() => runState(read(fragment)), StateError)).message;
  assert.match(await run('#room=funnel'), /this page is without the images; choose moons or spirals, or write a page/);
  assert.match(
    await run('#room=step&data=moons&of=fc1.weight'),
    /of: no parameter 'fc1.weight'; one of 1.weight, 1.bias/,
  );
  assert.match(
    await run('#room=step&data=moons&of=1.bias,32'),
    /of: 1.bias has no element 32: its elements are 0 to 31/,
  );
  assert.match(
    await run('#room=funnel&data=moons&rule=adam,eps:-1'),
    /Adam: eps must be a finite number of at least 0: -1/,
  );
  await ran('#room=funnel&data=moons&rule=sgdm,lr:1e38&steps=20', ({ rows, training }) => {
    assert.match(training.note, /^stopped before step \d+: a gradient is not finite$/);
    assert.is(rows.length, training.steps);
  });
});

test('every preset of a net is a question with a reason; what four of the reasons say is what their runs show', async () => {
  const named = (question: RegExp) => netPresets.find((preset) => question.test(preset.question))!.fragment;
  for (const { question, fragment, why } of netPresets) {
    assert.match(question, /\?$/);
    assert.ok(why.split(/[.:] /).length >= 2 && why.endsWith('.'), question);
    assert.is(read(fragment).room, 'funnel');
  }
  const last = (fragment: string) =>
    ran(fragment, (funnel) => {
      const { rows, parts } = funnel;
      const all = rows.map(({ parts }) => parts.flatMap((part) => part ?? []));
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      const share = (t: number, of: 'floor' | 'ceiling') => all[t - 1].reduce((sum, part) => sum + part[of], 0) / size;
      const bounds = (t: number) => [all[t - 1][0].lo, all[t - 1][0].hi];
      return { share, bounds };
    });
  const four = await last(named(/four/));
  assert.ok(Math.abs(four.share(300, 'ceiling') - 0.04) < 0.01 && Math.abs(four.share(300, 'floor') - 0.05) < 0.01);
  const all = await last(`${named(/four/).replace(/batch=4/, 'batch=400')}`);
  assert.ok(Math.abs(all.share(300, 'ceiling') - 0.5) < 0.05 && all.share(300, 'floor') === 0);
  const boundsOf = (question: RegExp, t: number) => AdaBound.rule(read(named(question)).rules[0].hyper).bounds(t);
  assert.ok(boundsOf(/large rate/, 300).every((bound) => Math.abs((1 - 0.9) * bound - 0.01) < 0.002));
  assert.ok(boundsOf(/gamma/, 100).every((bound) => Math.abs(bound / 0.1 - 1) < 0.1001));
  const drop = await last(named(/schedule/));
  for (const t of [150, 225]) {
    for (const j of [0, 1]) assert.ok(Math.abs((10 * drop.bounds(t + 1)[j]) / drop.bounds(t)[j] - 1) < 0.02);
    for (const of of ['floor', 'ceiling'] as const)
      assert.ok(Math.abs(drop.share(t + 1, of) - drop.share(t, of)) < 0.01);
  }
});

test('`boundgrad lab --state` prints a net’s numbers, and those of a weight', async () => {
  for (const fragment of ['#room=funnel&data=moons&steps=3', '#room=step&data=moons&steps=3&of=1.bias,2&at=2']) {
    const { stdout, code } = await boundgradHere(['lab', '--state', fragment, '--json']);
    assert.is(code, 0);
    const { names, numbers, state } = JSON.parse(stdout);
    assert.equal(
      await runState(read(state)),
      names.map((name: string, i: number) => ({ name, value: numbers[i] ?? Number.POSITIVE_INFINITY })),
    );
  }
  const { code, stderr } = await boundgradHere(['lab', '--state', '#room=step&data=moons&of=1.bias,99']);
  assert.is(code, 2);
  assert.match(stderr, /--state: of: 1.bias has no element 99: its elements are 0 to 31/);
});
