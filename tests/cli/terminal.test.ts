// Everything that is written to the terminal, from any source; suggested commands; and the version of Node.
import { spawnSync } from 'node:child_process';
import fs, { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Progress as PosterProgress } from '../../cli/poster/progress.js';
import { quote } from '../../cli/shell.js';
import { Progress as SweepProgress } from '../../cli/sweep/progress.js';
import { visible, writeContent, writeLine } from '../../cli/terminal.js';
import { serializeCheckpoint } from '../../fit/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { JsonLines } from '../../node/jsonLines.js';
import { lockFolder } from '../../node/lock.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, MAIN, readRun, temporary, tiny } from './command.js';

const test = subject('The terminal');
const folder = temporary();
const HOSTILE = '\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj\u2066\u2028\r\nboundgrad: all is well\x7f';
const UNSAFE = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

test('escape sequences, C1 controls, newlines and direction controls are written as visible text; letters of every script stay', () => {
  assert.is(
    visible('\x1b[2J\x9b\r\n\t\x7f\u202e\u2066\u2028'),
    '\\u001b[2J\\u009b\\u000d\\u000a\\u0009\\u007f\\u202e\\u2066\\u2028',
  );
  assert.not.match(visible(HOSTILE), UNSAFE);
  for (const text of ['résnet ∞ – ✓ 10⁻³', 'שלום', '日本', '🙂', '━─']) assert.is(visible(text), text);
  assert.equal(JSON.parse(visible(JSON.stringify({ a: HOSTILE }))), { a: HOSTILE });
  let written = '';
  writeLine({ write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream, HOSTILE);
  assert.match(written, /^[^\n]*\n$/);
});

test('content keeps tabs and line breaks; on a terminal a carriage return within a line, which would cover its beginning, is visible text', () => {
  const written = (isTTY: boolean) => {
    let all = '';
    writeContent(
      { isTTY, write: (text: string) => (all += text) } as unknown as NodeJS.WriteStream,
      'a\tb\r\nc\rd\n\x1b[2J\x9b',
    );
    return all;
  };
  assert.is(written(true), 'a\tb\r\nc\\u000dd\n\\u001b[2J\\u009b\n');
  assert.is(written(false), 'a\tb\r\nc\rd\n\\u001b[2J\\u009b\n');
});

test('the progress of a sweep and of the poster counts one run in the singular', () => {
  const { isTTY } = process.stderr;
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  let seconds = 0;
  Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true, writable: true });
  performance.now = () => 1000 * seconds;
  try {
    const sweep = Object.assign(new SweepProgress(1, 3), { print });
    // A line every ten seconds.
    for (const text of ['Adam: diverged', 'Adam: test 90.0 %']) {
      seconds += 10;
      sweep.done(1, 10, text);
    }
    const poster = Object.assign(new PosterProgress(), { print });
    poster.begin([5], 1);
    poster.begin([5, 5], 2);
  } finally {
    // The function itself is in the prototype.
    Reflect.deleteProperty(performance, 'now');
    Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true, writable: true });
  }
  assert.match(printed[0], /^ {3}1 run, at most .* left; Adam: diverged$/);
  assert.match(printed[1], /^ {3}2 runs, at most .* left; Adam: test 90.0 %$/);
  assert.match(printed[2], /^boundgrad .*: one run, about .* in one process$/);
  assert.match(printed[3], /^boundgrad .*: 2 runs, about .* in 2 processes$/);
});

