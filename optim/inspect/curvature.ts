// Curvature of a loss: products with its Hessian H, and the end of H's spectrum, which decides how large a rate may be.
//
//   H v = gradient of <g, v>,   g = gradient of the loss                     by double backward
//
// `sharpness` uses the Lanczos process. From a random unit vector q_1 it makes orthonormal vectors and a tridiagonal matrix T:
//
//   w = H q_k - b_{k-1} q_{k-1},   a_k = <q_k, w>,   b_k q_{k+1} = w - a_k q_k,   T = tridiag(b, a, b)
//
// The ends of T's spectrum approach the ends of H's from inside. If T y = l y, then b_k |y_k| / |y| bounds the distance from l to an
// eigenvalue of H. Vectors lose orthogonality by rounding, which repeats eigenvalues of T but does not move its ends.
// Gradient descent on curvature L is stable up to a rate of 2 / L, averaged momentum up to 2 (1+b1) / ((1-b1) L).
// Sources: Pearlmutter 1994 (H v); Golub and Van Loan, Matrix Computations, chapter 10 (Lanczos).
import {
  add,
  checkChoice,
  checkCount,
  checkOptions,
  checkTensor,
  filled,
  GradError,
  grad,
  keep,
  mul,
  Random,
  sameShape,
  scope,
  show,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../core/index.js';
import { checkNumber, checkTensors } from '../arguments.js';

/** Accuracy and start of `sharpness`. */
export interface SharpnessOptions {
  /** The relative error at which it stops. Default: 1e-4. */
  tolerance?: number;
  /** The most products H v. Default: 200. */
  maxSteps?: number;
  /** Which end of the spectrum, by sign and not by size. Default: 'largest'. */
  which?: 'largest' | 'smallest';
  /** Seed of the random start. Default: 0. */
  seed?: number;
}

/** Returns H v: the product of the loss's Hessian with vectors that have the shapes of the parameters. Leaves every `grad` as
 *  it is. The loss's graph is kept, so that another call can follow. Zeros if the loss is linear.
 *  Throws ValueError if a list is empty or the shapes differ; GradError if a parameter requires no gradient. */
export function hvp(loss: Tensor, params: Iterable<Tensor>, v: Iterable<Tensor>): Tensor[] {
  checkTensor('hvp: loss', loss);
  const [xs, vs] = [checkTensors('hvp', params), checkTensors('hvp: v', v)];
  const odd = xs.findIndex((x, i) => !vs[i] || !sameShape(x.shape, vs[i].shape));
  if (xs.length === 0 || xs.length !== vs.length || odd >= 0) {
    const shapes = (list: Tensor[]) => list.map(({ shape }) => show(shape)).join(' ') || 'none';
    throw new ValueError(`hvp: v must have the shapes of the parameters: ${shapes(vs)} for ${shapes(xs)}`);
  }
  return times(gradients('hvp', loss, xs), xs, vs);
}

/** The gradients of the loss, recorded. Throws GradError, in the name of the caller, if there is nothing to differentiate. */
function gradients(caller: string, loss: Tensor, xs: readonly Tensor[]): Tensor[] {
  for (const x of xs) {
    x.check(caller);
    if (!x.requiresGrad)
      throw new GradError(`${caller}: a parameter requires no gradient: ${show(x.shape)}; set requiresGrad first`);
  }
  if (!loss.requiresGrad)
    throw new GradError(
      `${caller}: nothing to differentiate: the loss depends on no parameter that requires a gradient`,
    );
  return grad(loss, xs, { createGraph: true });
}

/** H v from recorded gradients. */
function times(gs: readonly Tensor[], xs: readonly Tensor[], vs: readonly Tensor[]): Tensor[] {
  const along = gs.map((g, i) => sum(mul(g, vs[i].detach()))).reduce((a, b) => add(a, b));
  return along.requiresGrad ? grad(along, xs, { retainGraph: true }) : xs.map((x) => filled(x.shape, 0, x.dtype, x));
}

/** Returns the largest eigenvalue of the loss's Hessian with respect to the parameters: the largest by sign, so it is negative if
 *  all are. A repeated eigenvalue counts as one. Needs memory for a few vectors, and some ten products H v.
 *  Throws ValueError if an option is outside its domain, if there are no parameters, or if `maxSteps` products do not reach the
 *  tolerance; GradError if a parameter requires no gradient. */
export async function sharpness(
  loss: Tensor,
  params: Iterable<Tensor>,
  options: SharpnessOptions = {},
): Promise<number> {
  checkTensor('sharpness: loss', loss);
  const xs = checkTensors('sharpness', params);
  checkOptions('sharpness', options, ['tolerance', 'maxSteps', 'which', 'seed']);
  const { tolerance = 1e-4, maxSteps = 200, which = 'largest', seed = 0 } = options;
  checkCount('sharpness: maxSteps', maxSteps);
  checkChoice('sharpness', 'which', which, ['largest', 'smallest']);
  checkNumber('sharpness: seed', seed);
  if (!(checkNumber('sharpness: tolerance', tolerance) > 0))
    throw new ValueError(`sharpness: tolerance must be positive: ${tolerance}`);
  const size = xs.reduce((n, x) => n + x.size, 0);
  if (size === 0) throw new ValueError('sharpness: no parameters: the list has no elements');
  const sign = which === 'largest' ? 1 : -1;
  const gs = gradients('sharpness', loss, xs);

  const draw = new Random(seed).stream('sharpness');
  let before: Float64Array = new Float64Array(size);
  let q = unit(Float64Array.from({ length: size }, () => draw.normal())).vector;
  const [a, b]: [number[], number[]] = [[], []];
  for (let k = 0; k < maxSteps; k++) {
    // The largest eigenvalue of -H is the smallest of H, with its sign changed.
    const w = (await product(gs, xs, q)).map((wi, i) => sign * wi - (k > 0 ? b[k - 1] * before[i] : 0));
    const ak = dot(q, w);
    for (let i = 0; i < size; i++) w[i] -= ak * q[i];
    a.push(ak);
    const next = unit(w);
    b.push(next.length);
    const { value, last } = largest(a, b);
    const error = b[k] * last;
    if (!Number.isFinite(value)) throw new ValueError(`sharpness: the curvature is not finite: ${value}`);
    // A start that spans few eigenvectors ends early, with b = 0.
    if (error <= tolerance * Math.abs(value) || b[k] <= 1e-14 * Math.max(...a.map(Math.abs))) return sign * value;
    [before, q] = [q, next.vector];
  }
  const { value } = largest(a, b);
  throw new ValueError(
    `sharpness: ${maxSteps} steps do not reach the tolerance ${tolerance}: about ${sign * value}; raise maxSteps or tolerance`,
  );
}

/** H q, read from the backend. */
async function product(gs: readonly Tensor[], xs: readonly Tensor[], q: Float64Array): Promise<Float64Array> {
  const parts = scope(() => {
    let at = 0;
    const vs = xs.map((x) => {
      const part = q.subarray(at, at + x.size);
      at += x.size;
      return tensor([...part], { dtype: x.dtype }).reshape(x.shape);
    });
    return times(gs, xs, vs).map((part) => keep(part));
  });
  const all = new Float64Array(q.length);
  let at = 0;
  for (const part of parts) {
    all.set(await part.data(), at);
    at += part.size;
  }
  return all;
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((total, xi, i) => total + xi * y[i], 0);
}

/** A vector's length, and the vector divided by it. */
function unit(x: Float64Array): { length: number; vector: Float64Array } {
  const length = Math.sqrt(dot(x, x));
  return { length, vector: x.map((xi) => xi / (length || 1)) };
}

/** The largest eigenvalue of a tridiagonal matrix by bisection, and |y_k| / |y| of its eigenvector y. */
function largest(a: readonly number[], b: readonly number[]): { value: number; last: number } {
  const n = a.length;
  const radius = a.map((_, i) => (b[i - 1] ?? 0) + (i < n - 1 ? b[i] : 0));
  let lo = Math.min(...a.map((ai, i) => ai - radius[i]));
  let hi = Math.max(...a.map((ai, i) => ai + radius[i]));
  // T - x is negative definite, and no eigenvalue is above x, if all pivots d are negative.
  const isAbove = (x: number) => {
    let d = a[0] - x;
    for (let i = 1; i < n && d < 0; i++) d = a[i] - x - b[i - 1] ** 2 / d;
    return d < 0;
  };
  for (let i = 0; i < 200 && hi - lo > 1e-15 * Math.max(Math.abs(lo), Math.abs(hi)); i++) {
    const middle = (lo + hi) / 2;
    if (isAbove(middle)) hi = middle;
    else lo = middle;
  }
  // (T - value) y = 0 from the last row upwards: y_k = 1, y_{i-1} = ((value - a_i) y_i - b_i y_{i+1}) / b_{i-1}.
  const value = (lo + hi) / 2;
  let [y, below, norm] = [1, 0, 1];
  for (let i = n - 1; i > 0; i--) {
    [y, below] = [((value - a[i]) * y - (i < n - 1 ? b[i] : 0) * below) / (b[i - 1] || Number.MIN_VALUE), y];
    norm += y * y;
  }
  return { value, last: 1 / Math.sqrt(norm) };
}
