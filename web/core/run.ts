// A state's run to its end, as numbers: the page's `run()` and `boundgrad lab --state` both call this.
import type { State } from './state.js';
import { Surface } from './surface.js';
import { unroll } from './unroll.js';

/** A number of a run, and what it is. */
export interface Named {
  /** As `1.adam.loss`: the place of the rule, its key, the quantity. In room `step` a letter, or as `free.rate`. */
  name: string;
  value: number;
}

/** Runs a state to its end. Room `surface`: for each rule in order x, y, the loss, and the number of steps it took. Room `step`: the value of
 *  each equation, then rate and next value with the rule's own bounds, with none, and with both at a*.
 *  Throws StateError if the state cannot be run. */
export async function runState(state: State): Promise<Named[]> {
  return state.room === 'step' ? stepNumbers(state) : surfaceNumbers(state);
}

async function surfaceNumbers(state: State): Promise<Named[]> {
  const surface = new Surface(state);
  while (!surface.isDone) await surface.advance(500);
  return surface.tracks.flatMap(({ x, y, loss }, i) => {
    const values = { x: x.at(-1)!, y: y.at(-1)!, loss: loss.at(-1)!, steps: x.length - 1 };
    const of = `${i + 1}.${state.rules[i].key}`;
    return Object.entries(values).map(([name, value]) => ({ name: `${of}.${name}`, value }));
  });
}

async function stepNumbers(state: State): Promise<Named[]> {
  const { step, before, lines, lo, hi, alternatives } = await unroll(state);
  return [
    ...Object.entries({ step, before, lo, hi }).map(([name, value]) => ({ name, value })),
    ...lines.map(({ letter, value }) => ({ name: letter, value })),
    ...alternatives.flatMap(({ kind, n, x }) => [
      { name: `${kind}.rate`, value: n },
      { name: `${kind}.x`, value: x },
    ]),
  ];
}
