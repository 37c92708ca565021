// Whether a path lies in a folder.
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Whether a path, which need not exist, is this folder or lies in it, with symbolic links resolved. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(realPath(folder), realPath(path));
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

/** The absolute path without symbolic links. The part of a path that does not exist has none. */
function realPath(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole)) return realpathSync(whole);
  return dirname(whole) === whole ? whole : join(realPath(dirname(whole)), basename(whole));
}
