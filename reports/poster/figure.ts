// What is drawn, as plain JSON: the page carries it, client.ts draws it, and tests compare it with the records.

/** An axis. log: of the scale; percent: values are shares. */
export interface Axis {
  label: string;
  log?: boolean;
  percent?: boolean;
}

export interface Series {
  /** What its end is labelled with. */
  name: string;
  /** An optimizer's key, for its colour; others are grey. */
  colour: string;
  dashed?: boolean;
  thin?: boolean;
  y: (number | null)[];
  /** A band around it, between seeds or quantiles. */
  low?: (number | null)[];
  high?: (number | null)[];
}

/** Lines over one row of x, which rises. null: no value. */
export interface Lines {
  kind: 'lines';
  id: string;
  title: string;
  /** What one would see, for those who cannot. */
  about: string;
  /** second: the same axis in another unit, above. */
  x: Axis & { values: number[]; second?: { label: string; factor: number } };
  y: Axis;
  series: Series[];
}

/** Coloured cells in rows under headings. Values are the logarithms that colours stand for, from `from` to `to`. */
export interface Heat {
  kind: 'heat';
  id: string;
  title: string;
  about: string;
  /** Headings over so many columns each. */
  heads: { text: string; columns: number }[];
  /** null: beyond the range or not there. text: written into the cells. */
  rows: { name: string; cells: (number | null)[]; text?: string[] }[];
  scale: { from: number; to: number; ticks: { at: number; text: string }[]; label: string };
}

/** Distributions of rates, one after another, with the bounds at that moment; a slider chooses. */
export interface Funnel {
  kind: 'funnel';
  id: string;
  title: string;
  about: string;
  /** What a rate is multiplied by to have it in heavy-ball units. */
  heavy: number;
  /** The rates that bins are of, on the logarithm. */
  rates: number[];
  /** free: the share that is not clipped. Shares of the elements in each bin: the rates used; before the clip; those of
   *  another optimizer at the same step. */
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
