// The computation of room `nets`: rules that train copies of the same net, from the same weights and on the same batches.
import {
  BoundgradError,
  crossEntropy,
  generate,
  type Module,
  noGrad,
  type Optimizer,
  scope,
  type Tensor,
  tensor,
} from '../../index.js';
import { type RaceTask, raceTaskOf } from './raceTask.js';
import { type CsvFile, PLANE, planeBox } from './raceTasks.js';
import { scheduleNamed } from './schedules.js';
import type { Change, RaceState, ScheduleName } from './state.js';
import { type Images, type Snapshot, Training } from './training.js';

/** The measurements of a rule's net. */
export interface Measured {
  /** The mean loss of the test samples. */
  loss: number;
  /** The share of right answers; for predicted numbers R2, the share of their variance that the net explains. */
  score: number;
  /** The class that the net gives each test point or image. */
  answers?: Uint8Array;
  /** On the grid over the points' plane, row by row from the lowest y: the probability of the second class, 255 for 1. */
  plane?: Uint8Array;
  /** A text that the net writes. */
  sample?: string;
}

/** The nets after a step. Null: a rule stopped earlier. */
export interface Mark {
  step: number;
  rules: (Measured | null)[];
}

/** About how many marks a run leaves, by the kind of its data; slow: for a slow net. */
const MARKS = { points: 50, table: 40, images: 20, text: 15, slow: 10 } as const;
/** The number of characters that a net writes. */
const WRITTEN = 160;
/** About how many snapshots a run leaves. */
const SNAPSHOTS = 10;
/** About how many points of a trajectory are kept for the slices. */
const TRAIL = 30;

/** Facts of a race that do not change with its steps. */
export interface RaceFacts {
  about: string;
  /** The names of the classes; null: numbers are predicted. */
  classes: readonly string[] | null;
  /** The text with which generated texts begin. */
  prompt: string;
  /** The number of weights of a net. */
  weights: number;
  /** The backend: `wasm simd` or `loops`. */
  via: string;
}

/** One rule of a race. */
interface Racer {
  training: Training;
  /** The loss of each step's batch, before the step. */
  losses: number[];
  /** The weights at the steps of the race's `trail`, until the rule stopped. */
  trail: Float32Array[];
}

/** The run of a race, step by step. */
export class Race {
  readonly racers: readonly Racer[];
  /** Sorted by step, from step 0. */
  readonly marks: Mark[] = [];
  /** The steps at which the weights are kept. */
  readonly trail: number[] = [];
  readonly weights: number;
  /** The number of steps taken. */
  steps = 0;
  /** The state of every rule at some steps; the first is at step 0. */
  readonly #snapshots: { steps: number; rules: { snapshot: Snapshot; note: string }[] }[] = [];
  #state: RaceState;

  /** Requires the backend that `withNetBackend` or `useNetBackend` sets. Throws StateError if the state cannot be run. */
  static async of(state: RaceState, images: Images, file: CsvFile | null = null): Promise<Race> {
    const race = new Race(state, await raceTaskOf(state, images, file));
    race.#keep();
    race.#save();
    await race.#mark();
    return race;
  }

  private constructor(
    state: RaceState,
    readonly task: RaceTask,
  ) {
    this.#state = state;
    const { batch, steps, seed } = state;
    const racers: Racer[] = [];
    this.racers = racers;
    try {
      for (const [place, rule] of state.rules.entries())
        racers.push({ training: new Training(task, { rule, place, batch, steps, seed }), losses: [], trail: [] });
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.weights = flat(racers[0].training.model).length;
  }

  /** The state that is run. `rewind` replaces it. */
  get state(): RaceState {
    return this.#state;
  }

  get isDone(): boolean {
    return this.racers.every(({ training }) => training.isDone);
  }

  /** The number of steps between two marks. */
  get every(): number {
    return Math.ceil(this.state.steps / MARKS[this.task.isSlow ? 'slow' : this.task.kind]);
  }

  facts(via: string): RaceFacts {
    const { about, classes, prompt } = this.task;
    const text = prompt.map((token) => classes![token]).join('');
    return { about, classes, prompt: text, weights: this.weights, via };
  }

  /** Takes a step of every rule that has not stopped. */
  async advance(): Promise<void> {
    const step = this.steps + 1;
    for (const [place, { training, losses }] of this.racers.entries()) {
      if (training.isDone) continue;
      for (const change of this.state.changes)
        if (change.rule === place && change.step === step) apply(change, training.optimizer, this.state.steps);
      if (await training.step()) losses.push(training.loss);
    }
    this.steps = step;
    if (step % Math.ceil(this.state.steps / TRAIL) === 0 || this.isDone) this.#keep();
    if (step % Math.ceil(this.state.steps / SNAPSHOTS) === 0) this.#save();
    if (step % this.every === 0 || this.isDone) await this.#mark();
  }

  #save(): void {
    const rules = this.racers.map(({ training }) => ({ snapshot: training.save(), note: training.note }));
    this.#snapshots.push({ steps: this.steps, rules });
  }

