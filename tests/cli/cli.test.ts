import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Augmentation, loadData } from '../../cli/datasets.js';
import { optimizerKeys, settable } from '../../cli/options/hyperparameters.js';
import { parseCall } from '../../cli/options/parse.js';
import { settingsOf, trainingOptions } from '../../cli/options/training.js';
import { snapshot } from '../../cli/rates.js';
import { scheduleOf } from '../../cli/schedules.js';
import { trainOne } from '../../cli/trainOne.js';
import { Random, randn, tensor, zeros } from '../../core/index.js';
import type { Dataset } from '../../datasets/index.js';
import { serializeCheckpoint } from '../../fit/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { Adam, cosine, inverseSqrt, oneCycle, SGDM } from '../../optim/index.js';
import { percent } from '../../reports/numbers.js';
import type { EpochRecord, LineRecord, RunRecord } from '../../reports/record.js';
import { kebab } from '../../reports/run/results.js';
import { assert, close, subject } from '../spec.js';
import { boundgrad, type Outcome, readRun, temporary, tiny } from './command.js';

const test = subject('Command line');
const folder = temporary();
const file = join(folder, 'a-file');
writeFileSync(file, '');
const taken = join(folder, 'taken');
mkdirSync(join(taken, 'report.html'), { recursive: true });

/** The settings of `boundgrad train` with these words. */
const settings = (words: string[]) =>
  settingsOf('train', parseCall({ name: 'train', options: trainingOptions.train }, words)!);

