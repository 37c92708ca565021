// Records the rates of an optimizer at every n-th step, before and after the clip:
//
//   raw        r, before the clip
//   clipped    clip(r, lo, hi)
//
// A row holds them for one parameter, or for the whole net: as a histogram in log scale, as quantiles, and in full for a
// few chosen elements, the same at every step.
import {
  checkCount,
  checkFlag,
  checkOptions,
  must,
  Random,
  showValue,
  type Tensor,
  ValueError,
} from '../../core/index.js';
import { checkFunction, checkNumber, checkNumbers, checkObject } from '../arguments.js';
import { checkOptimizer, type Optimizer } from '../optimizer.js';
import { named } from './breakWhen.js';
import type { Inspection } from './inspect.js';

/** What a Recorder records: which steps, parameters and elements, in which resolution. */
export interface RecorderOptions {
  /** Record each n-th step. Default: 1. */
  every?: number;
  /** Returns whether a parameter is recorded, by its name. Default: all are. */
  layers?: (name: string) => boolean;
  /** The elements of each parameter to record in full: the number to draw at random, or a function that returns their indices,
   *  given the number of elements. Default: 0. */
  sample?: number | ((size: number) => readonly number[]);
  /** Seed of the drawn sample. Default: 0. */
  seed?: number;
  /** Range and resolution of the histograms, in powers of ten. Default: from -6 to 4, 5 bins per decade. */
  bins?: { from: number; to: number; perDecade: number };
  /** The quantiles to compute, as shares between 0 and 1. They cost a sort of all rates. Default: none. */
  quantiles?: readonly number[];
  /** Record rates as the step used them, multiplied by the schedule's factor. Default: false, without the factor. */
  scheduled?: boolean;
  /** Also record all parameters together, in `Recorder.net`. Default: false. */
  net?: boolean;
  /** Called with each inspection that becomes a row, for custom measurements. */
  visit?: (seen: Inspection, name: string) => void;
}

/** Counts of rates by size. Bin i covers 10^(from + i/perDecade) up to the start of bin i + 1. */
export interface Histogram {
  /** The number of rates below the range, including 0. */
  below: number;
  /** The number of rates in each bin. */
  counts: number[];
  /** The number of rates above the range, including NaN. */
  above: number;
}

/** The rates of one parameter, or of the whole net, at one step. */
export interface Row {
  /** The optimizer's number of steps. */
  step: number;
  /** The parameter's name; '' for the whole net. */
  name: string;
  /** The number of elements. */
  size: number;
  /** lo(t), without the schedule's factor. */
  lo: number;
  /** hi(t), without the schedule's factor. */
  hi: number;
  /** The schedule's factor on every rate. */
  schedule: number;
  /** Share of the elements that the clip raised to lo. `floor`, `free` and `ceiling` add up to 1. */
  floor: number;
  /** Share of the elements that the clip did not change. */
  free: number;
  /** Share of the elements that the clip lowered to hi, or to their own average as in AdaMod. */
  ceiling: number;
  /** The three shares as counts, which add up to `size`. */
  elements: { floor: number; free: number; ceiling: number };
  /** Rates before the clip. */
  raw: Histogram;
  /** Rates after the clip. */
  clipped: Histogram;
  /** log10 of the rates at each of `RecorderOptions.quantiles`, interpolated linearly. -Infinity for a rate of 0, NaN between such a
   *  rate and a positive one. */
  quantiles: { raw: number[]; clipped: number[] };
  /** The chosen elements. All lists are empty for the whole net. */
  sample: {
    /** Their row-major indices. */
    index: number[];
    /** Their rates before the clip. */
    rate: number[];
    /** Their rates after the clip. */
    clipped: number[];
    /** Their directions. */
    m: number[];
    /** Their second moments. Empty if the rule has no second moment. */
    v: number[];
  };
}

/** What a row is computed from. */
interface Measured extends Pick<Row, 'lo' | 'hi' | 'schedule' | 'elements' | 'sample'> {
  rates: { raw: Float64Array; clipped: Float64Array };
  /** Counts of rates: slot 0 counts those below the range, the last slot those above, the slots between are the bins. */
  slots: { raw: Uint32Array; clipped: Uint32Array };
}

const EMPTY_SAMPLE: Row['sample'] = { index: [], rate: [], clipped: [], m: [], v: [] };

/** Records the rates of an optimizer. Call `await take()` after each step. Recording a step reads the state of each recorded parameter;
 *  other steps cost nothing. */
