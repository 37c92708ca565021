// The rows of a benchmark as lines. What ran the kernels has a line of its own if a row would exceed 100 characters.
import type { Row } from './case.js';

const digits = new Intl.NumberFormat('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const WIDTH = 100;

/** A number with three digits. */
export function figure(value: number): string {
  return digits.format(value);
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

function line(name: string, threads: string, value: string, unit: string, spread: string, share: string, via: string) {
  const columns = [name.padEnd(24), threads.padStart(7), value.padStart(8), unit.padEnd(20)];
  return [...columns, spread.padStart(6), share.padStart(7), via].join(' ');
}

export const HEADING = line('work', 'threads', 'median', '', 'spread', 'ceiling', 'ran');

/** The text of a row. If `via` does not fit, it is on a second line. */
export function format({ name, threads, value, unit, spread, via, ceilingShare }: Row): string {
  const whole = line(name, String(threads), figure(value), unit, percent(spread), percent(ceilingShare), '');
  if (whole.length + via.length <= WIDTH) return whole + via;
  return `${whole.trimEnd()}\n    ${via}`;
}
