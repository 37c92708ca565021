// Points in the plane, in classes that no line separates (moons, spirals) or that distances do (blobs).
//
// Sample i of n has class i mod k and is number j = floor(i / k) of the n_c of its class c. z is standard normal, s the
// noise.
//
//   moons    t = pi j / (n_c - 1):   (cos t, sin t) + s z   and   (1 - cos t, 1/2 - sin t) + s z
//   spirals  t = (j + 1) / n_c:      t (cos a, sin a) + s z,   a = 2 pi (turns t + c / k)
//   blobs    center_c + s z
//
// moons and blobs are scikit-learn's make_moons and make_blobs, unshuffled: DataLoader shuffles.
import { Random, type Stream, ValueError } from '../core/index.js';
import { type Batch, checkIndices, type Dataset } from './dataset.js';

type Point = readonly [x: number, y: number];

/** Options of the synthetic sets. noise: the standard deviation added to each coordinate; seed: an integer, default 0. */
export interface PointOptions {
  samples?: number;
  noise?: number;
  seed?: number;
}

/** Labelled points in the plane: shape [2], as drawn, not normalized. */
export class PointDataset implements Dataset {
  readonly shape = [2];
  readonly length: number;
  readonly classes: readonly string[];

  constructor(
    readonly name: string,
    classes: number,
    readonly points: Float32Array,
    readonly labels: Int32Array,
  ) {
    this.length = labels.length;
    this.classes = Array.from({ length: classes }, (_, c) => String(c));
  }

  batch(indices: ArrayLike<number>): Batch {
    checkIndices(this, indices);
    const inputs = new Float32Array(2 * indices.length);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      inputs.set(this.points.subarray(2 * indices[i], 2 * indices[i] + 2), 2 * i);
      labels[i] = this.labels[indices[i]];
    }
    return { inputs, labels };
  }
}

/** Two interleaving half circles. samples: default 100; noise: default 0. */
export function moons({ samples = 100, noise = 0, seed = 0 }: PointOptions = {}): PointDataset {
  return draw('moons', samples, 2, noise, new Random(seed).stream('moons'), (c, j, n) => {
    const t = n > 1 ? (Math.PI * j) / (n - 1) : 0;
    return c === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
  });
}

/** Interleaving Archimedean spirals, one a class, of radius at most 1. classes: default 2; turns: of each arm, default 1;
 *  noise: default 0. */
export function spirals(options: PointOptions & { classes?: number; turns?: number } = {}): PointDataset {
  const { samples = 100, noise = 0, seed = 0, classes = 2, turns = 1 } = options;
  if (!Number.isFinite(turns)) throw new ValueError(`spirals: turns must be finite: ${turns}`);
  return draw('spirals', samples, classes, noise, new Random(seed).stream('spirals'), (c, j, n) => {
    const t = (j + 1) / n;
    const a = 2 * Math.PI * (turns * t + c / classes);
    return [t * Math.cos(a), t * Math.sin(a)];
  });
}

/** Isotropic normal clusters. centers: their number, placed evenly at random in -10..10 (default 3), or their places;
 *  noise: scikit-learn's cluster_std, default 1. */
export function blobs(options: PointOptions & { centers?: number | readonly Point[] } = {}): PointDataset {
  const { samples = 100, noise = 1, seed = 0, centers = 3 } = options;
  if (typeof centers !== 'number' && !centers.every((p) => p.length === 2 && p.every(Number.isFinite))) {
    throw new ValueError(`blobs: centers are finite points [x, y]: ${JSON.stringify(centers)}`);
  }
  const random = new Random(seed);
  const box = random.stream('centers');
  const count = typeof centers === 'number' ? checkCount('blobs', 'centers', centers) : centers.length;
  const places: readonly Point[] =
    typeof centers === 'number'
      ? Array.from({ length: count }, () => [20 * box.uniform() - 10, 20 * box.uniform() - 10] as const)
      : centers;
  return draw('blobs', samples, count, noise, random.stream('blobs'), (c) => places[c]);
}

function draw(
  name: string,
  samples: number,
  classes: number,
  noise: number,
  stream: Stream,
  place: (c: number, j: number, n: number) => Point,
): PointDataset {
  checkCount(name, 'classes', classes);
  if (!(Number.isSafeInteger(samples) && samples >= classes)) {
    throw new ValueError(
      `${name}: samples must be an integer, at least one a class: ${samples} for ${classes} classes`,
    );
  }
  if (!(noise >= 0 && Number.isFinite(noise))) {
    throw new ValueError(`${name}: noise is a standard deviation, finite and not negative: ${noise}`);
  }
  const points = new Float32Array(2 * samples);
  const labels = new Int32Array(samples);
  for (let i = 0; i < samples; i++) {
    const c = i % classes;
    const n = Math.ceil((samples - c) / classes);
    const [x, y] = place(c, Math.floor(i / classes), n);
    points[2 * i] = x + noise * stream.normal();
    points[2 * i + 1] = y + noise * stream.normal();
    labels[i] = c;
  }
  return new PointDataset(name, classes, points, labels);
}

function checkCount(name: string, what: string, n: number): number {
  if (!(Number.isSafeInteger(n) && n >= 1))
    throw new ValueError(`${name}: ${what} must be an integer of at least 1: ${n}`);
  return n;
}
