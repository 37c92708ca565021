// A third set of attempts to destroy a file outside a run folder, to run code, or to bring a script or an escape sequence from a file to a
// page or a terminal. They were first made with the installed package. They use folds, run.json, texts, names that every object inherits,
// and sparse files of gigabytes.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors } from '../../core/index.js';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { boundgradHere, type Outcome, temporary, tiny } from '../cli/command.js';
import { sealed } from '../fit/sealed.js';
import { png } from '../pictures/encode.js';
import { assert, subject } from '../spec.js';

const test = subject('Attempts with folds, texts, names and sizes');

const space = temporary();
const at = (...names: string[]) => join(space, ...names);
const SCRIPT = '</script><script>owned=1</script><img src=x onerror=owned=1>';
const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u009b2J\b';
let count = 0;
const folder = () => {
  const path = at(`f${count++}`);
  mkdirSync(path);
  return path;
};
const run = (...words: string[]): Promise<Outcome> => boundgradHere([...words, '--backend', 'reference']);

/** A table with 30 rows. */
const rows = (head: string, row: (i: number) => string) =>
  `${[head, ...Array.from({ length: 30 }, (_, i) => row(i))].join('\n')}\n`;
writeFileSync(
  at('t.csv'),
  rows('a,y', (i) => `${i % 7},${i}`),
);
const folds = [
  'train',
  '--data',
  `csv:${at('t.csv')}`,
  '--target',
  'y',
  '--folds',
  '2',
  '--epochs',
  '1',
  '--optim',
  'adam',
];

/** Throws if a terminal or a page would get anything but text. */
function isText(outcome: Outcome, out?: string): void {
  const printed = outcome.stdout + outcome.stderr;
  assert.ok(
    [...'\u0007\b\u001b\u009b'].every((c) => !printed.includes(c)),
    JSON.stringify(printed),
  );
  assert.ok(!/TypeError|\n\s+at /.test(printed), printed);
  if (out === undefined) return;
  const page = readFileSync(join(out, 'report.html'), 'latin1');
  assert.ok(!page.includes('<img src=x') && !page.includes('<script>owned'), 'the report has a script');
}

/** Rewrites the checkpoint of a run with a changed description. */
async function forge(out: string, change: (description: any) => void): Promise<void> {
  const [own] = readdirSync(out).filter((name) => existsSync(join(out, `${name}.jsonl`)));
  const file = join(out, own, readdirSync(join(out, own)).find((name) => name.endsWith('.safetensors'))!);
  const { tensors, metadata } = parseSafetensors(readFileSync(file));
  const description = JSON.parse(metadata.description);
  change(description);
  metadata.description = JSON.stringify(description);
  writeFileSync(file, sealed(await serializeSafetensors(tensors, metadata)));
}

