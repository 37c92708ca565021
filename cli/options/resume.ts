// <out>/run.json holds the options that a run was given, and the defaults of the others. --resume restores them from this file.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { integer, listOf, objectOf, optional, recordOf, text } from '../../fit/validate.js';
import { readJsonLines } from '../../node/jsonLines.js';
import { readRegularFile } from '../../node/ownFile.js';
import { reasonOf } from '../../node/systemError.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { replaceFile } from '../runFolder.js';
import { program, quote } from '../shell.js';
import { type Given, isPath, nameOf, type OnResume, type Option, type Schema, withoutPath } from './schema.js';

/** The part of a command that resuming needs. */
interface Resumable {
  name: string;
  options: Schema;
}

const FILE = 'run.json';
/** The format of the file. Files of the first version have no format number. */
const FORMAT = 1;
/** The largest size of the file in bytes. */
const LARGEST = 2 ** 20;

const runFile = objectOf<{ format?: number; command: string; from?: string; options: Given; defaults?: Given }>({
  format: optional(integer(1)),
  command: text,
  // The folder to which relative paths in the options refer, relative to the folder of the run: both may move together, and no other path
  // is recorded. Missing if there are none.
  from: optional(text),
  options: recordOf(text),
  // Files of earlier versions have none.
  defaults: optional(recordOf(text)),
});

/** The options of a run. */
interface Before {
  /** Those that were given. */
  given: Given;
  /** The defaults of the others. For a run of an earlier version, only the defaults that have changed since. */
  defaults: Given;
}

/** The names of the options with one of these values of `onResume`. */
function namesOnResume(options: Schema, ...ways: OnResume[]): string[] {
  const found = Object.entries(options).filter(([, { onResume = 'fixed' }]) => ways.includes(onResume));
  return found.map(([key]) => nameOf(key));
}

/** The help text of --resume, for a command with these options. */
export function aboutResume(options: Schema): string {
  const free = namesOnResume(options, 'free', 'never').filter((name) => name !== 'resume');
  const code = Object.keys(options).find((key) => options[key].namesCode);
  const again = code === undefined ? '' : `; name the file of your own net again with --${nameOf(code)}`;
  return `continue the run in this folder from its last checkpoint; its options hold, except: ${free.join(', ')}${again}`;
}

/** Writes the options of a run into its folder, without the options that concern one call only. A run that resumes keeps the folder to
 *  which its paths refer. With --private, paths are left out. */
export function writeGiven(folder: string, { name, options }: Resumable, { given, defaults }: Before): void {
  const paths = given.private === undefined ? [] : Object.keys(options).filter((key) => isPath(options[key]));
  const left = [...namesOnResume(options, 'never', 'refused'), ...paths.map(nameOf)];
  const entries = Object.entries(given).filter(([name]) => !left.includes(name));
  const all = optionsByName(options);
  const path = join(folder, FILE);
  refuseForeign(path);
  const [here, before] = [process.cwd(), existsSync(path) ? startOf(folder, fromIn(path)) : null];
  const start = before !== null && existsSync(before) ? before : here;
  const isMoved = given.private === undefined && entries.some(([name, text]) => relativePathIn(all.get(name)!, text));
  const shown = (name: string, text: string) => {
    if (given.private !== undefined) return withoutPath(all.get(name)!, text);
    return start === here ? text : withPath(all.get(name)!, text, (path) => relative(start, resolve(path)) || '.');
  };
  const kept = Object.fromEntries(entries.map(([name, text]) => [name, shown(name, text)]));
  const from = isMoved ? { from: relative(realpathSync(folder), start) || '.' } : {};
  const run = { format: FORMAT, boundgrad: VERSION, command: name, ...from, options: kept, defaults };
  replaceFile(path, `${JSON.stringify(run, null, 2)}\n`);
}

/** Runs a function that resumes the run in a folder. If it is refused, for example because the model is another, run.json gets the options
 *  that it had. */
