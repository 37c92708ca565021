// The figures of the poster: lines and heat maps, as on other pages, and the funnel.
import type { Heat, Lines } from '../charts/figure.js';

/** Distributions of rates at several steps, with the bounds; a slider selects the step. */
export interface Funnel {
  kind: 'funnel';
  id: string;
  title: string;
  about: string;
  /** The factor that converts a rate to heavy-ball units. */
  heavy: number;
  /** The rate in the middle of each bin, on a logarithmic axis. */
  rates: number[];
  /** free: the share of rates that the clip does not change. used, rate and other: the shares of the elements whose rates lie in each bin, after
   *  the clip, before the clip, and with another optimizer at the same step. */
  moments: {
    step: number;
    lo: number;
    hi: number | null;
    free: number;
    used: number[];
    rate: number[];
    other: number[];
  }[];
  /** The title of the other optimizer. */
  other: string;
}

export type Figure = Lines | Heat | Funnel;
