// The options of the programs of this folder, and how they end.
import { BoundgradError } from 'boundgrad';

/** The error for a wrong word on the command line. */
export class Refusal extends Error {}

/** The names in a text, separated by commas. Throws Refusal if one is not known. */
export function someOf<T extends string>(option: string, given: string, known: readonly T[]): T[] {
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name as T));
  if (unknown === undefined) return names as T[];
  throw new Refusal(`--${option}: unknown: '${unknown}'; one of ${known.join(', ')}`);
}

export function milliseconds(given: string): number {
  const time = Number(given);
  if (time > 0 && time < Infinity) return time;
  throw new Refusal(`--time: must be milliseconds: '${given}'`);
}

/** Runs a program. A wrong argument ends it with code 2, a failure with a known reason with code 1, both with one line. */
export async function program(main: () => Promise<void>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(141); // The reader has closed the pipe, as `| head` does.
  });
  try {
    await main();
  } catch (error) {
    const { code, message, stack } = error as NodeJS.ErrnoException;
    const refused = error instanceof Refusal || code?.startsWith('ERR_PARSE_ARGS');
    console.error(refused || error instanceof BoundgradError ? `bench: ${message}` : stack);
    process.exitCode = refused ? 2 : 1;
  }
}
