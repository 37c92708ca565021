// Logarithmic axes: where their ticks are, and their labels.
import type uPlot from 'uplot';
import { css } from './theme.js';

const isPower = (_: uPlot, splits: number[]) =>
  splits.map((v) => (Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? v : null));

/** An axis with grid and ticks at whole powers of ten. */
export const powersOnly = {
  filter: isPower,
  grid: { stroke: () => css('rule'), width: 1, filter: isPower },
  ticks: { stroke: () => css('rule'), width: 1, size: 5, filter: isPower },
} as uPlot.Axis;

/** The label of a tick: 0.001 to 1000 as numbers, other powers of ten with an exponent. */
export function tick(v: number): string {
  if (v >= 0.000999 && v <= 1001) return String(Number(v.toPrecision(3)));
  const digits = [...String(Math.round(Math.log10(v)))].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]));
  return `10${digits.join('')}`;
}