export async function keepingGiven<T>(folder: string, resume: () => Promise<T>): Promise<T> {
  const path = join(folder, FILE);
  const before = readRegularFile(path, LARGEST).toString();
  try {
    return await resume();
  } catch (error) {
    if (error instanceof Failure && error.code === EXIT.refused) replaceFile(path, before);
    throw error;
  }
}

/** The options of the run in the folder that --resume names. Throws Failure if there is no run, if it is of another command,
 *  or if options in `typed` would make it another run. */
export function givenBefore({ name, options }: Resumable, typed: Given): Before {
  const folder = typed.resume;
  const refused = namesOnResume(options, 'refused').find((other) => other in typed);
  if (refused) throw refuse(`--${refused}: a run resumes in its own folder, '${folder}'; leave it out`);
  const found = readGiven(name, folder, namesOnResume(options, 'fixed', 'free'));
  const { command, defaults } = found;
  if (command !== name) {
    throw refuse(
      `--resume: the run in '${folder}' was started by ${command}; use ${program()} ${command} --resume ${quote(folder)}`,
    );
  }
  const all = optionsByName(options);
  const given = command === name ? seenFromHere(all, found, folder, typed) : found.given;
  // A private run keeps no paths: they are given again.
  const same = (name: string) =>
    isSame(all.get(name)!, typed[name], given[name] ?? defaults[name]) ||
    (given.private !== undefined && withoutPath(all.get(name)!, typed[name]) === given[name]);
  const isLost = (name: string) => all.get(name)?.changePath && /(^|:)(FILE|DIR)/.test(given[name]) && !(name in typed);
  const lost = Object.keys(given).find(isLost);
  if (given.private !== undefined && lost !== undefined)
    throw refuse(`--resume: the run in '${folder}' is private and keeps no paths: give --${lost} again`);
  const values = { ...defaults, ...given };
  const code = Object.keys(values).find((name) => all.get(name)?.namesCode?.(values[name]) && !(name in typed));
  if (code !== undefined)
    throw refuse(
      `--resume: the run in '${folder}' has a custom net, from '${values[code]}': the folder alone does not make boundgrad run code; ` +
        `to run that file, name it: --${code} ${quote(values[code])}`,
    );
  const changed = namesOnResume(options, 'fixed').filter((name) => name in typed && !same(name));
  if (changed.length === 0) return { given, defaults };
  const shown = (given: Given, name: string) => (name in given ? given[name] || '(given)' : '(not given)');
  const list = changed.map((name) => `--${name} ${shown(given, name)} then, ${shown(typed, name)} now`).join('; ');
  throw refuse(`--resume: the run in '${folder}' has other settings: ${list}; leave them out, or begin a new run`);
}

/** Whether a folder holds a run of this command with the same options, so that the same command line continues it. */
export function isSameRun({ name, options }: Resumable, folder: string, { given, defaults }: Before): boolean {
  const fixed = namesOnResume(options, 'fixed');
  const before = readGiven(name, folder, [...fixed, ...namesOnResume(options, 'free')]);
  const [was, is] = [
    { ...before.defaults, ...before.given },
    { ...defaults, ...given },
  ];
  const all = optionsByName(options);
  const same = (name: string) => was[name] === is[name] || (name in is && isSame(all.get(name)!, is[name], was[name]));
  return before.command === name && fixed.every(same);
}

/** Whether two texts of an option have the same value: 0.1 and 1e-1, or files of the same name in two folders, because the user may have
 *  moved them. A checkpoint knows data by their checksum, and code by its hash. */
function isSame(option: Option, a: string, b: string | undefined): boolean {
  const named = (text = '') => option.changePath?.(text, (path) => basename(resolve(path)));
  if (option.changePath && named(a) === named(b)) return true;
  if (a === b || b === undefined || option.value === undefined) return a === b;
  try {
    return isDeepStrictEqual(option.parse(a, ''), option.parse(b, ''));
  } catch (error) {
    // A text that cannot be parsed has no value.
    if (error instanceof Failure) return false;
    throw error;
  }
}

function optionsByName(options: Schema): Map<string, Option> {
  return new Map(Object.entries(options).map(([key, option]) => [nameOf(key), option]));
}