test('the folder of a fold that is a link is refused, and the files in its target stay', async () => {
  const [out, outside] = [folder(), folder()];
  for (const name of ['report.html', 'adam.jsonl', 'run.json']) writeFileSync(join(outside, name), 'mine');
  symlinkSync(outside, join(out, 'fold-2'));
  const { code, stderr } = await run(...folds, '--out', out);
  assert.is(code, 2);
  assert.match(stderr, /fold-2': it is a symbolic link/);
  assert.equal(readdirSync(outside), ['adam.jsonl', 'report.html', 'run.json']);
  for (const name of readdirSync(outside)) assert.is(readFileSync(join(outside, name), 'utf8'), 'mine');
});

test('a resumed fold does not replace a report of another program', async () => {
  const out = folder();
  assert.is((await run(...folds, '--out', out)).code, 0);
  const report = join(out, 'fold-2', 'report.html');
  writeFileSync(report, 'mine');
  const { code, stderr } = await boundgradHere(['train', '--resume', out, '--epochs', '2']);
  assert.is(code, 2);
  assert.match(stderr, /boundgrad did not write this file/);
  assert.is(readFileSync(report, 'utf8'), 'mine');
});

test('a run.json, journal or report of gigabytes of zeros is refused at once, by its size', async () => {
  for (const name of ['run.json', 'adabound.jsonl', 'report.html']) {
    const out = folder();
    assert.is((await boundgradHere(['train', ...tiny(1), '--out', out])).code, 0);
    truncateSync(join(out, name), 2 ** 33);
    const outcome = await boundgradHere(['train', '--resume', out, '--epochs', '2']);
    assert.ok(outcome.code !== 0);
    assert.match(outcome.stderr, /too large: 8589934592 bytes/);
    truncateSync(join(out, name), 0);
    rmSync(out, { recursive: true });
  }
});

test('if the lock of a folder of checkpoints is a link, a pipe or a folder, no run resumes there, and the target of the link stays', async () => {
  const victim = at('victim');
  const make: ((path: string) => void)[] = [
    (path) => symlinkSync(victim, path),
    (path) => linkSync(victim, path),
    (path) => execFileSync('mkfifo', [path]),
    (path) => mkdirSync(path),
  ];
  for (const lock of make) {
    writeFileSync(victim, 'precious');
    const out = folder();
    assert.is((await boundgradHere(['train', ...tiny(1), '--out', out])).code, 0);
    rmSync(join(out, 'adabound', 'lock'), { force: true });
    lock(join(out, 'adabound', 'lock'));
    const outcome = await boundgradHere(['train', '--resume', out, '--epochs', '2']);
    assert.ok(outcome.code !== 0, outcome.stdout);
    isText(outcome);
    assert.is(readFileSync(victim, 'utf8'), 'precious');
  }
});

const textRun = async (text: string, ...more: string[]): Promise<[string, Outcome]> => {
  const out = folder();
  writeFileSync(at('t.txt'), text);
  const words = [
    'train',
    '--data',
    `text:${at('t.txt')}`,
    '--context',
    '6',
    '--epochs',
    '1',
    '--max-steps',
    '3',
    ...more,
  ];
  return [out, await run(...words, '--out', out)];
};

test('a text of escape sequences and scripts, by character and by word, stays text in samples and in the report', async () => {
  for (const level of ['character', 'word']) {
    const [out, outcome] = await textRun(`ab ${ESCAPES} ${SCRIPT} \n`.repeat(12), '--level', level);
    assert.is(outcome.code, 0, outcome.stderr);
    isText(outcome, out);
    writeFileSync(at('p.txt'), 'ab');
    isText(await run('predict', '--checkpoint', out, at('p.txt')));
  }
});

test('a vocabulary of scripts in a forged checkpoint, and texts of scripts in a forged journal, stay text', async () => {
  const [out] = await textRun('abc '.repeat(60));
  await forge(out, (d) => {
    d.classes = d.classes.map((_: string, i: number) => SCRIPT + ESCAPES + i);
  });
  isText(await boundgradHere(['train', '--resume', out, '--max-steps', '6', '--epochs', '2']), out);
  const [journal] = readdirSync(out).filter((name) => name.endsWith('.jsonl'));
  const path = join(out, journal);
  const records: any[] = readJsonLines(path).map(({ format: _, sum: __, ...record }: any) => record);
  for (const record of records)
    for (const [key, value] of Object.entries(record))
      if (typeof value === 'string' && key !== 'kind') record[key] = SCRIPT + ESCAPES;
      else if (key === 'sample') record[key] = { prompt: SCRIPT, text: SCRIPT };
  writeFileSync(path, formatJsonLines(records));
  isText(await boundgradHere(['train', '--resume', out, '--epochs', '3', '--max-steps', '9']), out);
});

test('columns, categories and classes may have names that every object inherits: each class gets its probability', async () => {
  const [out, table] = [folder(), at('inherited.csv')];
  const text = (i: number) => (i % 2 ? '__proto__' : 'constructor');
  writeFileSync(
    table,
    rows('__proto__,constructor,toString,y', (i) => `${i % 5},${text(i)},${i % 3},${text(i + 1)}`),
  );
  const trained = await run('train', '--data', `csv:${table}`, '--target', 'y', '--epochs', '1', '--out', out);
  assert.is(trained.code, 0, trained.stderr);
  const { stdout } = await run('predict', '--checkpoint', out, table, '--json');
  for (const { probabilities } of JSON.parse(stdout))
    assert.equal(Object.keys(probabilities).sort(), ['__proto__', 'constructor']);
});

test('folders of classes with markup, escape sequences and inherited names stay text', async () => {
  const [out, photos] = [folder(), folder()];
  const picture = png({ width: 2, height: 2, samples: new Uint8Array(12) });
  for (const name of ['<img src=x onerror=owned=1>', ESCAPES, '__proto__']) {
    mkdirSync(join(photos, name));
    for (const i of [1, 2, 3, 4]) writeFileSync(join(photos, name, `${i}.png`), picture);
  }
  const words = ['--size', '12', '--epochs', '1', '--model', 'mlp', '--out', out];
  const outcome = await run('train', '--data', `images:${photos}`, ...words);
  assert.is(outcome.code, 0, outcome.stderr);
  isText(outcome, out);
  isText(await run('predict', '--checkpoint', out, join(photos, ESCAPES, '1.png')));
});

test('a report that another program writes into the run folder during the run is not replaced at its end', async () => {
  const out = folder();
  const report = join(out, 'report.html');
  const words = ['train', '--data', `csv:${at('t.csv')}`, '--target', 'y', '--epochs', '20', '--optim', 'adam'];
  const training = run(...words, '--out', out);
  let isOver = false;
  void training.finally(() => (isOver = true));
  while (!existsSync(join(out, 'adam.jsonl')) && !isOver) await new Promise((resolve) => setImmediate(resolve));
  assert.not.ok(existsSync(report), 'the run has not ended');
  writeFileSync(report, 'mine');
  const { code, stderr } = await training;
  assert.match(stderr, /--out: cannot write to '.*report\.html': boundgrad did not write this file; move it elsewhere/);
  assert.equal([code, readFileSync(report, 'utf8')], [2, 'mine']);
});
