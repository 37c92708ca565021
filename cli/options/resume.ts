// What a resume may change: --resume restores the options of a run from its run.json, and refuses those that would make it another run.
import { existsSync, realpathSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure, refuse } from '../failure.js';
import { program, quote } from '../shell.js';
import { type RunOptions, readGiven, recordedStart, writeRunFile } from './runFile.js';
import { relativePathIn, seenFromHere, startOf, withPath } from './runPaths.js';
import { type Given, isPath, nameOf, type OnResume, type Option, type Schema, withoutPath } from './schema.js';

/** The part of a command that resuming needs. */
interface Resumable {
  name: string;
  options: Schema;
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
export function writeGiven(folder: string, { name, options }: Resumable, { given, defaults }: RunOptions): void {
  const paths = given.private === undefined ? [] : Object.keys(options).filter((key) => isPath(options[key]));
  const left = [...namesOnResume(options, 'never', 'refused'), ...paths.map(nameOf)];
  const entries = Object.entries(given).filter(([name]) => !left.includes(name));
  const all = optionsByName(options);
  const [here, before] = [process.cwd(), startOf(folder, recordedStart(folder))];
  const start = before !== null && existsSync(before) ? before : here;
  const isMoved = given.private === undefined && entries.some(([name, text]) => relativePathIn(all.get(name)!, text));
  const shown = (name: string, text: string) => {
    if (given.private !== undefined) return withoutPath(all.get(name)!, text);
    return start === here ? text : withPath(all.get(name)!, text, (path) => relative(start, resolve(path)) || '.');
  };
  const kept = Object.fromEntries(entries.map(([name, text]) => [name, shown(name, text)]));
  const from = isMoved ? { from: relative(realpathSync(folder), start) || '.' } : {};
  writeRunFile(folder, { command: name, ...from, options: kept, defaults });
}

/** The options of the run in the folder that --resume names. Throws Failure if there is no run, if it is of another command,
 *  or if options in `typed` would make it another run. */
export function givenBefore({ name, options }: Resumable, typed: Given): RunOptions {
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
  const given = seenFromHere(all, found, folder, typed);
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
export function isSameRun({ name, options }: Resumable, folder: string, { given, defaults }: RunOptions): boolean {
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
