// Which trainings and evaluations are running. If two overlap by mistake, the second is refused, and the error says what the program
// did.
//
//   of one model    refused: an evaluation would put the layers of a training's next step into evaluation mode
//   of two models   refused when one opens a scope while a scope of the other is open: a scope owns every tensor made meanwhile
//   in a callback   allowed: the training waits for it
import { isScopePending, ScopeError, ValueError } from '../core/index.js';
import type { Module } from '../nn/index.js';

/** A call that trains or evaluates a model. */
export interface Turn {
  /** The function that was called. */
  readonly what: string;
  readonly model: Module<any>;
  /** Whether it waits for a callback, which may train and evaluate too. */
  isWaiting: boolean;
  /** Whether it has ended an epoch. */
  hasEpoch?: boolean;
}

const turns = new Set<Turn>();

const running = () => [...turns].filter((turn) => !turn.isWaiting);

/** Runs a function that trains or evaluates a model. what: the function that the program called. Throws ValueError if another one of the
 *  same model is running. */
export async function inTurn<T>(what: string, model: Module<any>, run: (turn: Turn) => Promise<T>): Promise<T> {
  const other = running().find((turn) => turn.model === model);
  if (other) throw new ValueError(`${what}: ${another(other.what, what)} of this model is running: await it first`);
  const turn: Turn = { what, model, isWaiting: false };
  turns.add(turn);
  try {
    return await run(turn);
  } finally {
    turns.delete(turn);
  }
}

/** Whether `fit` of a model is in its first epoch, and not in a callback. Later a program may look at the model on purpose. */
export function isStarting(model: Module<any>): boolean {
  return running().some((turn) => turn.model === model && turn.what === 'fit' && !turn.hasEpoch);
}

/** Throws ValueError if a callback of a training has not waited for what it called: the next step would run beside an evaluation of its model. */
export function checkEnded(turn: Turn, callback: string): void {
  const other = running().find(({ model }) => model === turn.model);
  if (other)
    throw new ValueError(`${turn.what}: ${callback} has not awaited ${other.what}: write await ${other.what}(..)`);
}

/** Throws ScopeError if an asynchronous scope is open. Called before one is opened: `scope` cannot say which call opened the other. */
export function checkScope(): void {
  if (!isScopePending()) return;
  const [first, second] = running().map(({ what }) => what);
  if (second) {
    const remedy = 'await it first; in the pool of a sweep each run needs a process of its own';
    throw new ScopeError(`${second}: ${another(first, second)} is running: ${remedy}`);
  }
  const remedy = 'call it outside of scope(), and await what runs beside it';
  throw new ScopeError(`${first ?? 'evaluate'}: an asynchronous scope is open: ${remedy}`);
}

const another = (what: string, beside: string) => (what === beside ? `another ${what}` : what);
