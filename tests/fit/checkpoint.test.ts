// What a checkpoint is, that a file of one is not trusted, and what a folder of them does when things go wrong.
import { fork, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoundgradError, DataError, parseSafetensors, Random, serializeSafetensors, tensor } from '../../core/index.js';
import { crc32 } from '../../fit/crc32.js';
import { type Checkpoint, fit, parseCheckpoint, serializeCheckpoint, VERSION } from '../../fit/index.js';
import { type CheckpointFolder, checkpointFolder, readCheckpoint } from '../../node/checkpointFolder.js';
import { lockFolder } from '../../node/lock.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { Kept, net, run, training } from './training.js';

if (process.env.RACE) {
  // This process is one of those that the last sentence starts.
  process.send!('ready');
  await new Promise((resolve) => process.once('message', resolve));
  let outcome = 'won';
  try {
    lockFolder(process.env.RACE);
  } catch {
    outcome = 'lost';
  }
  process.send!(outcome);
  await new Promise((resolve) => process.once('disconnect', resolve));
  process.exit();
}

const format = subject('Checkpoint');
const kept = new Kept();
await run({
  checkpoints: kept,
  maxSteps: 4,
  settings: { model: 'net' },
  callbacks: [{ name: 'mine', save: () => [1, { a: 2 }] }],
});
const file = kept.files.at(-1)!.file;

format('CRC-32 is that of gzip, and of parts that of the whole', () => {
  const bytes = new TextEncoder().encode('123456789');
  // The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
  assert.is(crc32(bytes), 0xcbf43926);
  assert.is(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4))), crc32(bytes));
  assert.is(crc32(new Uint8Array()), 0);
});

format('the version in it is that of the package', () => {
  assert.is(VERSION, JSON.parse(readFileSync('package.json', 'utf8')).version);
});

format('is a safetensors file, with weights under their names and the rest as texts', () => {
  const { tensors, metadata } = parseSafetensors(file);
  const names = Object.keys(net().stateDict());
  assert.equal(
    Object.keys(tensors).filter((n) => n.startsWith('model.')),
    names.map((n) => `model.${n}`),
  );
  assert.equal(
    Object.keys(tensors)
      .filter((n) => n.startsWith('optimizer.'))
      .slice(0, 2),
    ['optimizer.0.weight.m', 'optimizer.0.weight.v'],
  );
  assert.equal(Object.keys(metadata), [
    'checksum',
    'format',
    'optimizer',
    'random',
    'position',
    'history',
    'callbacks',
    'settings',
    'maker',
  ]);
});

format('is read as it was written, and written again as it was', async () => {
  const checkpoint = parseCheckpoint(file);
  assert.ok(Buffer.from(await serializeCheckpoint(checkpoint)).equals(file));
  const { position, history, callbacks, settings, maker, random } = checkpoint;
  assert.equal([position.epoch, position.batch, position.sums.samples, history.length], [2, 1, 8, 1]);
  assert.equal(callbacks, { mine: [1, { a: 2 }] });
  assert.equal(Object.keys(random).sort(), ['', '3'], 'the default Random, and that of the dropout');
  assert.equal([settings.model, settings.seed, settings.batchSize, settings.lr], ['net', 5, 8, 0.01]);
  assert.equal(Object.keys(maker), ['boundgrad', 'engine', 'machine', 'backend', 'kernels', 'threads']);
});

const hostile = subject('Checkpoint, hostile files');

/** What is thrown; null where the file is accepted. */
function refusal(bytes: Uint8Array): Error | null {
  try {
    parseCheckpoint(bytes);
    return null;
  } catch (error) {
    return error as Error;
  }
}

hostile('a file cut at any byte, or with any bit of it changed, is refused', () => {
  for (let n = 0; n < file.length; n++) assert.instance(refusal(file.subarray(0, n)), DataError, `${n} bytes`);
  const bytes = file.slice();
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] ^= 1 << (i % 8);
    assert.instance(refusal(bytes), DataError, `byte ${i}`);
    bytes[i] ^= 1 << (i % 8);
  }
  assert.is(refusal(bytes), null);
});

