// Dots with intervals, a row each, as plain HTML: they need no script, adapt to the width of the page, and each row has its figures as text.
import { type Html, html } from '../html/html.js';
import { tickTexts } from './ticks.js';

/** A figure of dots. */
export interface Dots {
  title: string;
  /** '%': values are shares, printed in per cent. 'points': values are differences of shares, printed in points. Default: numbers. */
  unit?: '%' | 'points';
  /** Whether 0 is in the middle, with a line. */
  isDifference?: boolean;
  /** Further values that the axis contains, so that several figures can have the same axis. */
  within?: readonly number[];
  rows: {
    name: string;
    /** The name of a colour of the page. Default: a neutral one. */
    colour?: string;
    value: number;
    /** The ends of the interval; null if there is none. */
    low: number | null;
    high: number | null;
    /** The value and its interval. */
    text: string;
    /** Whether the row stands out from the others. */
    isStrong?: boolean;
  }[];
}

/** The figure. */
export function dots({ title, unit, isDifference = false, within = [], rows }: Dots): Html {
  const isLong = rows.some(({ name }) => name.length > 12);
  const ends = [...within, ...rows.flatMap(endsOf)];
  const scale = scaleBetween(...(isDifference ? symmetric(ends) : ([Math.min(...ends), Math.max(...ends)] as const)));
  const at = (x: number) => (100 * scale.at(x)).toFixed(2);
  const texts = tickTexts(unit === 'points' ? scale.ticks.map((v) => 100 * v) : scale.ticks, unit === '%');
  const row = ({
    name,
    colour,
    value,
    low,
    high,
    text,
    isStrong = false,
  }: Dots['rows'][0]) => html`<li${colour && html` style="--colour: var(--${colour})"`}${isStrong && html` class="strong"`}><span class="name">${name}</span><span class="track" aria-hidden="true">${
    low !== null &&
    high !== null &&
    html`<i class="range" style="left: ${at(low)}%; width: ${(100 * (scale.at(high) - scale.at(low))).toFixed(2)}%"></i>`
  }<i class="dot" style="left: ${at(value)}%"></i></span><span class="value">${text}</span></li>
`;
  return html`<figure class="dots${isDifference && ' difference'}${isLong && ' long'}${scale.ticks.length > 3 && ' many'}"><figcaption>${title}</figcaption><ul>${rows.map(row)}<li class="ticks" aria-hidden="true"><span></span><span class="track">${scale.ticks.map(
    (v, i) => html`<span style="left: ${at(v)}%">${texts[i]}</span>`,
  )}</span><span class="value">${unit === 'points' && unit}</span></li></ul></figure>`;
}

/** A row's value and the ends of its interval. */
export const endsOf = ({ value, low, high }: Dots['rows'][0]) => [value, low ?? value, high ?? value];

const symmetric = (values: readonly number[]) => {
  const most = Math.max(...values.map(Math.abs));
  return [-most, most] as const;
};

/** A scale from just below a value to just above another, and two to five ticks at round numbers between. */
export function scaleBetween(low: number, high: number): { at(x: number): number; ticks: number[] } {
  const size = high - low || Math.abs(high) || 1;
  const margin = high > low ? 0.05 * size : size / 2;
  const [from, to] = [low - margin, high + margin];
  const power = 10 ** Math.floor(Math.log10(size / 4));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((s) => (to - from) / s <= 5)!;
  const first = Math.ceil(from / step - 1e-9);
  return {
    at: (x) => (x - from) / (to - from),
    ticks: Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) =>
      Number(((first + i) * step).toPrecision(12)),
    ),
  };
}
