// What one step did, element by element, worked out again from the state it left.
import type { Tensor } from '../../core/index.js';
import { clip, rateOf, type Scalars } from '../step.js';

/** One parameter's last step. Arrays have an entry for each element, in row-major order. */
export interface Inspection {
  /** t, counted from 1. */
  step: number;
  lo: number;
  hi: number;
  /** s: what the clipped rate was multiplied by. */
  schedule: number;
  /** r, before the clip. Where the rule has no second moment it is a. */
  rate: Float64Array;
  /** clip(r, lo, hi), before the schedule. */
  clipped: Float64Array;
  m: Float64Array;
  /** The second moment that the rate was made of: v, its maximum u under long memory, v - c^2 where centered. */
  v: Float64Array;
  /** How many elements sat below lo, above hi, and between. */
  floor: number;
  ceiling: number;
  free: number;
}

/** second: of a rule with a step of its own, from its state. */
export async function inspectStep(
  step: number,
  c: Scalars,
  tensors: Record<string, Tensor>,
  second?: (state: Record<string, Float64Array>) => Float64Array,
): Promise<Inspection> {
  const read = async ([name, t]: [string, Tensor]) => [name, new Float64Array(await t.data())] as const;
  const state: Record<string, Float64Array> = Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)));
  const { lo, hi } = c;
  const m = state.m ?? state.b;
  const v = second ? second(state) : (state.u ?? state.v ?? new Float64Array());
  const rate = v.length ? v.map((u) => rateOf(u, c.a, c.e)) : m.map(() => c.a);
  const clipped = new Float64Array(rate.length);
  let [floor, ceiling] = [0, 0];
  for (let i = 0; i < rate.length; i++) {
    if (rate[i] < lo) floor++;
    else if (rate[i] > hi) ceiling++;
    clipped[i] = clip(rate[i], lo, hi);
  }
  const free = rate.length - floor - ceiling;
  return { step, lo, hi, schedule: c.s, rate, clipped, m, v, floor, ceiling, free };
}
