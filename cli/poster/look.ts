// The rates of a whole net at one step, as histograms; of some elements in full.
//
//   rate    r, before the clip        used    clip(r, lo, hi)        both times the schedule, which the bounds take along
import type { Module } from '../../nn/index.js';
import type { Optimizer } from '../../optim/index.js';

/** The histograms' range and resolution in powers of ten. */
export const BINS = { from: -8, to: 8, perDecade: 5 } as const;

/** Elements of each parameter that are recorded in full. */
export const SAMPLED = 8;

/** Rates in code form that the paper calls extreme. */
export const EXTREME = { low: 0.01, high: 1000 } as const;

/** Counts by size: what lies below the first bin, then bin by bin, then above the last. */
export type Counts = number[];

export interface Look {
  step: number;
  lo: number;
  /** null: infinite. */
  hi: number | null;
  rate: Counts;
  used: Counts;
  floor: number;
  free: number;
  ceiling: number;
  /** Elements whose used rate is extreme: as it is, and in units of the learning rate. */
  extreme: { low: number; high: number; lowRelative: number; highRelative: number };
  /** At the last step: the used rates of some elements, evenly spread, of each parameter. null: infinite. */
  layers?: { name: string; size: number; used: (number | null)[] }[];
}

/** Looks at the last step of every parameter. It reads the whole state of the optimizer, so look seldom. */
export async function look(optimizer: Optimizer<any>, model: Module, lr: number, last: boolean): Promise<Look> {
  const [rate, used] = [0, 1].map(() => new Array<number>((BINS.to - BINS.from) * BINS.perDecade + 2).fill(0));
  const sum = { floor: 0, free: 0, ceiling: 0 };
  const extreme = { low: 0, high: 0, lowRelative: 0, highRelative: 0 };
  const layers: NonNullable<Look['layers']> = [];
  let [lo, hi] = [0, 0];
  for (const [name, parameter] of model.namedParameters()) {
    const seen = await optimizer.inspect(parameter);
    const s = seen.schedule;
    [lo, hi] = [seen.lo * s, seen.hi * s];
    for (const key of ['floor', 'free', 'ceiling'] as const) sum[key] += seen[key];
    for (let i = 0; i < seen.rate.length; i++) {
      const r = seen.clipped[i] * s;
      rate[slot(seen.rate[i] * s)]++;
      used[slot(r)]++;
      if (r < EXTREME.low) extreme.low++;
      if (r > EXTREME.high) extreme.high++;
      if (r < EXTREME.low * lr * s) extreme.lowRelative++;
      if (r > EXTREME.high * lr * s) extreme.highRelative++;
    }
    const size = seen.rate.length;
    const count = Math.min(SAMPLED, size);
    const chosen = Array.from({ length: count }, (_, k) => Math.floor((k * size) / count));
    layers.push({ name, size, used: chosen.map((i) => finite(rounded(seen.clipped[i] * s))) });
  }
  return { step: optimizer.steps, lo, hi: finite(hi), rate, used, ...sum, extreme, ...(last && { layers }) };
}

/** The place of a rate in a histogram. NaN counts as above. */
function slot(rate: number): number {
  const last = (BINS.to - BINS.from) * BINS.perDecade + 1;
  const bin = Math.floor((Math.log10(rate) - BINS.from) * BINS.perDecade);
  return bin < 0 ? 0 : bin < last - 1 ? bin + 1 : last;
}

/** The middle of each place, on the logarithm; those at the ends stand for what lies beyond. */
export function middles(): number[] {
  const count = (BINS.to - BINS.from) * BINS.perDecade + 2;
  return Array.from({ length: count }, (_, i) => 10 ** (BINS.from + (i - 0.5) / BINS.perDecade));
}

/** The rate that a share p of the elements does not pass, to the width of a bin. */
export function quantile(counts: Counts, p: number): number {
  const all = sizeOf(counts);
  let below = 0;
  const at = counts.findIndex((n) => (below += n) >= p * all);
  return middles()[at];
}

/** The number of elements counted. */
export function sizeOf(counts: Counts): number {
  return counts.reduce((sum, n) => sum + n, 0);
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}

function rounded(x: number): number {
  return Number(x.toPrecision(4));
}
