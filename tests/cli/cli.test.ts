// Training, comparing and evaluating on the command line.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Augmentation, augmentOf as augmentsOf } from '../../cli/augmentations.js';
import { loadData } from '../../cli/datasets.js';
import { evaluationText } from '../../cli/evaluationText.js';
import { regressionText } from '../../cli/measures.js';
import { optimizerKeys, settable } from '../../cli/options/hyperparameters.js';
import { snapshot } from '../../cli/rates.js';
import { scheduleOf } from '../../cli/schedules.js';
import { trainOne } from '../../cli/trainOne.js';
import { Random, randn, tensor, zeros } from '../../core/index.js';
import { type Dataset, tensorDataset } from '../../datasets/index.js';
import { type Checkpoint, evaluate, serializeCheckpoint } from '../../fit/index.js';
import { Linear } from '../../nn/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { Adam, cosine, inverseSqrt, oneCycle, SGDM } from '../../optim/index.js';
import { kebab, percent } from '../../reports/format.js';
import type { EpochRecord, RunRecord } from '../../reports/record.js';
import { fastBackend } from '../fastBackend.js';
import { differences, processState } from '../processState.js';
import { assert, close, subject } from '../spec.js';
import { boundgrad, boundgradHere, type Outcome, readRun, temporary, tiny } from './command.js';
import { recording, trainSettings } from './recording.js';

const test = subject('Command line');
const folder = temporary();

test('an option may be given twice with the same value', async () => {
  const { code } = await boundgradHere(['train', ...tiny(2), '--epochs', '2', '--out', join(folder, 'twice')]);
  assert.is(code, 0);
});

