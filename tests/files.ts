// Runs test files one after another in this process. Each begins with the default Random of a new process. A file that leaves a part of
// the state of processState.ts changed is reported. usage: files.mjs <file>..
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { seed } from '../core/index.js';
import { cpuSeconds } from './cpu.js';
import { differences, processState } from './processState.js';
import { cleanUp, type Ended, type Started, sentencesLeft } from './spec.js';

const folder = dirname(fileURLToPath(import.meta.url));
const files = process.argv.slice(2);
const program = process.argv[1];
let seconds = 0;
process.on('exit', cleanUp);

/** Runs the next file. */
async function begin(): Promise<void> {
  const file = files.shift();
  if (file === undefined) return;
  const before = processState();
  // uvu's queue keeps the suites that have run, so it is emptied.
  const { UVU_QUEUE: queue } = globalThis as { UVU_QUEUE?: unknown[] };
  if (queue) queue[0] = [null];
  seed(0);
  process.argv[1] = join(folder, file); // As if Node had started this file, because some files find programs beside themselves.
  process.send?.({ started: file } satisfies Started);
  // Keeps the process alive during the import: in Node 24 and newer the event loop may have nothing to do meanwhile, for example while WebAssembly
  // is compiled, and the process would end.
  const alive = setInterval(() => {}, 1000);
  await import(pathToFileURL(process.argv[1]).href);
  // The suites of the file start the first time that the process has nothing to do (see spec.ts). The second time they have ended.
  process.once('beforeExit', () => process.once('beforeExit', () => end(file, before)));
  setImmediate(() => clearInterval(alive));
}

async function end(file: string, before: ReturnType<typeof processState>): Promise<void> {
  if (sentencesLeft() > 0) throw new Error(`${sentencesLeft()} sentences of ${file} never end`);
  process.argv[1] = program;
  cleanUp();
  const left = differences(before, processState());
  const total = cpuSeconds();
  process.send?.({ ended: file, seconds: total - seconds, left } satisfies Ended);
  seconds = total;
  await begin();
}

await begin();
