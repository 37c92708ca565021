// Reads and writes <out>/<panel>.jsonl: one record a line, on the disk before the next task starts.
//
//   kind 'session'   the version, command, date and device that computed the lines after it, or copied them from another panel's file
//   kind 'task'      a task, its result, and the seconds that it took
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { JsonLines, type Line, parseJsonLines } from '../../node/jsonLines.js';
import { session } from '../../reports/checks.js';
import { done } from '../../reports/poster/checks.js';
import { type Done, keyOf, type Task } from '../../reports/poster/task.js';
import type { SessionRecord } from '../../reports/record.js';
import { refuse } from '../failure.js';

/** The open file of a panel's records. */
export class PanelRecords {
  readonly #lines: JsonLines;
  readonly #tasks: Map<string, Done>;
  readonly #sessions: SessionRecord[];
  readonly #session: SessionRecord;

  /** Opens or creates the file, reads its records and removes a partial last line.
   *  Throws DataError if it cannot be read or written. Throws Failure if a line is not a record of a panel, or if another
   *  version wrote it, whose results may differ. */
  constructor(
    readonly path: string,
    session: SessionRecord,
  ) {
    this.#session = session;
    let found: Records = { sessions: [], done: [] };
    this.#lines = new JsonLines(path, {
      check: (lines) => {
        found = checked(lines, path);
        refuseOtherVersions(found.sessions, path);
      },
    });
    this.#sessions = found.sessions;
    this.#tasks = new Map(found.done.map((d) => [keyOf(d.task), d]));
  }

  /** Returns the record of a task, or undefined if it has not run. */
  get(task: Task): Done | undefined {
    return this.#tasks.get(keyOf(task));
  }

  /** The sessions that wrote the records. */
  get sessions(): readonly SessionRecord[] {
    return this.#sessions;
  }

  /** Appends a result; before the first one, also this session's record. Throws DataError as `JsonLines.append` does. */
  add(done: Done): void {
    const isFirst = !this.#sessions.includes(this.#session);
    this.#lines.append(...(isFirst ? [this.#session, done] : [done]));
    if (isFirst) this.#sessions.push(this.#session);
    this.#tasks.set(keyOf(done.task), done);
  }

  /** Closes the file. */
  close(): void {
    this.#lines.close();
  }
}

interface Records {
  sessions: SessionRecord[];
  done: Done[];
}

/** Parses the text of a panel's file. Throws Failure at the first line that is not a record of a panel. */
export function parsePanelRecords(text: string, path: string): Records {
  return checked(parseJsonLines(text, path), path);
}

function checked(lines: readonly Line[], path: string): Records {
  const found: Records = { sessions: [], done: [] };
  lines.forEach(({ record, fault }, i) => {
    try {
      if (fault !== null) throw new DataError(fault);
      if (Object(record).kind === 'session') found.sessions.push(session(record, 'record'));
      else found.done.push(done(record, 'record'));
    } catch (error) {
      const remedy = 'remove the file to run its tasks again';
      throw refuse(
        `'${path}': line ${i + 1} is not a record of a panel: ${(error as Error).message}; ${remedy}`,
        error,
      );
    }
  });
  return found;
}

/** Throws Failure if another version computed a result. */
function refuseOtherVersions(sessions: readonly SessionRecord[], path: string): void {
  const other = sessions.find((s) => s.boundgrad !== VERSION);
  if (!other) return;
  const remedy = 'give another --out, or remove the file to start over';
  throw refuse(`--out: '${path}' was written by boundgrad ${other.boundgrad}, this is ${VERSION}: ${remedy}`);
}
