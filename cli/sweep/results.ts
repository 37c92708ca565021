// <out>/results.jsonl: the results of a sweep, each on the disk before its run is forgotten.
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { JsonLines, type Line, readJsonLines } from '../../node/jsonLines.js';
import type { SessionRecord } from '../../reports/record.js';
import { sweepRecord } from '../../reports/sweep/checks.js';
import type { ResultRecord } from '../../reports/sweep/record.js';
import { refuse } from '../failure.js';
import { sessionOf } from '../session.js';

/** The open file of a sweep's results. */
export class Results {
  readonly #lines: JsonLines;
  #found: ResultRecord[] = [];
  #session: SessionRecord | null;

  /** Opens or creates the file, reads its results and removes a partial last line. command: this call, for the records.
   *  Throws DataError if it cannot be read or written. Throws Failure if a line is not a record of a sweep, or if another version wrote it,
   *  whose results may differ. */
  constructor(
    readonly path: string,
    command: string,
    isPrivate: boolean,
  ) {
    this.#lines = new JsonLines(path, {
      check: (lines) => {
        this.#found = checked(lines, path);
      },
    });
    this.#session = sessionOf(command, isPrivate);
  }

  /** The results, in the order of the file. */
  get all(): readonly ResultRecord[] {
    return this.#found;
  }

  /** Appends a result; before the first one, also the record of this call. Throws DataError as `JsonLines.append` does. */
  add(result: ResultRecord): void {
    this.#lines.append(...(this.#session ? [this.#session, result] : [result]));
    this.#session = null;
    this.#found.push(result);
  }

  close(): void {
    this.#lines.close();
  }
}

/** The results in a file, which is not changed. Throws as `Results` does. */
export function readResults(path: string): ResultRecord[] {
  return checked(readJsonLines(path), path);
}

function checked(lines: readonly Line[], path: string): ResultRecord[] {
  const results: ResultRecord[] = [];
  lines.forEach(({ record, fault }, i) => {
    try {
      if (fault !== null) throw new DataError(fault);
      const found = sweepRecord(record, 'record');
      if (i === 0 && found.kind !== 'session') throw new DataError('the first record must be of kind session');
      if (found.kind === 'result') results.push(found);
      else if (found.boundgrad !== VERSION)
        throw new DataError(`boundgrad ${found.boundgrad} wrote it, this is ${VERSION}: results may differ`);
    } catch (error) {
      const why = `line ${i + 1} is not a record of this sweep: ${(error as Error).message}`;
      throw refuse(`'${path}': ${why}; remove the file to run everything again, or give another --out`, error);
    }
  });
  return results;
}
