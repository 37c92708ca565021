// The computation of room `surface`: rules descend one problem from one start, and every point is measured.
import {
  add,
  BoundgradError,
  grad,
  hvp,
  mul,
  NonFiniteError,
  noGrad,
  type Optimizer,
  Random,
  scope,
  sum,
  Tensor,
  tensor,
} from '../../index.js';
import { evaluate } from './evaluate.js';
import { type Formula, FormulaError, parseFormula } from './formula.js';
import { namesIn } from './numberOf.js';
import { makeOptimizer, StateError } from './optimizerOf.js';
import { type Problem, problems } from './problems.js';
import { type SurfaceState, settingsOf } from './state.js';

/** What the clip did to a rate: raised it to lo, left it unchanged, lowered it to hi. */
export type Clip = -1 | 0 | 1;

/** The steps of one rule. Entry t of each list belongs to the point after step t; entry 0 to the start. */
export interface Track {
  x: number[];
  y: number[];
  /** The loss of the formula, without noise. */
  loss: number[];
  /** The rates of x and y that step t used, after the clip and the schedule. Entry 0 is NaN. */
  rate: [x: number[], y: number[]];
  /** What the clip of step t did to the rates of x and y. Entry 0 is 0. */
  clip: [x: Clip[], y: Clip[]];
  /** The largest eigenvalue of the Hessian at the point. */
  sharpness: number[];
  /** The largest eigenvalue of the Hessian times the step's rates, as a share of the limit above which a step of this momentum is
   *  unstable on a quadratic. NaN if the rule has no known limit. */
  stability: number[];
  /** Why the rule stopped early. */
  note?: string;
}

/** A rule counts as diverged if a coordinate exceeds this: points beyond cannot be drawn. */
const FARTHEST = 1e6;

/** A problem with its settings, on tensors. */
export interface Loss {
  problem: Problem;
  settings: Record<string, number>;
  formula: Formula;
  /** The loss of points, element by element. */
  at(x: Tensor, y: Tensor): Tensor;
}

/** Returns the loss of a state. Throws StateError if its formula cannot be read. */
export function lossOf(state: SurfaceState): Loss {
  const problem = problems[state.problem];
  const settings = settingsOf(state);
  const variables = { ...settings, ...problem.derived?.(settings) };
  let formula: Formula;
  try {
    formula = parseFormula(problem.formula ?? state.formula, ['x', 'y', ...Object.keys(variables)]);
  } catch (error) {
    if (error instanceof FormulaError) throw new StateError(error.message, 'formula');
    throw error;
  }
  // A formula without x or without y gets 0 (x + y), so that its value has the shape of both.
  const at = (x: Tensor, y: Tensor) => add(evaluate(formula, { ...variables, x, y }) as Tensor, mul(0, add(x, y)));
  const plain = (x: Tensor, y: Tensor) => evaluate(formula, { ...variables, x, y }) as Tensor;
  const both = [tensor([1], DOUBLE), tensor([1], DOUBLE)] as const;
  const probe = plain(...both);
  const isFull = probe instanceof Tensor && namesIn(formula).has('x') && namesIn(formula).has('y');
  return { problem, settings, formula, at: isFull ? plain : at };
}

const DOUBLE = { dtype: 'float64' } as const;

/** A rule with its own point. */
interface Walker {
  p: Tensor;
  optimizer: Optimizer<any>;
  track: Track;
  /** By step: k / (2 (1 + b1)), the share of the limit divided by n L. Entry 0 is NaN. */
  shares: number[];
  isDone: boolean;
}

/** The run of a state, step by step. */
export class Surface {
  readonly tracks: Track[];
  /** The number of steps taken. */
  steps = 0;
  readonly #walkers: Walker[];
  readonly #noise;
  readonly #loss: Loss;

