// Runs the test files in processes, prints their sentences by subject, then the ten files that take the most CPU time and
// `N passed, N failed`.
// Keeps the results in .build/results.json, from which `npm run docs` builds the specification.
// usage: run.mjs <processes> <test | long> [pattern]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended, Report, Started } from './spec.js';

/** A run of all files with fewer sentences than this is incomplete. Raise it as the specification grows. */
const LEAST = 4000;
const SLOWEST = 10;
/** Folders whose files share a process, because starting Node with the library takes longer than most of them. Every other file
 *  has its own process: it changes the process, measures it, or takes long. */
const SHARED = [
  'cli',
  'wasm',
  'core',
  'fit',
  'node',
  'models',
  'arguments',
  'datasets',
  'nn',
  'optim',
  'reports',
  'theory',
  'sweep',
  'pictures',
  'fuzz',
  'web',
  'project',
];
/** Files of these folders that have their own process, because after other files they would take twice the CPU time. */
const ALONE = ['models/resnet.test.mjs'];

const folder = dirname(fileURLToPath(import.meta.url));
const [processes = '2', kind = 'test', pattern = ''] = process.argv.slice(2);
const timeoutMs = kind === 'long' ? 600_000 : 170_000;
const files = (readdirSync(folder, { recursive: true }) as string[]).filter(
  (f) => f.endsWith(`.${kind}.mjs`) && f.includes(pattern),
);
const temporary = temporaryFolder();
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 10 }));
const running = new Set<ChildProcess>();
const totals = { passed: 0, failed: 0, skipped: 0 };
const seconds = new Map<string, number>();
const results: Record<string, Report[]> = {};
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

/** Makes a folder for the temporary files of all tests: in memory if there is room, unless TMPDIR names another place. Runs of the
 *  command mostly wait for the disk. */
function temporaryFolder(): string {
  const inMemory = () => {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > 2 ** 31;
  };
  let parent = tmpdir();
  try {
    if (!process.env.TMPDIR && inMemory()) parent = '/dev/shm';
  } catch {
    // Not Linux.
  }
  return mkdtempSync(join(parent, 'boundgrad-tests-'));
}

/** Runs files in a process, one after another. */
async function runFiles(files: string[]): Promise<void> {
  const reports = new Map<string, Report[]>(files.map((file) => [file, []]));
  let [file, output] = ['', ''];
  const child = fork(join(folder, 'files.mjs'), files, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [], // Without the runner's own --enable-source-maps: see inSources.
    env: { ...process.env, NO_COLOR: '1', TMPDIR: temporary },
  });
  running.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  child.on('message', (message: Report | Started | Ended) => {
    if ('sentence' in message) return reports.get(file)?.push(message);
    if ('started' in message) file = message.started;
    else end(message, files.length > 1);
    timer.refresh();
  });
  // The last messages may be read after the process has ended.
  const disconnected = once(child, 'disconnect');
  const [exitCode, signal] = await once(child, 'close');
  await disconnected;
  const code: number | string = exitCode ?? signal ?? 'lost';
  clearTimeout(timer);
  running.delete(child);
  for (const [file, found] of reports) show(file, found);
  const failed = [...reports.values()].flat().some((r) => r.outcome === 'failed');
  if (code !== 0 && !failed) totals.failed++;
  if (code !== 0 || failed) console.log(`\n${files.join(', ')} ended with ${code}:\n${inSources(output.trim())}`);
}

/** Keeps the CPU time of a file. In a shared process, a file that leaves the process changed fails. */
function end({ ended, seconds: time, left }: Ended, isShared: boolean): void {
  seconds.set(ended, time);
  if (left.length === 0 || !isShared) return;
  totals.failed++;
  console.log(`\n${ended} leaves its process changed: ${left.join(', ')}; restore it`);
}

/** Prints and counts the sentences of a file. */
function show(file: string, reports: Report[]): void {
  results[file.replace(/\.mjs$/, '.ts')] = reports;
  let subject = '';
  for (const r of reports) {
    if (r.subject !== subject) console.log(`\n${paint(1, (subject = r.subject))}`);
    const mark = { passed: paint(32, '  ✓'), failed: paint(31, '  ✗'), skipped: paint(33, '  -') }[r.outcome];
    console.log(`${mark} ${r.sentence}${r.note ? ` (skipped: ${r.note})` : ''}`);
    totals[r.outcome]++;
  }
  if (reports.length === 0) {
    totals.failed++;
    console.log(`\n${file}: no sentence ran`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill('SIGKILL');
    process.exit(130);
  });
}

const isShared = (file: string) => kind === 'test' && SHARED.includes(dirname(file)) && !ALONE.includes(file);
const shared = SHARED.map((name) => files.filter((file) => isShared(file) && dirname(file) === name));
// The longest first, so that no process waits for one at the end.
const queue = [
  ...shared.filter((group) => group.length > 0),
  ...files.filter((file) => !isShared(file)).map((file) => [file]),
];
await Promise.all(
  Array.from({ length: Number(processes) }, async () => {
    for (let group = queue.shift(); group; group = queue.shift()) await runFiles(group);
  }),
);
keepResults();
const total = totals.passed + totals.failed + totals.skipped;
if (files.length === 0) console.log(`no test file's name contains '${pattern}'`);
if (!pattern && kind === 'test' && total < LEAST) {
  totals.failed++;
  console.log(`\nonly ${total} sentences ran, at least ${LEAST} are expected`);
}
const all = [...seconds.values()].reduce((sum, s) => sum + s, 0);
const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
const most = slowest.map(([file, s]) => `${file.replace(`.${kind}.mjs`, '')} ${s.toFixed(1)} s`);
console.log(`\nCPU time: ${all.toFixed(1)} s; most: ${most.join(', ')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed || total === 0 ? 1 : 0;

/** Replaces each position in a bundle by its position in the source. Node's --enable-source-maps does this too, but reads every map
 *  when it loads a file, which takes a quarter of the time of a short suite. */
function inSources(text: string): string {
  return text.replace(/file:\/\/(\/[^\s()]+\.mjs):(\d+):(\d+)/g, (position, file, line, column) => {
    try {
      const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
      const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1) as SourceMapping;
      return `${resolve(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
    } catch {
      return position; // Not a position in a bundle.
    }
  });
}

/** Replaces the results of the files that ran; a whole run of a kind replaces all of this kind. Keeps their CPU seconds too. */
function keepResults(): void {
  const path = join(folder, '..', '..', 'results.json');
  let before: [file: string, reports: Report[]][] = [];
  try {
    before = Object.entries(JSON.parse(readFileSync(path, 'utf8')).results);
    if (!pattern) before = before.filter(([file]) => !file.endsWith(`.${kind}.ts`));
  } catch {
    // No earlier run, or one that was interrupted.
  }
  writeFileSync(
    path,
    JSON.stringify({
      node: process.version,
      results: { ...Object.fromEntries(before), ...results },
      seconds: Object.fromEntries(seconds),
    }),
  );
}
