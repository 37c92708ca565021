// What one step did, element by element, worked out again from the state it left.
import type { Tensor } from '../core/index.js';
import { clip, rateOf, type Scalars } from './step.js';

/** One parameter's last step. Arrays have an entry for each element, in row-major order. */
export interface Inspection {
  /** t, counted from 1. */
  step: number;
  lo: number;
  hi: number;
  /** s: what the clipped rate was multiplied by. */
  schedule: number;
  /** r, before the clip. Where the rule has no second moment, lo = hi is the rate. */
  rate: Float64Array;
  /** clip(r, lo, hi), before the schedule. */
  clipped: Float64Array;
  m: Float64Array;
  /** The second moment that the rate was made of: v, or its maximum u under long memory. */
  v: Float64Array;
  /** How many elements sat below lo, above hi, and between. */
  floor: number;
  ceiling: number;
  free: number;
}

export async function inspectStep(step: number, c: Scalars, tensors: Record<string, Tensor>): Promise<Inspection> {
  const read = async (t?: Tensor) => Float64Array.from(t ? await t.data() : []);
  const { lo, hi } = c;
  const m = await read(tensors.m ?? tensors.b);
  const v = await read(tensors.u ?? tensors.v);
  const rate = v.length ? v.map((u) => rateOf(u, c.a, c.e)) : m.map(() => lo);
  const floor = rate.reduce((n, r) => n + Number(r < lo), 0);
  const ceiling = rate.reduce((n, r) => n + Number(r > hi), 0);
  const free = rate.length - floor - ceiling;
  return { step, lo, hi, schedule: c.s, rate, clipped: rate.map((r) => clip(r, lo, hi)), m, v, floor, ceiling, free };
}