  /** Throws StateError if the formula or a rule cannot be used. */
  constructor(readonly state: SurfaceState) {
    this.#loss = lossOf(state);
    this.#noise = new Random(state.seed).stream('noise');
    const start = project(state.start ?? this.#loss.problem.start, this.#loss.problem);
    this.#walkers = state.rules.map((choice, i) => {
      const p = tensor([...start], { dtype: 'float64', requiresGrad: true });
      const track: Track = { x: [], y: [], loss: [], rate: [[], []], clip: [[], []], sharpness: [], stability: [] };
      const optimizer = makeOptimizer(choice, [['x', p]], state.steps, i);
      push(track, start, [Number.NaN, Number.NaN], [0, 0]);
      return { p, optimizer, track, shares: [Number.NaN], isDone: false };
    });
    this.tracks = this.#walkers.map(({ track }) => track);
    this.#measure([0, 0, 0, 0, 0, 0]);
  }

  /** Whether no rule has a step left. */
  get isDone(): boolean {
    return this.steps >= this.state.steps || this.#walkers.every(({ isDone }) => isDone);
  }

  /** Takes up to `count` steps with every rule. */
  async advance(count: number): Promise<void> {
    const before = this.tracks.map(({ x }) => x.length);
    for (let i = 0; i < count && !this.isDone; i++) {
      this.steps++;
      await this.#step(this.steps);
    }
    this.#measure(before);
  }

  /** Prepares a rule's next step without taking it: puts the gradient into its parameter. place: the rule's position. */
  next(place: number): { p: Tensor; optimizer: Optimizer<any> } {
    const { p, optimizer, track } = this.#walkers[place];
    const [g] = this.#gradients([[track.x.at(-1)!, track.y.at(-1)!]]);
    const xi = this.#disturbance(this.steps + 1);
    p.grad = tensor([g[0] + xi[0], g[1] + xi[1]], DOUBLE);
    return { p, optimizer };
  }

  /** What step t adds to every gradient: the noise, and the slope of the problem. Call it once for each t, in order. */
  #disturbance(t: number): number[] {
    const { noise = 0 } = this.#loss.settings;
    const xi = [this.#noise.normal(), this.#noise.normal()].map((n) => noise * n);
    xi[0] += this.#loss.problem.slope?.(t, this.#loss.settings) ?? 0;
    return xi;
  }

  async #step(t: number): Promise<void> {
    // Every rule gets the same noise.
    const xi = this.#disturbance(t);
    const moving = this.#walkers.filter(({ isDone }) => !isDone);
    const gradients = this.#gradients(moving.map(({ track }) => [track.x.at(-1)!, track.y.at(-1)!]));
    for (const [i, walker] of moving.entries()) {
      const { p, optimizer, track } = walker;
      const share = shareOf(optimizer, p);
      p.grad = tensor([gradients[i][0] + xi[0], gradients[i][1] + xi[1]], DOUBLE);
      try {
        optimizer.step();
      } catch (error) {
        if (!(error instanceof BoundgradError)) throw error;
        walker.isDone = true;
        track.note =
          error instanceof NonFiniteError ? `stopped before step ${t}: the gradient is not finite` : error.message;
        continue;
      }
      const seen = await optimizer.inspect(p);
      const [x, y] = p.dataSync();
      const next = project([x, y], this.#loss.problem);
      if (next[0] !== x || next[1] !== y) noGrad(() => p.assign(next));
      if (!(Math.abs(x) <= FARTHEST && Math.abs(y) <= FARTHEST)) {
        walker.isDone = true;
        track.note = `diverged at step ${t}`;
        continue;
      }
      const { rate, clipped, schedule } = seen;
      const clips = [0, 1].map((j) => Math.sign(rate[j] - clipped[j]) || 0) as Clip[];
      push(track, next, [schedule * clipped[0], schedule * clipped[1]], clips);
      walker.shares.push(share);
    }
  }

  /** The gradients at points, by one backward pass: the points do not depend on each other. */
  #gradients(points: number[][]): number[][] {
    return scope(() => {
      const [x, y] = leaves(points);
      const [gx, gy] = grad(sum(this.#loss.at(x, y)), [x, y]).map((g) => g.dataSync());
      return points.map((_, i) => [gx[i], gy[i]]);
    });
  }

  /** Measures the new points of each track: loss, sharpness and stability, in one pass over all points. */
  #measure(before: readonly number[]): void {
    const points = this.tracks.flatMap(({ x, y }, i) => x.slice(before[i]).map((xt, j) => [xt, y[before[i] + j]]));
    if (points.length === 0) return;
    const [values, xx, xy, yy] = scope(() => {
      const [x, y] = leaves(points);
      const loss = this.#loss.at(x, y);
      const total = sum(loss);
      // The points are independent, so the Hessian has a 2 x 2 block for each point: two products give all blocks.
      const ones = points.map(() => 1);
      const zeros = points.map(() => 0);
      const times = (a: number[], b: number[]) => hvp(total, [x, y], [tensor(a, DOUBLE), tensor(b, DOUBLE)]);
      const [first, second] = [times(ones, zeros), times(zeros, ones)];
      return [loss, first[0], first[1], second[1]].map((each) => [...each.dataSync()]);
    });
    let i = 0;
    for (const [r, track] of this.tracks.entries()) {
      for (let t = before[r]; t < track.x.length; t++, i++) {
        const [nx, ny] = track.rate.map((rates) => rates[t]);
        track.loss.push(values[i]);
        track.sharpness.push(largest(xx[i], xy[i], yy[i]));
        const scaled = largest(nx * xx[i], Math.sqrt(nx * ny) * xy[i], ny * yy[i]);
        track.stability.push(Math.max(0, scaled) * this.#walkers[r].shares[t]);
      }
    }
  }
}