/** The text of an option's value with another path in place of a relative one. */
function withPath(option: Option, text: string, change: (path: string) => string): string {
  const changed = (path: string) => (isAbsolute(path) ? path : change(path));
  if (option.value === 'DIR' || option.value === 'FILE') return changed(text);
  return option.changePath?.(text, changed) ?? text;
}

/** The relative path in the text of an option's value. Null if there is none. */
function relativePathIn(option: Option, text: string): string | null {
  let found: string | null = null;
  withPath(option, text, (path) => (found = path));
  return found;
}

/** The folder in which a run was started. Null if its file does not say: it has no relative path, or is of an earlier version. */
function startOf(folder: string, from: string | undefined): string | null {
  return from === undefined ? null : resolve(realpathSync(folder), from);
}

/** Where the run of this file was started, relative to the file's folder. */
function fromIn(path: string): string | undefined {
  try {
    return runFile(JSON.parse(readRegularFile(path, LARGEST).toString()), FILE).from;
  } catch {
    return undefined;
  }
}

/** The options of a run with relative paths as they are from the current folder. If the folder of the run was moved alone, a path may be
 *  right as it is. Throws Failure if neither path exists and `typed` has no other. */
function seenFromHere(
  all: Map<string, Option>,
  { given, from }: Before & { from?: string },
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

/** The options in a run's file. Throws Failure if it cannot be read, or if it is of the command `name` and holds an option that is not
 *  `known`. */
function readGiven(
  name: string,
  folder: string,
  known: readonly string[],
): { command: string; from?: string } & Before {
  const path = join(folder, FILE);
  let found: unknown;
  try {
    found = JSON.parse(readRegularFile(path, LARGEST).toString());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = existsSync(folder) ? statSync(folder) : undefined;
    if (!found) throw refuse(`--resume: no such folder: '${folder}'`, error);
    const why = found.isFile()
      ? 'it is a file'
      : code === 'ENOENT'
        ? `there is no ${FILE}`
        : `${FILE}: ${reasonOf(error)}`;
    // A checkpoint lies in runs/mine/adam, or in runs/mine/fold-1/adam.
    const above = ['..', '../..', '../../..']
      .map((way) => join(folder, way))
      .find((one) => existsSync(join(one, FILE)));
    const remedy = above === undefined ? '' : `; its run is in the folder above: --resume ${quote(above)}`;
    throw refuse(`--resume: no run in '${folder}': ${why}${remedy}`, error);
  }
  try {
    const { format, command, from, options, defaults = recordedIn(folder) } = runFile(found, FILE);
    if (format !== undefined && format > FORMAT) throw new DataError(`format ${format}: this version reads ${FORMAT}`);
    const strange = Object.keys({ ...options, ...defaults }).find((option) => !known.includes(option));
    // The caller refuses the run of another command.
    if (strange !== undefined && command === name) throw new DataError(`unknown option: ${strange}`);
    return { command, from, given: options, defaults };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw refuse(`--resume: '${path}' is damaged, or of another version: ${error.message}`, error);
  }
}

const opening = objectOf<{ augment: string[]; epochs: number; batchSize: number }>({
  augment: listOf(text),
  epochs: integer(1),
  batchSize: integer(1),
});

/** What the first journal of a folder records of a run whose run.json has no defaults: the values of the options whose defaults have
 *  changed since. Empty without a readable record; then `fit` refuses what differs. */
function recordedIn(folder: string): Given {
  const place = [folder, join(folder, 'fold-1')].find((place) => journalsIn(place).length > 0);
  if (place === undefined) return {};
  try {
    const [first] = readJsonLines(join(place, journalsIn(place)[0]));
    const { augment, epochs, batchSize } = opening(first?.record, 'record');
    return { augment: augment.join() || 'none', epochs: String(epochs), 'batch-size': String(batchSize) };
  } catch (error) {
    if (error instanceof DataError) return {};
    throw error;
  }
}

function journalsIn(folder: string): string[] {
  const isFolder = existsSync(folder) && statSync(folder).isDirectory();
  return isFolder
    ? readdirSync(folder)
        .filter((name) => /^\w+\.jsonl$/.test(name))
        .sort()
    : [];
}
