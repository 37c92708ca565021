// Records what an optimizer does, layer by layer, at every n-th step: the rates before and after the clip, as a histogram
// in log scale, the shares at the floor and the ceiling, and some elements in full, the same ones every time, as the
// poster's heat map of sampled weights and biases.
import { Random, type Tensor, ValueError } from '../../core/index.js';
import type { Optimizer } from '../optimizer.js';
import { named } from './breakWhen.js';
import type { Inspection } from './inspect.js';

export interface RecorderOptions {
  /** Steps between records; 1 where left out. */
  every?: number;
  /** Which parameters, by name; all where left out. */
  layers?: (name: string) => boolean;
  /** How many elements of each parameter are recorded in full; 0 where left out. */
  sample?: number;
  /** Chooses them. */
  seed?: number;
  /** The histogram's range and resolution in powers of ten. */
  bins?: { from: number; to: number; perDecade: number };
}

/** Counts of rates by size: bin i holds 10^(from + i/perDecade) up to the next; what lies outside is counted apart, NaN
 *  above. */
export interface Histogram {
  below: number;
  counts: number[];
  above: number;
}

/** A parameter at a step. */
export interface Row {
  step: number;
  name: string;
  lo: number;
  hi: number;
  schedule: number;
  /** Shares of the elements, adding up to 1. */
  floor: number;
  free: number;
  ceiling: number;
  /** Of raw rates and of clipped ones, both before the schedule. */
  raw: Histogram;
  clipped: Histogram;
  /** The chosen elements: their places, raw and clipped rates, m and v. */
  sample: { index: number[]; rate: number[]; clipped: number[]; m: number[]; v: number[] };
}

/** Records an optimizer. Call `await take()` after each step; it looks only when the time has come. */
export class Recorder {
  readonly rows: Row[] = [];
  readonly bins: { from: number; to: number; perDecade: number };
  readonly #options: Required<Pick<RecorderOptions, 'every' | 'layers' | 'sample'>>;
  readonly #random: Random;
  readonly #chosen = new Map<string, number[]>();

  /** Throws ValueError for counts that are none and for bins without a range. */
  constructor(
    readonly optimizer: Optimizer<any>,
    options: RecorderOptions = {},
  ) {
    const { every = 1, layers = () => true, sample = 0, seed = 0, bins = { from: -6, to: 4, perDecade: 5 } } = options;
    if (!Number.isInteger(every) || every < 1)
      throw new ValueError(`Recorder: every must be a positive integer: ${every}`);
    if (!Number.isInteger(sample) || sample < 0) throw new ValueError(`Recorder: sample must be a count: ${sample}`);
    if (!(bins.from < bins.to) || !(bins.perDecade > 0)) {
      throw new ValueError(`Recorder: bins must rise and have a resolution: ${JSON.stringify(bins)}`);
    }
    this.bins = bins;
    this.#options = { every, layers, sample };
    this.#random = new Random(seed);
  }

  /** Records the last step if it is one of every n; returns whether it was. */
  async take(): Promise<boolean> {
    const { every, layers } = this.#options;
    if (this.optimizer.steps % every !== 0) return false;
    for (const [name, param] of named(this.optimizer)) {
      if (layers(name) && this.optimizer.hasStepped(param)) this.rows.push(await this.#row(name, param));
    }
    return true;
  }

  async #row(name: string, param: Tensor): Promise<Row> {
    const seen = await this.optimizer.inspect(param);
    const { rate, clipped, m, v, lo, hi, schedule } = seen;
    const index = this.#sampleOf(name, param.size);
    const pick = (values: Float64Array) => index.filter((i) => i < values.length).map((i) => values[i]);
    return {
      step: this.optimizer.steps,
      name,
      lo,
      hi,
      schedule,
      floor: seen.floor / param.size,
      free: seen.free / param.size,
      ceiling: seen.ceiling / param.size,
      ...this.#histograms(seen),
      sample: { index, rate: pick(rate), clipped: pick(clipped), m: pick(m), v: pick(v) },
    };
  }

  /** The same elements every time, drawn without repetition from a stream of the parameter's name. */
  #sampleOf(name: string, size: number): number[] {
    const found = this.#chosen.get(name);
    if (found) return found;
    const order = this.#random.stream(name).permutation(size);
    const chosen = [...order.subarray(0, Math.min(this.#options.sample, size))].sort((a, b) => a - b);
    this.#chosen.set(name, chosen);
    return chosen;
  }

  /** Of raw and of clipped rates. The logarithm is the cost, so there is one for each element: a clipped rate is lo, hi or
   *  raw. */
  #histograms({ rate, lo, hi }: Inspection): { raw: Histogram; clipped: Histogram } {
    const { from, to, perDecade } = this.bins;
    const bins = Math.ceil((to - from) * perDecade);
    // Slot 0 is below the range and the last one above, where NaN is counted too.
    const slot = (value: number) => {
      const bin = Math.floor((Math.log(value) / Math.LN10 - from) * perDecade);
      return bin < 0 ? 0 : bin < bins ? bin + 1 : bins + 1;
    };
    const [raw, clipped] = [new Uint32Array(bins + 2), new Uint32Array(bins + 2)];
    const [atLo, atHi] = [slot(lo), slot(hi)];
    for (let i = 0; i < rate.length; i++) {
      const at = slot(rate[i]);
      raw[at]++;
      clipped[rate[i] < lo ? atLo : rate[i] > hi ? atHi : at]++;
    }
    const histogram = (counts: Uint32Array): Histogram => ({
      below: counts[0],
      counts: [...counts.subarray(1, bins + 1)],
      above: counts[bins + 1],
    });
    return { raw: histogram(raw), clipped: histogram(clipped) };
  }
}
