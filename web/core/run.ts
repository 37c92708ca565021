// A state's run to its end, as numbers: the page's `run()` and `boundgrad lab --state` both call this.
import type { State } from './state.js';
import { Surface } from './surface.js';

/** A number of a run, and what it is. */
export interface Named {
  /** As `1.adam.loss`: the place of the rule, its key, the quantity. */
  name: string;
  value: number;
}

/** Runs a state to its end. For each rule in order: x, y, the loss, and the number of steps it took.
 *  Throws StateError if the state cannot be run. */
export async function runState(state: State): Promise<Named[]> {
  const surface = new Surface(state);
  while (!surface.isDone) await surface.advance(500);
  return surface.tracks.flatMap(({ x, y, loss }, i) => {
    const values = { x: x.at(-1)!, y: y.at(-1)!, loss: loss.at(-1)!, steps: x.length - 1 };
    const of = `${i + 1}.${state.rules[i].key}`;
    return Object.entries(values).map(([name, value]) => ({ name: `${of}.${name}`, value }));
  });
}