test('--help lists every hyper-parameter of every optimizer with its default, help COMMAND prints the same, --version prints the version', async () => {
  const { code, stdout } = await boundgradHere(['compare', '--help']);
  assert.is(code, 0);
  assert.is((await boundgradHere(['help', 'compare'])).stdout, stdout);
  assert.is((await boundgradHere(['help'])).stdout, (await boundgradHere(['--help'])).stdout);
  const rows = stdout.replace(/\n {5,}/g, ' ').split('\n');
  for (const key of optimizerKeys) {
    for (const [name, value] of Object.entries(settable(key))) {
      // AdaGrad's lr-decay has the name of a general option.
      const own = name === 'lrDecay' ? `${key}.` : '';
      const row = rows.find((l) => l.trim().startsWith(`--${own}${kebab(name)} `));
      assert.match(row ?? `no --${own}${kebab(name)}`, new RegExp(`[(;] ?${value}: [^;]*\\b${key}\\b`));
    }
  }
  const version = await boundgradHere(['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('compare: every optimizer starts from the same weights and sees the same first batch', async () => {
  const out = join(folder, 'compare');
  const { code, stdout } = await boundgradHere(['compare', ...tiny(), '--out', out]);
  assert.is(code, 0);
  const runs = ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound'].map((key) => readRun(out, key));
  for (const { run, epochs, end } of runs) {
    assert.equal(run.initial, runs[0].run.initial);
    assert.is(epochs[0].firstLoss, runs[0].epochs[0].firstLoss);
    assert.is(epochs.length, 2);
    assert.equal([epochs[1].step, end.step, end.outcome], [26, 26, 'finished']);
    // Three blobs that lines nearly separate; a guess has accuracy 1/3.
    assert.ok(epochs[1].testAccuracy! > 0.5, `${run.title}: ${epochs[1].testAccuracy}`);
  }
  assert.is.not(runs[1].epochs[0].loss, runs[3].epochs[0].loss);
  assert.match(stdout, /SGDM +epoch 2\/2 +loss \d\.\d{4} +train +\d+\.\d % +test +\d+\.\d %/);
  assert.match(stdout, /AMSBound .* lr 0.001, final-lr 0.1, gamma 0.001\n/);
  assert.match(stdout, `report: ${join(out, 'report.html')}\n`);
  // No escape sequences, because the output is not a terminal.
  assert.not.match(stdout, '\x1b');
});

test('the same seed gives the same losses bit for bit, and another seed gives other losses', async () => {
  const losses = async (seed: string, out: string) => {
    await boundgradHere(['train', ...tiny(), '--seed', seed, '--out', join(folder, out)]);
    return readRun(join(folder, out), 'adabound').epochs.flatMap((e) => [e.firstLoss, e.loss, e.testLoss]);
  };
  const first = await losses('3', 'seed-a');
  assert.equal(await losses('3', 'seed-b'), first);
  assert.ok((await losses('4', 'seed-c')).every((loss, i) => loss !== first[i]));
});

test('a hyper-parameter is set for every optimizer that has it; --sgdm.lr overrides --lr for SGDM', async () => {
  const out = join(folder, 'hyper');
  const words = [
    '--sgdm.lr',
    '0.02',
    '--lr',
    '0.005',
    '--final-lr=0.5',
    '--betas',
    '0.8,0.99',
    '--optim',
    'sgdm,adabound',
  ];
  await boundgradHere(['compare', ...tiny(), ...words, '--out', out]);
  const sgdm = readRun(out, 'sgdm').run;
  const adabound = readRun(out, 'adabound').run;
  assert.is(sgdm.hyper.lr, 0.02);
  assert.equal(sgdm.given, ['lr']);
  assert.is(sgdm.hyper.momentum, 0.9);
  const { lr, finalLr, betas, gamma } = adabound.hyper;
  assert.equal({ lr, finalLr, betas, gamma }, { lr: 0.005, finalLr: 0.5, betas: [0.8, 0.99], gamma: 0.001 });
});

test('the recorded rates lie between the bounds of their step, and every weight is counted once', () => {
  const { run, epochs } = readRun(join(folder, 'compare'), 'adabound');
  const snapshots = epochs.flatMap((e) => e.rates);
  assert.equal(
    snapshots.map((s) => s.step),
    [1, 2, 4, 8, 13, 26],
  );
  for (const { step, lo, hi, all, layers } of snapshots) {
    // AdaBound at its defaults: final rate 0.1, gamma 0.001. Tolerance: rounding of two divisions.
    close([lo, hi!], [0.1 - 0.1 / (0.001 * step + 1), 0.1 + 0.1 / (0.001 * step)], 1e-12);
    assert.equal(
      Object.keys(layers),
      run.layers.map((l) => l.name),
    );
    const counts = Object.values(layers).map((r) => r.floor + r.free + r.ceiling);
    assert.equal(
      counts,
      run.layers.map((l) => l.shape.reduce((a, b) => a * b)),
    );
    assert.is(all.floor + all.free + all.ceiling, run.parameters);
    for (const q of all.clipped) {
      // Quantiles are rounded to four decimals of the logarithm.
      assert.ok(q! >= Math.log10(lo) - 1e-4 && q! <= Math.log10(hi!) + 1e-4, `step ${step}: ${q}`);
    }
    assert.equal(
      [...all.raw].sort((a, b) => a! - b!),
      all.raw,
    );
  }
});

test('Adam has no bounds: it uses the raw rates, and nothing is clipped', () => {
  for (const { lo, hi, all } of readRun(join(folder, 'compare'), 'adam').epochs.flatMap((e) => e.rates)) {
    assert.equal([lo, hi, all.floor, all.ceiling], [0, null, 0, 0]);
    assert.equal(all.clipped, all.raw);
  }
});

test('a snapshot has quantiles of the logarithm to four decimals, null where that is infinite', async () => {
  // With both betas 0 the rate is lr / |g|: 10^0, 10^-1, .. 10^-100, so that the quantile p is -100 (1-p).
  const p = zeros([101], { dtype: 'float64', requiresGrad: true });
  const adam = new Adam([['w', p]], { lr: 1, betas: [0, 0], eps: 1e-200 });
  p.grad = tensor(
    Array.from({ length: 101 }, (_, i) => 10 ** i),
    { dtype: 'float64' },
  );
  adam.step();
  const { lo, hi, all, layers } = await snapshot(adam);
  assert.equal([lo, hi], [0, null]);
  const rates = [-100, -95, -75, -50, -25, -5, 0];
  assert.equal(all, { raw: rates, clipped: rates, floor: 0, ceiling: 0, free: 101 });
  assert.equal(layers, { w: all });
  const still = new SGDM([['w', p]], { lr: 0 });
  still.step();
  assert.equal((await snapshot(still)).all.raw, [null, null, null, null, null, null, null]);
});

test('--json prints the records, and nothing else', async () => {
  const out = join(folder, 'json');
  const { stdout, stderr } = await boundgradHere(['train', ...tiny(), '--json', '--out', out]);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    records.map((r) => r.kind),
    ['run', 'epoch', 'epoch', 'end', 'report'],
  );
  const { run, epochs, end } = readRun(out, 'adabound');
  assert.equal(records.slice(0, -1), [run, ...epochs, end]);
  assert.is(records.at(-1).path, join(out, 'report.html'));
  assert.is(stderr, '');
});

test('a run whose loss becomes NaN or infinite stops and reports where; the other runs continue', async () => {
  const out = join(folder, 'diverged');
  const words = ['compare', ...tiny(), '--optim', 'sgdm,adam', '--sgdm.lr', '1e20', '--out', out];
  const { code, stdout } = await boundgradHere(words);
  assert.is(code, 0);
  assert.match(
    stdout,
    /SGDM diverged: .*(NaN|infinite).* after step \d+ of 26; try a smaller --sgdm\.lr: it was 100000000000000000000\n/,
  );
  // In the table the last column holds only hyper-parameters. The outcome is printed below it.
  assert.match(stdout, /SGDM .*lr 100000000000000000000, momentum 0.9\n(.*\n)*SGDM diverged: /);
  assert.is(readRun(out, 'sgdm').end.outcome, 'diverged');
  assert.is(readRun(out, 'adam').end.outcome, 'finished');
  const alone = await boundgradHere(['train', ...tiny(), '--optim', 'sgdm', '--lr', '1e20', '--out', out]);
  assert.is(alone.code, 1);
  assert.match(alone.stderr, /^boundgrad: SGDM diverged\n$/);
});

/** A run that is in progress while other calls use its folder, and that Ctrl-C then ends. */
const interrupted = join(folder, 'interrupted');
let met: Promise<Outcome & { others: Outcome[] }> | undefined;
async function meet(): Promise<Outcome & { others: Outcome[] }> {
  const words = ['compare', ...tiny(100_000), '--json', '--out', interrupted];
  const others: Outcome[] = [];
  let begun = false;
  const outcome = await boundgrad(words, async (stdout, child) => {
    if (begun || !stdout.includes('"kind":"epoch"')) return;
    begun = true;
    try {
      for (const words of [
        ['compare', ...tiny(), '--out', interrupted],
        ['compare', '--resume', interrupted],
      ])
        others.push(await boundgradHere(words));
    } finally {
      child.kill('SIGINT');
    }
  });
  return { ...outcome, others };
}

test('a second run in a folder that is in use is refused, new or resumed, and the first continues', async () => {
  const { code, others } = await (met ??= meet());
  assert.is(code, 130);
  assert.is(others.length, 2);
  for (const { code, stderr } of others) {
    assert.is(code, 2);
    assert.match(
      stderr,
      /^boundgrad: '.*': in use by process \d+ since .*; wait for it, end it, or take another folder\n$/,
    );
  }
  assert.is(readRun(interrupted, 'sgdm').end.outcome, 'interrupted');
});

test('Ctrl-C ends with code 130; all finished work is written, and so is the report', async () => {
  const { code, stderr } = await (met ??= meet());
  assert.is(code, 130);
  assert.is(stderr, `to resume: boundgrad compare --resume ${interrupted}\n`);
  const { epochs, end } = readRun(interrupted, 'sgdm');
  assert.ok(epochs.length >= 1);
  assert.is(end.outcome, 'interrupted');
  assert.match(end.note, /^interrupted by the signal after step \d+ of 1300000/);
  assert.equal(readdirSync(interrupted).sort(), ['report.html', 'run.json', 'sgdm', 'sgdm.jsonl']);
});

test('a folder that vanishes during the run is reported in one line, with code 1', async () => {
  const out = join(folder, 'vanishing');
  const words = ['train', ...tiny(100_000), '--json', '--out', out];
  const { code, stderr } = await boundgrad(words, (stdout) => {
    // Renamed, which is atomic, because the run writes into it meanwhile.
    if (stdout.includes('"kind":"epoch"') && existsSync(out)) renameSync(out, join(folder, 'elsewhere'));
  });
  assert.is(code, 1);
  assert.match(
    stderr,
    /^boundgrad: cannot (write|read|remove) '.*vanishing.*': the file or its folder has vanished.*\n$/,
  );
  assert.not.ok(existsSync(out));
});

test('a file that cannot grow, as on a full disk, ends the run with code 1; the files in the folder are whole', async () => {
  // In the journal the first line takes 1 kB, the first epoch 5 kB, each later one 1.4 kB, the end 9 kB. The report takes 140 kB.
  for (const [blocks, name, left] of [
    [8, 'adabound.jsonl', ['adabound', 'adabound.jsonl', 'run.json']],
    [60, 'report.html', ['adabound', 'adabound.jsonl', 'run.json']],
  ] as const) {
    const out = join(folder, `full-${blocks}`);
    const { code, stderr } = await boundgrad(['train', ...tiny(4), '--out', out], undefined, blocks);
    assert.is(code, 1);
    assert.match(stderr, new RegExp(`^boundgrad: cannot write '.*${name}': the file would exceed the size limit\n$`));
    assert.equal(readdirSync(out).sort(), left);
    const lines = readFileSync(join(out, 'adabound.jsonl'), 'utf8').split('\n');
    assert.is(lines.pop(), '', 'the last line is whole');
    assert.is(JSON.parse(lines[0]).kind, 'run');
    assert.is(JSON.parse(lines.at(-1)!).kind === 'end', name === 'report.html');
  }
});

test('batch normalization uses the statistics of the batch in training, and the running ones in evaluation', async () => {
  // The only batch is also the test set, so its loss before a step differs from the test loss of that moment only by the mode.
  const set = {
    name: 'noise',
    length: 8,
    shape: [1, 4, 4],
    classes: ['a', 'b'],
    batch: (indices: ArrayLike<number>) => {
      const inputs = Array.from(indices, (i) => [...randn([16], { stream: new Random(i).stream('x') }).dataSync()]);
      return { inputs: Float32Array.from(inputs.flat()), labels: Int32Array.from(indices, (i) => i % 2) };
    },
  };
  const chosen = trainSettings(['--model', 'resnet8', '--epochs', '2', '--batch-size', '8']);
  const { place, records } = recording();
  await trainOne('adabound', chosen, { train: set, test: set }, place);
  const [run, ...epochs] = records as [RunRecord, ...EpochRecord[]];
  for (const [k, before] of [run.initial, ...epochs].slice(0, 2).entries()) {
    assert.ok(Math.abs(epochs[k].firstLoss - before.testLoss!) > 1e-2, `${epochs[k].firstLoss} ${before.testLoss}`);
  }
});

test('a command that is called as a function restores the process: backend, threads, listeners and locks', async () => {
  const out = join(folder, 'called');
  const before = processState();
  for (const words of [
    ['train', '--data', 'blobs', '--backend', fastBackend, '--threads', '2', '--max-steps', '1', '--out', out],
    ['eval', '--checkpoint', out, '--backend', fastBackend],
    ['summary', '--model', 'lenet'],
    ['train', ...tiny(1), '--lr', 'x', '--out', out],
  ]) {
    await boundgradHere(words);
    assert.equal(differences(before, processState()), [], words[0]);
    assert.not.ok(existsSync(join(out, 'lock')), words[0]);
  }
});

test('a reader that closes the pipe causes no crash', async () => {
  const { code, stderr } = await boundgrad(['--help'], (_, child) => child.stdout!.destroy());
  assert.is(code, 141);
  assert.is(stderr, '');
});

test('an earlier run in the folder is replaced, with all its optimizers; other files there stay', async () => {
  const out = join(folder, 'again');
  await boundgradHere(['compare', ...tiny(), '--optim', 'sgdm,adam', '--out', out]);
  writeFileSync(join(out, 'notes.txt'), 'mine');
  writeFileSync(join(out, 'adam', 'notes.txt'), 'mine');
  await boundgradHere(['train', ...tiny(1), '--out', out]);
  const left = ['adabound', 'adabound.jsonl', 'adam', 'notes.txt', 'report.html', 'run.json'];
  assert.equal(readdirSync(out).sort(), left);
  assert.equal(readdirSync(join(out, 'adam')), ['notes.txt']);
  assert.is(readRun(out, 'adabound').epochs.length, 1);
});

test('an unfinished run of more than ten minutes is not replaced', async () => {
  const out = join(folder, 'long');
  await boundgradHere(['train', ...tiny(), '--out', out]);
  const path = join(out, 'adabound', 'step-26.safetensors');
  const { checkpoint } = readCheckpoint(path);
  const position = { ...checkpoint.position, seconds: 3700 };
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, position }));
  const lines = readFileSync(join(out, 'adabound.jsonl'), 'utf8');
  // A run without its end counts as unfinished.
  writeFileSync(join(out, 'adabound.jsonl'), lines.replace(/\{"kind":"end".*\n/, ''));
  const { code, stderr } = await boundgradHere(['train', ...tiny(), '--out', out]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /--out: '.*long' holds 61 minutes of an unfinished run; continue it with --resume .*long, or remove the folder/,
  );
  writeFileSync(join(out, 'adabound.jsonl'), lines);
  assert.is((await boundgradHere(['train', ...tiny(), '--out', out])).code, 0);
});

