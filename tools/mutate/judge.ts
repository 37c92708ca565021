// Starts the processes of a mutation run and watches them. run.ts is the program that they run.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Progress, Surveyed } from './run.js';

/** What the sentences did with a mutant. */
export interface Verdict {
  /** 'passed': no sentence noticed it. Anything else is how the sentence `by` noticed. */
  how: 'passed' | 'failed' | 'did not load' | 'did not end' | 'ended the process';
  /** The sentence that noticed it; undefined if none did. */
  by?: Surveyed;
}

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a suite without a mutant and returns what each sentence did. Throws if the suite does not run to its end. */
export async function survey(folder: string, suite: string): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  const { ended } = start<Surveyed>(folder, ['survey', suite], '', (sentence) => found.push(sentence));
  if ((await ended) === 0 && found.length) return found;
  throw new Error(`mutate: ${suite} does not run without a mutant: it ended after ${found.length} sentences`);
}

/** Runs sentences with a mutant, in order, up to the first that does not pass. mutant: its id, or 'none' for no
 *  mutant. */
export async function judge(folder: string, mutant: string, sentences: readonly Surveyed[]): Promise<Verdict> {
  if (sentences.length === 0) return { how: 'passed' };
  let [at, n] = ['loads', 0] as Progress;
  let [timer, late]: [NodeJS.Timeout?, boolean?] = [];
  const list = JSON.stringify(sentences.map((s) => [s.suite, s.at]));
  const { child, ended } = start<Progress>(folder, ['judge', list], mutant, (progress) => {
    [at, n] = progress;
    restartTimer();
  });
  // Ten times what the sentence took, and 10 s for a process to start on a busy machine.
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (late = child.kill('SIGKILL')), 10_000 + 10 * sentences[n].ms);
  };
  restartTimer();
  const code = await ended;
  clearTimeout(timer);
  if (code === 0 && at !== 'failed') return { how: 'passed' };
  const how = late ? 'did not end' : at === 'loads' ? 'did not load' : at === 'failed' ? at : 'ended the process';
  return { how, by: sentences[n] };
}

/** Starts a process and calls `onLine` with each line that it reports. `ended` resolves to its exit code after the last
 *  line. */
function start<Line>(folder: string, args: string[], mutant: string, onLine: (line: Line) => void) {
  const child = spawn(process.execPath, [join(folder, 'tools/mutate/run.mjs'), ...args], {
    stdio: ['ignore', 'ignore', mutant ? 'ignore' : 'inherit', 'pipe'],
    env: { ...process.env, MUTANT: mutant },
  });
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => onLine(JSON.parse(line)));
  running.add(child);
  const ended = new Promise<number | null>((done) => child.on('close', done)).finally(() => running.delete(child));
  return { child, ended };
}
