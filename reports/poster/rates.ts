// The rates of a whole net at one step, as a task's result keeps them, and how the panels read them.
//
//   rate    r, before the clip        used    clip(r, lo, hi)        both times the schedule's factor, as the bounds are

/** Range and resolution of the histograms, in powers of ten. */
export const BINS = { from: -8, to: 8, perDecade: 5 } as const;

/** The most elements of each parameter whose rates are recorded one by one. */
export const SAMPLED = 8;

/** The limits, for rates in code form, beyond which the paper calls a rate extreme. */
export const EXTREME = { low: 0.01, high: 1000 } as const;

/** A histogram: the count below the first bin, one for each bin, and the count above the last. */
export type Counts = number[];

/** The rates of a whole net at one step. */
export interface NetRates {
  step: number;
  lo: number;
  /** null: infinite. */
  hi: number | null;
  rate: Counts;
  used: Counts;
  /** How many elements the clip raised to lo, did not change, and lowered to hi. */
  floor: number;
  free: number;
  ceiling: number;
  /** How many used rates are extreme: as they are, and in units of the learning rate. */
  extreme: { low: number; high: number; lowRelative: number; highRelative: number };
  /** At the last step: the used rates of evenly spaced elements of each parameter. null: infinite. */
  layers?: { name: string; size: number; used: (number | null)[] }[];
}

/** The middle of each bin, in log scale. The first and the last value stand for everything outside the range. */
export function middles(): number[] {
  const count = (BINS.to - BINS.from) * BINS.perDecade + 2;
  return Array.from({ length: count }, (_, i) => 10 ** (BINS.from + (i - 0.5) / BINS.perDecade));
}

/** The quantile p of a histogram, 0 < p <= 1: within the bin in which the share p is reached, in proportion in log scale.
 *
 *    q = 10^(from + (i - 1 + (p n - below) / count) / perDecade)        i: the bin; below: the count of the bins before it */
export function quantile(counts: Counts, p: number): number {
  let below = p * sizeOf(counts);
  const i = counts.findIndex((n) => (below -= n) <= 0);
  return 10 ** (BINS.from + (i + below / counts[i]) / BINS.perDecade);
}

/** The quantile p of the used rates, always within lo and hi. If the clip moved the rates at that quantile to a bound, it is this bound. */
export function quantileOfUsed({ used, lo, hi, floor, ceiling }: NetRates, p: number): number {
  const [n, highest] = [sizeOf(used), hi ?? Infinity];
  if (p * n <= floor) return lo;
  return p * n > n - ceiling ? highest : Math.min(highest, Math.max(lo, quantile(used, p)));
}

/** The number of elements in a histogram. */
export function sizeOf(counts: Counts): number {
  return counts.reduce((sum, n) => sum + n, 0);
}