const steps = (words: string[], batches: number) => {
  const schedule = scheduleOf(trainSettings(['--epochs', '4', ...words]), batches)(4 * batches);
  return Array.from({ length: 4 * batches }, (_, i) => schedule(i + 1));
};

test('--milestones are epochs after which the rate is multiplied by --lr-decay; a --schedule spans the whole run', () => {
  assert.equal(steps(['--milestones', '1,3', '--lr-decay', '0.5'], 2), [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]);
  close(steps(['--milestones', '2'], 1), [1, 1, 0.1, 0.1], 1e-15);
  assert.equal(steps([], 1), [1, 1, 1, 1]);
  const total = (schedule: (t: number) => number) => Array.from({ length: 8 }, (_, i) => schedule(i + 1));
  assert.equal(steps(['--schedule', 'one-cycle'], 2), total(oneCycle(8)));
  assert.equal(steps(['--schedule', 'cosine'], 2), total(cosine(8)));
  assert.equal(steps(['--schedule', 'inverse-sqrt'], 2), total(inverseSqrt()));
});

test('schedule, label smoothing and evaluation follow the options, and are recorded', async () => {
  const out = join(folder, 'training');
  const words = [
    '--milestones',
    '1,2',
    '--label-smoothing',
    '0.1',
    '--eval-every',
    '2',
    '--max-steps',
    '30',
    '--weight-decay',
    '0.01',
  ];
  await boundgradHere(['train', ...tiny(4), ...words, '--out', out]);
  const { run, epochs, end } = readRun(out, 'adabound');
  const { schedule, labelSmoothing, evalEvery, maxSteps, augment, threads, hyper } = run;
  assert.equal(
    { schedule, labelSmoothing, evalEvery, maxSteps, augment, threads },
    {
      schedule: 'times 0.1 after epochs 1, 2',
      labelSmoothing: 0.1,
      evalEvery: 2,
      maxSteps: 30,
      augment: [],
      threads: 1,
    },
  );
  assert.is(hyper.weightDecay, 0.01);
  assert.equal(
    epochs.map((e) => [e.epoch, e.step, e.testLoss !== null]),
    [
      [1, 13, false],
      [2, 26, true],
      [3, 30, true],
    ],
  );
  close(
    epochs.map((e) => e.rates.at(-1)!.schedule),
    [1, 0.1, 0.01],
    1e-15,
  );
  assert.equal([end.outcome, end.step], ['finished', 30]);
  const plain = join(folder, 'plain');
  await boundgradHere(['train', ...tiny(1), '--out', plain]);
  assert.is.not(epochs[0].firstLoss, readRun(plain, 'adabound').epochs[0].firstLoss, 'smoothed');
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /<td>–<\/td>/, 'a dash for an epoch without evaluation');
});