/** With the checksum that it ought to have, as one who means harm would give it. */
function sealed(bytes: Uint8Array): Uint8Array {
  const place = 8 + '{"__metadata__":{"checksum":"'.length;
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode('00000000'), place);
  copy.set(new TextEncoder().encode(crc32(copy).toString(16).padStart(8, '0')), place);
  return copy;
}

/** The file with other texts. */
async function altered(texts: Record<string, string>): Promise<Uint8Array> {
  const { tensors, metadata } = parseSafetensors(file);
  return sealed(await serializeSafetensors(tensors, { ...metadata, ...texts }));
}

const parsed = parseCheckpoint(file);
const text = (key: 'position' | 'history' | 'random' | 'settings', change: object) =>
  JSON.stringify({ ...parsed[key], ...change });
const cases: [what: string, texts: Record<string, string>, message: RegExp][] = [
  [
    'another format',
    { format: 'boundgrad checkpoint 2' },
    /another format: 'boundgrad checkpoint 2'; this version reads/,
  ],
  ['no JSON', { position: '{' }, /position: not JSON/],
  ['a position that is none', { position: 'null' }, /position: must be an object: null/],
  [
    'an epoch of none',
    { position: text('position', { epoch: 0 }) },
    /position.epoch: must be an integer of at least 1: 0/,
  ],
  [
    'half a batch',
    { position: text('position', { batch: 1.5 }) },
    /position.batch: must be an integer of at least 0: 1.5/,
  ],
  [
    'sums that are missing',
    { position: text('position', { sums: undefined }) },
    /position.sums: must be an object: nothing/,
  ],
  [
    'an infinite number',
    { position: text('position', {}).replace(/"seconds":[^,}]+/, '"seconds":1e999') },
    /seconds: must be a number: null/,
  ],
  ['a history that is none', { history: '{"0":1}' }, /history: must be a list/],
  [
    'an epoch of words',
    { history: '[{"epoch":"one"}]' },
    /history\[0\].epoch: must be an integer of at least 1: "one"/,
  ],
  [
    'a stream of three words',
    { random: '{"":{"seed":1,"streams":{"a":{"words":[1,2,3],"spare":null}}}}' },
    /words: must be a list of 4/,
  ],
  [
    'a word of 33 bits',
    { random: '{"":{"seed":1,"streams":{"a":{"words":[4294967296,2,3,4],"spare":null}}}}' },
    /words\[0\]: must be an integer of 32 bits/,
  ],
  ['a seed that is none', { random: '{"":{"seed":0.5,"streams":{}}}' }, /seed: must be an integer: 0.5/],
  ['a prototype', { callbacks: '{"a":{"__proto__":{"x":1}}}' }, /callbacks.a: a key that is refused: "__proto__"/],
  [
    'a prototype in a group',
    { optimizer: JSON.stringify(parsed.optimizer.meta).replace('"lr"', '"__proto__"') },
    /groups\[0\]: a key that is refused/,
  ],
  [
    'a tower of brackets',
    { callbacks: `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}` },
    /callbacks.a: nested too deep: more than 16 levels/,
  ],
  ['a text without end', { callbacks: `{"a":"${'x'.repeat(2 ** 24)}"}` }, /callbacks: too long: 16777224 characters/],
  [
    'steps below none',
    { optimizer: JSON.stringify({ ...parsed.optimizer.meta, steps: -1 }) },
    /optimizer.steps: must be an integer/,
  ],
];
for (const [what, texts, message] of cases) {
  hostile(`${what}: refused with the reason, though the checksum is right`, async () => {
    const error = refusal(await altered(texts));
    assert.instance(error, DataError);
    assert.match(error!.message, message);
    assert.match(error!.message, /^checkpoint: /);
    assert.ok(error!.message.length < 300, 'a short message');
  });
}

