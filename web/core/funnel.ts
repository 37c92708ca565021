// The computation of room `funnel`: a net learns, and every step records its bounds, the density of its rates, and what the clip did.
import { BoundgradError, type Inspection, Recorder } from '../../index.js';
import { BINS, netKey, type Part, whyNoWeight } from './nets.js';
import { StateError } from './optimizerOf.js';
import type { NetState } from './state.js';
import { type Images, type Snapshot, Training } from './training.js';

/** What the clip does to a rate. */
export type Kind = 'raised' | 'free' | 'lowered';

/** What a step did to one parameter. Rates and bounds include the schedule's factor. */
export interface PartRow {
  lo: number;
  hi: number;
  /** How many rates the clip raised to lo, and how many it lowered to hi. */
  floor: number;
  ceiling: number;
  /** The rates before the clip: how many lie in each bin, below all bins, and above all bins. */
  counts: number[];
  below: number;
  above: number;
}

/** One step. Parameters that had no step are null. */
export interface Row {
  /** The loss of the batch before the step. */
  loss: number;
  parts: (PartRow | null)[];
}

/** Facts of a run that do not change with its steps. */
export interface Facts {
  /** Which net it is: `netKey`. */
  net: string;
  parts: Part[];
  /** Factors that convert a rate of the step to the rate of an averaged direction, and to that of a heavy ball. Null if the direction is not
   *  m. */
  units: { averaged: number; heavy: number } | null;
  /** Whether the rule has a second moment, so that rates before the clip differ. */
  hasSecond: boolean;
  /** The kernels that compute: `wasm simd` or `loops`. */
  via: string;
  /** The run keeps every weight's rate at every `every`-th step, from step 1. */
  every: number;
}

/** What the run did to one weight. */
export interface Weight {
  layer: string;
  index: number;
  /** The rate before the clip at every `every`-th step, from step 1. */
  path: Float32Array;
  every: number;
  /** The first step whose clip changed its rate. how: -1 raised it, 1 lowered it. Null: none so far. */
  first: { step: number; how: -1 | 1; rate: number; lo: number; hi: number } | null;
  /** How many steps raised its rate, and how many lowered it. */
  raised: number;
  lowered: number;
  /** The number of steps that the run has taken. */
  steps: number;
}

/** About how many numbers the paths of all weights have together at most. */
const MOST_PATHS = 24e6;
/** About how many snapshots a run leaves; a run of fewer than four times as many steps leaves fewer. */
const SNAPSHOTS = 24;

/** Records for each element of a parameter. */
interface Kept {
  /** How many steps raised the element's rate to lo, and how many lowered it to hi. */
  raised: Uint16Array;
  lowered: Uint16Array;
  /** The first of these steps (0: none so far), and its side: -1 raised, 1 lowered. */
  first: Uint16Array;
  side: Int8Array;
  /** The rate before that clip. */
  firstRate: Float64Array;
  paths: Float32Array[];
}

/** The run of a net, step by step. */
export class Funnel {
  /** Row t - 1 belongs to step t. */
  readonly rows: Row[] = [];
  readonly parts: Part[];
  readonly #recorder: Recorder;
  readonly #kept = new Map<string, Kept>();
  readonly #every: number;
  readonly #snapshots: Snapshot[];
  /** A second net, for `replay`. */
  #replay: Training | null = null;

  /** Requires the backend that `withNetBackend` or `useNetBackend` sets. Throws StateError if the state cannot be run. */
  static async of(state: NetState, images: Images): Promise<Funnel> {
    return new Funnel(state, await Training.of(state, images));
  }