test('CIFAR-10 is augmented by crop and flip by default, a user’s pictures by crop; other data sets are not augmented', () => {
  const augmentOf = (...words: string[]) => trainSettings(words).augment;
  const cifar = ['--data', 'cifar10', '--data-dir', 'x'];
  assert.equal(augmentOf(...cifar), ['crop', 'flip']);
  assert.equal(augmentOf(...cifar, '--augment', 'none'), []);
  assert.equal(augmentOf(...cifar, '--augment', 'crop,flip,cutout'), ['crop', 'flip', 'cutout']);
  assert.equal(augmentOf('--data', 'fashion-mnist', '--data-dir', 'x'), []);
  assert.equal(augmentOf('--data', 'fashion-mnist', '--data-dir', 'x', '--augment', 'crop'), ['crop']);
  assert.equal(augmentOf(), []);
  assert.equal(augmentOf('--data', 'images:x'), ['crop']);
  assert.equal(augmentOf('--data', 'images:x', '--augment', 'none'), []);
});

test('crop moves an image by up to an eighth of its rows, rounded: 4 of 28 and of 32', () => {
  const movedOf = (size: number) => {
    const stream = new Random(1).stream('augment');
    const image = new Uint8Array(size * size);
    image[Math.floor(size / 2) * (size + 1)] = 1;
    const at = Array.from({ length: 200 }, () => {
      const moved = image.slice();
      augmentsOf(['crop'], size)!(moved, [1, 1, size, size], stream);
      return moved.indexOf(1);
    });
    return Math.max(...at.map((place) => Math.abs(Math.floor(place / size) - Math.floor(size / 2))));
  };
  assert.equal([12, 28, 32, 64].map(movedOf), [2, 4, 4, 8]);
});

