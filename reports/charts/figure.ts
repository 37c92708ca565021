// Figures as plain JSON: pages describe them, scripts of pages draw them, and tests compare them with the records.

/** One axis. log: a logarithmic scale; percent: values are shares of 1, printed as percentages; whole: ticks at whole numbers only. */
export interface Axis {
  label: string;
  log?: boolean;
  percent?: boolean;
  whole?: boolean;
}

/** One line of a figure. */
export interface Series {
  /** Its name, in the legend and at its end; '' for none. */
  name: string;
  /** The name of a colour of the page: what `colourName` or `variantName` returns, or `ink` or `raw`. */
  colour: string;
  /** The index of its dash in DASHES of palette.ts. Default: 0, a full line. */
  dash?: number;
  /** A thin line, such as a bound. */
  thin?: boolean;
  /** A broad, pale line under the others: it stays visible where another line covers it. */
  under?: boolean;
  /** Points without a line. */
  points?: boolean;
  /** A value for each x; null: no value. */
  y: (number | null)[];
  /** A band around the line: the range of the seeds, or two quantiles. */
  low?: (number | null)[];
  high?: (number | null)[];
}

/** Lines over increasing values of x. null: no value. */
export interface Lines {
  kind: 'lines';
  id: string;
  title: string;
  /** What it shows, with its numbers, for readers who cannot see it. */
  about: string;
  /** second: the same axis in another unit, above. */
  x: Axis & { values: number[]; second?: { label: string; factor: number } };
  y: Axis;
  series: Series[];
  /** The initial smoothing, in [0, 1), which readers can change. Default: none, and no control for it. */
  smooth?: number;
}

/** Coloured cells in rows under headings. Colours stand for values from `scale.from` to `scale.to`. fromNothing: the value
 *  `scale.from` means that there is nothing, such as a count of 0, so its colour is close to the page's. Default: false. */
export interface Heat {
  kind: 'heat';
  id: string;
  title: string;
  about: string;
  /** Headings, and how many columns each covers. */
  heads: { text: string; columns: number }[];
  /** null: no value. text: written into the cells. */
  rows: { name: string; cells: (number | null)[]; text?: string[] }[];
  fromNothing?: boolean;
  scale: { from: number; to: number; ticks: { at: number; text: string }[]; label: string };
}
