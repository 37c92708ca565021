// The declaration of a command. Each file in this folder declares one or two commands, and table.ts lists them.
import type { Call } from '../options/parse.js';
import type { Schema, Values } from '../options/schema.js';

/** A command of boundgrad. */
export interface Command<S extends Schema = Schema> {
  name: string;
  /** One line, for help. */
  about: string;
  /** The usage after the name, for help: `--model NAME [options]`. */
  usage: string;
  options: S;
  /** The words that the command takes after its name, as help shows them: ['fetch', 'NAME']. A last word such as `INPUT..` stands
   *  for any number of words. */
  operands?: readonly string[];
  /** Command lines that help shows, each of which works as it stands. */
  examples?: readonly string[];
  /** Lists that help shows after the options. */
  notes?: readonly { title: string; rows: [left: string, right: string][] }[];
  /** Runs the command. Returns the exit code, or the lines to print before exiting with 0. */
  run(values: Values<S>, call: Call): Promise<number | string[]>;
}

/** Declares a command; `run` gets the values of its options by name. */
export function command<S extends Schema>(declaration: Command<S>): Command {
  return declaration as unknown as Command;
}
