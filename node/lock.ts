// One run in a folder at a time: a file `lock` in it that names the process.
//
//   taken    a hard link is made to a file that is whole already, which fails where there is a lock
//   held     the process is alive, and began when the lock says it did; or it is of another machine, about which nothing can
//            be told from here
//   stale    no such process; or its number was given again, to one that began later
//
// A process that is killed takes its lock along in that sense: the next run finds it stale and removes it.
import { spawnSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../core/index.js';
import { reason } from './atomicFile.js';

interface Holder {
  pid: number;
  /** When the process began, as the system tells; null where it does not. */
  began: string | null;
  host: string;
  since: string;
}

/** Takes a folder. Returns what gives it back; the end of the process does too.
 *  Throws DataError where another run has it, or this process, and where the lock cannot be written. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const { pid } = process;
  const since = new Date().toISOString();
  const text = JSON.stringify({ pid, began: beginningOf(pid), host: hostname(), since } satisfies Holder);
  const draft = `${path}.${pid}.tmp`;
  try {
    writeFileSync(draft, text);
    while (!create(path, draft, text)) {
      const found = read(path);
      if (found !== null && !isStale(found)) throw inUse(folder, path, found);
      if (found !== null) remove(path, found);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`'${folder}': cannot be locked: ${reason(error)}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
  const release = () => {
    process.off('exit', release);
    try {
      if (read(path) === text) rmSync(path, { force: true });
    } catch {
      // A folder that cannot be reached any more. The lock, if it is there, is stale once this process has ended.
    }
  };
  process.on('exit', release);
  return release;
}

/** Whether the lock could be made; false where there is one. */
function create(path: string, draft: string, text: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw error;
  }
  // A file system without hard links, such as a memory stick's.
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Takes a stale lock away; one that another run has put in its place meanwhile is put back. */
function remove(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = read(aside);
  if (taken !== null && taken !== stale) create(path, aside, taken);
  rmSync(aside, { force: true });
}

function isStale(text: string): boolean {
  const { pid, began, host } = parse(text);
  if (host !== hostname() || pid === undefined) return false;
  return !isAlive(pid) || (began !== null && began !== (beginningOf(pid) ?? began));
}

/** What a lock says; nothing where it says nothing that can be read. */
function parse(text: string): Partial<Holder> {
  try {
    const { pid, began = null, host, since } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, began, host, since } : {};
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** When a process began: in Linux by the clock's ticks since the machine did, and which start of it that was. */
function beginningOf(pid: number): string | null {
  if (process.platform === 'win32') return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // After the name, which may hold anything, in brackets: fields 3 and 22 of proc(5). Z: it has ended and nobody asked
    // how.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : `${boot} ${fields[19]}`;
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || null;
  }
}

function inUse(folder: string, path: string, text: string): DataError {
  const { pid, host, since } = parse(text);
  const who = pid === process.pid ? 'this process' : `process ${pid ?? '(unknown)'}`;
  const where = host === undefined || host === hostname() ? '' : ` of the machine ${host}`;
  const remedy =
    where || pid === undefined ? `if that has ended, remove '${path}'` : 'wait for it, end it, or take another folder';
  return new DataError(`'${folder}': in use by ${who}${where} since ${since ?? 'some time'}; ${remedy}`);
}
