// Logarithmic axes: where their ticks are, and their labels.
import type uPlot from 'uplot';
import { css } from './theme.js';
import { powerText } from './ticks.js';

const isPower = (_: uPlot, splits: number[]) =>
  splits.map((v) => (Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? v : null));

/** An axis with grid and ticks at whole powers of ten. */
export const powersOnly = {
  filter: isPower,
  grid: { stroke: () => css('rule'), width: 1, filter: isPower },
  ticks: { stroke: () => css('rule'), width: 1, size: 5, filter: isPower },
} as uPlot.Axis;

/** At most eight powers of ten between two values; 1, 2 and 5 times powers if there are fewer than two. uPlot's own search for ticks does
 *  not end on values below 1e-13. */
export function powersBetween(min: number, max: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(min) - 1e-9), Math.floor(Math.log10(max) + 1e-9)];
  if (to - from < 1)
    return [from - 1, from, from + 1]
      .flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power))
      .filter((v) => v >= min && v <= max);
  const every = Math.ceil((to - from + 1) / 8);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    .filter((power) => power % every === 0)
    .map((power) => 10 ** power);
}

/** An axis with ticks at `powersBetween`. */
export const powersAxis: uPlot.Axis = {
  splits: (_, __, min, max) => powersBetween(min, max),
  // uPlot's own filter for logarithmic axes replaces some ticks by null.
  filter: (_, splits) => splits,
  values: (_, splits) => splits.map(tick),
};

/** The label of a tick: 0.001 to 1000 as numbers, other powers of ten with an exponent. */
export function tick(v: number): string {
  if (v >= 0.000999 && v <= 1001) return String(Number(v.toPrecision(3)));
  const power = Math.floor(Math.log10(v) + 1e-9);
  const digit = Math.round(v / 10 ** power);
  return `${digit > 1 ? `${digit}·` : ''}${powerText(power)}`;
}