test('only terminal.ts, the progress line, and main.ts before anything is imported write to the terminal', () => {
  const files = (readdirSync('cli', { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
  const writes = files.filter((file) =>
    /console\.\w|(stdout|stderr|stream)\.write\(/.test(readFileSync(join('cli', file), 'utf8')),
  );
  assert.equal(writes.sort(), ['main.ts', 'progressLine.ts', 'terminal.ts']);
});

test('one line says that too many files are open, whether a module cannot be loaded or a file cannot be written', () => {
  // A copy of the command's first file whose import fails as Node's loader would. With a real limit of files some versions of Node end
  // before they run the command.
  const loader = join(folder, 'loader.mjs');
  const failing = "throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })";
  const url = `data:text/javascript,${encodeURIComponent(failing)}`;
  writeFileSync(
    loader,
    readFileSync(MAIN, 'utf8').replace(/import\("[^"]*run[^"]*"\)/, `import(${JSON.stringify(url)})`),
  );
  const { status, stderr } = spawnSync(process.execPath, [loader, '--version'], { encoding: 'utf8' });
  assert.equal(
    [status, stderr],
    [1, 'boundgrad: cannot be loaded: too many files are open; raise the limit: ulimit -n 256\n'],
  );
  const { openSync } = fs;
  fs.openSync = () => {
    throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  };
  syncBuiltinESMExports();
  try {
    assert.throws(() => new JsonLines(join(folder, 'x.jsonl')), /^cannot write '.*x\.jsonl': too many files are open$/);
    assert.throws(() => lockFolder(folder), /: cannot be locked: '.*lock': too many files are open$/);
  } finally {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  }
});

const out = join(folder, 'two of them');
const trained = await boundgradHere(['compare', ...tiny(1), '--optim', 'sgdm,adam', '--out', out]);

test('the name of an optimizer in a checkpoint cannot control the terminal', async () => {
  assert.is(trained.code, 0, trained.stderr);
  const { checkpoint } = readCheckpoint(join(out, 'adam'));
  const { meta } = checkpoint.optimizer;
  const path = join(folder, 'hostile.safetensors');
  const optimizer = { ...checkpoint.optimizer, meta: { ...meta, optimizer: HOSTILE } };
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, optimizer }));
  const words = ['eval', '--checkpoint', path, '--data', 'blobs', '--backend', 'reference'];
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await boundgradHere([...words, ...more]);
    assert.is(code, 0, stderr);
    assert.not.match(stdout, UNSAFE);
    assert.match(stdout, '\\u001b]0;owned');
  }
});

test('a path and an option of the command line cannot control the terminal', async () => {
  for (const words of [
    ['train', `--${HOSTILE}`],
    ['train', '--model', HOSTILE],
    ['eval', '--checkpoint', HOSTILE, '--data', 'blobs', '--backend', 'reference'],
  ]) {
    const { code, stderr } = await boundgradHere(words);
    assert.is(code, 2);
    assert.not.match(stderr, UNSAFE);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
  }
});

test('a command that waits for what never comes, such as a promise in a net of the user, ends with one line and code 1', () => {
  const net = join(folder, 'hanging.mjs');
  writeFileSync(net, 'export default () => new Promise(() => {});');
  const words = ['train', '--data', 'blobs', '--model', net, '--backend', 'reference'];
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', cwd: folder });
  assert.is(status, 1);
  assert.match(
    stderr,
    /^boundgrad: ended too early: it waited for a promise that nothing can settle, in the file of --model\?\n/,
  );
});

test('a second Ctrl-C ends a command at once, with code 130 and no error', () => {
  const net = join(folder, 'stopping.mjs');
  writeFileSync(
    net,
    `export default ({ input, outputs, random }, { Linear, Module }) => {
      class Net extends Module {
        only = new Linear(input[0], outputs, { random });
        forward(x) {
          for (let i = 0; i < 2; i++) process.emit('SIGINT', 'SIGINT');
          return this.only.forward(x);
        }
      }
      return new Net();
    };`,
  );
  const words = ['train', '--data', 'blobs', '--model', net, '--backend', 'reference', '--out', 'stopping'];
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', cwd: folder });
  assert.equal([status, stderr], [130, '']);
});