function push(track: Track, [x, y]: readonly number[], rates: number[], clips: Clip[]): void {
  track.x.push(x);
  track.y.push(y);
  for (const j of [0, 1]) {
    track.rate[j].push(rates[j]);
    track.clip[j].push(clips[j]);
  }
}

/** k / (2 (1 + b1)): on a quadratic of curvature L, m = b1 m + k g and x = x - n m are stable if n k L < 2 (1 + b1). NaN for a direction
 *  other than m, and for a step that is not the bounded one. */
function shareOf(optimizer: Optimizer<any>, p: Tensor): number {
  try {
    const { b1, k, p: ahead, q, signed } = optimizer.upcoming(p).scalars;
    return ahead === 1 && q === 0 && !signed ? k / (2 * (1 + b1)) : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function project(point: readonly number[], { box }: Problem): [number, number] {
  const inside = box ? point.map((v) => Math.min(Math.max(v, box[0]), box[1])) : point;
  return [inside[0], inside[1]];
}

function leaves(points: number[][]): Tensor[] {
  return [0, 1].map((j) =>
    tensor(
      points.map((point) => point[j]),
      { dtype: 'float64', requiresGrad: true },
    ),
  );
}

/** The largest eigenvalue of the symmetric matrix [[a, b], [b, d]]. */
function largest(a: number, b: number, d: number): number {
  return (a + d) / 2 + Math.sqrt(((a - d) / 2) ** 2 + b * b);
}

/** A rectangle of values for contours, row by row from the lowest y. */
export interface Field {
  columns: number;
  rows: number;
  /** The corners: the first and the last x and y. */
  box: readonly [x0: number, x1: number, y0: number, y1: number];
  values: Float64Array;
}

/** Computes the loss of a state on a grid. Throws StateError if its formula cannot be read. */
export function fieldOf(state: SurfaceState, box: Field['box'], columns: number, rows: number): Field {
  const loss = lossOf(state);
  const line = (from: number, to: number, n: number) =>
    Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));
  const values = scope(() =>
    noGrad(() => {
      const x = tensor(line(box[0], box[1], columns), { dtype: 'float64', shape: [1, columns] });
      const y = tensor(line(box[2], box[3], rows), { dtype: 'float64', shape: [rows, 1] });
      return Float64Array.from(loss.at(x, y).dataSync());
    }),
  );
  return { columns, rows, box, values };
}
