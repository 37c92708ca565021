// The full form of the poster on a few images, and its behaviour when the disk becomes full.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readJsonLines } from '../../node/jsonLines.js';
import type { Done, Training } from '../../reports/poster/task.js';
import { boundgrad, boundgradHere, temporary } from '../cli/command.js';
import { fastBackend } from '../fastBackend.js';
import { assert } from '../spec.js';

const data = temporary();
for (const name of ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']) {
  // Ten records of CIFAR-10's layout: a label and 3,072 bytes. The test images differ from the training images.
  const factor = name === 'test_batch' ? 11 : 7;
  const bytes = Uint8Array.from({ length: 10 * 3073 }, (_, i) =>
    i % 3073 === 0 ? Math.floor(i / 3073) : (factor * i) % 256,
  );
  writeFileSync(join(data, `${name}.bin`), bytes);
}

/** The command line of the full form, which has checkpoints, for one net and one seed. Its panel `fast` has two trainings. */
export function fullForm(out: string, epochs: number, panels = 'fast', workers = 1): string[] {
  const scale = ['--full', '--model', 'lenet', '--epochs', String(epochs), '--seeds', '1', '--panels', panels];
  const where = ['--data-dir', data, '--out', out, '--backend', fastBackend, '--workers', String(workers)];
  return ['poster', ...scale, ...where];
}

/** The results of the trainings of `fast`, without times. */
export const results = (out: string) =>
  readJsonLines(join(out, 'fast.jsonl'))
    .map(({ record }) => record as Done<Training>)
    .filter(({ kind }) => kind === 'task')
    .map(({ task, result }) => [task.optim, result.epochs]);

/** A preloaded module that simulates a full disk: the file of records accepts LINES lines and 300 bytes, one byte per call, and then no more. */
const HOOK = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let lines = Number(process.env.LINES);
let room = 300;
const names = new Map();
const { openSync, writeSync } = fs;
fs.openSync = (path, ...rest) => {
  const file = openSync(path, ...rest);
  names.set(file, String(path));
  return file;
};
fs.writeSync = (file, bytes, offset = 0, ...rest) => {
  if (!/fast\\.jsonl$/.test(names.get(file) ?? '')) return writeSync(file, bytes, offset, ...rest);
  if (lines > 0) lines -= bytes[offset] === 10 ? 1 : 0;
  else if (room-- <= 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  return writeSync(file, bytes, offset, 1);
};
syncBuiltinESMExports();
`;

/** Runs the full form on a disk that is full after `lines` lines of records and 300 bytes. Asserts that the whole lines and the checkpoint of
 *  the training without a record remain, and that the next call ends with the expected results. */
export async function assertContinues(lines: number, expected: ReturnType<typeof results>): Promise<void> {
  const out = temporary();
  const records = join(out, 'fast.jsonl');
  const hook = join(temporary(), 'hook.mjs');
  writeFileSync(hook, HOOK);
  Object.assign(process.env, { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`, LINES: String(lines) });
  const { code, stderr } = await boundgrad(fullForm(out, 2)).finally(() => {
    delete process.env.NODE_OPTIONS;
    delete process.env.LINES;
  });
  assert.equal([code, stderr], [1, `boundgrad: cannot write '${records}': the disk is full\n`]);
  // Only whole lines with right checksums are left, or none.
  assert.equal(
    readJsonLines(records).map(({ fault }) => fault),
    new Array(lines).fill(null),
  );
  assert.match(readFileSync(records, 'utf8'), lines ? /\n$/ : /^$/);
  const [kept, ...others] = readdirSync(join(out, 'checkpoints'));
  assert.equal(others, []);
  assert.ok(readdirSync(join(out, 'checkpoints', kept)).some((name) => name.endsWith('.safetensors')));
  const again = await boundgradHere(fullForm(out, 2));
  assert.is(again.code, 0, again.stderr);
  assert.equal(results(out), expected);
  assert.equal(readdirSync(join(out, 'checkpoints')), []);
}
