// Resuming a run: after Ctrl-C, from damaged checkpoints, with more epochs; and what --resume refuses.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { serializeCheckpoint } from '../../fit/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgrad, boundgradHere, MAIN, mnistFiles, temporary, tiny } from './command.js';
import { ended, epochsOf, final, journal, killed } from './killing.js';

const test = subject('A resumed run');
const folder = temporary();
const used = join(folder, 'used');
await boundgradHere(['train', ...tiny(4), '--out', used]);

const compared = [...tiny(2), '--optim', 'sgdm,adam,adabound'];

test('of several optimizers keeps the complete ones, resumes the interrupted one, and trains the last', async () => {
  const [whole, cut] = [join(folder, 'whole3'), join(folder, 'cut3')];
  await boundgradHere(['compare', ...compared, '--out', whole]);
  // The first optimizer writes 4 lines: one at the start, one for each epoch, one at the end.
  await killed(['compare', ...compared, '--out', cut], { at: 'line', times: 7 });
  const first = readFileSync(join(cut, 'sgdm.jsonl'));
  assert.ok(ended(cut, 'sgdm') && !ended(cut, 'adam') && !existsSync(join(cut, 'adabound.jsonl')));
  const { code, stdout } = await boundgradHere(['compare', '--resume', cut]);
  assert.is(code, 0);
  assert.match(
    stdout,
    /SGDM is complete: 2 epochs\nAdam resumes after step 13\nAdam +epoch 2\/2 (.*\n)*AdaBound +epoch 1\/2 /,
  );
  assert.ok(readFileSync(join(cut, 'sgdm.jsonl')).equals(first));
  for (const key of ['sgdm', 'adam', 'adabound']) {
    assert.equal(final(cut, key), final(whole, key));
    assert.equal(epochsOf(journal(cut, key)), epochsOf(journal(whole, key)));
  }
  assert.equal(
    journal(cut, 'adam').map((r) => r.kind),
    ['run', 'epoch', 'resume', 'epoch', 'end'],
  );
  const report = readFileSync(join(cut, 'report.html'), 'utf8');
  for (const title of ['SGDM', 'Adam', 'AdaBound']) assert.match(report, `${title}</span>`);
});

test('that was stopped by Ctrl-C, which wrote a checkpoint and printed how to resume, continues within the epoch', async () => {
  const [whole, cut] = [join(folder, 'whole4'), join(folder, 'cut4')];
  await boundgradHere(['train', ...tiny(400), '--eval-every', '400', '--max-steps', '300', '--out', whole]);
  let sent = false;
  const first = await boundgrad(
    ['train', ...tiny(400), '--eval-every', '400', '--max-steps', '300', '--out', cut],
    (stdout, child) => {
      if (sent || !stdout.includes('epoch')) return;
      sent = true;
      child.kill('SIGINT');
    },
  );
  assert.is(first.code, 130);
  assert.match(first.stdout, `\nto resume: boundgrad train --resume ${cut}\n`);
  const { code } = await boundgradHere(['train', '--resume', cut]);
  assert.is(code, 0);
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  const kinds = journal(cut, 'adabound')
    .map((r) => r.kind)
    .filter((k) => k !== 'epoch');
  assert.equal(kinds, ['run', 'end', 'resume', 'end'], 'lines are only added');
  assert.equal(epochsOf(journal(cut, 'adabound')), epochsOf(journal(whole, 'adabound')));
});

test('with --json a stopped run prints how to resume on stderr: stdout is JSON lines and nothing else', async () => {
  const slow = ['--data', 'blobs', '--backend', 'reference', '--epochs', '100000', '--json', '--out'];
  const calls = [['train'], ['compare', '--optim', 'sgdm,adam', '--seeds', '2']];
  for (const words of calls) {
    const place = join(folder, `json of ${words[0]}`);
    const { code, stdout, stderr } = await boundgrad([...words, ...slow, place], (stdout, child) => {
      if (!child.killed && stdout.includes('"epoch"')) child.kill('SIGTERM');
    });
    assert.is(code, 143, stderr);
    for (const line of stdout.trimEnd().split('\n')) assert.ok(JSON.parse(line).kind, line);
    assert.match(stderr, `to resume: boundgrad ${words[0]} `);
  }
});

