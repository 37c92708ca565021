// How a command ends early. The message is one line; the code tells a script which kind it was.
//
//   2    the command line or what it names cannot be used: nothing was trained
//   1    the run failed on the way: a full disk, a folder that vanished, no optimizer that finished
//   130  Ctrl-C (143: SIGTERM): ended at the next step, with what was done written
import { reason } from '../node/atomicFile.js';

/** An end with one line on stderr and no stack trace. */
export class Failure extends Error {
  override name = 'Failure';
  constructor(
    message: string,
    readonly code: 1 | 2,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s+/g, ' ').trim(), options);
  }
}

/** A mistake in the command line, or in a file or folder that it names. */
export function refuse(message: string, cause?: unknown): Failure {
  return new Failure(message, 2, { cause });
}

/** Writes to a file. Throws the failure that names it. */
export function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new Failure(`cannot write '${path}': ${reason(error)}`, 1, { cause: error });
  }
}

/** A name out of a list: returns it, or throws the refusal that says what is allowed and what was perhaps meant. */
export function choose<T extends string>(what: string, name: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(name)) return name as T;
  throw refuse(`${what}: unknown: '${name}'; one of ${allowed.join(', ')}${hint(name, allowed)}`);
}

/** `; did you mean x?` where one of the names is within two edits, else nothing. */
export function hint(name: string, names: readonly string[], prefix = ''): string {
  const near = names
    .map((other) => ({ other, distance: edits(name, other) }))
    .filter(({ other, distance }) => distance <= Math.min(2, Math.ceil(other.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? `; did you mean ${prefix}${near.other}?` : '';
}

/** The number of insertions, deletions and replacements that turn a into b. (Levenshtein 1966) */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
