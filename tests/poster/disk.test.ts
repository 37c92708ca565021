// The poster on a full disk, and with a worker process that is killed: one line says what happened, nothing that was computed is
// lost, and the same command goes on.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readJsonLines } from '../../node/jsonLines.js';
import type { Done, Training } from '../../reports/poster/task.js';
import { boundgrad, temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const test = subject('Poster: full disks and killed workers');

const data = temporary();
for (const name of ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']) {
  // Ten records of CIFAR-10's layout: a label and 3,072 bytes.
  const bytes = Uint8Array.from({ length: 10 * 3073 }, (_, i) =>
    i % 3073 === 0 ? Math.floor(i / 3073) : (7 * i) % 256,
  );
  writeFileSync(join(data, `${name}.bin`), bytes);
}
/** Two trainings of the full form, which have checkpoints. */
function words(out: string, epochs: number): string[] {
  const scale = ['--full', '--model', 'mlp', '--epochs', String(epochs), '--seeds', '1', '--panels', 'fast'];
  return ['poster', ...scale, '--data-dir', data, '--out', out, '--backend', 'reference', '--workers', '1'];
}

/** A module that is loaded first: the records' file takes ROOM bytes more, one a call, then the disk is full. */
const HOOK = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let room = Number(process.env.ROOM);
const names = new Map();
const { openSync, writeSync } = fs;
fs.openSync = (path, ...rest) => {
  const file = openSync(path, ...rest);
  names.set(file, String(path));
  return file;
};
fs.writeSync = (file, bytes, offset = 0, ...rest) => {
  if (!/fast\\.jsonl$/.test(names.get(file) ?? '')) return writeSync(file, bytes, offset, ...rest);
  if (room-- <= 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  return writeSync(file, bytes, offset, 1);
};
syncBuiltinESMExports();
`;

/** The results of the trainings, without times. */
const results = (out: string) =>
  readJsonLines(join(out, 'fast.jsonl'))
    .map(({ record }) => record as Done<Training>)
    .filter(({ kind }) => kind === 'task')
    .map(({ task, result }) => [task.optim, result.epochs]);

test('a record that the disk has no room for is taken back, and its checkpoint stays, from which the next call goes on', async () => {
  const hook = join(temporary(), 'hook.mjs');
  writeFileSync(hook, HOOK);
  const whole = temporary();
  assert.is((await boundgrad(words(whole, 2))).code, 0);
  const records = readFileSync(join(whole, 'fast.jsonl'), 'utf8');
  const second = records.indexOf('\n', records.indexOf('\n') + 1) + 1;
  for (const [room, left] of [
    [300, 0],
    [second + 300, 1],
  ]) {
    const out = temporary();
    Object.assign(process.env, { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`, ROOM: String(room) });
    const { code, stderr } = await boundgrad(words(out, 2)).finally(() => {
      delete process.env.NODE_OPTIONS;
      delete process.env.ROOM;
    });
    assert.equal([code, stderr], [1, `boundgrad: cannot write '${join(out, 'fast.jsonl')}': the disk is full\n`]);
    // Whole lines with right checksums are left, or none.
    assert.equal(
      readJsonLines(join(out, 'fast.jsonl')).map(({ fault }) => fault),
      left ? [null, null] : [],
    );
    assert.match(readFileSync(join(out, 'fast.jsonl'), 'utf8'), left ? /\n$/ : /^$/);
    const [kept, ...others] = readdirSync(join(out, 'checkpoints'));
    assert.equal(others, []);
    assert.ok(readdirSync(join(out, 'checkpoints', kept)).some((name) => name.endsWith('.safetensors')));
    const again = await boundgrad(words(out, 2));
    assert.is(again.code, 0, again.stderr);
    assert.equal(results(out), results(whole));
    assert.equal(readdirSync(join(out, 'checkpoints')), []);
  }
});

const sentence = 'a worker process that is killed is one line; the same command runs what is missing';
if (process.platform !== 'linux') test.skip(sentence, 'only Linux lists the children of a process in /proc');
else
  test(sentence, async () => {
    const out = temporary();
    let isWatched = false;
    const path = (pid: number) => `/proc/${pid}/task/${pid}/children`;
    const { code, stderr } = await boundgrad(words(out, 2000), (stdout, child) => {
      if (isWatched || !stdout.includes('2 runs, about')) return;
      isWatched = true;
      const look = setInterval(() => {
        const [worker] = readFileSync(path(child.pid!), 'utf8').split(' ').filter(Boolean);
        const isTraining = readdirSync(out).includes('checkpoints');
        if (!worker || !isTraining) return;
        clearInterval(look);
        process.kill(Number(worker), 'SIGKILL');
      }, 10);
      child.once('close', () => clearInterval(look));
    });
    assert.equal(
      [code, stderr],
      [1, 'boundgrad: poster: a worker process ended: SIGKILL; the same command runs the missing tasks\n'],
    );
    assert.is((await boundgrad(words(out, 2))).code, 0);
    assert.is(results(out).length, 2);
  });
