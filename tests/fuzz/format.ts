// The interface of a fuzzer for one format.
import type { Draw } from './draw.js';

/** A format that boundgrad reads from outside. */
export interface Format {
  name: string;
  /** Makes what all inputs share, such as good files to damage. `folder`: an empty folder for files. Returns the trial, which makes one
   *  input from a draw and reads it. The trial returns if the input is accepted, throws the reader's error if it is refused, and throws
   *  WrongAcceptance if it is accepted wrongly. */
  prepare(folder: string): Trial | Promise<Trial>;
}

/** Makes and reads one input. */
export type Trial = (draw: Draw) => void | Promise<void>;

/** An input was accepted that must be refused, or the result differs from the input. */
export class WrongAcceptance extends Error {
  override name = 'WrongAcceptance';
}

/** The first position of an error's stack within the project. */
export function whereOf(error: unknown): string {
  return /\n\s+at .*\.ts:.*/.exec((Object(error) as Error).stack ?? '')?.[0].replace(/\s+/g, ' ') ?? '';
}

/** Runs something that every accepted input must allow. Its errors become a WrongAcceptance. */
export function allows<T>(use: () => T, statement: string): T {
  try {
    return use();
  } catch (error) {
    throw new WrongAcceptance(`accepted, but this does not hold: ${statement}: ${error}${whereOf(error)}`, {
      cause: error,
    });
  }
}

/** Throws WrongAcceptance unless the statement holds. */
export function right(holds: boolean, statement: string): void {
  if (!holds) throw new WrongAcceptance(`accepted, but this does not hold: ${statement}`);
}
