// Kills the command line at a chosen point. A preloaded module hooks Node's own functions, so the program that is tested runs
// unchanged.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import type { EpochRecord, LineRecord } from '../../reports/record.js';
import { assert } from '../spec.js';
import { boundgradHere, MAIN, temporary, tiny } from './command.js';

/** A point at which the process kills itself. */
export type Point =
  /** At a read of the clock, which happens before and after each step: within an epoch. */
  | 'clock'
  /** After half of a checkpoint is written. */
  | 'half'
  /** After a checkpoint is complete, before it is renamed to its final name. */
  | 'rename'
  /** After the checkpoint is renamed, while the checkpoints that it replaces still exist. */
  | 'renamed'
  /** After half of a line of the journal is written. */
  | 'line'
  /** While a journal is rewritten, after half of it is on the disk. */
  | 'rewritten'
  /** Before a checkpoint is removed. */
  | 'remove';

const HOOK = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let [point, left] = process.env.AT.split(':');
const at = (name) => {
  if (name === point && --left === 0) process.kill(process.pid, 'SIGKILL');
};
const names = new Map();
const { openSync, writeSync, renameSync, rmSync } = fs;
fs.openSync = (path, ...rest) => {
  const file = openSync(path, ...rest);
  names.set(file, String(path));
  return file;
};
fs.writeSync = (file, bytes, offset = 0, ...rest) => {
  const name = names.get(file) ?? '';
  const kinds = { half: /step-\\d+\\.safetensors/, line: /jsonl$/, rewritten: /jsonl\\..*tmp$/ };
  const [kind] = Object.entries(kinds).find(([, pattern]) => pattern.test(name)) ?? [''];
  if (kind === 'half' && process.env.FULL) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  if (kind === point && offset === 0) {
    const done = writeSync(file, bytes, offset, Math.ceil(bytes.length / 2));
    at(kind);
    return done;
  }
  return writeSync(file, bytes, offset, ...rest);
};
fs.renameSync = (from, to) => {
  const isCheckpoint = /safetensors$/.test(to);
  if (isCheckpoint) at('rename');
  renameSync(from, to);
  if (isCheckpoint) at('renamed');
};
fs.rmSync = (path, ...rest) => {
  if (/safetensors$/.test(path)) at('remove');
  rmSync(path, ...rest);
};
const { now } = performance;
performance.now = () => {
  at('clock');
  return now.call(performance);
};
syncBuiltinESMExports();
`;

/** The n-th time that a process reaches a point, or some milliseconds after its first output. */
export type Moment = { at: Point; times: number } | { after: number };

export interface Killed {
  signal: NodeJS.Signals | null;
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs boundgrad in a process of its own until it ends or is killed at a moment. */
export function killed(words: string[], when: Moment): Promise<Killed> {
  const imported = 'at' in when ? ['--import', `data:text/javascript,${encodeURIComponent(HOOK)}`] : [];
  const env = { ...process.env, ...('at' in when ? { AT: `${when.at}:${when.times}` } : {}) };
  const child = spawn(process.execPath, [...imported, MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const found: Killed = { signal: null, code: null, stdout: '', stderr: '' };
  child.stderr.on('data', (piece) => (found.stderr += piece));
  child.stdout.on('data', (piece) => {
    if (found.stdout === '' && 'after' in when) setTimeout(() => child.kill('SIGKILL'), when.after);
    found.stdout += piece;
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ ...found, code, signal })));
}

/** The records of a journal, without times, dates, commands and checksums. */
export function journal(out: string, key: string): LineRecord[] {
  const text = readFileSync(join(out, `${key}.jsonl`), 'utf8');
  assert.match(text, /\n$/, 'the last line is whole');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { seconds: _, imagesPerSecond: __, date: ___, command: ____, sum: _____, ...record } = JSON.parse(line);
      return record;
    });
}

/** The records of epochs. */
export const epochsOf = (records: LineRecord[]) => records.filter((r): r is EpochRecord => r.kind === 'epoch');
/** Whether the journal of a run has an `end` record. */
export const ended = (out: string, key: string) =>
  readFileSync(join(out, `${key}.jsonl`), 'utf8')
    .split('\n')
    .some((line) => line.includes('"kind":"end"'));

/** Everything in the newest checkpoint that determines the run, without times and the recorded rates. */
export function final(out: string, key: string): object {
  const { checkpoint } = readCheckpoint(join(out, key));
  const hex = (tensors: typeof checkpoint.model) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, t]) => [name, Buffer.from(t.dataSync().buffer).toString('hex')]),
    );
  const { model, training = {}, optimizer, random, position, history, callbacks, settings } = checkpoint;
  return {
    model: hex(model),
    training: hex(training),
    callbackTensors: hex(checkpoint.callbackTensors ?? {}),
    callbacks: { ...callbacks, rates: null },
    optimizer: { tensors: hex(optimizer.tensors), meta: optimizer.meta },
    random,
    position: { ...position, seconds: 0, sums: { ...position.sums, milliseconds: 0 } },
    history: history.map((e) => ({ ...e, seconds: 0, samplesPerSecond: 0 })),
    settings,
  };
}

/** Asserts that a training that is killed at each of these moments and resumed each time ends with the state of one that never
 *  stopped. */
export async function assertSurvives(kills: readonly Moment[], epochs: number): Promise<void> {
  const options = [...tiny(epochs), '--eval-every', '10', '--checkpoint-every', '0.0001', '--json'];
  const folder = temporary();
  const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
  assert.is((await boundgradHere(['train', ...options, '--out', whole])).code, 0);
  let words = ['train', ...options, '--out', cut];
  for (const when of kills) {
    const { signal, code, stderr } = await killed(words, when);
    assert.is(signal, 'SIGKILL', `${JSON.stringify(when)}: code ${code}, ${stderr}`);
    assert.not.ok(ended(cut, 'adabound'), `${JSON.stringify(when)} met a finished run`);
    words = ['train', '--resume', cut, '--json'];
  }
  const { code, stderr } = await boundgradHere(words);
  assert.equal([code, stderr], [0, '']);
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  const [records, expected] = [journal(cut, 'adabound'), journal(whole, 'adabound')];
  assert.equal(epochsOf(records), epochsOf(expected));
  assert.equal([records[0], records.at(-1)], [expected[0], expected.at(-1)]);
  assert.equal(readdirSync(cut).sort(), readdirSync(whole).sort(), 'nothing is left behind');
  assert.equal(
    readdirSync(join(cut, 'adabound')).filter((f) => !f.endsWith('.safetensors')),
    [],
  );
}