test('--train-batches selects files of CIFAR-10; training images are augmented, test images are not', async () => {
  const dir = join(folder, 'cifar');
  mkdirSync(dir);
  const stream = new Random(1).stream('pixels');
  const records = (n: number) =>
    Uint8Array.from({ length: 3073 * n }, (_, i) => (i % 3073 ? stream.below(256) : i % 10));
  writeFileSync(join(dir, 'data_batch_2.bin'), records(6));
  writeFileSync(join(dir, 'test_batch.bin'), records(4));
  const load = (augment: Augmentation[]) => loadData('cifar10', { dir, batches: [2], augment });
  const [plain, changed] = [await load([]), await load(['crop', 'flip'])];
  assert.equal([plain.train.length, plain.test.length], [6, 4]);
  const pixels = async (set: Dataset) => [...(await set.batch([0, 1, 2, 3], new Random(1).stream('x'))).inputs];
  assert.is.not((await pixels(changed.train)).join(), (await pixels(plain.train)).join());
  assert.equal(await pixels(changed.test), await pixels(plain.test));
});

test('the confusion matrix names each class; if it would be wider than 100 characters, its columns have numbers', async () => {
  const linesOf = async (names: string[]) => {
    const eye = names.map((_, i) => names.map((_, j) => Number(i === j)));
    const set = tensorDataset(
      eye,
      Int32Array.from(names, (_, i) => Math.max(0, i - 1)),
      { classes: names },
    );
    const net = new Linear(names.length, names.length);
    net.loadStateDict({ weight: tensor(eye), bias: tensor(names.map(() => 0)) });
    const about = { checkpoint: '', model: '', optimizer: '', step: 1, data: '', part: 'all' } as const;
    const checkpoint = { settings: {}, history: [] } as unknown as Checkpoint;
    return evaluationText(about, await evaluate(net, set), checkpoint, set, false).slice(-names.length - 1);
  };
  assert.equal(await linesOf(['gut', 'böse', 'egal']), [
    'true \\ predicted   gut   böse   egal',
    'gut                  1      1      0',
    'böse                 0      0      1',
    'egal                 0      0      0',
  ]);
  const wide = await linesOf(['a'.repeat(40), 'b'.repeat(40), 'c']);
  assert.is(wide[0], `true \\ predicted${' '.repeat(42 - 16)}   0   1   2`);
  assert.is(wide[2], `1 ${'b'.repeat(40)}   0   0   1`);
});

