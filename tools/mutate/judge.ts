// The processes of a mutation run, seen from outside: mutrun.ts is the inside.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Progress, Surveyed } from './run.js';

/** What came of a mutant, and by which sentence. */
export interface Verdict {
  how: 'passed' | 'failed' | 'did not load' | 'did not end' | 'ended the process';
  by?: Surveyed;
}

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a suite unchanged. Throws if it does not load. */
export async function survey(folder: string, suite: string): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  const { ended } = start<Surveyed>(folder, ['survey', suite], '', (sentence) => found.push(sentence));
  if ((await ended) === 0 && found.length) return found;
  throw new Error(`mutate: ${suite} does not run as it is: it ended after ${found.length} sentences`);
}

/** Takes a mutant through sentences, in their order, up to the first that does not pass. 'none' is no mutant. */
export async function judge(folder: string, mutant: string, sentences: readonly Surveyed[]): Promise<Verdict> {
  if (sentences.length === 0) return { how: 'passed' };
  let [at, n] = ['loads', 0] as Progress;
  let [timer, late]: [NodeJS.Timeout?, boolean?] = [];
  const list = JSON.stringify(sentences.map((s) => [s.suite, s.at]));
  const { child, ended } = start<Progress>(folder, ['judge', list], mutant, (progress) => {
    [at, n] = progress;
    wait();
  });
  // Ten times what it takes, and what a process takes to start on a busy machine.
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (late = child.kill('SIGKILL')), 10_000 + 10 * sentences[n].ms);
  };
  wait();
  const code = await ended;
  clearTimeout(timer);
  if (code === 0 && at !== 'failed') return { how: 'passed' };
  const how = late ? 'did not end' : at === 'loads' ? 'did not load' : at === 'failed' ? at : 'ended the process';
  return { how, by: sentences[n] };
}

/** Starts a process and hands on what it says. `ended` comes after its last line. */
function start<Line>(folder: string, args: string[], mutant: string, hear: (line: Line) => void) {
  const child = spawn(process.execPath, [join(folder, 'tools/mutate/run.mjs'), ...args], {
    stdio: ['ignore', 'ignore', mutant ? 'ignore' : 'inherit', 'pipe'],
    env: { ...process.env, MUTANT: mutant },
  });
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => hear(JSON.parse(line)));
  running.add(child);
  const ended = new Promise<number | null>((done) => child.on('close', done)).finally(() => running.delete(child));
  return { child, ended };
}
