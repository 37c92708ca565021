// The races of the worker: each answer contains the results since the last answer.
import { Race, type RaceFacts } from './core/race.js';
import { type CsvFile, checksumOf } from './core/raceTasks.js';
import { sliceOf } from './core/slice.js';
import type { RaceState, SliceName } from './core/state.js';
import { type Images, useNetBackend } from './core/training.js';
import type { Answer } from './worker.js';

/** The test samples of a race that the page draws. */
export interface TestSamples {
  labels: Uint8Array;
  /** For points: the coordinates, one point after another. */
  points?: Float32Array;
  /** For images: the side of the square, and a byte for each pixel, 255 for the brightest, image after image. */
  side?: number;
  pixels?: Uint8Array;
}

export class RaceRuns {
  /** The CSV file that the page was given. */
  file: CsvFile | null = null;
  /** The run that the page shows. key: what it depends on, without its changes. over: resolves when it has ended. */
  #shown: { id: number; key: string; race: Race; over: Promise<void> } | null = null;
  #current = 0;
  /** Resolves when the last run has begun. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How many slices were requested: the number of the last request. */
  #slices = 0;

  /** yieldToMessages: lets waiting messages in. frame: about the time between two answers, in milliseconds. */
  constructor(
    readonly answer: (message: Answer) => void,
    readonly images: Images,
    readonly yieldToMessages: () => Promise<void>,
    readonly frame: number,
  ) {}

  /** Runs a race until it ends or another one begins. If it differs from the race before only in its changes during the run, that race goes
   *  back and continues. */
  async run(id: number, state: RaceState): Promise<void> {
    this.#current = id;
    const turn = this.#turn.then(() => this.#begin(id, state));
    this.#turn = turn.catch(() => {});
    await turn;
    if (this.#shown?.id === id) await this.#shown.over;
  }

  async #begin(id: number, state: RaceState): Promise<void> {
    const { changes: _, slice: __, at: ___, ...rest } = state;
    const key = JSON.stringify([rest, this.file && checksumOf(this.file.text)]);
    const before = this.#shown;
    // The old run ends at its next step.
    await before?.over.catch(() => {});
    // A slider that is dragged requests a run at each of its positions; only the last run is worth making.
    await this.yieldToMessages();
    if (this.#current !== id) return;
    const backend = await useNetBackend();
    let race: Race;
    if (before?.key === key) {
      race = before.race;
      await race.rewind(state);
    } else {
      race = await Race.of(state, this.images, this.file);
      before?.race.dispose();
    }
    this.#shown = { id, key, race, over: Promise.resolve() };
    if (this.#current !== id) return;
    this.#shown.over = this.#train(id, race, race.facts(backend.name === 'wasm' ? 'wasm simd' : 'loops'));
    // The caller of run() gets the error.
    this.#shown.over.catch(() => {});
  }

  async #train(id: number, race: Race, facts: RaceFacts): Promise<void> {
    const sent = { losses: race.racers.map(() => 0), marks: 0, isFirst: true };
    const send = () => {
      const losses = race.racers.map(({ losses }, i) => losses.slice(sent.losses[i]));
      const marks = race.marks.slice(sent.marks);
      sent.losses = race.racers.map(({ losses }) => losses.length);
      sent.marks = race.marks.length;
      const notes = race.racers.map(({ training }) => training.note);
      const samples = sent.isFirst ? samplesOf(race) : undefined;
      sent.isFirst = false;
      this.answer({ kind: 'race', id, losses, marks, facts, notes, samples, isDone: race.isDone });
    };
    send();
    while (!race.isDone && this.#current === id) {
      const began = performance.now();
      do await race.advance();
      while (!race.isDone && performance.now() - began < this.frame);
      send();
      await this.yieldToMessages();
    }
  }

  /** Answers with a slice of a run once it has ended, unless another run or slice is asked for. */
  async slice(run: number, name: SliceName): Promise<void> {
    const asked = ++this.#slices;
    const shown = this.#shown;
    if (shown?.id !== run) return;
    await shown.over.catch(() => {});
    const isWanted = () => this.#current === run && this.#slices === asked;
    if (!isWanted() || !shown.race.isDone) return;
    const slice = await sliceOf(shown.race, name, async () => {
      await this.yieldToMessages();
      return isWanted();
    });
    if (slice) this.answer({ kind: 'slice', id: run, slice });
  }
}

function samplesOf({ task }: Race): TestSamples | undefined {
  if (task.kind !== 'images' && task.kind !== 'points') return undefined;
  const values = Float32Array.from(task.test.flatMap(([x]) => [...x.dataSync()]));
  const labels = Uint8Array.from(task.test.flatMap(([, y]) => [...y.dataSync()]));
  if (task.kind === 'points') return { labels, points: values };
  const [least, most] = values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const pixels = Uint8Array.from(values, (v) => Math.round((255 * (v - least)) / (most - least)));
  return { labels, side: task.test[0][0].shape[2], pixels };
}
