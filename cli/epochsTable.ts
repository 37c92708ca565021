// epochs.csv beside the report of runs. `report --csv` writes it; it is renewed when the report is, so that the two agree.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../reports/record.js';
import { csvOfRuns } from '../reports/run/csvOfRuns.js';
import { Failure } from './failure.js';
import { refuseForeign } from './foreignFiles.js';
import { replaceFile } from './runFolder.js';

/** The path of the table in a folder. */
export const tableIn = (folder: string): string => join(folder, 'epochs.csv');

/** Writes the table in a folder. Throws Failure if another program changed it, DataError if it cannot be written. */
export function writeTable(folder: string, runs: readonly Run[]): void {
  refuseForeign(tableIn(folder));
  replaceFile(tableIn(folder), csvOfRuns(runs));
}

/** Renews the table in a folder if there is one. Returns a note if another program changed it, so that it stays; else null. Throws DataError
 *  if it cannot be written. */
export function renewTable(folder: string, runs: readonly Run[]): string | null {
  if (!lstatSync(tableIn(folder), { throwIfNoEntry: false })) return null;
  try {
    writeTable(folder, runs);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `'${tableIn(folder)}' stays, without the newest epochs: ${error.message.replace(/^.*?': /, '')}, and write it with boundgrad report --csv`;
  }
}
