// <out>/<panel>.jsonl: what was run for a panel, a line a task, on the disk before the next one is begun.
//
//   kind 'session'   who ran what follows: version, command, date, device
//   kind 'task'      a task, its result, and how many seconds it took
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { VERSION } from '../../fit/index.js';
import { type Done, keyOf, type Task } from '../../reports/poster/task.js';
import { device } from '../describe.js';
import { attempt, Failure, refuse } from '../failure.js';

export interface Session {
  kind: 'session';
  boundgrad: string;
  command: string;
  date: string;
  device: { cpu: string; cores: number; platform: string; node: string };
}

export class Book {
  readonly #tasks = new Map<string, Done>();
  #sessions: Session[] = [];
  readonly #session: Session;

  /** Takes up what is in the file; a last line that was not written whole goes. Throws Failure where it cannot be read, is
   *  damaged, or was written by another version, whose results may differ. */
  constructor(
    readonly path: string,
    command: string,
  ) {
    this.#session = sessionOf(command);
    const bytes = attempt(path, () => {
      const file = openSync(path, 'a+');
      try {
        const found = readFileSync(file);
        const whole = found.lastIndexOf('\n') + 1;
        if (whole < found.length) ftruncateSync(file, whole);
        return found.subarray(0, whole);
      } finally {
        closeSync(file);
      }
    });
    const { sessions, done } = parseBook(bytes.toString(), path);
    const other = sessions.find((s) => s.boundgrad !== VERSION);
    if (other) {
      const remedy = 'give another --out, or remove the file to begin anew';
      throw refuse(`--out: '${path}' was written by boundgrad ${other.boundgrad}, this is ${VERSION}: ${remedy}`);
    }
    this.#sessions = sessions;
    for (const d of done) this.#tasks.set(keyOf(d.task), d);
  }

  get(task: Task): Done | undefined {
    return this.#tasks.get(keyOf(task));
  }

  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  /** Adds what was run; the first addition says first who is running. */
  add(done: Done): void {
    const lines: object[] = this.#sessions.includes(this.#session) ? [done] : [this.#session, done];
    attempt(this.path, () => {
      const file = openSync(this.path, 'a');
      try {
        writeSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    });
    if (lines.length > 1) this.#sessions.push(this.#session);
    this.#tasks.set(keyOf(done.task), done);
  }
}

/** The records of a file. Throws Failure at a line that is none. */
export function parseBook(text: string, path: string): { sessions: Session[]; done: Done[] } {
  const lines = text.split('\n').slice(0, -1);
  const records = lines.map((line, i) => {
    try {
      const record = JSON.parse(line);
      if (['session', 'task'].includes(record?.kind)) return record as Session | Done;
    } catch {
      // Said below.
    }
    throw new Failure(
      `'${path}': line ${i + 1} is none of a panel's records; damaged? remove the file to begin anew`,
      2,
    );
  });
  return {
    sessions: records.filter((r) => r.kind === 'session'),
    done: records.filter((r) => r.kind === 'task'),
  };
}

function sessionOf(command: string): Session {
  return {
    kind: 'session',
    boundgrad: VERSION,
    command,
    date: new Date().toISOString(),
    device: device(),
  };
}
