// Runs test files one after another in this process. usage: files.mjs <file>..
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Started, sentencesLeft } from './spec.js';

const folder = dirname(fileURLToPath(import.meta.url));
const files = process.argv.slice(2);

async function next(): Promise<void> {
  if (sentencesLeft() > 0) throw new Error(`${sentencesLeft()} sentences of ${process.argv[1]} never end`);
  const file = files.shift();
  if (file === undefined) return;
  // uvu's queue keeps the suites that have run.
  const { UVU_QUEUE: queue } = globalThis as { UVU_QUEUE?: unknown[] };
  if (queue) queue[0] = [null];
  process.argv[1] = join(folder, file); // As if Node had been started with it: some find programs beside it.
  process.send?.({ started: file } satisfies Started);
  await import(pathToFileURL(process.argv[1]).href);
  // The first time that the process has nothing to do the file's suites start (see spec.ts), the second time they have ended.
  process.once('beforeExit', () => process.once('beforeExit', next));
}

await next();
