// <out>/results.jsonl: the results of a sweep. Each is written to the disk when its run ends.
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { JsonLines, type Line, readJsonLines } from '../../node/jsonLines.js';
import { privateMachine } from '../../node/machine.js';
import type { SessionRecord } from '../../reports/record.js';
import { sweepRecord } from '../../reports/sweep/checks.js';
import { describeBuild } from '../../reports/sweep/file.js';
import type { Build, ResultRecord } from '../../reports/sweep/record.js';
import { refuse } from '../failure.js';
import { sessionOf } from '../session.js';

/** The open file of a sweep's results. */
export class Results {
  readonly #lines: JsonLines;
  #found: ResultRecord[] = [];
  #origins: string[] = [];
  #session: SessionRecord | null;

  /** Opens or creates the file, reads its results and removes a partial last line. command: this call, for the records.
   *  Throws DataError if it cannot be read or written. Throws Failure if a line is not a record of a sweep, or if another version wrote it,
   *  whose results may differ. */
  constructor(
    readonly path: string,
    command: string,
    private readonly isPrivate: boolean,
  ) {
    this.#lines = new JsonLines(path, {
      check: (lines) => {
        ({ results: this.#found, origins: this.#origins } = checked(lines, path));
      },
    });
    this.#session = sessionOf(command, isPrivate);
  }

  /** The results, in the order of the file. */
  get all(): readonly ResultRecord[] {
    return this.#found;
  }

  /** What computed the results that the file had when it was opened: builds and engines, each once. Results of two of them may differ in
   *  their last bits. */
  get origins(): readonly string[] {
    return [...new Set(this.#origins)];
  }

  /** Appends a result; before the first one, also the record of this call. In a private sweep the machine of a worker is recorded without its
   *  processor's model and its system's release. Throws DataError as `JsonLines.append` does. */
  add(given: ResultRecord): void {
    const { by } = given;
    const result = this.isPrivate && by ? { ...given, by: { ...by, device: privateMachine(by.device) } } : given;
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
  return checked(readJsonLines(path), path).results;
}

/** The build and the engine that computed a result. */
export function originOf(build: Build, { node }: SessionRecord['device']): string {
  return `${describeBuild(build)}, ${node}`;
}

function checked(lines: readonly Line[], path: string): { results: ResultRecord[]; origins: string[] } {
  const results: ResultRecord[] = [];
  const origins: string[] = [];
  let here: SessionRecord['device'] | null = null;
  lines.forEach(({ record, fault }, i) => {
    try {
      if (fault !== null) throw new DataError(fault);
      const found = sweepRecord(record, 'record');
      if (i === 0 && found.kind !== 'session') throw new DataError('the first record must be of kind session');
      if (found.kind === 'result') {
        results.push(found);
        // The first record is a session.
        origins.push(originOf(found.build, found.by?.device ?? here!));
        return;
      }
      here = found.device;
      if (found.boundgrad !== VERSION)
        throw new DataError(`boundgrad ${found.boundgrad} wrote it, this is ${VERSION}: results may differ`);
    } catch (error) {
      const why = `line ${i + 1} is not a record of this sweep: ${(error as Error).message}`;
      throw refuse(`'${path}': ${why}; remove the file to run everything again, or give another --out`, error);
    }
  });
  return { results, origins };
}
