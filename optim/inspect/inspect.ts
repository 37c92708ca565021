// Computes what one step did to each element. It recomputes the rates from the state after the step, so the step itself stores
// nothing extra.
import type { Tensor } from '../../core/index.js';
import type { Own } from '../own.js';
import { clip, rateOf, type Scalars } from '../step.js';

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
  /** r: the rates before the clip. If the rule has no second moment, each equals a. */
  rate: Float64Array;
  /** clip(r, lo, hi): the rates after the clip, before the factor s. */
  clipped: Float64Array;
  /** m: the directions. Empty if the step has none, as Schedule-Free's. */
  m: Float64Array;
  /** The second moments in the rates: v, or u with long memory, or v - c^2 if centered. Empty without a second
   *  moment. */
  v: Float64Array;
  /** The number of rates that the clip raised to lo. */
  floor: number;
  /** The number of rates that the clip lowered to hi, or to their own average as in AdaMod. */
  ceiling: number;
  /** The number of rates that the clip did not change. */
  free: number;
}

/** Computes what a step did from its scalars and the state after it. own: the step, if it is not the bounded one. */
export async function inspectStep<H>(
  step: number,
  last: Scalars,
  tensors: Record<string, Tensor>,
  group: H,
  own?: Own<H>,
): Promise<Inspection> {
  const read = async ([name, t]: [string, Tensor]) => [name, new Float64Array(await t.data())] as const;
  const state: Record<string, Float64Array> = Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)));
  const c = { ...last, ...own?.seen?.(last, state.numbers) };
  const { lo, hi } = c;
  const m = state.m ?? state.b ?? new Float64Array();
  const v = own?.second ? own.second(group, state) : (state.u ?? state.v ?? new Float64Array());
  const rate = v.length ? v.map((u) => rateOf(u, c.a, c.e, c.power)) : m.map(() => c.a);
  const clipped = new Float64Array(rate.length);
  let [floor, ceiling] = [0, 0];
  for (let i = 0; i < rate.length; i++) {
    clipped[i] = clip(rate[i], lo, hi);
    // n_t = min(n_t, h_t)
    if (state.h && state.h[i] < c.s * clipped[i]) clipped[i] = state.h[i] / c.s;
    if (clipped[i] > rate[i]) floor++;
    else if (clipped[i] < rate[i]) ceiling++;
  }
  const free = rate.length - floor - ceiling;
  return { step, lo, hi, schedule: c.s, rate, clipped, m, v, floor, ceiling, free };
}
