// Runs the command line: as a user does, in a process of its own from the bundled file; or, much faster, in this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../cli/run.js';
import { Random } from '../../core/index.js';
import { readJsonLines } from '../../node/jsonLines.js';
import type { EndRecord, EpochRecord, Run, RunRecord } from '../../reports/record.js';
import { fastBackend } from '../fastBackend.js';
import { afterFile } from '../spec.js';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command beside the bundled test file that this process runs. */
export const MAIN = join(dirname(process.argv[1]), '..', '..', 'cli', 'main.mjs');

/** Runs `boundgrad` with these words. watch: called with all of stdout so far, at the start and after each piece.
 *  blocks: the size limit of a file, in blocks of 512 bytes, or of 1,024 in some shells. */
export function boundgrad(
  words: string[],
  watch?: (stdout: string, child: ChildProcess) => void,
  blocks?: number,
): Promise<Outcome> {
  const node = [process.execPath, MAIN, ...words];
  const limited = ['sh', '-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', ...node];
  const [program, ...args] = blocks === undefined ? node : limited;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  child.stderr.on('data', (piece) => (outcome.stderr += piece));
  child.stdout.on('data', (piece) => {
    outcome.stdout += piece;
    watch?.(outcome.stdout, child);
  });
  watch?.('', child);
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...outcome, code })));
}

/** Runs `boundgrad` with these words in this process, which saves the start of another. For calls that need no signal, no limit of file
 *  sizes and no pipe. */
export async function boundgradHere(words: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  const streams = ['stdout', 'stderr'] as const;
  const writes = streams.map((name) => process[name].write);
  const program = process.argv[1];
  for (const name of streams) {
    process[name].write = (text: string | Uint8Array) => {
      outcome[name] += text;
      return true;
    };
  }
  process.argv[1] = MAIN; // The poster starts the program again, as its workers.
  try {
    outcome.code = await run(words);
  } finally {
    process.argv[1] = program;
    streams.forEach((name, i) => {
      process[name].write = writes[i];
    });
  }
  return outcome;
}

/** Options of a short training: a small net on points in the plane. */
export function tiny(epochs = 2): string[] {
  return ['--model', 'mlp', '--data', 'blobs', '--backend', fastBackend, '--epochs', String(epochs)];
}

/** A new folder, removed when the test file has ended. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** Writes MNIST's files with n images of noise for each part into a new folder. n < 256. */
export function mnistFiles(folder: string, n: number): void {
  mkdirSync(folder);
  const stream = new Random(1).stream('pixels');
  for (const part of ['train', 't10k']) {
    const pixels = Array.from({ length: n * 28 * 28 }, () => stream.below(256));
    const labels = Array.from({ length: n }, (_, i) => i % 10);
    const images = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 28, 0, 0, 0, 28, ...pixels]);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), Uint8Array.from([0, 0, 8, 1, 0, 0, 0, n, ...labels]));
  }
}

/** The records of one optimizer. Throws if a line is not JSON or the order of records is wrong. */
export function readRun(folder: string, key: string): Run {
  const lines = readJsonLines(join(folder, `${key}.jsonl`));
  const [first, ...rest] = lines.map(({ record, fault }) => {
    if (fault !== null) throw new Error(`${key}.jsonl: ${fault}`);
    return record as any;
  });
  const end = rest.pop();
  if (first.kind !== 'run' || end.kind !== 'end' || rest.some((r) => r.kind !== 'epoch')) {
    throw new Error(`${key}.jsonl: kinds out of order: ${[first, ...rest, end].map((r) => r.kind)}`);
  }
  return { run: first as RunRecord, epochs: rest as EpochRecord[], end: end as EndRecord };
}

/** Runs a function as npx would start the command. */
export async function asNpx<T>(run: () => T | Promise<T>): Promise<T> {
  const { npm_command: before } = process.env;
  process.env.npm_command = 'exec';
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env.npm_command;
    else process.env.npm_command = before;
  }
}
