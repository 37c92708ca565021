// Computes what one step did to each element. It recomputes the rates from the state after the step, so the step itself stores
// nothing extra.
import type { Tensor } from '../../core/index.js';
import { ceiled, clip, rateOf, type Scalars } from '../step.js';

/** One parameter's last step. Each array has one entry for each element, in row-major order. */
export interface Inspection {
  /** t: the number of steps of the parameter. */
  step: number;
  /** lo(t): the lower bound on the rates. */
  lo: number;
  /** hi(t): the upper bound on the rates. */
  hi: number;
  /** s: the factor on the clipped rates. */
  schedule: number;
  /** r: the rates before the clip. If the rule has no second moment, they are all equal: the scalar a of the step. */
  rate: Float64Array;
  /** clip(r, lo, hi): the rates after the clip, before the factor s. AdaMod first limits r by its average. */
  clipped: Float64Array;
  /** m: the directions. Empty if the step has none, as Schedule-Free's. */
  m: Float64Array;
  /** The second moments in the rates: v, or u with long memory, or v minus the square of the mean gradient if
   *  centered. Empty without a second moment. */
  v: Float64Array;
  /** The number of rates that the clip raised to lo. */
  floor: number;
  /** The number of rates that the clip lowered to hi, or to their own average as in AdaMod. */
  ceiling: number;
  /** The number of rates that the clip did not change. */
  free: number;
}

/** Reads the state of a parameter. */
export async function valuesOf(tensors: Record<string, Tensor>): Promise<Record<string, Float64Array>> {
  const read = async ([name, t]: [string, Tensor]) => [name, new Float64Array(await t.data())] as const;
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)));
}

/** Computes what a step did from its scalars and the state after it: m, and v, u and h if the rule has them. */
export function inspectStep(step: number, c: Scalars, state: Record<string, Float64Array>): Inspection {
  const { lo, hi } = c;
  const { m, h, v = new Float64Array(), u = v } = state;
  const rate = u.length ? u.map((size) => rateOf(size, c.a, c.e, c.power)) : m.map(() => c.a);
  const clipped = new Float64Array(rate.length);
  let [floor, ceiling] = [0, 0];
  for (let i = 0; i < rate.length; i++) {
    clipped[i] = clip(ceiled(rate[i], h?.[i], c.s), lo, hi);
    if (clipped[i] > rate[i]) floor++;
    else if (clipped[i] < rate[i]) ceiling++;
  }
  const free = rate.length - floor - ceiling;
  return { step, lo, hi, schedule: c.s, rate, clipped, m, v: u, floor, ceiling, free };
}