test('starts from the checkpoint before a damaged or truncated one, and says so', async () => {
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['truncated', (bytes) => bytes.subarray(0, bytes.length - 100)],
    ['damaged', (bytes) => bytes.map((b, i) => (i === bytes.length - 50 ? b ^ 4 : b)) as Buffer],
    ['empty', () => Buffer.alloc(0)],
  ];
  for (const [name, damage] of damages) {
    const cut = join(folder, name);
    cpSync(used, cut, { recursive: true });
    rewind(cut);
    const last = join(cut, 'adabound', 'step-52.safetensors');
    writeFileSync(last, damage(readFileSync(last)));
    const { code, stdout } = await boundgradHere(['train', '--resume', cut, '--json']);
    assert.is(code, 0);
    const { notes, step } = JSON.parse(stdout.split('\n')[0]);
    assert.is(step, 39);
    assert.match(
      notes.join('\n'),
      new RegExp(
        `^'${last}': checkpoint: (not a checkpoint, or|truncated or) damaged[^;]*; used step-${step}\\.safetensors instead$`,
      ),
    );
    assert.equal(final(cut, 'adabound'), final(used, 'adabound'));
  }
});

/** Removes the end of a journal and its last epoch, as if the process had been killed. */
function rewind(out: string): void {
  const path = join(out, 'adabound.jsonl');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n`);
}

test('without a readable checkpoint fails with one line that names the damaged ones, and trains nothing', async () => {
  const cut = join(folder, 'none-left');
  cpSync(used, cut, { recursive: true });
  rewind(cut);
  for (const name of readdirSync(join(cut, 'adabound'))) writeFileSync(join(cut, 'adabound', name), 'x');
  const before = readFileSync(join(cut, 'adabound.jsonl'));
  const { code, stderr } = await boundgradHere(['train', '--resume', cut]);
  assert.is(code, 1);
  assert.match(
    stderr,
    /^boundgrad: no checkpoint can be read: '.*step-52.*': .*; '.*': .*; remove them to start over\n$/,
  );
  assert.ok(readFileSync(join(cut, 'adabound.jsonl')).equals(before));
});

test('that was complete does not change; with more epochs or steps it continues from its end', async () => {
  const out = join(folder, 'more');
  await boundgradHere(['train', ...tiny(2), '--out', out]);
  const before = readFileSync(join(out, 'adabound.jsonl'));
  const again = await boundgradHere(['train', '--resume', out]);
  assert.match(again.stdout, /AdaBound is complete: 2 epochs; give --epochs N to go on\n/);
  assert.ok(readFileSync(join(out, 'adabound.jsonl')).equals(before));
  // To the middle of the third epoch, then to the end of the fourth.
  await boundgradHere(['train', '--resume', out, '--epochs', '4', '--max-steps', '30']);
  const { stdout } = await boundgradHere(['train', '--resume', out, '--max-steps', '1000']);
  assert.match(stdout, /AdaBound resumes after step 30\nAdaBound +epoch 3\/4 .*\nAdaBound +epoch 4\/4 /);
  assert.equal(final(out, 'adabound'), final(used, 'adabound'));
  const epochs = epochsOf(journal(out, 'adabound'));
  assert.equal(
    epochs.map((e) => [e.epoch, e.step]),
    [
      [1, 13],
      [2, 26],
      [3, 30],
      [3, 39],
      [4, 52],
    ],
  );
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /in batches of 64/);
});

const foreign = join(folder, 'foreign');
mkdirSync(foreign);
writeFileSync(join(foreign, 'run.json'), '{"command":"train","options":{"colour":"red"}}');
const broken = join(folder, 'broken');
mkdirSync(broken);
writeFileSync(join(broken, 'run.json'), '{');
const refusals: [words: string[], line: RegExp][] = [
  [
    ['train', '--resume', used, '--lr', '0.1'],
    /--resume: the run in '.*' has other settings: --lr \(not given\) then, 0.1 now;/,
  ],
  [
    ['train', '--resume', used, '--model', 'lenet', '--seed', '1'],
    /: --model mlp then, lenet now; --seed \(not given\) then, 1 now;/,
  ],
  [['compare', '--resume', used], /--resume: the run in '.*' was started by train; use boundgrad train --resume/],
  [['train', '--resume', used, '--out', folder], /--out: a run resumes in its own folder, '.*'; leave it out/],
  [['train', '--resume', folder], /--resume: no run in '.*': there is no run.json/],
  [['train', '--resume', join(folder, 'nowhere')], /--resume: no such folder: '.*nowhere'/],
  [['train', '--resume', broken], /--resume: no run in '.*broken': .*JSON/],
  [['train', '--resume', foreign], /--resume: '.*run.json' is damaged, or of another version: unknown option: colour/],
];
for (const [words, line] of refusals) {
  test(`cannot become another run: refuses ${words.map((w) => w.replace(folder, 'DIR')).join(' ')}`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.match(stderr, line);
    assert.equal([code, stdout], [2, '']);
  });
}

test('on another machine or backend continues, and prints the differences', async () => {
  const out = join(folder, 'elsewhere');
  await boundgradHere(['train', ...tiny(), '--out', out]);
  const path = join(out, 'adabound', 'step-26.safetensors');
  const { checkpoint } = readCheckpoint(path);
  const maker = { ...checkpoint.maker, backend: 'cuda', engine: 'Node 99' };
  writeFileSync(path, await serializeCheckpoint({ ...checkpoint, maker }));
  const { code, stdout } = await boundgradHere(['train', '--resume', out, '--epochs', '3']);
  assert.is(code, 0);
  const engines = 'engine: Node 99 then, Node .* now';
  const backends = `backend: cuda then, ${fastBackend} now`;
  assert.match(
    stdout,
    new RegExp(`\nnote: the checkpoint was made elsewhere, so later bits may differ: ${engines}; ${backends}\n`),
  );
});

test('fails in one line on a full disk, and leaves the checkpoint before it whole', async () => {
  const out = join(folder, 'full');
  await boundgradHere(['train', ...tiny(), '--out', out]);
  process.env.FULL = '1';
  const { code, stderr } = await killed(['train', '--resume', out, '--epochs', '4'], { at: 'clock', times: -1 });
  delete process.env.FULL;
  assert.is(code, 1);
  assert.match(
    stderr,
    /^boundgrad: cannot write '.*step-39.safetensors': the disk is full; step-26.safetensors is intact\n$/,
  );
  assert.equal(readdirSync(join(out, 'adabound')).sort(), ['step-13.safetensors', 'step-26.safetensors']);
  assert.is((await boundgradHere(['train', '--resume', out, '--epochs', '4'])).code, 0);
  assert.equal(final(out, 'adabound'), final(used, 'adabound'));
});

const threads = 'on the wasm backend continues to the same bits, with one thread or two';
if (existsSync('core/backends/wasm/backend.ts'))
  test(threads, async () => {
    const files = join(folder, 'mnist');
    mnistFiles(files, 16);
    const data = ['--data', 'mnist', '--data-dir', files, '--epochs', '4'];
    const words = ['train', ...data, '--model', 'lenet', '--batch-size', '16', '--backend', 'wasm'];
    const [whole, cut] = [join(folder, 'lenet'), join(folder, 'lenet-cut')];
    await boundgradHere([...words, '--max-steps', '4', '--out', whole]);
    await boundgradHere([...words, '--max-steps', '1', '--out', cut]);
    await boundgradHere(['train', '--resume', cut, '--max-steps', '2']);
    const { code, stdout } = await boundgradHere(['train', '--resume', cut, '--max-steps', '4', '--threads', '2']);
    assert.is(code, 0);
    assert.not.match(stdout, 'note:');
    assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  });
else test.skip(threads, 'the wasm backend is not in this build');

/** Runs `boundgrad` in a folder. */
const inFolder = (cwd: string, ...words: string[]) =>
  spawnSync(process.execPath, [MAIN, ...words], { cwd, encoding: 'utf8' });
const points = (sign = 1) => `x,y\n${Array.from({ length: 30 }, (_, i) => `${i},${sign * ((i * 7) % 11)}\n`).join('')}`;
const onTable = ['--data', 'csv:my.csv', '--target', 'y', '--optim', 'adam', '--backend', 'reference'];

test('with relative paths resumes from every folder, after its folder and the data have moved together, and through a link', () => {
  const [here, other] = [join(folder, 'project 1'), join(folder, 'elsewhere 1')];
  for (const path of [here, other]) mkdirSync(path);
  writeFileSync(join(here, 'my.csv'), points());
  // A file of the same name, which is not that of the run.
  writeFileSync(join(other, 'my.csv'), points(-1));
  mnistFiles(join(here, 'digits'), 8);
  const digits = [
    '--data',
    'mnist',
    '--data-dir',
    'digits',
    '--model',
    'mlp',
    '--optim',
    'adam',
    '--backend',
    'reference',
  ];
  for (const [name, words] of [
    ['table', onTable],
    ['pictures', digits],
  ] as const) {
    const out = `runs/${name}`;
    assert.is(inFolder(here, 'train', ...words, '--epochs', '1', '--out', out).status, 0);
    const options = readFileSync(join(here, out, 'run.json'), 'utf8');
    assert.not.match(options, folder);
    const resumed = (cwd: string, run: string, epochs: number) => {
      const { status, stdout, stderr } = inFolder(cwd, 'train', '--resume', run, '--epochs', `${epochs}`);
      assert.is(status, 0, stderr);
      assert.match(stdout, 'Adam resumes after step');
    };
    resumed(other, join(here, out), 2);
    resumed(join(here, 'runs'), name, 3);
    const now = readFileSync(join(here, out, 'run.json'), 'utf8');
    assert.is(now, options.replace('"epochs": "1"', '"epochs": "3"'), 'the paths refer to the same folder as before');
    symlinkSync(join(here, out), join(other, `link to ${name}`), 'junction');
    resumed(other, `link to ${name}`, 4);
    renameSync(here, `${here} 2`);
    resumed(other, join(`${here} 2`, out), 5);
    renameSync(`${here} 2`, here);
  }
  inFolder(here, 'train', ...onTable, '--epochs', '1', '--private', '--out', 'private');
  const { from, options } = JSON.parse(readFileSync(join(here, 'private', 'run.json'), 'utf8'));
  assert.equal([from, options.data], [undefined, 'csv:FILE']);
});

test('whose data are not found names the folders, and takes a new path of a file of the same name; other samples are refused', () => {
  const [here, other] = [join(folder, 'project 3'), join(folder, 'elsewhere 3')];
  for (const path of [here, other]) mkdirSync(path);
  writeFileSync(join(here, 'my.csv'), points());
  const run = join(other, 'run');
  assert.is(inFolder(here, 'train', ...onTable, '--epochs', '1', '--out', run).status, 0);
  renameSync(join(here, 'my.csv'), join(folder, 'my.csv'));
  const lost = inFolder(other, 'train', '--resume', run, '--epochs', '2');
  assert.is(lost.status, 2);
  assert.match(
    lost.stderr,
    /^boundgrad: --resume: the run in '.*run' was started in '.*project 3' with --data csv:my\.csv: neither .*, for example --data csv:\.\.\/my\.csv\n$/,
  );
  // Data of the same name in the current folder.
  cpSync(join(folder, 'my.csv'), join(other, 'my.csv'));
  const found = inFolder(other, 'train', '--resume', run, '--epochs', '2');
  assert.is(found.status, 0, found.stderr);
  const given = (epochs: number, data: string) =>
    inFolder(other, 'train', '--resume', 'run', '--epochs', `${epochs}`, '--data', `csv:${data}`);
  assert.is(given(3, '../my.csv').status, 0);
  assert.match(given(3, 'other.csv').stderr, /has other settings: --data csv:.*my\.csv then, csv:other\.csv now/);
  // Other data, for a run that is complete and for one that would go on.
  writeFileSync(join(other, 'my.csv'), points(-1));
  for (const epochs of [3, 4])
    assert.match(
      given(epochs, 'my.csv').stderr,
      /^boundgrad: --resume: --data csv:my\.csv: other training samples than when the run began; give the same data, or begin a new run\n$/,
    );
});

test('that is refused keeps the options with which it can resume', () => {
  const [here, other] = [join(folder, 'project 4'), join(folder, 'elsewhere 4')];
  for (const path of [here, other]) mkdirSync(path);
  const net = (hidden: number) =>
    `export default ({ input, outputs, random }, { Linear, Sequential }) =>
      new Sequential(new Linear(input[0], ${hidden}, { random }), new Linear(${hidden}, outputs, { random }));`;
  for (const [path, hidden, sign] of [
    [here, 4, 1],
    [other, 5, -1],
  ] as const) {
    writeFileSync(join(path, 'net.mjs'), net(hidden));
    writeFileSync(join(path, 'my.csv'), points(sign));
  }
  assert.is(inFolder(here, 'train', ...onTable, '--model', 'net.mjs', '--epochs', '1', '--out', 'run').status, 0);
  const path = join(here, 'run', 'run.json');
  const before = readFileSync(path, 'utf8');
  const resumed = (cwd: string, ...words: string[]) =>
    inFolder(cwd, 'train', '--resume', join(here, 'run'), '--epochs', '3', ...words);
  const otherNet = resumed(other, '--model', 'net.mjs');
  assert.equal([otherNet.status, readFileSync(path, 'utf8')], [2, before]);
  assert.match(otherNet.stderr, 'the checkpoint is of another model');
  const otherData = resumed(other, '--model', join(here, 'net.mjs'), '--data', 'csv:my.csv');
  assert.equal([otherData.status, readFileSync(path, 'utf8')], [2, before]);
  assert.match(otherData.stderr, 'other training samples');
  assert.is(resumed(here, '--model', 'net.mjs').status, 0);
});

test('whose checkpoints were removed says so, starts over, and keeps its old journal', async () => {
  const out = join(folder, 'removed');
  cpSync(used, out, { recursive: true });
  const path = join(out, 'adabound.jsonl');
  const before = readFileSync(path);
  for (const name of readdirSync(join(out, 'adabound'))) rmSync(join(out, 'adabound', name));
  const complete = await boundgradHere(['train', '--resume', out]);
  assert.match(complete.stdout, 'AdaBound is complete: 4 epochs');
  assert.not.match(complete.stdout, 'to predict:');
  assert.match(complete.stderr, /^boundgrad: '.*adabound': no checkpoint: the net cannot predict, and .*\n$/);
  const again = await boundgradHere(['train', '--resume', out, '--epochs', '5']);
  assert.is(again.code, 0);
  assert.match(
    again.stderr,
    /^boundgrad: '.*adabound\.jsonl': 4 epochs have no checkpoint, so the run starts over; the old file is kept as '.*adabound\.jsonl\.1\.old'\n$/,
  );
  assert.ok(readFileSync(`${path}.1.old`).equals(before));
  assert.is(epochsOf(journal(out, 'adabound')).length, 5);
});
