// Locks a folder for one run at a time, by a file `lock` that names the process.
//
//   taken    by making a hard link to a complete file; that fails if there is a lock
//   held     if the process is alive and started at the time in the lock, or if a time is unknown; if it runs on another machine, where
//            it cannot be seen; or if the lock cannot be parsed
//   stale    if there is no such process, or its id now belongs to a process that started later
//
// A killed process leaves a stale lock; the next run detects and removes it. A terminated worker thread leaves one too while its
// process continues. Therefore on Linux the lock names the thread, and is stale once the thread has ended.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { DataError } from '../core/index.js';
import { writeAll } from './atomicFile.js';
import { createFile, readRegularFile, readStart, temporaryName } from './ownFile.js';
import { isAlive } from './process.js';
import { reasonOf } from './systemError.js';

/** The largest size of a lock in bytes. */
const LARGEST = 4096;

interface Holder {
  pid: number;
  /** The system's id of the worker thread that has the lock; 0 if unknown. Missing if the main thread has it. */
  thread?: number;
  /** When the thread, or the process, started, in the system's notation; null if unknown. */
  began: string | null;
  host: string;
  since: string;
}

/** Locks a folder. Returns the function that unlocks it; the end of the process does too.
 *  Throws DataError if a process, this one included, has the lock, or if the lock cannot be written. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const { pid } = process;
  const since = new Date().toISOString();
  const thread = ownThread();
  const text = JSON.stringify({ pid, thread, began: startOf(pid, thread), host: hostname(), since } satisfies Holder);
  const draft = temporaryName(path);
  try {
    writeNew(draft, text);
    while (!create(path, draft, text)) {
      const found = read(path);
      if (found !== null && !isStale(found)) throw inUse(folder, path, found);
      if (found !== null && replace(path, draft, found)) break;
    }
    removeDrafts(folder);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`'${folder}': cannot be locked: '${path}': ${reasonOf(error)}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
  const release = () => {
    held.delete(release);
    if (held.size === 0) process.off('exit', releaseAll);
    try {
      if (read(path) === text) rmSync(path, { force: true });
    } catch {
      // The folder cannot be reached any more. Its lock becomes stale when this process ends.
    }
  };
  // One listener for all: Node warns of more than ten.
  process.off('exit', releaseAll).on('exit', releaseAll);
  held.add(release);
  return release;
}

/** The functions that unlock the folders of this process. */
const held = new Set<() => void>();

function releaseAll(): void {
  for (const release of held) release();
}

function writeNew(path: string, text: string): void {
  const file = createFile(path);
  try {
    writeAll(file, new TextEncoder().encode(text));
  } finally {
    closeSync(file);
  }
}

/** Removes the unfinished files of killed processes. Such a file is empty or begins as a lock does: a .tmp file as a lock of the process
 *  whose id is in its name, a .stale file as a lock of any process. */
function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid, ending] = /^lock\.(\d+)\.[0-9a-f]{16}\.(tmp|stale)$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const start = readStart(path, 64).toString();
    const isOwn = ending === 'tmp' ? start.startsWith(`{"pid":${pid},`) : /^\{"pid":\d+,/.test(start);
    if (start === '' || isOwn) rmSync(path, { force: true });
  }
}

/** Makes the lock. Returns false if there is one. */
function create(path: string, draft: string, text: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw error;
  }
  // The file system has no hard links, for example on a memory stick.
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The text of a lock; null if there is none. Throws if the name is a link or another file that is not regular: boundgrad did not write
 *  it. */
