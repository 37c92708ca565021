// The settings of a run, made of the options of `train` or `compare`.
import type { Hyper } from '../../reports/record.js';
import { hyperOf } from './hyperparameters.js';
import type { Call } from './parse.js';
import type { Given, Values } from './schema.js';
import { type Command, options } from './training.js';

/** Everything that determines a run, and how it is shown. */
export interface Settings extends Values<typeof options> {
  command: Command;
  /** The command line as records have it. */
  recorded: string;
  /** The hyper-parameters that were given, by optimizer; the others are the optimizer's defaults. */
  hyper: Record<string, Hyper>;
  given: Given;
  /** The defaults in place of options that were not given. */
  defaults: Given;
  /** The held-out fold, from 1, if there are folds. */
  fold?: number;
  /** The seed that chose the held-out part of a user's own data. Default: `seed`. */
  splitSeed?: number;
}

/** The settings of a call. Throws Failure if no chosen optimizer has a given hyper-parameter, or if its value is outside the
 *  domain. */
export function settingsOf(command: Command, { recorded, values, given, defaults }: Call): Settings {
  const chosen = values as Values<typeof options>;
  return { ...chosen, command, recorded, given, defaults, hyper: hyperOf(chosen.optim, values, given, options) };
}
