// Texts from files, and data sets from CSV files.
import { basename } from 'node:path';
import { DataError } from '../core/index.js';
import { type CsvOptions, csv, type TableDataset } from '../datasets/csv.js';
import { readRegularFile } from './ownFile.js';
import { type FilePath, pathOf } from './path.js';
import { attemptRead } from './systemError.js';

/** The largest size of a file in bytes. The engine cannot hold a text of twice that length. */
const LIMIT = 256 * 1024 * 1024;

/** Reads a CSV file in UTF-8, by path or file: URL, as a data set; see `csv`. The default of `options.name` is the file's name.
 *  Throws as `csv` does, and DataError if the file cannot be read, is over 256 MiB, or is not UTF-8. */
export async function csvFile(from: FilePath, options: CsvOptions): Promise<TableDataset> {
  const path = pathOf('csvFile', from);
  const text = readText(path);
  return csv(text, typeof options === 'object' && options !== null ? { name: basename(path), ...options } : options);
}

/** The text of a file. Throws DataError if it cannot be read, is over 256 MiB, or is not UTF-8. */
export function readText(path: string): string {
  return textOf(
    attemptRead(path, () => readRegularFile(path, LIMIT)),
    path,
  );
}

/** The text of bytes. Throws DataError if they are not UTF-8. name: their file's, for the message. */
export function textOf(bytes: Uint8Array, name: string): string {
  const refusal = (why: string) =>
    new DataError(`${name}: cannot be read: ${why}; save it as UTF-8, in Excel as CSV UTF-8`);
  // UTF-16 of English text is UTF-8 too, with a NUL beside each letter.
  if (bytes.subarray(0, 1000).includes(0)) throw refusal('it has NUL characters: it is not text, or it is UTF-16');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('it is not UTF-8');
  }
}