hostile('what is no checkpoint is said to be none', async () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(100), await serializeSafetensors({ a: tensor(1) })]) {
    assert.match(refusal(bytes)!.message, /^checkpoint: not one, or damaged: it does not begin with a checksum$/);
  }
  const { tensors, metadata } = parseSafetensors(file);
  const { position: _, ...rest } = metadata;
  assert.match(refusal(sealed(await serializeSafetensors(tensors, rest)))!.message, /checkpoint: position: missing/);
});

const FILES = 4000;

hostile(`of ${FILES} files with random damage and the right checksum each is refused as data or is one`, async () => {
  const stream = new Random(7).stream('damage');
  const outcome = { refused: 0, read: 0 };
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '-',
    'e9',
    '1e999',
    'null',
    '"__proto__"',
    '\\u0000',
    '9007199254740993',
    '{}',
  ];
  for (let i = 0; i < FILES; i++) {
    const bytes = file.slice();
    // In the texts, which the tests of safetensors do not know: a byte, a word of JSON, or a digit.
    const at = 60 + stream.below(header - 60);
    const kind = stream.below(3);
    if (kind === 0) bytes[at] = stream.below(256);
    else if (kind === 1) bytes.set(new TextEncoder().encode(tokens[stream.below(tokens.length)]), at);
    else {
      const digits = [...bytes.keys()].filter((k) => k > 60 && k < header && bytes[k] >= 0x30 && bytes[k] <= 0x39);
      bytes[digits[stream.below(digits.length)]] = 0x2d + stream.below(13);
    }
    const harmful = sealed(bytes);
    const error = refusal(harmful);
    if (error) assert.instance(error, DataError, `file ${i}: ${error.stack}`);
    outcome[error ? 'refused' : 'read']++;
    if (error || i % 10) continue;
    // What is read may be refused by the training that is to go on, and never crashes it.
    const { model, options } = training({ maxSteps: 5, settings: { model: 'net' } });
    const checkpoint = parseCheckpoint(harmful);
    const latest = async () => ({ checkpoint, notes: [] });
    const failed = await fit(model, { ...options, checkpoints: { latest, save: async () => {} } }).catch((e) => e);
    if (failed instanceof Error) assert.instance(failed, BoundgradError, `file ${i}: ${failed.stack}`);
  }
  assert.ok(outcome.refused > FILES / 3 && outcome.read > FILES / 10, JSON.stringify(outcome));
});

const folders = subject('Checkpoint folder');
const space = temporary();
let number = 0;
const fresh = () => join(space, `folder-${number++}`);

/** A checkpoint of so many steps. */
async function at(step: number): Promise<Uint8Array> {
  const { optimizer, ...rest } = parsed;
  return serializeCheckpoint({ ...rest, optimizer: { ...optimizer, meta: { ...optimizer.meta, steps: step } } });
}
const stepOf = (found: { checkpoint: Checkpoint } | null) => found?.checkpoint.optimizer.meta.steps;

async function filled(path: string, ...steps: number[]): Promise<CheckpointFolder> {
  const folder = checkpointFolder(path);
  for (const step of steps) await folder.save(await at(step), step);
  return folder;
}

folders('keeps the last two by their steps, not by their letters', async () => {
  const path = fresh();
  const folder = await filled(path, 5, 9, 10, 100);
  assert.equal(readdirSync(path).sort(), ['lock', 'step-10.safetensors', 'step-100.safetensors']);
  assert.is(stepOf(await folder.latest()), 100);
  folder.close();
});

folders('an empty one has none, and one that is cleared again', async () => {
  const folder = await filled(fresh(), 1, 2);
  folder.clear();
  assert.is(await folder.latest(), null);
  folder.close();
});