test('warnings of the library cannot control the terminal, and name options of the command line', async () => {
  const path = join(folder, `hostile\x1b[31m\u202e.txt`);
  writeFileSync(path, Array.from({ length: 200 }, (_, i) => `w${i}`).join(' '));
  const words = ['--context', '8', '--max-steps', '1', '--backend', 'reference', '--out', join(folder, 'warned')];
  const { warn } = console;
  const { code, stderr } = await boundgradHere(['train', '--data', `text:${path}`, '--level', 'word', ...words]);
  assert.is(code, 0);
  assert.is(
    stderr,
    'hostile\\u001b[31m\\u202e.txt: 200 distinct words among 200: too few repeat; take a longer text, or --level character\n',
  );
  assert.is(console.warn, warn, 'as it was');
  const { stderr: more } = await boundgradHere([
    'train',
    ...tiny(2),
    '--early-stopping',
    '9',
    '--out',
    join(folder, 'w2'),
  ]);
  assert.is(more, '--early-stopping: it never stops: patience is 9 epochs, the training has 2\n');
  const table = join(folder, 'points.csv');
  writeFileSync(
    table,
    `x,y\n${Array.from({ length: 40 }, (_, i) => `${(i * 7) % 11}.5,${i % 2 ? 'a' : 'b'}\n`).join('')}`,
  );
  const on = ['train', '--data', `csv:${table}`, '--target', 'y', '--backend', 'reference', '--epochs', '1'];
  const { stderr: large } = await boundgradHere([...on, '--val', '0.9', '--out', join(folder, 'w3')]);
  assert.is(large, '--val: 4 training and 36 test samples: it is the share of the test samples\n');
  for (const [words, message] of [
    [['--folds', '50'], '--folds: more folds than samples: 50 of 40; give fewer'],
    [['--fill', 'z=mean'], '--fill: unknown input: z; one of x'],
  ] as const) {
    const { stderr } = await boundgradHere([...on, ...words, '--out', join(folder, 'w4')]);
    assert.is(stderr, `boundgrad: --data csv:${table}: ${message}\n`);
  }
});

test('eval takes the folder of a run; if the folder holds several runs, the message has the option for each, quoted for the shell', async () => {
  const on = ['--data', 'blobs', '--backend', 'reference', '--json'];
  const { code, stderr } = await boundgradHere(['eval', '--checkpoint', out, ...on]);
  assert.is(code, 2);
  const names = ['adam', 'sgdm'].map((key) => `--checkpoint '${join(out, key)}'`).join(', ');
  assert.match(stderr, `holds 2 runs; choose one: ${names}`);
  const single = join(folder, 'single');
  await boundgradHere(['train', ...tiny(1), '--out', single]);
  const found = await boundgradHere(['eval', '--checkpoint', single, ...on]);
  assert.is(found.code, 0, found.stderr);
  assert.is(JSON.parse(found.stdout).loss, readRun(single, 'adabound').epochs[0].testLoss);
  const none = await boundgradHere(['eval', '--checkpoint', temporary(), ...on]);
  assert.match(none.stderr, /^boundgrad: --checkpoint: '.*': no checkpoint: no step-\*\.safetensors\n$/);
});

test('a folder with a space, a quotation mark or a dollar sign is quoted in a suggested command', async () => {
  for (const word of ['a b', "it's", '$HOME', 'a;b', '*', '', '`x`']) {
    assert.is(spawnSync('sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' }).stdout, word);
  }
  const place = join(folder, "it's here");
  await boundgradHere(['train', ...tiny(1), '--out', place]);
  const { stderr } = await boundgradHere(['compare', '--resume', place]);
  assert.match(stderr, `boundgrad train --resume ${quote(place)}`);
});

test('an older Node is refused in one line, before anything is imported', async () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
  const least = engines.node.replace('>=', '');
  const run = (version: string) => {
    const fake = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const args = ['--import', `data:text/javascript,${encodeURIComponent(fake)}`, MAIN, '--version'];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  };
  for (const version of ['18.20.4', '20.15.1']) {
    const { status, stdout, stderr } = run(version);
    assert.equal([status, stdout], [2, '']);
    assert.is(stderr, `boundgrad: needs Node ${least} or newer: this is ${version}; see https://nodejs.org\n`);
  }
  assert.is(run(`${least}.0`).status, 0);
  // A static import is resolved before the first statement.
  assert.not.match(readFileSync(MAIN, 'utf8'), /^\s*(import\s*["'{*\w]|export .* from)/m);
});
