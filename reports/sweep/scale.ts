// Scales of the static plots: map a value of a hyper-parameter to a position in [0, 1], and give ticks.
import type { Range, Value } from '../../sweep/space.js';

/** The scale of one axis. */
export interface Scale {
  /** The position of a value, from 0 to 1. */
  at(value: Value): number;
  /** Positions with their labels. */
  ticks: { at: number; text: string }[];
  /** The index of the bin that holds a value. */
  binOf(value: Value): number;
  /** The label of each bin. */
  bins: string[];
}

/** The number of bins of a range that is not a list. */
const BINS = 6;

/** The scale of a hyper-parameter: linear, logarithmic or a list, as its range is. */
export function scaleOf(range: Range): Scale {
  if ('values' in range) return ofValues(range.values);
  const isLog = 'log' in range;
  const [from, to] = isLog ? range.log : 'uniform' in range ? range.uniform : range.integer;
  const at = (x: number) => (isLog ? Math.log(x / from) / Math.log(to / from) : (x - from) / (to - from));
  const edge = (i: number) => (isLog ? from * (to / from) ** (i / BINS) : from + ((to - from) * i) / BINS);
  return {
    at: (value) => at(Number(value)),
    ticks: (isLog ? powersIn(from, to) : [from, (from + to) / 2, to]).map((x) => ({ at: at(x), text: short(x) })),
    binOf: (value) => Math.min(BINS - 1, Math.max(0, Math.floor(at(Number(value)) * BINS + 1e-9))),
    bins: Array.from({ length: BINS }, (_, i) => `${short(edge(i))} to ${short(edge(i + 1))}`),
  };
}

function ofValues(values: readonly Value[]): Scale {
  const texts = values.map(String);
  const place = (i: number) => (texts.length > 1 ? i / (texts.length - 1) : 0.5);
  const indexOf = (value: Value) => Math.max(0, texts.indexOf(String(value)));
  return {
    at: (value) => place(indexOf(value)),
    ticks: texts.map((text, i) => ({ at: place(i), text })),
    binOf: indexOf,
    bins: texts,
  };
}

/** An axis for accuracies: positions from 0 to 1 between round ends, and ticks, ends included. */
export function percentAxis(values: readonly number[]): {
  at(x: number): number;
  ticks: { at: number; text: string }[];
} {
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((s) => (high - low) / s <= 5) ?? 0.25;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const at = (x: number) => (x / step - first) / (last - first);
  const digits = step < 0.01 ? 1 : 0;
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { at, ticks: ticks.map((x) => ({ at: at(x), text: `${(100 * x).toFixed(digits)} %` })) };
}

/** At most seven powers of ten in a range, or its ends if it has fewer than two. */
function powersIn(from: number, to: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  if (last <= first) return [from, to];
  const every = Math.ceil((last - first) / 6);
  const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return all.filter((_, i) => i % every === 0).map((exponent) => Number(`1e${exponent}`));
}

/** A number to two digits: 0.001, 2500, 1e+5, 1e-5. */
function short(x: number): string {
  const rounded = Number(x.toPrecision(2));
  const isPlain = rounded === 0 || (Math.abs(rounded) >= 1e-4 && Math.abs(rounded) < 1e5);
  return isPlain ? String(rounded) : rounded.toExponential();
}