  private constructor(
    readonly state: NetState,
    readonly training: Training,
  ) {
    const { model, optimizer } = training;
    this.parts = model.namedParameters().map(([name, { shape, size }]) => ({ name, shape, size }));
    const total = this.parts.reduce((sum, { size }) => sum + size, 0);
    this.#every = Math.ceil((total * state.steps) / MOST_PATHS);
    for (const { name, size } of this.parts)
      this.#kept.set(name, {
        raised: new Uint16Array(size),
        lowered: new Uint16Array(size),
        first: new Uint16Array(size),
        side: new Int8Array(size),
        firstRate: new Float64Array(size),
        paths: [],
      });
    this.#recorder = new Recorder(optimizer, {
      bins: BINS,
      scheduled: true,
      visit: (seen, name) => this.#keep(seen, name),
    });
    this.#snapshots = [training.save()];
  }

  get isDone(): boolean {
    return this.training.isDone;
  }

  /** Facts of the run. Call it after the first step. */
  facts(via: string): Facts {
    const { training, state } = this;
    const { model, optimizer } = training;
    let units: Facts['units'] = null;
    let hasSecond = true;
    try {
      const { rule, scalars } = optimizer.upcoming(model.parameters()[0]);
      const { b1, k, p, q, signed } = scalars;
      if (p === 1 && q === 0 && !signed) units = { averaged: k / (1 - b1), heavy: k };
      hasSecond = rule.beta2 !== null;
    } catch (error) {
      // The step is not the bounded one.
      if (!(error instanceof BoundgradError)) throw error;
    }
    return { net: netKey(state), parts: this.parts, units, hasSecond, via, every: this.#every };
  }

  /** Takes a step. Returns its row, or null if the step cannot be taken. */
  async advance(): Promise<Row | null> {
    if (!(await this.training.step())) return null;
    await this.#recorder.take();
    const taken = new Map(this.#recorder.rows.splice(0).map((row) => [row.name, row]));
    const parts = this.parts.map(({ name }) => {
      const row = taken.get(name);
      if (!row) return null;
      const { lo, hi, schedule, elements, raw } = row;
      const { floor, ceiling } = elements;
      return { lo: schedule * lo, hi: schedule * hi, floor, ceiling, ...raw };
    });
    const row = { loss: this.training.loss, parts };
    this.rows.push(row);
    const { steps } = this.training;
    if (steps % Math.max(4, Math.ceil(this.state.steps / SNAPSHOTS)) === 0) this.#snapshots.push(this.training.save());
    return row;
  }

  #keep({ step, rate, clipped, schedule }: Inspection, name: string): void {
    const { raised, lowered, first, side, firstRate, paths } = this.#kept.get(name)!;
    for (let i = 0; i < rate.length; i++) {
      if (clipped[i] === rate[i]) continue;
      if (clipped[i] > rate[i]) raised[i]++;
      else if (clipped[i] < rate[i]) lowered[i]++;
      else continue;
      if (first[i] !== 0) continue;
      first[i] = step;
      side[i] = clipped[i] > rate[i] ? -1 : 1;
      firstRate[i] = schedule * rate[i];
    }
    if ((step - 1) % this.#every !== 0) return;
    const path = new Float32Array(rate.length);
    for (let i = 0; i < rate.length; i++) path[i] = schedule * rate[i];
    paths.push(path);
  }

  /** Finds a weight by its rate before the clip at a step, or at the last earlier step whose rates are kept. wanted: a number chooses the
   *  nearest rate on a logarithmic axis; a kind chooses the middle one of the rates that the clip raised, left unchanged or lowered. Null
   *  if there is none. layer: the parameter to search. Default: all. */
  pick(step: number, wanted: number | Kind, layer?: string): { layer: string; index: number } | null {
    const at = Math.floor((Math.min(step, this.rows.length) - 1) / this.#every);
    const row = this.rows[at * this.#every];
    if (!row) return null;
    const inside: { layer: string; index: number; rate: number }[] = [];
    for (const [part, { name }] of this.parts.entries()) {
      const bounds = row.parts[part];
      if (!bounds || (layer !== undefined && name !== layer)) continue;
      // The rates are stored in Float32, so the bounds are rounded too: otherwise a rate at a bound could seem clipped.
      const [lo, hi] = [Math.fround(bounds.lo), Math.fround(bounds.hi)];
      this.#kept.get(name)!.paths[at].forEach((rate, index) => {
        const kind: Kind = rate < lo ? 'raised' : rate > hi ? 'lowered' : 'free';
        if (typeof wanted === 'number' || kind === wanted) inside.push({ layer: name, index, rate });
      });
    }
    const distance = (rate: number) => Math.abs(Math.log(rate / (wanted as number)));
    const found =
      typeof wanted === 'number'
        ? inside.reduce<(typeof inside)[number] | undefined>(
            (best, each) => (best && !(distance(each.rate) < distance(best.rate)) ? best : each),
            undefined,
          )
        : inside.sort((a, b) => a.rate - b.rate)[inside.length >> 1];
    return found ? { layer: found.layer, index: found.index } : null;
  }

  /** What the run has done to a weight so far. Throws StateError if there is no such weight. */
  weight(layer: string, index: number): Weight {
    checkWeight(this.parts, layer, index);
    const { raised, lowered, first, side, firstRate, paths } = this.#kept.get(layer)!;
    const step = first[index];
    const part = this.parts.findIndex(({ name }) => name === layer);
    const { lo, hi } = this.rows[step - 1]?.parts[part] ?? { lo: 0, hi: Infinity };
    return {
      layer,
      index,
      every: this.#every,
      steps: this.rows.length,
      path: Float32Array.from(paths, (path) => path[index]),
      first: step === 0 ? null : { step, how: side[index] < 0 ? -1 : 1, rate: firstRate[index], lo, hi },
      raised: raised[index],
      lowered: lowered[index],
    };
  }

  /** Returns a net after `steps` steps of this run, or after its last step if it stopped earlier. The next call moves the net. One call at a
   *  time. */
  async replay(steps: number): Promise<Training> {
    this.#replay ??= new Training(this.training.task, this.training.run);
    const nearest = this.#snapshots.filter((s) => s.steps <= steps).at(-1)!;
    const replay = this.#replay;
    // A net that has prepared its next step need not go back: `step` takes that step, with the batch that was drawn for it.
    if (replay.steps > steps || replay.steps < nearest.steps || replay.note) await replay.restore(nearest);
    while (replay.steps < steps && (await replay.step()));
    return replay;
  }

  dispose(): void {
    this.training.dispose();
    this.#replay?.dispose();
  }
}

/** Throws StateError if a net has no such weight. */
export function checkWeight(parts: readonly Part[], layer: string, index: number): void {
  const why = whyNoWeight(parts, layer, index);
  if (why !== null) throw new StateError(why, 'weight');
}