  /** Goes back to the last snapshot before the first step that differs in the given state. state: may differ from the present one only in
   *  its changes. The continued run has the bits of a run from the start. */
  async rewind(state: RaceState): Promise<void> {
    const texts = (list: readonly Change[]) => list.map((change) => JSON.stringify(change));
    const [before, after] = [texts(this.state.changes), texts(state.changes)];
    const different = [...this.state.changes, ...state.changes].filter((change) => {
      const text = JSON.stringify(change);
      return !before.includes(text) || !after.includes(text);
    });
    const from = different.reduce((least, { step }) => Math.min(least, step), this.steps + 1);
    const { steps, rules } = this.#snapshots.filter((each) => each.steps < from).at(-1)!;
    this.#state = state;
    this.steps = steps;
    cut(this.#snapshots, (each) => each.steps <= steps);
    cut(this.marks, (mark) => mark.step <= steps);
    cut(this.trail, (step) => step <= steps);
    for (const [place, { training, losses, trail }] of this.racers.entries()) {
      await training.restore(rules[place].snapshot);
      training.note = rules[place].note;
      losses.length = training.steps;
      trail.length = Math.min(trail.length, this.trail.filter((step) => step <= training.steps).length);
      // A snapshot has the values of the hyper-parameters, but no schedule.
      const first: Change = { step: 0, rule: place, name: 'schedule', value: state.rules[place].schedule ?? 'none' };
      for (const change of [first, ...state.changes])
        if (change.rule === place && change.name === 'schedule' && change.step <= steps)
          apply(change, training.optimizer, state.steps);
    }
  }

  #keep(): void {
    this.trail.push(this.steps);
    for (const { training, trail } of this.racers)
      if (training.steps === this.steps) trail.push(averaged(training, () => flat(training.model)));
  }

  async #mark(): Promise<void> {
    const rules: (Measured | null)[] = [];
    for (const { training } of this.racers)
      rules.push(training.steps === this.steps ? await this.#measure(training) : null);
    this.marks.push({ step: this.steps, rules });
  }

  async #measure(training: Training): Promise<Measured> {
    const { task, state } = this;
    const { model } = training;
    model.eval();
    const found = averaged(training, () => measure(model, task));
    model.train();
    const measured: Measured = { loss: found.loss, score: found.score };
    if (task.kind === 'images' || task.kind === 'points') measured.answers = found.answers;
    if (state.data === 'moons' || state.data === 'spirals')
      measured.plane = averaged(training, () => planeOf(model, planeBox[state.data as 'moons']));
    if (task.kind === 'text' && this.steps > 0) measured.sample = await this.#write(training);
    return measured;
  }

  async #write(training: Training): Promise<string> {
    const { prompt, classes } = this.task;
    const options = { prompt: [...prompt], length: WRITTEN, temperature: 0.6, seed: this.state.seed };
    try {
      beginAverage(training);
      return [...(await generate(training.model, options))].map((token) => classes![token]).join('');
    } catch (error) {
      // Logits that are not finite: the rule stops at its next step and says why.
      if (error instanceof BoundgradError) return '';
      throw error;
    } finally {
      endAverage(training);
    }
  }

  dispose(): void {
    for (const { training } of this.racers) training.dispose();
  }
}

