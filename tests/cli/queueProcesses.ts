// The processes of a queue's tests: sweeps, workers and their runs.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterFile } from '../spec.js';
import { MAIN, type Outcome } from './command.js';
import { sleep } from './redisServer.js';

export interface Running extends Outcome {
  child: ChildProcess;
  ended: Promise<number | null>;
}

/** Starts boundgrad. prefix: a command that starts Node, for example in another network. env: further variables. main: the program. */
export function started(
  words: string[],
  { prefix = [], env = {}, main = MAIN }: { prefix?: string[]; env?: Record<string, string>; main?: string } = {},
): Running {
  const [program, ...rest] = [...prefix, process.execPath, main, ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  afterFile(() => child.kill('SIGKILL'));
  const running: Running = { child, code: null, stdout: '', stderr: '', ended: Promise.resolve(null) };
  child.stdout.on('data', (piece) => (running.stdout += piece));
  child.stderr.on('data', (piece) => (running.stderr += piece));
  running.ended = new Promise((resolve) =>
    child.on('close', (code) => {
      running.code = code;
      resolve(code);
    }),
  );
  return running;
}

/** Ends processes as Ctrl-C does. */
export async function end(...all: Running[]): Promise<void> {
  for (const { child } of all) child.kill('SIGINT');
  await Promise.all(all.map(({ ended }) => ended));
}

/** The processes of a worker's runs. A child counts once it runs its program: until then its parent waits for it, so a signal to the
 *  child would stop both. */
function runsOf({ child: { pid } }: Running): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('\0--worker\0'));
  } catch {
    return [];
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export async function until<T>(
  what: string,
  find: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  seconds = 200,
): Promise<T> {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(50)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** The first worker with a run, and the process of the run. */
export function busy(workers: Running[]): Promise<{ taker: Running; run: number }> {
  return until('a worker takes a run', () => {
    const taker = workers.find((one) => runsOf(one).length > 0);
    return taker && { taker, run: runsOf(taker)[0] };
  });
}
