// How numbers, durations and lists are printed, in tables, plots and on the terminal.
import { grouped } from './charts/ticks.js';
import type { RunRecord } from './record.js';

/** 12,345 */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** 81.3 %, or a dash if it is not finite. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

/** A number with a fixed number of decimals, or with four digits from a million on; a dash if it is not finite. */
export function fixed(x: number, decimals: number): string {
  if (!Number.isFinite(x)) return '–';
  return Math.abs(x) < 1e6 ? x.toFixed(decimals) : x.toExponential(3);
}

/** A number of any unit to four significant digits, with commas from 10,000 on and an exponent from 10^9 on; a dash if it is not finite. */
export function figure(x: number): string {
  if (!Number.isFinite(x)) return '–';
  if (Math.abs(x) >= 1e9) return x.toExponential(3);
  const rounded = Number(x.toPrecision(4));
  return Math.abs(rounded) >= 1e4 ? count(rounded) : String(rounded);
}

/** A number and its error with one unit and equal decimals, at least as many as show the first digit of the error: `80.7 ± 0.3 %`,
 *  `0.8421 ± 0.0004`. print: prints the number. An error of 0 is printed as 0. */
export function plusMinus(value: number, error: number, print: (x: number) => string): string {
  const [number, ...unit] = print(value).split(' ');
  const factor = unit[0] === '%' ? 100 : 1;
  // Rounding leaves a tiny deviation of equal values.
  const shown = error > 1e-12 * Math.abs(value) ? factor * error : 0;
  const decimals = Math.max(number.split('.')[1]?.length ?? 0, decimalsOfError(shown));
  const text = (x: number) => grouped(x.toFixed(Math.min(decimals, 20)));
  const both = number.includes('e')
    ? [number, print(error).split(' ')[0]]
    : [text(factor * value), shown === 0 ? '0' : text(shown)];
  return [both.join(' ± '), ...unit].join(' ');
}

/** The decimals that show the first digit of an error: 2 for 0.03, 0 from 1 on. */
export function decimalsOfError(error: number): number {
  return error > 0 ? Math.max(0, -Math.floor(Math.log10(error))) : 0;
}

/** A rate to three digits, with commas from 10,000 up to 10^9. null: infinite, printed as ∞. */
export function rate(x: number | null): string {
  if (x === null) return '∞';
  const rounded = Number(x.toPrecision(3));
  return rounded >= 1e4 && rounded < 1e9 ? count(rounded) : String(rounded);
}

/** A rate to three digits from its log10, which the records have. null: a dash. */
export function rateOfLog(q: number | null): string {
  return q === null ? '–' : rate(10 ** q);
}

/** a, b and c */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** AMD EPYC, 2 cores, linux 6.1.0, Node v20.16.0; another runtime than Node is recorded with its name. */
export function describeDevice({ cpu, cores, platform, node }: RunRecord['device']): string {
  return `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${platform}, ${/^v/.test(node) ? `Node ${node}` : node}`;
}

/** A text in which numbers stay on a line with their units, their signs and, in brackets, their names: `80.7 ± 0.3 %`, `a* = −0.1`,
 *  `Adam (lr 0.003)` */
export function unbroken(text: string): string {
  return text
    .replace(
      / (?=[±%=])|(?<=\d) (?=points)|(?<=\[[\d.]+,) (?=[\d.]+\])|(?<=[±=]) (?=[\d-])|(?<=\([\w -]*\w) (?=-?\d[\d.e-]*\))/g,
      '\u00a0',
    )
    .replace(/(?<=[\s(])-(?=\d)/g, '−');
}

/** 45 s, 2 min 05 s, 3 h 20 min, 12 days */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
  return `${Math.round(s / 86_400)} days`;
}

/** A word of a command line, quoted for a POSIX shell if it needs quotes. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A hyper-parameter's name on the command line: finalLr -> final-lr. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}
