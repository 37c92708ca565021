// Labelled points in the plane. No line separates the classes of moons and spirals; blobs are clusters.
//
// With k classes, sample i has the class c = i mod k and is number j = floor(i / k) of the n_c samples of its class. z is
// standard normal, s the noise.
//
//   moons    t = pi j / (n_c - 1):   (cos t, sin t) + s z   and   (1 - cos t, 1/2 - sin t) + s z
//   spirals  t = (j + 1) / n_c:      t (cos a, sin a) + s z,   a = 2 pi (turns t + c / k)
//   blobs    center_c + s z
//
// moons and blobs are scikit-learn's make_moons and make_blobs without the shuffle: DataLoader shuffles.
import {
  checkInteger,
  checkOptions,
  DataError,
  describeValue,
  must,
  Random,
  type Shape,
  type Stream,
  showValue,
  ValueError,
} from '../core/index.js';
import { type Batch, checkAttached, checkIndices, checkLabels, type Dataset, isList } from './dataset.js';

/** A point in the plane. */
export type Point = readonly [x: number, y: number];

/** Options of the synthetic data sets. */
export interface PointOptions {
  /** The number of points, at least one per class. Default: 100. */
  samples?: number;
  /** The standard deviation of the normal noise on each coordinate. Default: 0; 1 for blobs. */
  noise?: number;
  /** An integer that determines all random numbers. Default: 0. */
  seed?: number;
}

/** Labelled points in the plane, not normalized. */
export class PointDataset implements Dataset {
  /** [2] */
  readonly shape: Shape = Object.freeze([2]);
  /** The number of points. */
  readonly length: number;
  /** The names of the classes: '0', '1', .. */
  readonly classes: readonly string[];

  /** classes: the number of classes. Throws ValueError if it is not a positive integer, DataError if there are not two coordinates for
   *  each label, one is not finite, or a label is not in 0..classes - 1. */
  constructor(
    /** The name of the data set in messages and reports. */
    readonly name: string,
    classes: number,
    /** Coordinates [length, 2]. They are not copied. */
    readonly points: Float32Array,
    /** Classes [length]. They are not copied. */
    readonly labels: Int32Array,
  ) {
    if (typeof name !== 'string') throw new ValueError(`PointDataset: name must be a string: ${describeValue(name)}`);
    checkInteger(`${name}: classes`, classes, 1);
    for (const [part, list] of Object.entries({ points, labels })) {
      if (!isList(list)) throw new ValueError(`${name}: ${part} must be an array: got ${describeValue(list)}`);
    }
    if (points.length !== 2 * labels.length) {
      throw new DataError(
        `${name}: a point has two coordinates: ${points.length} for ${labels.length} labels; tensorDataset takes other samples`,
      );
    }
    const odd = Array.prototype.findIndex.call(points, (v) => !Number.isFinite(v));
    if (odd >= 0) throw new DataError(`${name}: coordinates must be finite: ${showValue(points[odd])} at ${odd}`);
    checkLabels(name, labels, classes, 'point');
    this.length = labels.length;
    this.classes = Object.freeze(Array.from({ length: classes }, (_, c) => String(c)));
    if (new.target === PointDataset) Object.freeze(this);
  }

  /** The points at the given indices, in that order.  inputs [n, 2]
   *  Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>): Batch {
    checkAttached(this.name, this.points, this.labels);
    checkIndices(this, indices);
    const inputs = new Float32Array(2 * indices.length);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      inputs[2 * i] = this.points[2 * indices[i]];
      inputs[2 * i + 1] = this.points[2 * indices[i] + 1];
      labels[i] = this.labels[indices[i]];
    }
    return { inputs, labels };
  }
}

const POINT_OPTIONS = ['samples', 'noise', 'seed'];

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}

/** Two interleaving half circles, one per class, as scikit-learn's make_moons.
 *  Throws ValueError if samples or noise is out of range. */
export function moons(options: PointOptions = {}): PointDataset {
  checkOptions('moons', options, POINT_OPTIONS);
  const { samples = 100, noise = 0, seed = 0 } = options;
  return labelledPoints(
    'moons',
    samples,
    2,
    noise,
    new Random(checkInteger('moons: seed', seed)).stream('moons'),
    (c, j, n) => {
      const t = n > 1 ? (Math.PI * j) / (n - 1) : 0;
      return c === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    },
  );
}

/** Interleaving Archimedean spirals, one per class, of radius at most 1 without noise.
 *  classes: the number of spirals. Default: 2. turns: how often each spiral winds around the origin. Default: 1.
 *  Throws ValueError if an option is out of range. */
export function spirals(options: PointOptions & { classes?: number; turns?: number } = {}): PointDataset {
  checkOptions('spirals', options, [...POINT_OPTIONS, 'classes', 'turns']);
  const { samples = 100, noise = 0, seed = 0, classes = 2, turns = 1 } = options;
  must(Number.isFinite(turns), 'spirals: turns', 'finite', turns);
  return labelledPoints(
    'spirals',
    samples,
    classes,
    noise,
    new Random(checkInteger('spirals: seed', seed)).stream('spirals'),
    (c, j, n) => {
      const t = (j + 1) / n;
      const a = 2 * Math.PI * (turns * t + c / classes);
      return [t * Math.cos(a), t * Math.sin(a)];
    },
  );
}

/** Isotropic normal clusters, one per class, as scikit-learn's make_blobs.
 *  centers: the centers, or how many to draw uniformly from [-10, 10) x [-10, 10). Default: 3.
 *  noise: the deviation of each coordinate, scikit-learn's cluster_std. Default: 1.
 *  Throws ValueError if an option is out of range. */
export function blobs(options: PointOptions & { centers?: number | readonly Point[] } = {}): PointDataset {
  checkOptions('blobs', options, [...POINT_OPTIONS, 'centers']);
  const { samples = 100, noise = 1, seed = 0, centers = 3 } = options;
  if (typeof centers !== 'number' && !(Array.isArray(centers) && centers.every(isPoint))) {
    throw new ValueError(`blobs: centers must be finite points [x, y]: ${describeValue(centers)}`);
  }
  const random = new Random(checkInteger('blobs: seed', seed));
  const box = random.stream('centers');
  const count = typeof centers === 'number' ? checkInteger('blobs: centers', centers, 1) : centers.length;
  const places: Point[] = typeof centers === 'number' ? [] : [...centers];
  // The first round visits the classes in order.
  const place = (c: number) => (places[c] ??= [20 * box.uniform() - 10, 20 * box.uniform() - 10]);
  return labelledPoints('blobs', samples, count, noise, random.stream('blobs'), place);
}

/** Makes samples of each class in turn. `place(c, j, n)` is the point, without noise, of sample j of class c, which has n samples. */
function labelledPoints(
  name: string,
  samples: number,
  classes: number,
  noise: number,
  stream: Stream,
  place: (c: number, j: number, n: number) => Point,
): PointDataset {
  checkInteger(`${name}: classes`, classes, 1);
  checkInteger(`${name}: samples of ${classes} classes`, samples, classes);
  must(samples <= 1e8, `${name}: samples`, 'at most 1e8', samples);
  must(Number.isFinite(noise) && noise >= 0, `${name}: noise`, 'finite and not negative', noise);
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