const refusals: [words: string[], line: RegExp][] = [
  [['tain'], /command: unknown: 'tain'; one of train, compare.*; did you mean train\?/],
  [['train', '--modle', 'mlp'], /--modle: unknown option; did you mean --model\?/],
  [['train', '--qqqq', '1'], /--qqqq: unknown option; see --help/],
  [['train', '-x'], /-x: unknown option/],
  [['train', 'mlp'], /'mlp': not an option/],
  [['train', '--model', 'lenett'], /--model: unknown: 'lenett'; one of mlp, lenet.*; did you mean lenet\?/],
  [['train', '--data', 'moon'], /--data: unknown: 'moon'; one of .*; did you mean moons\?/],
  [['compare', '--optim', 'adam,adabond'], /--optim: unknown: 'adabond'; .*did you mean adabound\?/],
  [['compare', '--optim', 'adam,adam'], /--optim: adam is listed twice/],
  [['train', '--optim', 'adam,sgdm'], /--optim: train takes one optimizer: 'adam,sgdm'; boundgrad compare/],
  [['train', '--backend', 'cuda'], /--backend: unknown: 'cuda'; one of wasm, reference/],
  [['train', '--epochs', '0'], /--epochs: must be an integer of at least 1: '0'/],
  [['train', '--epochs', '1.5'], /--epochs: must be an integer of at least 1: '1.5'/],
  [['train', '--batch-size', '-4'], /--batch-size: must be an integer of at least 1: '-4'/],
  [['train', '--seed', 'x'], /--seed: must be an integer: 'x'/],
  [['train', '--lr', 'fast'], /--lr: not a number: 'fast'; write it as 0.001 or 1e-3/],
  [['train', '--lr', '-0.1'], /AdaBound: lr must be a finite number of at least 0: -0.1/],
  [['train', '--gamma', '0'], /AdaBound: gamma must be positive and finite: 0/],
  [['train', '--betas', '0.9'], /--betas: takes 2 numbers with a comma between them, as 0.9,0.999: '0.9'/],
  [['train', '--betas', '0.9,1'], /AdaBound: .*\[0, 1\): 1/],
  [['train', '--optim', 'sgdm', '--nesterov', 'maybe'], /--nesterov: must be true or false: 'maybe'/],
  [['train', '--optim', 'adam', '--gamma', '0.1'], /--gamma: no chosen optimizer has it: adam; it belongs to adabound/],
  [['train', '--sgdm.lr', '0.1'], /--sgdm.lr: sgdm is not among the chosen optimizers: adabound; add it to --optim/],
  [['train', '--sgdm.gamma', '0.1'], /--sgdm.gamma: unknown option/],
  [['train', '--lr'], /--lr: a value is missing/],
  [['train', '--lr', '--json'], /--lr: a value is missing/],
  [['train', '--json=yes'], /--json: takes no value: 'yes'/],
  [['train', '--lr', '0.1', '--lr', '0.2'], /--lr: given twice: '0.1' and '0.2'/],
  [['train', '--data', 'mnist'], /--data mnist: it is read from files: --data-dir DIR/],
  [['train', '--data-dir', folder], /--data-dir: fashion-mnist-sample is not read from files/],
  [
    ['train', '--data', 'mnist', '--data-dir', join(folder, 'none'), '--backend', 'reference'],
    /--data mnist: MNIST: no such file: .*none/,
  ],
  [
    ['train', '--model', 'lenet', '--data', 'blobs', '--backend', 'reference'],
    /--model lenet: does not fit these data/,
  ],
  [['train', ...tiny(), '--out', file], /--out: cannot write to '.*a-file': there is a file of that name/],
  [['train', ...tiny(), '--out', join(file, 'x')], /--out: cannot write to .*: a part of the path is not a folder/],
  [['train', ...tiny(), '--out', '/proc/none'], /--out: cannot write to '\/proc\/none'/],
  [['train', ...tiny(), '--out', taken], /--out: cannot write to '.*report\.html': there is a folder of that name/],
  [['train', '--max-steps', '0'], /--max-steps: must be an integer of at least 1: '0'/],
  [['train', '--eval-every', '0'], /--eval-every: must be an integer of at least 1: '0'/],
  [['train', '--threads', '0'], /--threads: must be an integer of at least 1: '0'/],
  [
    ['train', '--threads', '99', '--backend', 'reference'],
    /--threads: setThreads: must be an integer from 1 to 64: 99/,
  ],
  [['train', '--checkpoint-every', '0'], /--checkpoint-every: must be positive: '0'/],
  [['train', '--label-smoothing', '1'], /--label-smoothing: must lie in \[0, 1\): '1'/],
  [['train', '--schedule', 'one-cicle'], /--schedule: unknown: 'one-cicle'; one of .*; did you mean one-cycle\?/],
  [['train', '--milestones', '5,5'], /--milestones: epochs must rise, as 150,200: '5,5'/],
  [['train', '--milestones', '0'], /--milestones: must be an integer of at least 1: '0'/],
  [['train', '--milestones', '5', '--lr-decay', '-1'], /--lr-decay: must be at least 0: '-1'/],
  [['train', '--milestones', '5', '--schedule', 'cosine'], /--milestones: the schedule is cosine already/],
  [
    ['train', '--optim', 'adagrad', '--lr-decay', '0.1'],
    /--lr-decay: it is the factor at --milestones, .*--adagrad.lr-decay/,
  ],
  [['train', '--augment', 'crop'], /--augment: fashion-mnist-sample is not augmented: 'crop'/],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--augment', 'flop'],
    /--augment: unknown: 'flop'; .*did you mean flip\?/,
  ],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--augment', 'crop,none'],
    /--augment: none stands alone: 'crop,none'/,
  ],
  [['train', '--train-batches', '1'], /--train-batches: fashion-mnist-sample has none: '1'; only cifar10 has/],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--train-batches', '1,6'],
    /--train-batches: must be numbers from 1 to 5, each once/,
  ],
  [['eval', '--data', 'blobs'], /eval: --checkpoint FILE is missing; see --help/],
  [['eval', '--checkpoint', file], /eval: --data NAME is missing; see --help/],
  [
    ['eval', '--checkpoint', file, '--data', 'blobs', '--backend', 'reference'],
    /--checkpoint: '.*a-file': checkpoint: not one, or damaged/,
  ],
  [
    ['eval', '--checkpoint', join(folder, 'none'), '--data', 'blobs', '--backend', 'reference'],
    /--checkpoint: cannot read '.*none': no such file/,
  ],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--backend', 'reference'],
    /--data cifar10: CIFAR-10: no such file: .*data_batch_1\.bin/,
  ],
];

