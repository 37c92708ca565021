// <out>/run.json holds the options that a run was given, and the defaults of the others. This file reads and writes it.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { integer, listOf, objectOf, optional, recordOf, text } from '../../fit/validate.js';
import { readJsonLines } from '../../node/jsonLines.js';
import { readRegularFile } from '../../node/ownFile.js';
import { reasonOf } from '../../node/systemError.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { replaceFile } from '../runFolder.js';
import { quote } from '../shell.js';
import type { Given } from './schema.js';

const FILE = 'run.json';
/** The format of the file. Files of the first version have no format number. */
const FORMAT = 1;
/** The largest size of the file in bytes. */
const LARGEST = 2 ** 20;

const runFile = objectOf<{ format?: number; command: string; from?: string; options: Given; defaults?: Given }>({
  format: optional(integer(1)),
  command: text,
  // The folder to which relative paths in the options refer. It is relative to the folder of the run, so both may move together. Missing if no
  // option has a relative path.
  from: optional(text),
  options: recordOf(text),
  // Files of earlier versions have none.
  defaults: optional(recordOf(text)),
});

/** The options of a run. */
export interface RunOptions {
  /** Those that were given. */
  given: Given;
  /** The defaults of the others. For a run of an earlier version, only the defaults that have changed since. */
  defaults: Given;
}

/** Writes the file of a run. Throws Failure if there is a file that is not boundgrad's. */
export function writeRunFile(
  folder: string,
  run: { command: string; from?: string; options: Given; defaults: Given },
): void {
  const path = join(folder, FILE);
  refuseForeign(path);
  replaceFile(path, `${JSON.stringify({ format: FORMAT, boundgrad: VERSION, ...run }, null, 2)}\n`);
}

/** The folder to which the paths of a run refer, relative to the folder of the run. Undefined if its file does not say, or cannot be read. */
export function recordedStart(folder: string): string | undefined {
  try {
    return runFile(JSON.parse(readRegularFile(join(folder, FILE), LARGEST).toString()), FILE).from;
  } catch {
    return undefined;
  }
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

/** The options in a run's file. Throws Failure if it cannot be read, or if it is of the command `name` and holds an option that is not
 *  `known`. */
export function readGiven(
  name: string,
  folder: string,
  known: readonly string[],
): { command: string; from?: string } & RunOptions {
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
