// `boundgrad sweep`: its files, that nothing is lost when it stops, and what it refuses.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../cli/datasets.js';
import { isUnfinished } from '../../cli/foreignFiles.js';
import { Results } from '../../cli/sweep/results.js';
import { VERSION } from '../../fit/index.js';
import { formatJsonLines } from '../../node/jsonLines.js';
import type { ResultRecord, SweepFile } from '../../reports/sweep/record.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgrad, boundgradHere, temporary } from './command.js';
import { killed, type Moment } from './killing.js';

const test = subject('boundgrad sweep');
const root = temporary();

/** A sweep of eight short runs. */
const small = [
  ...[
    '--data',
    'blobs',
    '--backend',
    fastBackend,
    '--epochs',
    '2',
    '--batch-size',
    '128',
    '--seeds',
    '2',
    '--trials',
    '2',
    '--schedule',
    'cosine',
  ],
  ...['--optim', 'sgdm,adam', '--sgdm.lr', 'log(1e-3,1)', '--adam.lr', 'log(1e-4,0.1)', '--workers', '1'],
];

const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const fileOf = (folder: string): SweepFile => JSON.parse(text(folder, 'sweep.json'));
const resultsOf = (folder: string): ResultRecord[] =>
  text(folder, 'results.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'result');

async function ran(folder: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await boundgradHere(['sweep', ...words, '--out', join(root, folder)]);
  assert.equal([code, stderr], [0, '']);
  return stdout;
}

const whole = ran('whole', ...small);

test('writes every run, sweep.json and sweep.html, and says which optimizer to take', async () => {
  const stdout = await whole;
  assert.match(stdout, /8 runs, 0 with a result/);
  assert.match(stdout, /With 2 trials take \w+: expected test accuracy/);
  assert.equal(readdirSync(join(root, 'whole')).sort(), ['results.jsonl', 'run.json', 'sweep.html', 'sweep.json']);
  const { trials, isComplete, judgement, classes } = fileOf('whole');
  assert.equal([trials.length, isComplete, classes, judgement!.seeds], [4, true, 3, 2]);
  assert.is(resultsOf('whole').length, 8);
  for (const trial of trials)
    for (const { id, validation, test: score } of trial.runs) {
      const { outcome } = resultsOf('whole').find((result) => result.id === id)!;
      assert.equal([outcome.validation, outcome.test], [validation, score]);
      assert.is(outcome.validation, outcome.epochs.at(-1)!.validationAccuracy);
    }
});

test('trials are chosen by their accuracy on a fifth of the training samples, and reported on the test set', async () => {
  await whole;
  const { train, test: held } = await loadData('blobs');
  const isCount = (share: number, of: number) => Math.abs(share * of - Math.round(share * of)) < 1e-6;
  const scores = resultsOf('whole').map(({ outcome }) => outcome);
  assert.ok(scores.every(({ validation }) => isCount(validation!, Math.round(train.length / 5))));
  assert.ok(scores.every(({ test: score }) => isCount(score!, held.length)));
  assert.ok(
    scores.some(({ validation }) => !isCount(validation!, held.length)),
    'the two sets differ in size',
  );
});

test('sweep.json contains nothing about the machine or the time', async () => {
  await whole;
  assert.not.match(text('whole', 'sweep.json'), /seconds|20\d\d-\d\d|cpu|node_modules|\/tmp/);
});

test('a sweep that is killed while it writes a result, and again while a worker writes a checkpoint, ends with the same bytes', async () => {
  await whole;
  const kills: Moment[] = [
    { at: 'line', times: 3 },
    { at: 'rename', times: 3 },
  ];
  let words = ['sweep', ...small, '--out', join(root, 'killed')];
  for (const when of kills) {
    const { signal, code, stderr } = await killed(words, when);
    // A worker that is killed ends the sweep with one line.
    if ('at' in when && when.at === 'line') assert.is(signal, 'SIGKILL', `${code}: ${stderr}`);
    else
      assert.match(
        `${code} ${stderr}`,
        /^1 .*a worker process ended: SIGKILL; boundgrad sweep --resume \S+ runs the missing ones\n/s,
      );
    words = ['sweep', '--resume', join(root, 'killed'), '--workers', '1'];
  }
  const { code, stderr } = await boundgradHere(words);
  assert.equal([code, stderr], [0, '']);
  for (const name of ['sweep.json', 'sweep.html']) assert.ok(text('killed', name) === text('whole', name), name);
  assert.equal(
    readdirSync(join(root, 'killed')).sort(),
    readdirSync(join(root, 'whole')).sort(),
    'nothing is left behind',
  );
});

test('a file that a killed sweep left unfinished is recognized as a file of boundgrad, after any number of bytes', async () => {
  await whole;
  for (const name of ['sweep.json', 'sweep.html', 'run.json', 'results.jsonl']) {
    const start = text('whole', name).slice(0, 1024);
    for (const length of [0, 1, 12, 1024]) assert.ok(isUnfinished(name, start.slice(0, length)), `${name}: ${length}`);
    assert.not.ok(isUnfinished(name, `x${start}`), name);
  }
});

test('Ctrl-C ends a sweep with code 130 and the command to resume, and the resumed sweep ends with the same bytes', async () => {
  await whole;
  const out = join(root, 'interrupted');
  const found = await boundgrad(['sweep', ...small, '--out', out], (stdout, child) => {
    if (stdout !== '') return;
    // Within the first run, whose worker has made the folder of its checkpoints.
    const timer = setInterval(() => {
      if (!existsSync(join(out, 'checkpoints'))) return;
      clearInterval(timer);
      child.kill('SIGINT');
    }, 10);
    child.once('exit', () => clearInterval(timer));
  });
  assert.is(found.code, 130, found.stderr);
  assert.match(found.stdout, /to resume: boundgrad sweep --resume \S+interrupted\n$/);
  assert.is((await boundgradHere(['sweep', '--resume', out, '--workers', '1'])).code, 0);
  assert.ok(text('interrupted', 'sweep.json') === text('whole', 'sweep.json'));
});

test('--list leaves out the runs that have a result', async () => {
  await whole;
  const { code, stdout } = await boundgradHere(['sweep', ...small, '--list', '--out', join(root, 'whole')]);
  assert.equal([code, stdout], [0, '']);
});

test('a complete sweep computes nothing again, with --resume or with its first command, which a cluster may repeat', async () => {
  await whole;
  const before = text('whole', 'results.jsonl');
  const out = join(root, 'whole');
  for (const words of [
    ['--resume', out],
    [...small, '--out', out],
    [...small.map((word) => (word === '0.1' ? '1e-1' : word)), '--out', out],
  ]) {
    const { code, stdout, stderr } = await boundgradHere(['sweep', ...words]);
    assert.equal([code, stderr], [0, '']);
    assert.match(stdout, /8 runs, 8 with a result/);
    assert.is(text('whole', 'results.jsonl'), before);
  }
});

test('a share --val that leaves no sample is refused before the folder is made', async () => {
  for (const share of ['0.0001', '0.9999']) {
    const out = join(root, `share${share}`);
    const { code, stderr } = await boundgradHere(['sweep', ...small, '--val', share, '--out', out]);
    assert.is(code, 2);
    assert.match(
      stderr,
      /^boundgrad: --val 0\.\d+: of \d+ training samples none is left to train on or to validate on; take another/,
    );
    assert.is(existsSync(out), false);
  }
});

test('--list prints a command for each run, and --collect makes the same sweep.json from their folders', async () => {
  await whole;
  const one = [...small, '--optim=adam'].filter((word, i, all) => word !== '--optim' && all[i - 1] !== '--optim');
  const words = one.filter((word, i) => !/^--sgdm/.test(word) && !/^--sgdm/.test(one[i - 1]));
  const listed = await boundgradHere(['sweep', ...words, '--list', '--out', join(root, 'cluster')]);
  assert.is(listed.code, 0);
  const lines = listed.stdout.trim().split('\n');
  assert.is(lines.length, 4);
  assert.ok(
    lines.every((line) => line.startsWith('npx boundgrad sweep --')),
    'without npx a shell finds the program only if it is installed globally',
  );
  const first = await boundgradHere(lines[0].split(' ').slice(2));
  assert.equal([first.code, first.stderr], [0, '']);
  const again = await boundgradHere(['sweep', ...words, '--list', '--out', join(root, 'cluster')]);
  assert.equal(again.stdout.trim().split('\n'), lines.slice(1), 'runs with a result in their own folder are left out');
  const ids = lines.map((line) => /run-\w+$/.exec(line)![0]);
  const folders = ids.map((id) => join(root, 'cluster', id));
  // The other runs are those of the whole sweep: a run has the same id in every sweep.
  for (const folder of folders.slice(1)) cpSync(join(root, 'whole'), folder, { recursive: true });
  const { code, stdout, stderr } = await boundgradHere([
    ...['sweep', ...words, '--collect', '--out', join(root, 'collected')],
    ...folders,
  ]);
  assert.equal([code, stderr], [0, '']);
  assert.match(stdout, /4 new results from 4 folders/);
  const expected = fileOf('whole').trials.filter(({ method }) => method === 'adam');
  assert.equal(fileOf('collected').trials, expected);
  assert.is(fileOf('collected').isComplete, true);
});

test('with --halving a run that continues has the bits of one that never paused', async () => {
  await whole;
  const one = small.map((word) => (word === 'sgdm,adam' ? 'adam' : word));
  const only = one.filter((word, i) => word !== '--sgdm.lr' && one[i - 1] !== '--sgdm.lr');
  await ran('halved', ...only, '--halving', '2', '--private');
  const [full, halved] = [resultsOf('whole'), resultsOf('halved')];
  const promoted = halved.filter(({ budget }) => budget === 2);
  assert.equal([halved.length, promoted.length], [6, 2]);
  for (const { id, outcome } of promoted) assert.equal(full.find((result) => result.id === id)!.outcome, outcome);
  assert.equal(
    fileOf('halved')
      .trials.map(({ budget }) => budget)
      .sort(),
    [1, 2],
  );
});

test('--file gives the same sweep as the same options on the command line, which replace entries of the file', async () => {
  const path = join(root, 'sweep-file.json');
  const space = { sgdm: { lr: { log: [1e-3, 1] } }, adam: { lr: { log: [1e-4, 0.1] } } };
  writeFileSync(
    path,
    JSON.stringify({ data: 'blobs', epochs: 2, batchSize: 128, schedule: 'cosine', seeds: 2, trials: 9, space }),
  );
  const out = ['--out', join(root, 'any'), '--list'];
  const backend = ['--backend', fastBackend];
  const file = await boundgradHere(['sweep', '--file', path, '--trials', '2', ...backend, ...out]);
  const options = await boundgradHere(['sweep', ...small, ...out]);
  assert.is(file.stdout, options.stdout);
  assert.is(file.stdout.trim().split('\n').length, 8);
});

test('the file of --file may begin with a byte order mark, and --optim leaves out ranges of other optimizers', async () => {
  const path = join(root, 'marked.json');
  const space = { sgdm: { lr: { log: [1e-3, 1] } }, adam: { lr: { log: [1e-4, 0.1] } } };
  writeFileSync(path, `\uFEFF${JSON.stringify({ data: 'blobs', seeds: 1, trials: 2, space })}`);
  const list = (...words: string[]) => boundgradHere(['sweep', '--list', '--out', join(root, 'any'), ...words]);
  const file = await list('--file', path, '--optim', 'sgdm');
  const options = ['--data', 'blobs', '--seeds', '1', '--trials', '2', '--optim', 'sgdm', '--sgdm.lr', 'log(1e-3,1)'];
  assert.equal([file.code, file.stderr], [0, '']);
  assert.is(file.stdout, (await list(...options)).stdout);
  const typed = await list('--file', path, '--optim', 'sgdm', '--adam.lr', '0.1');
  assert.is(typed.code, 2);
  assert.match(typed.stderr, /--adam\.lr: adam is not among the chosen optimizers: sgdm/);
});

test('the commands of docs/sweeps.md are accepted', async () => {
  const shown = readFileSync('docs/sweeps.md', 'utf8').replaceAll('\\\n', ' ');
  const lines = [...shown.matchAll(/^npx boundgrad (sweep [^#>\n]*)/gm)].map(([, line]) => line.trim());
  assert.is(lines.length, 3);
  for (const line of lines) {
    const words = line
      .split(/\s+/)
      .map((word) => word.replace(/^'(.*)'$/, '$1').replace('mine.json', 'docs/sweeps/lenet.json'));
    const isCollect = words.includes('--collect');
    const out = words.indexOf('--out');
    words[out + 1] = join(root, 'docs');
    const { code, stdout, stderr } = await boundgradHere(
      words.includes('--list') || isCollect ? words : [...words, '--list'],
    );
    // The folders of the runs do not exist.
    if (isCollect) assert.match(`${code} ${stderr}`, /^[12] .*cannot read 'sweeps\/mine\/run-\*\/results\.jsonl'/);
    else assert.equal([code, stdout.split('\n').length > 100], [0, true], stderr);
  }
});

test('docs/sweep.schema.json is what --schema prints', async () => {
  const { stdout } = await boundgradHere(['sweep', '--schema']);
  assert.equal(JSON.parse(stdout), JSON.parse(readFileSync('docs/sweep.schema.json', 'utf8')));
});

const files: [what: string, content: unknown, message: RegExp][] = [
  ['no object', [], /not a description of a sweep/],
  ['no space', { trials: 3 }, /: space: must be an object of optimizers.*: undefined/],
  ['an unknown entry', { trails: 3, space: { adam: {} } }, /: trails: unknown entry; did you mean trials\?/],
  ['an entry that --file may not have', { out: 'x', space: { adam: {} } }, /: out: unknown entry/],
  ['an entry of another kind', { trials: null, space: { adam: {} } }, /: trials: must be a number, a text or a list/],
  ['a value out of range', { val: 2, space: { adam: {} } }, /: val: must lie between 0 and 1: '2'/],
  ['an unknown optimizer', { space: { adm: {} } }, /: space\.adm: not an optimizer; did you mean adam\?/],
  ['a range of one number', { space: { adam: { lr: { log: [1] } } } }, /: space\.adam\.lr: log must be a list of two/],
  ['an unknown kind of range', { space: { adam: { lr: { lgo: [1, 2] } } } }, /: space\.adam\.lr: unknown option: lgo/],
  ['an unknown hyper-parameter', { space: { adam: { gamma: 1 } } }, /: space\.adam\.gamma: adam has no such/],
  ['a negative rate', { trials: 1, space: { adam: { lr: -1 } } }, /: space\.adam\.lr: must be positive: '-1'/],
  ['the key __proto__', '{"space":{"__proto__":{"lr":1}}}', /: space\.__proto__: not an optimizer/],
];
for (const [what, content, message] of files) {
  test(`a file with ${what} is refused, with the path of the entry`, async () => {
    const path = join(root, 'refused.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    const { code, stderr } = await boundgradHere(['sweep', '--file', path, '--list']);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(stderr.trim().split('\n').length, 1);
  });
}

const adam = ['--optim', 'adam', '--adam.lr', 'log(1e-4,0.1)'];
const refused: [words: string[], message: RegExp][] = [
  [
    ['--optim', 'adam'],
    /--trials 20: adam has one configuration; give it ranges, for example --adam\.lr 'log\(0\.00001,0\.1\)'/,
  ],
  [['--optim', 'adam', '--adam.lr', '0.1,0.2'], /--trials 20: adam has 2 configurations/],
  [[...adam, '--sgdm.lr', '1'], /--sgdm\.lr: sgdm is not among the chosen optimizers/],
  [[...adam, '--gamma', '1'], /--gamma: no chosen optimizer has it/],
  [['--optim', 'adam', '--adam.lr', 'log(0.1,0.01)'], /--adam\.lr: log: the second number must be the larger one/],
  [['--optim', 'adam', '--adam.lr', 'log(0,1)'], /--adam\.lr: must be positive: '0'/],
  [['--optim', 'adam', '--adam.lr', 'lug(1,2)'], /--adam\.lr: unknown: 'lug'; one of log, uniform, integer/],
  [['--optim', 'adam', '--adam.lr', 'log(1,2'], /--adam\.lr: not a range: 'log\(1,2'/],
  [['--optim', 'adam', '--adam.lr', '1,,2'], /--adam\.lr: a value is missing/],
  [['--optim', 'adam', '--adam.lr', '1,1'], /--adam\.lr: values: 1 is listed twice/],
  [[...adam, '--adam.eps', 'uniform(-1,0)'], /adam with .*: Adam: eps must be .*; change the range/],
  [[...adam, '--seeds', '3-2'], /--seeds: must be a rising range/],
  [[...adam, '--lr-decay', '0.5'], /--lr-decay: it is the factor of --milestones, which is not given; AdaGrad has/],
  [[...adam, '--halving', '1'], /--halving: must be an integer of at least 2/],
  [[...adam, '--halving', '2', '--epochs', '1'], /--halving: nothing can end early: --epochs is 1/],
  [[...adam, '--halving', '2', '--list'], /--list: with --halving the results decide/],
  [[...adam, '--list', '--collect', 'x'], /--list and --collect: give one of the two/],
  [[...adam, '--collect'], /--collect: the folders of the runs are missing/],
  [[...adam, 'x'], /'x': not an option/],
  [[...adam, '--data', 'moby-dick'], /--data: a sweep takes no text, and no data or net of your own: 'moby-dick'/],
  [
    [...adam, '--data', 'csv:a.csv'],
    /--data: a sweep takes no text, and no data .*: 'csv:a\.csv'; give one of .*, or write a program with sweep\(\)/,
  ],
  [[...adam, '--model', './net.mjs'], /--model: a sweep takes no .* net of your own: '\.\/net\.mjs'; give one of /],
  [[...adam, '--data', 'blobz'], /--data: unknown: 'blobz'; .*did you mean blobs/],
  [[...adam, '--model', 'gpt'], /--model: unknown: 'gpt'/],
  [['--resume', 'nowhere'], /--resume: no such folder: 'nowhere'/],
];
for (const [words, message] of refused) {
  test(`refuses ${words.join(' ')}`, async () => {
    const { code, stderr } = await boundgradHere([
      'sweep',
      ...words,
      ...(words[0] === '--resume' ? [] : ['--out', join(root, 'no')]),
    ]);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.not.ok(existsSync(join(root, 'no')), 'nothing is written');
  });
}

test('refuses a folder that holds another sweep, and other options with --resume', async () => {
  await whole;
  const out = join(root, 'whole');
  for (const other of [
    ['--momentum', '0.5'],
    ['--halving', '2'],
  ])
    assert.match(
      (await boundgradHere(['sweep', ...small, ...other, '--out', out])).stderr,
      /holds another sweep or run; to continue that one: --resume \S+; else give another folder/,
    );
  const fewer = small.filter((word, i) => word !== '--seeds' && small[i - 1] !== '--seeds');
  assert.match(
    (await boundgradHere(['sweep', ...fewer, '--out', out])).stderr,
    /holds another sweep or run/,
    'a default',
  );
  const other = await boundgradHere(['sweep', '--resume', out, '--trials', '3']);
  assert.match(other.stderr, /has other settings: --trials 2 then, 3 now/);
});

test('refuses folders without runs of this sweep', async () => {
  await whole;
  const words = ['sweep', ...small, '--epochs=2', '--val', '0.3', '--collect', '--out', join(root, 'other')];
  const { code, stderr } = await boundgradHere([...words, join(root, 'whole')]);
  assert.is(code, 2);
  assert.match(stderr, /holds no run of this sweep; give the options that --list was given/);
  assert.not.ok(existsSync(join(root, 'other')), 'nothing is written');
});

/** A folder with the options of a sweep and these records. */
async function folderWith(name: string, records: string): Promise<string> {
  await whole;
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'whole', 'run.json'), join(folder, 'run.json'));
  writeFileSync(join(folder, 'results.jsonl'), records);
  return folder;
}

/** The records of the whole sweep, changed, with right checksums. */
async function forged(change: (records: Record<string, any>[]) => void): Promise<string> {
  await whole;
  const records = text('whole', 'results.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { sum: _, format: __, ...record } = JSON.parse(line);
      return record;
    });
  change(records);
  return formatJsonLines(records);
}

const hostile: [what: string, change: (records: Record<string, any>[]) => void, message: RegExp][] = [
  ['no session', (r) => r.shift(), /line 1 .*the first record must be of kind session/],
  ['a record of another kind', (r) => (r[1].kind = 'epoch'), /line 2 .*kind: must be one of session, result/],
  ['an accuracy of 7', (r) => (r[2].outcome.test = 7), /line 3 .*record\.outcome\.test: must lie in \[0, 1\]: 7/],
  ['a loss that is a text', (r) => (r[2].outcome.epochs[0].loss = '<b>'), /line 3 .*loss: must be a number: "<b>"/],
  ['no seed', (r) => delete r[1].seed, /line 2 .*record\.seed: must be an integer/],
  ['half an epoch', (r) => (r[1].budget = 0.5), /line 2 .*record\.budget: must be an integer of at least 1/],
  ['a record of another version', (r) => (r[0].boundgrad = '9.9.9'), /line 1 .*boundgrad 9\.9\.9 wrote it, this is/],
  ['the key __proto__', (r) => (r[1].config = JSON.parse('{"__proto__":1}')), /line 2 .*__proto__/],
];
for (const [what, change, message] of hostile) {
  test(`results with ${what} are refused, and nothing changes`, async () => {
    const records = await forged(change);
    const folder = await folderWith(`hostile ${what}`, records);
    const { code, stderr } = await boundgradHere(['sweep', '--resume', folder]);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(readFileSync(join(folder, 'results.jsonl'), 'utf8'), records);
    assert.equal(readdirSync(folder).sort(), ['results.jsonl', 'run.json']);
  });
}

test('an edited result is found by its checksum', async () => {
  await whole;
  const folder = await folderWith('edited', text('whole', 'results.jsonl').replace('"test":0', '"test":1'));
  assert.match((await boundgradHere(['sweep', '--resume', folder])).stderr, /line 2 .*changed after it was written/);
});

test('a result with another configuration under the id of a run does not reach sweep.json', async () => {
  const folder = await folderWith('swapped', await forged((r) => (r[1].config = { lr: 0.5, '<script>': 1 })));
  assert.is((await boundgradHere(['sweep', '--resume', folder])).code, 0);
  assert.is(text('swapped', 'sweep.json'), text('whole', 'sweep.json'));
});

test('links with the names of the files are refused, and their targets keep their bytes', async () => {
  await whole;
  const precious = join(root, 'precious');
  writeFileSync(precious, 'precious');
  for (const name of ['results.jsonl', 'sweep.json', 'sweep.html']) {
    const folder = join(root, `link ${name}`);
    cpSync(join(root, 'whole', 'run.json'), join(folder, 'run.json'));
    symlinkSync(precious, join(folder, name));
    const { code, stderr } = await boundgradHere(['sweep', '--resume', folder]);
    assert.ok(code === 1 || code === 2, stderr);
    assert.match(stderr, /symbolic link/);
    assert.is(readFileSync(precious, 'utf8'), 'precious');
  }
});

test('a file of another program in the folder of the checkpoints stays, and a sweep without run.json is not continued', async () => {
  const folder = await folderWith('beside', text('whole', 'results.jsonl'));
  mkdirSync(join(folder, 'checkpoints'));
  writeFileSync(join(folder, 'checkpoints', 'mine'), 'mine');
  const { code, stderr } = await boundgradHere(['sweep', '--resume', folder]);
  assert.equal([code, stderr, text('beside', 'checkpoints', 'mine')], [0, '', 'mine']);
  rmSync(join(folder, 'run.json'));
  const again = await boundgradHere(['sweep', ...small, '--out', folder]);
  assert.match(again.stderr, /holds another sweep or run; its run.json is missing; give another folder\n$/);
});

test('a file of another program with the name of the page is not replaced, nor a page that was changed', async () => {
  const folder = await folderWith('foreign', text('whole', 'results.jsonl'));
  for (const [page, why] of [
    ['<h1>mine</h1>', /boundgrad did not write this file/],
    [text('whole', 'sweep.html').replace('<h1>', '<h1>My '), /it was changed after boundgrad wrote it/],
  ] as const) {
    writeFileSync(join(folder, 'sweep.html'), page);
    assert.match((await boundgradHere(['sweep', '--resume', folder])).stderr, why);
    assert.ok(text('foreign', 'sweep.html') === page);
  }
});

test('results of two builds are not mixed silently', async () => {
  const records = await forged((r) => (r[1].build.via.matmul = 'another kernel'));
  const folder = await folderWith('mixed', records);
  const { stdout } = await boundgradHere(['sweep', '--resume', folder]);
  assert.match(stdout, /the results are of 2 builds, which may differ in their last bits: .*another kernel/);
  assert.match(text('mixed', 'sweep.html'), /The results are of 2 builds/);
});

test('with --private, no file names a folder, and the records do not state the processor', () => {
  const all = ['run.json', 'results.jsonl', 'sweep.json', 'sweep.html'].map((name) => text('halved', name)).join('');
  assert.not.ok(all.includes(root));
  assert.match(all, /"cpu":"not stated"/);
});

test('a partial last line, which a killed sweep leaves, is removed, wherever it was cut', async () => {
  const whole = text('whole', 'results.jsonl');
  const [session, result] = whole.split('\n');
  const folder = await folderWith('partial', whole);
  for (const line of [session, result]) {
    for (let cut = 1; cut < 70; cut++) {
      appendFileSync(join(folder, 'results.jsonl'), line.slice(0, cut));
      new Results(join(folder, 'results.jsonl'), 'boundgrad sweep', false).close();
      assert.is(text('partial', 'results.jsonl'), whole, line.slice(0, cut));
    }
  }
  assert.match(whole, new RegExp(`"boundgrad":"${VERSION}"`));
});

test('a sweep whose runs all diverged says so, and recommends no optimizer', async () => {
  const words = ['--data', 'blobs', '--backend', fastBackend, '--epochs', '1', '--seeds', '1', '--trials', '1'];
  const stdout = await ran('lost', ...words, '--optim', 'sgdm,adam', '--lr', '1e30', '--workers', '1');
  assert.match(stdout, /2 runs, 0 with a result/);
  assert.match(stdout, /all diverged +\S+ % +0\.0 %/);
  assert.match(stdout, /\nWith 1 trial: none to take, because every trial diverged\.\n/);
  assert.not.match(stdout, / take SGDM| take Adam/);
});