/** Keeps the entries at the beginning of a list for which a condition holds, and removes the others, which are at its end. */
function cut<T>(list: T[], holds: (entry: T) => boolean): void {
  list.length = list.filter(holds).length;
}

/** Gives an optimizer the value of a change. A group without the hyper-parameter, such as Muon's group of biases, is not changed. */
function apply({ name, value }: Change, optimizer: Optimizer<any>, steps: number): void {
  for (const group of optimizer.paramGroups as Record<string, unknown>[] & Optimizer<any>['paramGroups']) {
    if (name === 'schedule')
      group.schedule = value === 'none' ? undefined : scheduleNamed(value as ScheduleName, steps);
    else if (name in group) group[name] = Array.isArray(value) ? [...value] : value;
  }
}

/** Runs a function with the weights for evaluation in the model, if the optimizer has them. */
function averaged<T>(training: Training, act: () => T): T {
  try {
    beginAverage(training);
    return act();
  } finally {
    endAverage(training);
  }
}
const beginAverage = ({ steps, optimizer }: Training) => steps > 0 && optimizer.hasAverage && optimizer.eval();
const endAverage = ({ optimizer }: Training) => optimizer.isEval && optimizer.train();

/** All weights of a model in one array. */
function flat(model: Module): Float32Array {
  const parts = model.parameters().map((p) => p.dataSync() as Float32Array);
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The loss of a task on some samples. */
export function lossOf(task: RaceTask, output: Tensor, y: Tensor): number {
  return (task.loss?.(output, y) ?? crossEntropy(output, y)).itemSync();
}

/** Measures a model, which must be in evaluation mode, on the test samples. */
function measure(model: Module, task: RaceTask): { loss: number; score: number; answers: Uint8Array } {
  let [loss, samples, right] = [0, 0, 0];
  const answers: number[] = [];
  const values: { y: number; found: number }[] = [];
  for (const [x, y] of task.test)
    scope(() =>
      noGrad(() => {
        const output = model.forward(x) as Tensor;
        loss += lossOf(task, output, y) * x.shape[0];
        samples += x.shape[0];
        const [list, wanted] = [output.dataSync(), y.dataSync()];
        const width = list.length / wanted.length;
        for (let i = 0; i < wanted.length; i++) {
          if (!task.classes) {
            values.push({ y: wanted[i], found: list[i] });
            continue;
          }
          let best = 0;
          for (let c = 1; c < width; c++) if (list[i * width + c] > list[i * width + best]) best = c;
          answers.push(best);
          if (best === wanted[i]) right++;
        }
      }),
    );
  const score = task.classes ? right / answers.length : explained(values);
  return { loss: loss / samples, score, answers: Uint8Array.from(answers) };
}

/** R2 = 1 - sum (y - found)^2 / sum (y - mean)^2 */
function explained(values: readonly { y: number; found: number }[]): number {
  const mean = values.reduce((sum, { y }) => sum + y, 0) / values.length;
  const rest = values.reduce((sum, { y, found }) => sum + (y - found) * (y - found), 0);
  return 1 - rest / values.reduce((sum, { y }) => sum + (y - mean) * (y - mean), 0);
}

/** The probability of the second class on a grid. */
function planeOf(model: Module, [x0, x1, y0, y1]: readonly [number, number, number, number]): Uint8Array {
  const points = new Float32Array(2 * PLANE * PLANE);
  for (let i = 0; i < PLANE * PLANE; i++) {
    points[2 * i] = x0 + ((x1 - x0) * (i % PLANE)) / (PLANE - 1);
    points[2 * i + 1] = y0 + ((y1 - y0) * Math.floor(i / PLANE)) / (PLANE - 1);
  }
  return scope(() =>
    noGrad(() => {
      const logits = (model.forward(tensor(points, { shape: [PLANE * PLANE, 2] })) as Tensor).dataSync();
      return Uint8Array.from({ length: PLANE * PLANE }, (_, i) =>
        Math.round(255 / (1 + Math.exp(logits[2 * i] - logits[2 * i + 1]))),
      );
    }),
  );
}
