// A slice of the loss: the plane through the start of a race along two directions, with the trajectories projected on it.
//
//   w(a, b) = w_0 + a u_1 + b u_2        u_1, u_2 orthonormal
//   ends    u_1 towards the end of the first rule, u_2 towards the end of another rule, less the part of that move along u_1
//   random  normal numbers of the seed, scaled in each parameter to the norm of its weights, then made orthonormal
//
// Source of the scaling: Li et al. 2018, arXiv 1712.09913, section 4, per parameter instead of per filter.
import { type Module, noGrad, Random, scope, type Tensor, tensor } from '../../index.js';
import { lossOf, type Race } from './race.js';
import type { SliceName } from './state.js';
import type { Field } from './surface.js';

/** A rule's trajectory, projected on the plane. */
export interface Trajectory {
  /** The coordinates at the steps of the race's trail, until the rule stopped. */
  a: number[];
  b: number[];
  /** The loss at the weights of its last point, not at their projection. */
  loss: number;
  /** The share of the squared distance from start to end that lies in the plane. */
  share: number;
}

export interface Slice {
  name: SliceName;
  field: Field;
  /** The steps of the points of each trajectory. */
  steps: number[];
  trajectories: Trajectory[];
}

/** Points on each side of the grid, by the kind of the data, and of a slow net. */
const SIDE = { points: 25, table: 25, images: 17, text: 15, slow: 11 } as const;

/** Computes a slice of a race that has ended. Calls `pause` after each row of the grid; false from it ends the computation with null. */
export async function sliceOf(
  race: Race,
  name: SliceName,
  pause: () => Promise<boolean> = async () => true,
): Promise<Slice | null> {
  const { racers, task, state } = race;
  const start = racers[0].trail[0];
  const [u, v] = directions(race, name);
  const trajectories = racers.map(({ trail }): Omit<Trajectory, 'loss'> => {
    const places = trail.map((w) => [along(w, start, u), along(w, start, v)] as const);
    const [a, b] = places.at(-1)!;
    const length = squares(trail.at(-1)!, start);
    return { a: places.map(([a]) => a), b: places.map(([, b]) => b), share: length > 0 ? (a * a + b * b) / length : 1 };
  });
  // Random directions contain little of a trajectory. They show the valley around the start, to the norm of its weights on each side.
  const box = around(trajectories, name === 'random' ? Math.sqrt(dot(start, start)) : 0);
  const side = SIDE[task.isSlow ? 'slow' : task.kind];
  const values = new Float64Array(side * side);
  // The model is in training mode, so batch normalization uses the statistics of these samples: running averages would be of other weights.
  const model = task.makeNet(new Random(state.seed));
  const lossAt = (weights: Float32Array) => {
    load(model, weights);
    return meanLoss(race, model);
  };
  try {
    const point = new Float32Array(start.length);
    for (let row = 0; row < side; row++) {
      const b = box[2] + ((box[3] - box[2]) * row) / (side - 1);
      for (let column = 0; column < side; column++) {
        const a = box[0] + ((box[1] - box[0]) * column) / (side - 1);
        for (let i = 0; i < point.length; i++) point[i] = start[i] + a * u[i] + b * v[i];
        values[row * side + column] = lossAt(point);
      }
      if (!(await pause())) return null;
    }
    const field = { columns: side, rows: side, box, values };
    const whole = trajectories.map((trajectory, i) => ({ ...trajectory, loss: lossAt(racers[i].trail.at(-1)!) }));
    return { name, field, steps: race.trail, trajectories: whole };
  } finally {
    model.dispose();
  }
}

/** The two orthonormal directions. */
function directions({ racers, state }: Race, name: SliceName): [u: Float64Array, v: Float64Array] {
  const start = racers[0].trail[0];
  const random = randomDirections(racers[0].training.model, start, state.seed);
  const moves = racers.map(({ trail }) => Float64Array.from(trail.at(-1)!, (w, i) => w - start[i]));
  // A move without a part orthogonal to the first direction is skipped: the next move, or a random direction, takes its place.
  const wanted = name === 'ends' ? [...moves, ...random] : random;
  const found: Float64Array[] = [];
  for (const direction of wanted) {
    const rest = direction.slice();
    for (const other of found) subtract(rest, other, dot(rest, other));
    const [length, whole] = [Math.sqrt(dot(rest, rest)), Math.sqrt(dot(direction, direction))];
    if (!(length > 1e-6 * whole) || !Number.isFinite(length)) continue;
    found.push(rest.map((x) => x / length));
    if (found.length === 2) break;
  }
  return found as [Float64Array, Float64Array];
}

function randomDirections(model: Module, start: Float32Array, seed: number): Float64Array[] {
  const stream = new Random(seed).stream('slice');
  return [0, 1].map(() => {
    const direction = Float64Array.from(start, () => stream.normal());
    let at = 0;
    for (const { size } of model.parameters()) {
      const [own, drawn] = [start.subarray(at, at + size), direction.subarray(at, at + size)];
      const factor = Math.sqrt(dot(own, own) / dot(drawn, drawn));
      for (let i = 0; i < size; i++) drawn[i] *= factor;
      at += size;
    }
    return direction;
  });
}

function dot(x: Float64Array | Float32Array, y: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function subtract(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i] -= factor * y[i];
}

function along(w: Float32Array, start: Float32Array, direction: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += (w[i] - start[i]) * direction[i];
  return sum;
}

function squares(w: Float32Array, start: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += (w[i] - start[i]) * (w[i] - start[i]);
  return sum;
}

/** A square around the trajectories, with a margin. least: half of its side is at least this. */
function around(trajectories: readonly Pick<Trajectory, 'a' | 'b'>[], least: number): Field['box'] {
  const span = (list: number[]) => [list.reduce((x, y) => Math.min(x, y), 0), list.reduce((x, y) => Math.max(x, y), 0)];
  const [[a0, a1], [b0, b1]] = [span(trajectories.flatMap(({ a }) => a)), span(trajectories.flatMap(({ b }) => b))];
  const half = 0.64 * Math.max(a1 - a0, b1 - b0, least / 0.64, 1e-3);
  const [a, b] = [(a0 + a1) / 2, (b0 + b1) / 2];
  return [a - half, a + half, b - half, b + half];
}

function load(model: Module, weights: Float32Array): void {
  scope(() => {
    let at = 0;
    const list = model.namedParameters().map(([name, { shape, size }]) => {
      const values = weights.slice(at, at + size);
      at += size;
      return [name, tensor(values, { shape })] as const;
    });
    model.loadStateDict({ ...model.stateDict(), ...Object.fromEntries(list) });
  });
}

function meanLoss({ task }: Race, model: Module): number {
  let [sum, count] = [0, 0];
  for (const [x, y] of task.sliced)
    scope(() =>
      noGrad(() => {
        sum += lossOf(task, model.forward(x) as Tensor, y) * x.shape[0];
        count += x.shape[0];
      }),
    );
  return sum / count;
}