folders('passes over what is damaged, says so, and removes it once a newer one is written', async () => {
  const path = fresh();
  const folder = await filled(path, 10, 20);
  const last = join(path, 'step-20.safetensors');
  writeFileSync(last, readFileSync(last).subarray(0, 1000));
  const found = (await folder.latest())!;
  assert.is(stepOf(found), 10);
  assert.match(
    found.notes.join(),
    /^'.*step-20\.safetensors': checkpoint: truncated or damaged: .*; used step-10\.safetensors instead$/,
  );
  await folder.save(await at(15), 15);
  assert.equal(readdirSync(path).sort(), ['lock', 'step-10.safetensors', 'step-15.safetensors']);
  folder.close();
});

folders('with none that can be read throws rather than begin anew', async () => {
  const path = fresh();
  const folder = await filled(path, 1, 2);
  for (const step of [1, 2]) writeFileSync(join(path, `step-${step}.safetensors`), '');
  const error = await folder.latest().catch((e) => e);
  assert.instance(error, DataError);
  assert.match(
    error.message,
    /^no checkpoint can be read: '.*step-2.*': .*; '.*step-1.*': .*; remove them to start over$/,
  );
  folder.close();
});

folders('removes what a killed process had begun to write, and nothing that is not its own', async () => {
  const path = fresh();
  mkdirSync(path);
  for (const name of ['step-3.safetensors.77.tmp', 'notes.tmp', 'step-x.safetensors', 'step-3.safetensors.bak'])
    writeFileSync(join(path, name), '');
  const folder = await filled(path, 1, 2, 3);
  folder.clear();
  folder.close();
  assert.equal(readdirSync(path).sort(), ['notes.tmp', 'step-3.safetensors.bak', 'step-x.safetensors']);
});

folders('one checkpoint is read by its file or its folder, also while a run has it', async () => {
  const path = fresh();
  const folder = await filled(path, 1, 2);
  assert.equal([stepOf(readCheckpoint(path)), readCheckpoint(path).path], [2, join(path, 'step-2.safetensors')]);
  assert.is(stepOf(readCheckpoint(join(path, 'step-1.safetensors'))), 1);
  folder.close();
  assert.throws(() => readCheckpoint(join(path, 'none')), /^cannot read '.*none': no such file$/);
  assert.throws(() => readCheckpoint(space), /no checkpoint: no step-\*\.safetensors/);
  writeFileSync(join(path, 'foreign'), 'x');
  assert.throws(() => readCheckpoint(join(path, 'foreign')), /'.*foreign': checkpoint: not one/);
});

folders('cannot be where a file is, nor where nothing can be written', () => {
  const path = fresh();
  writeFileSync(path, '');
  assert.throws(() => checkpointFolder(path), /^cannot write '.*': there is a file of that name$/);
  assert.throws(() => checkpointFolder('/proc/none'), /^cannot write '\/proc\/none': /);
});

const disk = mkdtempSync(join(tmpdir(), 'boundgrad-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', disk]).status === 0;
process.on('exit', () => {
  if (mounted) spawnSync('umount', ['-l', disk]);
  rmdirSync(disk);
});
const sentence = 'on a full disk says so, leaves the checkpoints as they were, and goes on once there is room';
if (mounted) {
  folders(sentence, async () => {
    const path = join(disk, 'run');
    const folder = await filled(path, 1, 2);
    assert.throws(() => {
      for (;;) appendFileSync(join(disk, 'other'), new Uint8Array(4096));
    }, /ENOSPC/);
    const error = await folder.save(await at(3), 3).catch((e) => e);
    assert.instance(error, DataError);
    assert.match(
      error.message,
      /^cannot write '.*step-3\.safetensors': the disk is full; step-2\.safetensors is intact$/,
    );
    assert.equal(readdirSync(path).sort(), ['lock', 'step-1.safetensors', 'step-2.safetensors']);
    assert.is(stepOf(await folder.latest()), 2);
    unlinkSync(join(disk, 'other'));
    await folder.save(await at(3), 3);
    assert.is(stepOf(await folder.latest()), 3);
    folder.close();
  });
} else folders.skip(sentence, 'mount is not permitted here');

const locks = subject('Lock');