export class Recorder {
  /** One row for each parameter and recorded step. */
  readonly rows: Row[] = [];
  /** One row for each recorded step, of all recorded parameters together. Empty unless `net` is set. */
  readonly net: Row[] = [];
  /** Range and resolution of the histograms. */
  readonly bins: { from: number; to: number; perDecade: number };
  readonly #options: Required<Omit<RecorderOptions, 'bins' | 'seed' | 'visit'>> & Pick<RecorderOptions, 'visit'>;
  readonly #random: Random;
  readonly #chosen = new Map<string, readonly number[]>();
  /** The last step that was recorded, and the first tensor of the optimizer's state. */
  #last: { step: number; state: Tensor | undefined } | null = null;

  /** Throws ValueError for an unknown option, for a number of steps or elements that is not a whole number, for bins without a
   *  range, and for quantiles outside [0, 1]. */
  constructor(
    /** The optimizer whose steps are recorded. */
    readonly optimizer: Optimizer<any>,
    options: RecorderOptions = {},
  ) {
    checkOptimizer('Recorder', optimizer);
    checkOptions('Recorder', options, [
      ...['every', 'layers', 'sample', 'seed', 'bins', 'quantiles', 'scheduled', 'net', 'visit'],
    ]);
    const { every = 1, layers = () => true, sample = 0, seed = 0, bins = { from: -6, to: 4, perDecade: 5 } } = options;
    const { quantiles = [], scheduled = false, net = false, visit } = options;
    checkCount('Recorder: every', every);
    checkFunction('Recorder: layers', layers, 'it returns whether to record a parameter, by its name');
    if (visit !== undefined) checkFunction('Recorder: visit', visit, 'it is called with each inspection');
    checkFlag('Recorder: scheduled', scheduled);
    checkFlag('Recorder: net', net);
    checkObject('Recorder: bins', bins, 'pass { from, to, perDecade }');
    checkOptions('Recorder: bins', bins, ['from', 'to', 'perDecade']);
    for (const [what, value] of Object.entries(bins)) checkNumber(`Recorder: bins.${what}`, value);
    checkNumber('Recorder: seed', seed);
    must(
      typeof sample === 'function' || (Number.isInteger(sample) && sample >= 0),
      'Recorder: sample',
      'a count',
      sample,
    );
    if (!(bins.from < bins.to) || !(bins.perDecade > 0)) {
      throw new ValueError(`Recorder: bins must rise and have a resolution: ${showValue(bins)}`);
    }
    const rate = [bins.from, bins.to].find((power) => power > 0 && power < 0.1);
    if (rate !== undefined) throw new ValueError(`Recorder: bins: from and to are powers of ten: ${rate}; 1e-6 is -6`);
    const count = (bins.to - bins.from) * bins.perDecade;
    if (!(count <= 1e6)) throw new ValueError(`Recorder: bins: at most 1,000,000: ${count}`);
    const odd = checkNumbers('Recorder: quantiles', quantiles).find((p) => !(p >= 0 && p <= 1));
    must(odd === undefined, 'Recorder: quantiles', 'between 0 and 1', odd);
    this.bins = bins;
    this.#options = { every, layers, sample, quantiles, scheduled, net, visit };
    this.#random = new Random(seed);
  }

