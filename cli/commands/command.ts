// A command in two parts: the entry in table.ts, which every start of the program loads, and the declaration in a file of this folder,
// which is loaded when the command is called.
import type { Call } from '../options/parse.js';
import type { Schema, Values } from '../options/schema.js';

/** A command as the list of commands shows it. */
export interface Entry {
  name: string;
  /** One line, for help. */
  about: string;
  /** The words that the command takes after its name, as help shows them: ['fetch', 'NAME']. A last word such as `INPUT..` stands
   *  for any number of words. */
  operands?: readonly string[];
  /** Loads its declaration. */
  load(): Promise<Declaration>;
}

/** Everything else about a command. */
export interface Declaration<S extends Schema = Schema> {
  /** The usage after the name, for help: `--model NAME [options]`. */
  usage: string;
  options: S;
  /** Options of a training that the command does not take, because a checkpoint has their values. */
  kept?: readonly string[];
  /** Options of other commands that the command does not take, and why. */
  untaken?: { names: readonly string[]; why: string };
  /** Command lines that help shows. Each works unchanged. */
  examples?: readonly string[];
  /** Lists that help shows after the options. */
  notes?: readonly { title: string; rows: [left: string, right: string][] }[];
  /** Runs the command. Returns the exit code, or the lines to print before exiting with 0. */
  run(values: Values<S>, call: Call): Promise<number | string[]>;
}

/** A command of boundgrad. */
export type Command = Entry & Declaration;

/** Declares a command; `run` gets the values of its options by name. */
export function command<S extends Schema>(declaration: Declaration<S>): Declaration {
  return declaration as unknown as Declaration;
}

/** Loads a command of the table. */
export async function loadCommand(entry: Entry): Promise<Command> {
  return { ...entry, ...(await entry.load()) };
}