test('eval prints the loss and accuracy that the run recorded, the accuracy of each class and the confusion matrix', async () => {
  const out = join(folder, 'eval');
  await boundgradHere(['train', ...tiny(), '--out', out]);
  const { epochs } = readRun(out, 'adabound');
  const words = ['eval', '--checkpoint', join(out, 'adabound'), '--data', 'blobs', '--backend', fastBackend];
  const { code, stdout, stderr } = await boundgradHere([...words, '--json']);
  assert.equal([code, stderr], [0, '']);
  const found = JSON.parse(stdout);
  assert.equal([found.loss, found.accuracy], [epochs[1].testLoss, epochs[1].testAccuracy]);
  assert.equal(
    [found.model, found.optimizer, found.step, found.data, found.samples],
    ['mlp', 'AdaBound', 26, 'blobs', 198],
  );
  assert.is(found.checkpoint, join(out, 'adabound', 'step-26.safetensors'));
  assert.equal(
    found.classes.map((c: { samples: number }) => c.samples),
    [66, 66, 66],
  );
  found.classes.forEach(({ right, accuracy }: { right: number; accuracy: number }, i: number) => {
    assert.equal([right, accuracy], [found.confusion[i][i], found.confusion[i][i] / 66]);
  });
  const text = (await boundgradHere(words)).stdout;
  assert.match(
    text,
    `mlp after step 26 of AdaBound, on 198 samples of blobs\naccuracy ${percent(found.accuracy)}, loss ${found.loss.toFixed(4)}\n`,
  );
  assert.match(text, /\ntrue \\ predicted +0 +1 +2\n/);
  for (const [c, row] of found.confusion.entries()) assert.match(text, new RegExp(`\n${c} +${row.join(' +')}\n`));
  const answers = (c: number) => found.confusion.reduce((sum: number, row: number[]) => sum + row[c], 0);
  const precision = found.classes.map((c: { right: number }, i: number) => c.right / answers(i));
  assert.ok(Math.abs(found.precision - (precision[0] + precision[1] + precision[2]) / 3) < 1e-12);
  assert.is(found.classes[1].precision, precision[1]);
  assert.match(
    text,
    `precision ${percent(found.precision)}, recall ${percent(found.recall)}, F1 ${percent(found.f1)}\n`,
  );
  assert.match(text, `AUC ${found.auc.toFixed(4)}, calibration error ${percent(found.calibrationError)}\n`);
  assert.is(found.bins.length, 15);
  const earlier = await boundgradHere([
    ...words.map((w) => (w === join(out, 'adabound') ? join(w, 'step-13.safetensors') : w)),
    '--json',
  ]);
  assert.is(JSON.parse(earlier.stdout).loss, epochs[0].testLoss);
});

