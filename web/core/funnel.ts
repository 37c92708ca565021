// The third room's computation: a net learns, and every step leaves the bounds, the density of its rates, and what the clip did.
import { type Inspection, Recorder } from '../../index.js';
import { BINS } from './nets.js';
import { StateError } from './optimizerOf.js';
import type { NetState } from './state.js';
import { type Images, type Snapshot, Training } from './training.js';

/** A parameter of the net. */
export interface Part {
  name: string;
  shape: readonly number[];
  size: number;
}

/** What a step did to one parameter. Rates and bounds are with the schedule's factor. */
export interface PartRow {
  lo: number;
  hi: number;
  /** The rates that the clip raised to lo, and those that it lowered to hi. */
  floor: number;
  ceiling: number;
  /** The rates before the clip: how many lie in each bin, and outside of all. */
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

/** What a run does not change with its steps. */
export interface Facts {
  parts: Part[];
  /** Factors on a rate: of an averaged direction, and of a heavy ball. Null if the direction is not m. */
  units: { averaged: number; heavy: number } | null;
  /** Whether the rule has a second moment, so that rates before the clip differ. */
  hasSecond: boolean;
  /** What computes: `wasm simd` or `loop`. */
  via: string;
}

/** What the run did to one weight. */
export interface Weight {
  layer: string;
  index: number;
  /** The rate before the clip at every `every`-th step, from step 1. NaN: no step. */
  path: Float32Array;
  every: number;
  /** The first step whose clip changed its rate, and to which side. Null: none so far. */
  first: { step: number; how: -1 | 1; rate: number; lo: number; hi: number } | null;
  /** The steps that raised and that lowered its rate. */
  raised: number;
  lowered: number;
  /** The steps of the run. */
  steps: number;
}

/** The most numbers of all weights' paths. */
const MOST_PATHS = 24e6;
/** About how many snapshots a run leaves. */
const SNAPSHOTS = 24;

/** What is kept of each element of a parameter. */
interface Kept {
  /** The steps whose clip raised a rate, and lowered it. */
  raised: Uint16Array;
  lowered: Uint16Array;
  first: Int16Array;
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
  /** A second net, which goes back. */
  #replay: Training | null = null;

  /** Call it with the backend of nets. Throws StateError if the state cannot be run. */
  static async of(state: NetState, images: Images): Promise<Funnel> {
    return new Funnel(await Training.of(state, images), images);
  }

  private constructor(
    readonly training: Training,
    readonly images: Images,
  ) {
    const { model, optimizer, state } = training;
    this.parts = model.namedParameters().map(([name, { shape, size }]) => ({ name, shape, size }));
    const total = this.parts.reduce((sum, { size }) => sum + size, 0);
    this.#every = Math.ceil((total * state.steps) / MOST_PATHS);
    for (const { name, size } of this.parts)
      this.#kept.set(name, {
        raised: new Uint16Array(size),
        lowered: new Uint16Array(size),
        first: new Int16Array(size),
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
    const { model, optimizer } = this.training;
    let units: Facts['units'] = null;
    let hasSecond = true;
    try {
      const { rule, scalars } = optimizer.upcoming(model.parameters()[0]);
      const { b1, k, p, q, signed } = scalars;
      if (p === 1 && q === 0 && !signed) units = { averaged: k / (1 - b1), heavy: k };
      hasSecond = rule.beta2 !== null;
    } catch {
      // The step is not the bounded one.
    }
    return { parts: this.parts, units, hasSecond, via };
  }

  /** Takes a step. Returns its row, or null if it stopped. */
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
    const { steps, state } = this.training;
    if (steps % Math.max(4, Math.ceil(state.steps / SNAPSHOTS)) === 0) this.#snapshots.push(this.training.save());
    return row;
  }

  #keep({ step, rate, clipped, schedule }: Inspection, name: string): void {
    const { raised, lowered, first, firstRate, paths } = this.#kept.get(name)!;
    for (let i = 0; i < rate.length; i++) {
      if (clipped[i] === rate[i]) continue;
      if (clipped[i] > rate[i]) raised[i]++;
      else if (clipped[i] < rate[i]) lowered[i]++;
      else continue;
      if (first[i] !== 0) continue;
      first[i] = clipped[i] > rate[i] ? -step : step;
      firstRate[i] = schedule * rate[i];
    }
    if ((step - 1) % this.#every !== 0) return;
    const path = new Float32Array(rate.length);
    for (let i = 0; i < rate.length; i++) path[i] = schedule * rate[i];
    paths.push(path);
  }

  /** The weight whose rate before the clip is nearest to a rate, on a logarithmic axis. layer: Default: all. */
  pick(step: number, rate: number, layer?: string): { layer: string; index: number } | null {
    let found: { layer: string; index: number } | null = null;
    let nearest = Infinity;
    for (const [name, { paths }] of this.#kept) {
      if (layer !== undefined && name !== layer) continue;
      paths[Math.min(paths.length - 1, Math.floor((step - 1) / this.#every))]?.forEach((r, index) => {
        const distance = Math.abs(Math.log(r / rate));
        if (distance < nearest) [found, nearest] = [{ layer: name, index }, distance];
      });
    }
    return found;
  }

  /** What the run has done to a weight so far. Throws StateError if there is no such weight. */
  weight(layer: string, index: number): Weight {
    checkWeight(this.parts, layer, index);
    const { raised, lowered, first, firstRate, paths } = this.#kept.get(layer)!;
    const step = Math.abs(first[index]);
    const part = this.parts.findIndex(({ name }) => name === layer);
    const { lo, hi } = this.rows[step - 1]?.parts[part] ?? { lo: 0, hi: Infinity };
    return {
      ...{ layer, index, every: this.#every, steps: this.rows.length },
      path: Float32Array.from(paths, (path) => path[index]),
      first: step === 0 ? null : { step, how: first[index] < 0 ? -1 : 1, rate: firstRate[index], lo, hi },
      raised: raised[index],
      lowered: lowered[index],
    };
  }

  /** A net after so many steps of this run, at most as many as it took; the next call moves it. One call at a time. */
  async replay(steps: number): Promise<Training> {
    this.#replay ??= await Training.of(this.training.state, this.images);
    const nearest = this.#snapshots.filter((s) => s.steps <= steps).at(-1)!;
    const replay = this.#replay;
    // A prepared step has drawn its batch, and is not taken twice.
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
  const part = parts.find(({ name }) => name === layer);
  if (!part)
    throw new StateError(`of: no parameter '${layer}'; one of ${parts.map(({ name }) => name).join(', ')}`, 'weight');
  if (index < part.size) return;
  throw new StateError(`of: ${layer} has ${part.size} elements: no ${index}; the last is ${part.size - 1}`, 'weight');
}
