// What a fuzzer of one format is.
import type { Draw } from './draw.js';

/** A format that is read from outside. */
export interface Format {
  name: string;
  /** Makes what all inputs share, such as good files to damage. `folder`: an empty folder for files.
   *  Returns the trial, which makes one input from its draw and reads it. A trial that returns has accepted the input; it
   *  throws the reader's error if that refuses it, and WrongAcceptance if it accepts what it should refuse. */
  prepare(folder: string): Trial | Promise<Trial>;
}

/** Makes and reads one input. */
export type Trial = (draw: Draw) => void | Promise<void>;

/** An input was accepted that has to be refused, or what was read differs from what the input says. */
export class WrongAcceptance extends Error {
  override name = 'WrongAcceptance';
}

/** The first place of an error's stack in the project. */
export function whereOf(error: unknown): string {
  return /\n\s+at .*\.ts:.*/.exec((Object(error) as Error).stack ?? '')?.[0].replace(/\s+/g, ' ') ?? '';
}

/** Runs what an accepted input must allow. An error of it is a WrongAcceptance. */
export function allows<T>(use: () => T, statement: string): T {
  try {
    return use();
  } catch (error) {
    throw new WrongAcceptance(`accepted, although not: ${statement}: ${error}${whereOf(error)}`, { cause: error });
  }
}

/** Throws WrongAcceptance unless the statement holds. */
export function right(holds: boolean, statement: string): void {
  if (!holds) throw new WrongAcceptance(`accepted, although not: ${statement}`);
}