test('measures of values are printed for all columns together, and for each by its name', () => {
  const one = { mae: 1234.56, rmse: 0.000123456, r2: 0.98765 };
  assert.equal(regressionText({ ...one, columns: [one] }, ['price']), [
    'MAE 1235, RMSE 0.0001235, in the unit of price; R2 0.9877',
  ]);
  const none = { mae: 1, rmse: 2, r2: null };
  assert.equal(
    regressionText({ ...none, columns: [one, none] }, ['price', 'rent']).map((line) => line.replace(/ +/g, ' ').trim()),
    [
      'MAE 1, RMSE 2; R2 undefined: all targets are equal',
      '',
      'column MAE RMSE R2',
      'price 1235 0.0001235 0.9877',
      'rent 1 2 –',
    ],
  );
});

test('eval refuses a checkpoint that names no model of boundgrad', async () => {
  const path = join(folder, 'program.safetensors');
  const { checkpoint } = readCheckpoint(join(folder, 'eval', 'adabound'));
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, settings: {}, description: undefined }));
  const { code, stderr } = await boundgradHere([
    'eval',
    '--checkpoint',
    path,
    '--data',
    'blobs',
    '--backend',
    'reference',
  ]);
  assert.is(code, 2);
  assert.match(stderr, /--checkpoint: '.*program.safetensors' names no model of boundgrad/);
});