for (const [words, line] of refusals) {
  const shown = words.map((w) => w.replace(folder, 'DIR')).join(' ');
  test(`refuses in one line and with code 2: ${shown}`, async () => {
    const { code, stdout, stderr } = await boundgrad(words);
    assert.match(stderr, line);
    assert.is(code, 2);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.is(stdout, '');
  });
}

test('an option given twice with one value is no conflict', async () => {
  const { code } = await boundgrad(['train', ...tiny(2), '--epochs', '2', '--out', join(folder, 'twice')]);
  assert.is(code, 0);
});

test('--help names every option of every optimizer with its default, as help does, --version the version', async () => {
  const { code, stdout } = await boundgrad(['compare', '--help']);
  assert.is(code, 0);
  assert.is((await boundgrad(['help', 'compare'])).stdout, stdout);
  assert.is((await boundgrad(['help'])).stdout, (await boundgrad(['--help'])).stdout);
  const rows = stdout.replace(/\n {5,}/g, ' ').split('\n');
  for (const key of optimizerKeys) {
    for (const [name, value] of Object.entries(settable(key))) {
      // AdaGrad's lr-decay has the name of a general option.
      const own = name === 'lrDecay' ? `${key}.` : '';
      const row = rows.find((l) => l.trim().startsWith(`--${own}${kebab(name)} `));
      assert.match(row ?? `no --${own}${kebab(name)}`, new RegExp(`[(;] ?${value}: [^;]*\\b${key}\\b`));
    }
  }
  const version = await boundgrad(['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('compare: every optimizer starts from the same weights and sees the same first batch', async () => {
  const out = join(folder, 'compare');
  const { code, stdout } = await boundgrad(['compare', ...tiny(), '--out', out]);
  assert.is(code, 0);
  const runs = ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound'].map((key) => readRun(out, key));
  for (const { run, epochs, end } of runs) {
    assert.equal(run.initial, runs[0].run.initial);
    assert.is(epochs[0].firstLoss, runs[0].epochs[0].firstLoss);
    assert.is(epochs.length, 2);
    assert.equal([epochs[1].step, end.step, end.outcome], [26, 26, 'finished']);
    // Three blobs that a line nearly separates; a guess is right one time in three.
    assert.ok(epochs[1].testAccuracy! > 0.5, `${run.title}: ${epochs[1].testAccuracy}`);
  }
  assert.is.not(runs[1].epochs[0].loss, runs[3].epochs[0].loss);
  assert.match(stdout, /SGDM +epoch 2\/2 +loss \d\.\d{4} +train \d+\.\d % +test \d+\.\d %/);
  assert.match(stdout, /AMSBound .* lr 0.001, final-lr 0.1, gamma 0.001\n/);
  assert.match(stdout, `report: ${join(out, 'report.html')}\n`);
  // No escape sequences: the output is no terminal.
  assert.not.match(stdout, '\x1b');
});

test('the same seed gives the same losses bit for bit, another seed gives others', async () => {
  const losses = async (seed: string, out: string) => {
    await boundgrad(['train', ...tiny(), '--seed', seed, '--out', join(folder, out)]);
    return readRun(join(folder, out), 'adabound').epochs.flatMap((e) => [e.firstLoss, e.loss, e.testLoss]);
  };
  const first = await losses('3', 'seed-a');
  assert.equal(await losses('3', 'seed-b'), first);
  assert.ok((await losses('4', 'seed-c')).every((loss, i) => loss !== first[i]));
});

test('a hyper-parameter goes to every optimizer that has it, and one of its own goes before it', async () => {
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
  await boundgrad(['compare', ...tiny(), ...words, '--out', out]);
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

test('Adam has no bounds: what it used is the raw rate, and nothing is clipped', () => {
  for (const { lo, hi, all } of readRun(join(folder, 'compare'), 'adam').epochs.flatMap((e) => e.rates)) {
    assert.equal([lo, hi, all.floor, all.ceiling], [0, null, 0, 0]);
    assert.equal(all.clipped, all.raw);
  }
});

test('a snapshot has quantiles of the logarithm to four decimals, null where that is infinite', async () => {
  // With both betas 0 the rate is lr / |g|: 10^0, 10^-1, .. 10^-100, so that the quantile p is -100 (1-p).
  const p = zeros([101], { dtype: 'float64', requiresGrad: true });
  const adam = new Adam([['w', p]], { lr: 1, betas: [0, 0], eps: 0 });
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
  const { stdout, stderr } = await boundgrad(['train', ...tiny(), '--json', '--out', out]);
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

test('a run whose loss is no longer a number stops and says so; the others go on', async () => {
  const out = join(folder, 'diverged');
  const words = ['compare', ...tiny(), '--optim', 'sgdm,adam', '--sgdm.lr', '1e20', '--out', out];
  const { code, stdout } = await boundgrad(words);
  assert.is(code, 0);
  assert.match(stdout, /SGDM diverged: .*(NaN|infinite).* after step \d+ of 26/);
  assert.match(stdout, /SGDM .*lr 100000000000000000000, momentum 0.9 {2}diverged/);
  assert.is(readRun(out, 'sgdm').end.outcome, 'diverged');
  assert.is(readRun(out, 'adam').end.outcome, 'finished');
  const alone = await boundgrad(['train', ...tiny(), '--optim', 'sgdm', '--lr', '1e20', '--out', out]);
  assert.is(alone.code, 1);
  assert.match(alone.stderr, /^boundgrad: no optimizer finished; see the table\n$/);
});

test('Ctrl-C ends with code 130 and with all that was done written, the report included', async () => {
  const out = join(folder, 'interrupted');
  const words = ['compare', ...tiny(100_000), '--json', '--out', out];
  let sent = false;
  const { code, stderr } = await boundgrad(words, (stdout, child) => {
    if (sent || !stdout.includes('"kind":"epoch"')) return;
    sent = true;
    child.kill('SIGINT');
  });
  assert.is(code, 130);
  assert.is(stderr, '');
  const { epochs, end } = readRun(out, 'sgdm');
  assert.ok(epochs.length >= 1);
  assert.is(end.outcome, 'interrupted');
  assert.match(end.note, /stopped on request after step \d+ of 1300000/);
  assert.equal(readdirSync(out).sort(), ['report.html', 'run.json', 'sgdm', 'sgdm.jsonl']);
});

test('a folder that vanishes on the way is said in one line, with code 1', async () => {
  const out = join(folder, 'vanishing');
  const words = ['train', ...tiny(100_000), '--json', '--out', out];
  const { code, stderr } = await boundgrad(words, (stdout) => {
    // At one stroke: the run writes into it meanwhile.
    if (stdout.includes('"kind":"epoch"') && existsSync(out)) renameSync(out, join(folder, 'elsewhere'));
  });
  assert.is(code, 1);
  assert.match(
    stderr,
    /^boundgrad: cannot write '.*(adabound.jsonl|step-\d+.safetensors)': the file or its folder has vanished.*\n$/,
  );
  assert.not.ok(existsSync(out));
});

test('a file that can hold no more, as on a full disk, ends with code 1; what lies in the folder is whole', async () => {
  // A run's first line has 1 kB, an epoch 3 kB, the report 80 kB.
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

test('training uses the statistics of the batch, evaluation the running ones', async () => {
  // One batch that is the test set too: only the mode tells the loss before the first step from that on the test set.
  const set = {
    name: 'noise',
    length: 8,
    shape: [1, 8, 8],
    classes: ['a', 'b'],
    batch: (indices: ArrayLike<number>) => {
      const inputs = Array.from(indices, (i) => [...randn([64], { stream: new Random(i).stream('x') }).dataSync()]);
      return { inputs: Float32Array.from(inputs.flat()), labels: Int32Array.from(indices, (i) => i % 2) };
    },
  };
  const chosen = settings(['--model', 'resnet8', '--epochs', '2', '--batch-size', '8']);
  const records: LineRecord[] = [];
  const record = (r: LineRecord) => records.push(r);
  const place = { record, step() {}, begun: false, signal: new AbortController().signal };
  await trainOne('adabound', chosen, { train: set, test: set }, place);
  const [run, ...epochs] = records as [RunRecord, ...EpochRecord[]];
  for (const [k, before] of [run.initial, ...epochs].slice(0, 2).entries()) {
    assert.ok(Math.abs(epochs[k].firstLoss - before.testLoss!) > 1e-2, `${epochs[k].firstLoss} ${before.testLoss}`);
  }
});

test('a second run in a folder that is in use is refused, new or resumed, and the first goes on', async () => {
  const out = join(folder, 'shared');
  let others: Promise<Outcome[]> | null = null;
  const { code } = await boundgrad(['train', ...tiny(100_000), '--json', '--out', out], (stdout, child) => {
    if (others || !stdout.includes('"kind":"epoch"')) return;
    others = Promise.all(
      [
        ['train', ...tiny(), '--out', out],
        ['train', '--resume', out],
      ].map((words) => boundgrad(words)),
    );
    others.then(() => child.kill('SIGINT'));
  });
  assert.is(code, 130);
  for (const { code, stderr } of await others!) {
    assert.is(code, 2);
    assert.match(
      stderr,
      /^boundgrad: '.*': in use by process \d+ since .*; wait for it, end it, or take another folder\n$/,
    );
  }
  assert.is(readRun(out, 'adabound').end.outcome, 'interrupted');
});

test('a reader of the output that goes away is no crash', async () => {
  const { code, stderr } = await boundgrad(['--help'], (_, child) => child.stdout!.destroy());
  assert.is(code, 141);
  assert.is(stderr, '');
});

test('an earlier run in the folder is replaced, of whatever optimizers, and nothing else there is touched', async () => {
  const out = join(folder, 'again');
  await boundgrad(['compare', ...tiny(), '--optim', 'sgdm,adam', '--out', out]);
  writeFileSync(join(out, 'notes.txt'), 'mine');
  writeFileSync(join(out, 'adam', 'notes.txt'), 'mine');
  await boundgrad(['train', ...tiny(1), '--out', out]);
  const left = ['adabound', 'adabound.jsonl', 'adam', 'notes.txt', 'report.html', 'run.json'];
  assert.equal(readdirSync(out).sort(), left);
  assert.equal(readdirSync(join(out, 'adam')), ['notes.txt']);
  assert.is(readRun(out, 'adabound').epochs.length, 1);
});

test('a run of more than ten minutes that is not finished is not replaced in passing', async () => {
  const out = join(folder, 'long');
  await boundgrad(['train', ...tiny(), '--out', out]);
  const path = join(out, 'adabound', 'step-26.safetensors');
  const { checkpoint } = readCheckpoint(path);
  const position = { ...checkpoint.position, seconds: 3700 };
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, position }));
  const lines = readFileSync(join(out, 'adabound.jsonl'), 'utf8');
  // As long as it came to its end it may go.
  writeFileSync(join(out, 'adabound.jsonl'), lines.replace(/\{"kind":"end".*\n/, ''));
  const { code, stderr } = await boundgrad(['train', ...tiny(), '--out', out]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /--out: '.*long' holds 61 minutes of an unfinished run; continue it with --resume .*long, or remove the folder/,
  );
  writeFileSync(join(out, 'adabound.jsonl'), lines);
  assert.is((await boundgrad(['train', ...tiny(), '--out', out])).code, 0);
});

const steps = (words: string[], batches: number) => {
  const schedule = scheduleOf(settings(['--epochs', '4', ...words]), batches)(4 * batches);
  return Array.from({ length: 4 * batches }, (_, i) => schedule(i + 1));
};

test('--milestones are epochs, after which the rate is --lr-decay of what it was; --schedule knows how long the run is', () => {
  assert.equal(steps(['--milestones', '1,3', '--lr-decay', '0.5'], 2), [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]);
  close(steps(['--milestones', '2'], 1), [1, 1, 0.1, 0.1], 1e-15);
  assert.equal(steps([], 1), [1, 1, 1, 1]);
  const total = (schedule: (t: number) => number) => Array.from({ length: 8 }, (_, i) => schedule(i + 1));
  assert.equal(steps(['--schedule', 'one-cycle'], 2), total(oneCycle(8)));
  assert.equal(steps(['--schedule', 'cosine'], 2), total(cosine(8)));
  assert.equal(steps(['--schedule', 'inverse-sqrt'], 2), total(inverseSqrt()));
});

test('the schedule, smoothing and looks at the test set are those that were asked for, and are in the record', async () => {
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
  await boundgrad(['train', ...tiny(4), ...words, '--out', out]);
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
  await boundgrad(['train', ...tiny(1), '--out', plain]);
  assert.is.not(epochs[0].firstLoss, readRun(plain, 'adabound').epochs[0].firstLoss, 'smoothed');
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /<td>–<\/td>/, 'a dash for what was not looked at');
});

test('CIFAR-10 is augmented by a crop and a flip unless something else is asked for; other sets are not', () => {
  const augmentOf = (...words: string[]) => settings(words).augment;
  const cifar = ['--data', 'cifar10', '--data-dir', 'x'];
  assert.equal(augmentOf(...cifar), ['crop', 'flip']);
  assert.equal(augmentOf(...cifar, '--augment', 'none'), []);
  assert.equal(augmentOf(...cifar, '--augment', 'crop,flip,cutout'), ['crop', 'flip', 'cutout']);
  assert.equal(augmentOf('--data', 'fashion-mnist', '--data-dir', 'x'), []);
  assert.equal(augmentOf('--data', 'fashion-mnist', '--data-dir', 'x', '--augment', 'crop'), ['crop']);
  assert.equal(augmentOf(), []);
});

test('of CIFAR-10’s files those that are asked for are read, augmented in training and not in the test', async () => {
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

test('eval prints what the run had recorded, by class too, and the confusion matrix', async () => {
  const out = join(folder, 'eval');
  await boundgrad(['train', ...tiny(), '--out', out]);
  const { epochs } = readRun(out, 'adabound');
  const words = ['eval', '--checkpoint', join(out, 'adabound'), '--data', 'blobs', '--backend', 'reference'];
  const { code, stdout, stderr } = await boundgrad([...words, '--json']);
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
  const text = (await boundgrad(words)).stdout;
  assert.match(
    text,
    `mlp after step 26 of AdaBound, on 198 samples of blobs\naccuracy ${percent(found.accuracy)}, loss ${found.loss.toFixed(4)}\n`,
  );
  for (const row of found.confusion) assert.match(text, new RegExp(row.join(' +')));
  const earlier = await boundgrad([
    ...words.map((w) => (w === join(out, 'adabound') ? join(w, 'step-13.safetensors') : w)),
    '--json',
  ]);
  assert.is(JSON.parse(earlier.stdout).loss, epochs[0].testLoss);
});

test('a checkpoint of a program says nothing of a model that eval knows', async () => {
  const path = join(folder, 'program.safetensors');
  const { checkpoint } = readCheckpoint(join(folder, 'eval', 'adabound'));
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, settings: {} }));
  const { code, stderr } = await boundgrad(['eval', '--checkpoint', path, '--data', 'blobs', '--backend', 'reference']);
  assert.is(code, 2);
  assert.match(stderr, /--checkpoint: '.*program.safetensors' names no model of boundgrad/);
});
