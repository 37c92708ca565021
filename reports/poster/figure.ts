// Figures as plain JSON: the page embeds them, client.ts draws them, and tests compare them with the records.

/** An axis. log: a logarithmic scale; percent: values are shares. */
export interface Axis {
  label: string;
  log?: boolean;
  percent?: boolean;
}

/** One line of a figure. */
export interface Series {
  /** The label at its end; '' for none. */
  name: string;
  /** The name of a colour of the page: an optimizer's key, `other`, `ink` or `raw`. */
  colour: string;
  dashed?: boolean;
  thin?: boolean;
  y: (number | null)[];
  /** A band around it: the range of the seeds, or two quantiles. */
  low?: (number | null)[];
  high?: (number | null)[];
}

/** Lines over rising values of x. null: no value. */
export interface Lines {
  kind: 'lines';
  id: string;
  title: string;
  /** A description, for readers who cannot see it. */
  about: string;
  /** second: the same axis in another unit, above. */
  x: Axis & { values: number[]; second?: { label: string; factor: number } };
  y: Axis;
  series: Series[];
}

/** Coloured cells in rows under headings. Colours stand for values from `scale.from` to `scale.to`. */
export interface Heat {
  kind: 'heat';
  id: string;
  title: string;
  about: string;
  /** Headings, and how many columns each covers. */
  heads: { text: string; columns: number }[];
  /** null: no value. text: written into the cells. */
  rows: { name: string; cells: (number | null)[]; text?: string[] }[];
  scale: { from: number; to: number; ticks: { at: number; text: string }[]; label: string };
}

/** Distributions of rates at several steps, with the bounds; a slider selects the step. */
export interface Funnel {
  kind: 'funnel';
  id: string;
  title: string;
  about: string;
  /** The factor that converts a rate to heavy-ball units. */
  heavy: number;
  /** The middle of each bin, in log scale. */
  rates: number[];
  /** free: the share of rates that the clip does not change. used, rate, other: the share of elements in each bin, after the
   *  clip, before it, and of another optimizer at the same step. */
  moments: {
    step: number;
    lo: number;
    hi: number | null;
    free: number;
    used: number[];
    rate: number[];
    other: number[];
  }[];
  other: string;
}

export type Figure = Lines | Heat | Funnel;