/** A process that does nothing, for as long as the body runs. */
async function beside(body: (pid: number) => void | Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('spawn', resolve));
  try {
    await body(child.pid!);
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** The lock that a process of that number would have written, by way of a lock of our own. */
function lockOf(path: string, change: object): string {
  mkdirSync(path, { recursive: true });
  const release = lockFolder(path);
  const own = JSON.parse(readFileSync(join(path, 'lock'), 'utf8'));
  release();
  writeFileSync(join(path, 'lock'), JSON.stringify({ ...own, ...change }));
  return path;
}

/** When a process began, as the lock has it. */
function beganOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

locks('a folder is for one at a time, this process included, until it is given back', () => {
  const path = fresh();
  const folder = checkpointFolder(path);
  assert.throws(
    () => checkpointFolder(path),
    /^'.*': in use by this process since \d{4}-\d\d-\d\dT.*; wait for it, end it, or take another folder$/,
  );
  folder.close();
  assert.equal(readdirSync(path), []);
  checkpointFolder(path).close();
});

const linux = process.platform === 'linux';
if (linux) {
  locks('of a process that lives it is held', () =>
    beside((pid) => {
      const path = lockOf(fresh(), { pid, began: beganOf(pid) });
      assert.throws(() => lockFolder(path), new RegExp(`in use by process ${pid} since`));
      assert.ok(existsSync(join(path, 'lock')));
    }),
  );
  locks('of a process whose number was given again it is stale: that one began later', () =>
    beside((pid) => {
      const path = lockOf(fresh(), { pid, began: `${beganOf(pid)}0` });
      lockFolder(path)();
      assert.equal(readdirSync(path), []);
    }),
  );
  locks('of a process that has ended, which nobody has asked how, it is stale', async () => {
    // The shell becomes a program that does not ask.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const isZombie = () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    while (!isZombie()) await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      lockFolder(lockOf(fresh(), { pid, began: beganOf(pid) }))();
    } finally {
      parent.kill('SIGKILL');
    }
  });
} else
  for (const what of ['lives', 'was another', 'has ended']) locks.skip(`of a process that ${what}`, 'it asks /proc');

locks('of a process that is gone it is stale, and is taken over', async () => {
  let gone = 0;
  await beside((pid) => {
    gone = pid;
  });
  const path = lockOf(fresh(), { pid: gone, began: 'then' });
  const release = lockFolder(path);
  assert.is(JSON.parse(readFileSync(join(path, 'lock'), 'utf8')).pid, process.pid);
  release();
});

locks('of another machine it is held, for nothing can be told from here; the line says what to remove', () => {
  const path = lockOf(fresh(), { pid: 1, host: `not-${hostname()}` });
  assert.throws(
    () => lockFolder(path),
    /in use by process 1 of the machine not-.* since .*; if that has ended, remove '.*lock'$/,
  );
});

locks('one that cannot be read is held', () => {
  const path = fresh();
  mkdirSync(path);
  for (const content of ['', '{', '{"pid":-1}', '[]', 'null']) {
    writeFileSync(join(path, 'lock'), content);
    assert.throws(() => lockFolder(path), /in use by process \(unknown\) .*; if that has ended, remove '.*lock'/);
  }
});

locks('of eight processes at once, over a stale lock, one gets it', async () => {
  for (let round = 0; round < 3; round++) {
    const path = lockOf(fresh(), { pid: 2 ** 22 - 1, began: 'then' });
    const racers = Array.from({ length: 8 }, () =>
      fork(process.argv[1], [], { env: { ...process.env, RACE: path }, stdio: 'ignore' }),
    );
    const heard = () => Promise.all(racers.map((r) => new Promise((resolve) => r.once('message', resolve))));
    await heard();
    const outcomes = heard();
    for (const r of racers) r.send('go');
    assert.equal((await outcomes).sort(), [...new Array(7).fill('lost'), 'won']);
    for (const r of racers) r.disconnect();
  }
});