  /** Records the last step if its number is a multiple of `every` and it is not recorded yet. Returns whether it did. Skips parameters
   *  without a step. Throws ValueError, and records nothing, if the optimizer has taken no step, if it takes another one before the promise
   *  resolves, or if `layers` selects no parameter. */
  async take(): Promise<boolean> {
    const { every, layers, net } = this.#options;
    const step = this.optimizer.steps;
    if (step === 0) throw new ValueError('Recorder: take: the optimizer has taken no step; call it after step()');
    if (step % every !== 0) return false;
    // After `loadStateDict` the optimizer has another state, and a step of the same number is another step.
    const [state] = Object.values(this.optimizer.stateDict().tensors);
    const isRecorded = () => step === this.#last?.step && state === this.#last.state;
    if (isRecorded()) return false;
    const [all, rows]: [Measured[], Row[]] = [[], []];
    const parameters = named(this.optimizer);
    const chosen = parameters.filter(([name]) => checkFlag('Recorder: what layers returns', layers(name)));
    if (!chosen.length)
      throw new ValueError(
        `Recorder: layers selects no parameter: one of ${parameters.map(([name]) => name).join(', ')}`,
      );
    for (const [name, param] of chosen) {
      if (!this.optimizer.hasStepped(param)) continue;
      const measured = await this.#measure(name, param);
      if (this.optimizer.steps !== step)
        throw new ValueError(
          `Recorder: take of step ${step}: the optimizer took another step before it ended; await recorder.take()`,
        );
      rows.push(this.#row(name, measured));
      if (net) all.push(measured);
    }
    if (isRecorded()) return false;
    this.#last = { step, state };
    this.rows.push(...rows);
    if (all.length > 0) this.net.push(this.#row('', together(all)));
    return true;
  }

  async #measure(name: string, param: Tensor): Promise<Measured> {
    const { scheduled, visit } = this.#options;
    const seen = await this.optimizer.inspect(param);
    await visit?.(seen, name);
    const { m, v, lo, hi, schedule, floor, free, ceiling } = seen;
    const used = (rates: Float64Array) => (scheduled ? rates.map((r) => r * schedule) : rates);
    const rates = { raw: used(seen.rate), clipped: used(seen.clipped) };
    const index = [...this.#sampleOf(name, param.size)];
    const pick = (values: Float64Array) => index.filter((i) => i < values.length).map((i) => values[i]);
    return {
      lo,
      hi,
      schedule,
      rates,
      elements: { floor, free, ceiling },
      slots: this.#slots(rates),
      sample: { index, rate: pick(rates.raw), clipped: pick(rates.clipped), m: pick(m), v: pick(v) },
    };
  }

  #row(name: string, { lo, hi, schedule, elements, rates, slots, sample }: Measured): Row {
    const size = rates.raw.length;
    const { quantiles } = this.#options;
    return {
      step: this.optimizer.steps,
      name,
      size,
      lo,
      hi,
      schedule,
      floor: elements.floor / size,
      free: elements.free / size,
      ceiling: elements.ceiling / size,
      elements,
      raw: histogram(slots.raw),
      clipped: histogram(slots.clipped),
      quantiles: { raw: quantilesOf(rates.raw, quantiles), clipped: quantilesOf(rates.clipped, quantiles) },
      sample,
    };
  }

  /** The indices of a parameter's sample: from the option's function, or drawn without repetition from a random stream seeded by
   *  `seed` and the parameter's name. */
  #sampleOf(name: string, size: number): readonly number[] {
    const found = this.#chosen.get(name);
    if (found) return found;
    const { sample } = this.#options;
    const drawn = (count: number) =>
      [...this.#random.stream(name).permutation(size).subarray(0, Math.min(count, size))].sort((a, b) => a - b);
    const chosen =
      typeof sample === 'function' ? checkNumbers('Recorder: what sample returns', sample(size)) : drawn(sample);
    const odd = chosen.find((i) => !(Number.isInteger(i) && i >= 0 && i < size));
    if (odd !== undefined) throw new ValueError(`Recorder: sample: no such element of ${name}: ${odd} of ${size}`);
    this.#chosen.set(name, chosen);
    return chosen;
  }

  /** The slots of both histograms. Logarithms dominate the cost, so one serves both if the rate was not clipped. */
  #slots({ raw, clipped }: Measured['rates']): Measured['slots'] {
    const { from, to, perDecade } = this.bins;
    const bins = Math.ceil((to - from) * perDecade);
    // NaN fails both comparisons and is counted above.
    const slot = (value: number) => {
      const bin = Math.floor((Math.log10(value) - from) * perDecade);
      return bin < 0 ? 0 : bin < bins ? bin + 1 : bins + 1;
    };
    const slots = { raw: new Uint32Array(bins + 2), clipped: new Uint32Array(bins + 2) };
    raw.forEach((rate, i) => {
      const at = slot(rate);
      slots.raw[at]++;
      slots.clipped[clipped[i] === rate ? at : slot(clipped[i])]++;
    });
    return slots;
  }
}

/** Combines all parameters into one row. Bounds and schedule are taken from the last parameter. */
function together(all: readonly Measured[]): Measured {
  const sum = (key: keyof Row['elements']) => all.reduce((total, { elements }) => total + elements[key], 0);
  const kinds = <T>(of: (kind: 'raw' | 'clipped') => T) => ({ raw: of('raw'), clipped: of('clipped') });
  return {
    ...all[all.length - 1],
    elements: { floor: sum('floor'), free: sum('free'), ceiling: sum('ceiling') },
    rates: kinds((kind) => join(all.map(({ rates }) => rates[kind]))),
    slots: kinds((kind) => all[0].slots[kind].map((_, i) => all.reduce((n, { slots }) => n + slots[kind][i], 0))),
    sample: EMPTY_SAMPLE,
  };
}

function join(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function histogram(slots: Uint32Array): Histogram {
  const last = slots.length - 1;
  return { below: slots[0], counts: [...slots.subarray(1, last)], above: slots[last] };
}

/** log10 of the quantiles of n values, for each share p: interpolated linearly between the two logarithms around position p (n-1). */
function quantilesOf(values: Float64Array, shares: readonly number[]): number[] {
  if (shares.length === 0) return [];
  const sorted = values.slice().sort();
  return shares.map((p) => {
    const position = p * (sorted.length - 1);
    const below = Math.floor(position);
    const [a, b] = [Math.log10(sorted[below]), Math.log10(sorted[Math.ceil(position)])];
    return a === b ? a : a + (position - below) * (b - a);
  });
}