function read(path: string): string | null {
  try {
    return readRegularFile(path, LARGEST, { follow: false }).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A claim that is older than this, in seconds, is removed: its process was killed while it replaced a stale lock. */
const CLAIM = 10;

/** Replaces a stale lock by the draft of this process. Returns false if another process may have done so first.
 *
 *  A link with a name made of the stale lock's text is the claim to it: only one process can create it. The lock is then replaced
 *  by a rename, so its name never vanishes, and a slow process cannot remove the lock of the one that won. */
function replace(path: string, draft: string, stale: string): boolean {
  const claim = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}.claim`;
  try {
    linkSync(path, claim);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST') return replaceWithoutLinks(path, stale);
    const { ctimeMs = Date.now() } = lstatSync(claim, { throwIfNoEntry: false }) ?? {};
    const claimed = read(claim);
    if (claimed !== null && parse(claimed).pid === undefined)
      throw new Error(`boundgrad did not write '${claim}'; move it elsewhere`);
    if (Date.now() - ctimeMs > CLAIM * 1000) rmSync(claim, { force: true });
    return false;
  }
  try {
    if (read(claim) !== stale) return false;
    renameSync(draft, path);
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Removes a stale lock where the file system has no hard links. If another run has replaced it meanwhile, restores the
 *  new lock. */
function replaceWithoutLinks(path: string, stale: string): false {
  const aside = temporaryName(path, 'stale');
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const taken = read(aside);
  if (taken !== null && taken !== stale) create(path, aside, taken);
  rmSync(aside, { force: true });
  return false;
}

function isStale(text: string): boolean {
  const { pid, thread, began, host } = parse(text);
  if (host !== hostname() || pid === undefined) return false;
  return !isAlive(pid) || (began !== null && began !== (startOf(pid, thread) ?? began));
}

/** The fields of a lock; none if it cannot be parsed. */
function parse(text: string): Partial<Holder> {
  try {
    const { pid, thread, began = null, host, since } = JSON.parse(text);
    const texts = [host, since, began ?? ''];
    const isNumber = (n: unknown, least: number) => Number.isSafeInteger(n) && (n as number) >= least;
    const isWhole = isNumber(pid, 1) && isNumber(thread ?? 0, 0) && texts.every(isPlain);
    return isWhole ? { pid, thread, began, host, since } : {};
  } catch {
    return {};
  }
}

/** Whether a value is a text without control characters, which a terminal would obey. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cf}]*$/u.test(value);
}

/** The system's id of this worker thread; 0 if unknown. undefined: this is the main thread. */
function ownThread(): number | undefined {
  if (isMainThread) return undefined;
  try {
    // <pid>/task/<thread>
    return Number(readlinkSync('/proc/thread-self').split('/')[2]) || 0;
  } catch {
    return 0;
  }
}

/** When a process, or this thread of it, started; null if unknown. On Linux: the machine's boot, and clock ticks since then; 'ended' if the
 *  process has no such thread, or is a zombie. */
function startOf(pid: number, thread = 0): string | null {
  if (process.platform === 'win32') return null;
  try {
    const stat = statOf(pid, thread || pid);
    if (stat === null) return 'ended';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Fields 3 and 22 of proc(5), counted from after the name, which is in brackets and may hold anything. Z: a zombie, which
    // has ended but whose parent has not read its exit status.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : `${boot} ${fields[19]}`;
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || null;
  }
}

/** The entry of a thread in /proc, see proc(5); null if its process has no such thread. Throws if the process cannot be seen. */
function statOf(pid: number, thread: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
  } catch (error) {
    readFileSync(`/proc/${pid}/stat`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function inUse(folder: string, path: string, text: string): DataError {
  const { pid, thread, host, since } = parse(text);
  const isHere = pid === process.pid;
  const who = isHere ? 'this process' : `process ${pid ?? '(unknown)'}`;
  const where = host === undefined || host === hostname() ? '' : ` of the machine ${host}`;
  const isSeen = !where && pid !== undefined;
  const open = 'first close what opened it, for example by folder.close(), or use another folder';
  const other = isSeen ? 'wait for it, end it, or take another folder' : `if that has ended, remove '${path}'`;
  const held = isHere && isSeen && thread === ownThread() ? open : other;
  const terminated = `; if a terminated worker thread had it, remove '${path}'`;
  const remedy = isHere && thread === 0 ? held + terminated : held;
  return new DataError(`'${folder}': in use by ${who}${where} since ${since ?? 'some time'}; ${remedy}`);
}
