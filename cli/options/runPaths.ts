// Relative paths in the options of a run. They refer to the folder in which the run was started; a resume may be started in another.
import { existsSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { refuse } from '../failure.js';
import { quote } from '../shell.js';
import type { RunOptions } from './runFile.js';
import type { Given, Option } from './schema.js';

/** The text of an option's value with another path in place of a relative one. */
export function withPath(option: Option, text: string, change: (path: string) => string): string {
  const changed = (path: string) => (isAbsolute(path) ? path : change(path));
  if (option.value === 'DIR' || option.value === 'FILE') return changed(text);
  return option.changePath?.(text, changed) ?? text;
}

/** The relative path in the text of an option's value. Null if there is none. */
export function relativePathIn(option: Option, text: string): string | null {
  let found: string | null = null;
  withPath(option, text, (path) => (found = path));
  return found;
}

/** The folder in which a run was started. Null if its file does not say: it has no relative path, or is of an earlier version. */
export function startOf(folder: string, from: string | undefined): string | null {
  return from === undefined ? null : resolve(realpathSync(folder), from);
}

/** The options of a run with relative paths as they are from the current folder. If the folder of the run was moved alone, a path may be
 *  right as it is. Throws Failure if neither path exists, unless `typed` has another or the file is code. */
export function seenFromHere(
  all: Map<string, Option>,
  { given, from }: RunOptions & { from?: string },
  folder: string,
  typed: Given,
): Given {
  const start = startOf(folder, from);
  if (start === null || start === process.cwd()) return given;
  const entries = Object.entries(given).map(([name, text]) => {
    const option = all.get(name)!;
    const seen = withPath(option, text, (path) => {
      const way = relative(process.cwd(), resolve(start, path)) || '.';
      if (existsSync(way)) return way;
      if (existsSync(path) || name in typed || option.namesCode?.(text)) return path;
      const again = withPath(option, text, () => join('..', basename(resolve(start, path))));
      throw refuse(
        `--resume: the run in '${folder}' was started in '${start}' with --${name} ${quote(text)}: neither that folder nor this one ` +
          `has it; name it again, with its path from here, for example --${name} ${quote(again)}`,
      );
    });
    return [name, seen];
  });
  return Object.fromEntries(entries);
}
