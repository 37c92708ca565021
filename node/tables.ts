// Data sets from CSV files.
import { basename } from 'node:path';
import { DataError } from '../core/index.js';
import { type CsvOptions, csv, type TableDataset } from '../datasets/csv.js';
import { readRegularFile } from './ownFile.js';
import { type FilePath, pathOf } from './path.js';
import { reasonOf } from './systemError.js';

/** The largest CSV file in bytes. The engine cannot hold a text of twice that length. */
const LIMIT = 256 * 1024 * 1024;

/** Reads a CSV file in UTF-8, by path or file: URL, as a data set; see `csv`. options.name: Default: the file's name.
 *  Throws as `csv` does, and DataError if the file cannot be read, is over 256 MiB, or is not UTF-8. */
export async function csvFile(from: FilePath, options: CsvOptions): Promise<TableDataset> {
  const path = pathOf('csvFile', from);
  const refuse = (why: string, cause: unknown) => new DataError(`${path}: cannot be read: ${why}`, { cause });
  let bytes: Uint8Array;
  try {
    bytes = readRegularFile(path, LIMIT);
  } catch (error) {
    throw refuse(reasonOf(error), error);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw refuse('it is not UTF-8; save it as CSV UTF-8', error);
  }
  return csv(text, typeof options === 'object' && options !== null ? { name: basename(path), ...options } : options);
}
