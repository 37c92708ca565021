// <out>/run.json holds the options that a run was given. --resume restores them from this file.
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { integer, objectOf, optional, recordOf, text } from '../../fit/validate.js';
import { readRegularFile } from '../../node/ownFile.js';
import { reasonOf } from '../../node/systemError.js';
import { Failure, refuse } from '../failure.js';
import { replaceFile } from '../runFolder.js';
import { quote } from '../shell.js';
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

const runFile = objectOf<{ format?: number; command: string; options: Given }>({
  format: optional(integer(1)),
  command: text,
  options: recordOf(text),
});

/** The names of the options with one of these values of `onResume`. */
export function namesOnResume(options: Schema, ...ways: OnResume[]): string[] {
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

/** Writes the options of a run into its folder, without the options that concern one call only. With --private, paths are left out
 *  too. */
export function writeGiven(folder: string, { name, options }: Resumable, given: Given): void {
  const paths = given.private === undefined ? [] : Object.keys(options).filter((key) => isPath(options[key]));
  const left = [...namesOnResume(options, 'never', 'refused'), ...paths.map(nameOf)];
  const entries = Object.entries(given).filter(([name]) => !left.includes(name));
  const all = optionsByName(options);
  const shown = (name: string, text: string) =>
    given.private === undefined ? text : withoutPath(all.get(name)!, text);
  const kept = Object.fromEntries(entries.map(([name, text]) => [name, shown(name, text)]));
  const run = { format: FORMAT, boundgrad: VERSION, command: name, options: kept };
  replaceFile(join(folder, FILE), `${JSON.stringify(run, null, 2)}\n`);
}

/** The options of the run in the folder that --resume names. Throws Failure if there is no run, if it is of another command,
 *  or if options in `typed` would make it another run. */
export function givenBefore({ name, options }: Resumable, typed: Given): Given {
  const folder = typed.resume;
  const refused = namesOnResume(options, 'refused').find((other) => other in typed);
  if (refused) throw refuse(`--${refused}: a run resumes in its own folder, '${folder}'; leave it out`);
  const { command, given } = readGiven(folder, namesOnResume(options, 'fixed', 'free'));
  if (command !== name) {
    throw refuse(
      `--resume: the run in '${folder}' was started by ${command}; use boundgrad ${command} --resume ${quote(folder)}`,
    );
  }
  const all = optionsByName(options);
  // A private run keeps no paths: they are given again.
  const same = (name: string) =>
    isSame(all.get(name)!, typed[name], given[name]) ||
    (given.private !== undefined && withoutPath(all.get(name)!, typed[name]) === given[name]);
  const isLost = (name: string) =>
    all.get(name)?.withoutPath && /(^|:)(FILE|DIR)/.test(given[name]) && !(name in typed);
  const lost = Object.keys(given).find(isLost);
  if (given.private !== undefined && lost !== undefined)
    throw refuse(`--resume: the run in '${folder}' is private and keeps no paths: give --${lost} again`);
  const code = Object.keys(given).find((name) => all.get(name)?.namesCode?.(given[name]) && !(name in typed));
  if (code !== undefined)
    throw refuse(
      `--resume: the run in '${folder}' has a net of its own, from '${given[code]}': the folder alone does not make boundgrad run code; ` +
        `to run that file, name it: --${code} ${quote(given[code])}`,
    );
  const changed = namesOnResume(options, 'fixed').filter((name) => name in typed && !same(name));
  if (changed.length === 0) return given;
  const shown = (given: Given, name: string) => (name in given ? given[name] || '(given)' : '(not given)');
  const list = changed.map((name) => `--${name} ${shown(given, name)} then, ${shown(typed, name)} now`).join('; ');
  throw refuse(`--resume: the run in '${folder}' has other settings: ${list}; leave them out, or begin a new run`);
}

/** Whether two texts of an option have the same value: 0.1 and 1e-1, or a file of code in two folders, which the checkpoint knows by its
 *  hash. */
function isSame(option: Option, a: string, b: string | undefined): boolean {
  if (b !== undefined && option.namesCode?.(a) && option.namesCode(b)) return basename(a) === basename(b);
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

/** The options in a run's file. Throws Failure if it cannot be read, or if it holds an option that is not `known`. */
function readGiven(folder: string, known: readonly string[]): { command: string; given: Given } {
  const path = join(folder, FILE);
  let found: unknown;
  try {
    found = JSON.parse(readRegularFile(path, LARGEST).toString());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no ${FILE}` : `${FILE}: ${reasonOf(error)}`;
    throw refuse(`--resume: no run in '${folder}': ${why}`, error);
  }
  try {
    const { format, command, options } = runFile(found, FILE);
    if (format !== undefined && format > FORMAT) throw new DataError(`format ${format}: this version reads ${FORMAT}`);
    const strange = Object.keys(options).find((name) => !known.includes(name));
    if (strange !== undefined) throw new DataError(`unknown option: ${strange}`);
    return { command, given: options };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw refuse(`--resume: '${path}' is damaged, or of another version: ${error.message}`, error);
  }
}
