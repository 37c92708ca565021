// Processes that race for one stale lock.
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockFolder } from '../../node/lock.js';
import { temporary } from '../cli/command.js';
import { assert } from '../spec.js';

/** Writes a lock with changed fields into a folder. Returns the folder. */
export function lockOf(path: string, change: object): string {
  mkdirSync(path, { recursive: true });
  const release = lockFolder(path);
  const own = JSON.parse(readFileSync(join(path, 'lock'), 'utf8'));
  release();
  writeFileSync(join(path, 'lock'), JSON.stringify({ ...own, ...change }));
  return path;
}

/** Asserts in each round that exactly one of some processes gets a stale lock. */
export async function assertOneWins(processes: number, rounds: number): Promise<void> {
  const racer = join(dirname(process.argv[1]), 'racer.mjs');
  const path = join(temporary(), 'raced');
  for (let round = 0; round < rounds; round++) {
    lockOf(path, { pid: 2 ** 22 - 1, began: 'then' });
    const racers = Array.from({ length: processes }, () => fork(racer, [path], { stdio: 'ignore' }));
    const heard = () => Promise.all(racers.map((r) => new Promise((resolve) => r.once('message', resolve))));
    await heard();
    const outcomes = heard();
    for (const r of racers) r.send('go');
    assert.equal((await outcomes).sort(), [...new Array(processes - 1).fill('lost'), 'won']);
    const ends = racers.map((r) => new Promise((resolve) => r.once('exit', resolve)));
    for (const r of racers) r.disconnect();
    await Promise.all(ends);
  }
}
