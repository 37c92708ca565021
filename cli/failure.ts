// How a command ends: with an exit code, and after a failure one line on stderr.

import { BoundgradError } from '../core/errors.js';
import { nearestName } from '../core/names.js';
import { reasonOf } from '../node/systemError.js';
import { withoutPasswords } from './secrets.js';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The run failed: a full disk, a folder that vanished, no optimizer that finished. */
  failed: 1,
  /** The command line, or a file or folder that it names, cannot be used; nothing was trained. */
  refused: 2,
  /** A signal, as 128 plus its number, which is what a shell reports. The run ended at its next step, and its work is saved. */
  SIGINT: 130,
  SIGTERM: 143,
  /** The reader closed the pipe of the output, as `| head` does. */
  SIGPIPE: 141,
} as const;

/** A message as one line, without the passwords of addresses. Words of 500 and more characters, which only damaged or hostile input has, are
 *  shortened. */
export function oneLine(message: string): string {
  return withoutPasswords(message)
    .replace(/\s+/g, ' ')
    .replace(/(\S{200})\S{300,}/g, '$1..')
    .trim();
}

/** Ends the command with one line on stderr and without a stack trace. */
export class Failure extends BoundgradError {
  override name = 'Failure';
  constructor(
    message: string,
    readonly code: typeof EXIT.failed | typeof EXIT.refused,
    options?: ErrorOptions,
  ) {
    super(oneLine(message), options);
  }
}

/** Returns the error for a mistake in the command line, or in a file or folder that it names. Exit code 2. */
export function refuse(message: string, cause?: unknown): Failure {
  return new Failure(message, EXIT.refused, { cause });
}

/** Runs a function that writes `path`. Throws Failure, with the name of the option that names the path, if it fails. */
export function writeOrRefuse(option: string, path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw refuse(`${option}: cannot write to '${path}': ${reasonOf(error)}`, error);
  }
}

/** Returns the name if it is allowed. Otherwise throws Failure, whose message lists the allowed names and suggests the nearest.
 *  others: further forms of the option, such as `csv:FILE`, which the message lists too. */
export function choose<T extends string>(
  what: string,
  name: string,
  allowed: readonly T[],
  others: readonly string[] = [],
): T {
  if ((allowed as readonly string[]).includes(name)) return name as T;
  throw refuse(`${what}: unknown: '${name}'; one of ${[...allowed, ...others].join(', ')}${hint(name, allowed)}`);
}

/** `; did you mean x?` for the nearest name, or for the only one that begins like it; an empty text if there is none. */
export function hint(name: string, names: readonly string[], prefix = ''): string {
  const begins = (short: string, long: string) => short.length > 2 && long.startsWith(short);
  const alike = names.filter((other) => begins(name, other) || begins(other, name));
  const near = nearestName(name, names) ?? (alike.length === 1 ? alike[0] : undefined);
  return near ? `; did you mean ${prefix}${near}?` : '';
}
