// Curvature of a loss: products with its Hessian H, and the ends of H's spectrum. The upper end limits the rate.
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
  /** The relative error at which it stops. For an eigenvalue near 0, it stops at the rounding error of the largest eigenvalue.
   *  Default: 1e-4. */
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

/** Returns the largest eigenvalue of the loss's Hessian with respect to the parameters, or the smallest with `which: 'smallest'`. It is
 *  the largest by sign, so it is negative if all eigenvalues are. A repeated eigenvalue counts as one. On small nets the largest takes about
 *  ten products H v, the smallest several times as many. Takes memory for a few vectors.
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

  // The error that rounding leaves, relative to the size of the spectrum.
  const rounding = xs.every(({ dtype }) => dtype === 'float64') ? 1e-14 : 1e-6;
  const draw = new Random(seed).stream('sharpness');
  let q = unit(Float64Array.from({ length: size }, () => draw.normal())).vector;
  // b_{k-1} q_{k-1}
  let before = new Float64Array(size);
  const [a, b]: [number[], number[]] = [[], []];
  for (let k = 0; k < maxSteps; k++) {
    // The largest eigenvalue of -H is the smallest of H, with its sign changed.
    const w = (await product(gs, xs, q)).map((wi, i) => sign * wi - before[i]);
    const ak = dot(q, w);
    const { length: bk, vector: next } = unit(w.map((wi, i) => wi - ak * q[i]));
    a.push(ak);
    b.push(bk);
    const { value, error, norm } = largestOf(a, b);
    if (!Number.isFinite(value)) throw new ValueError(`sharpness: the curvature is not finite: ${value}`);
    if (error <= Math.max(tolerance * Math.abs(value), rounding * norm)) return sign * value;
    before = q.map((qi) => bk * qi);
    q = next;
  }
  throw new ValueError(
    `sharpness: ${maxSteps} steps do not reach the tolerance ${tolerance}: about ${sign * largestOf(a, b).value}; raise maxSteps or tolerance`,
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
  return { length, vector: x.map((xi) => xi / length) };
}

/** The largest eigenvalue l of T = tridiag(b, a, b) with k rows, by bisection; the error b_k |y_k| / |y| for its eigenvector y; and
 *  the Frobenius norm of T with b_k beside and below it, which no eigenvalue exceeds. b: b_1 to b_k.
 *  @internal */
export function largestOf(a: readonly number[], b: readonly number[]): { value: number; error: number; norm: number } {
  const last = a.length - 1;
  // From the last row up, T - x = U D U^T has the pivots d_i = a_i - x - b_i^2 / d_{i+1}. If all are negative, no eigenvalue is
  // above x. If x is an eigenvalue, then y_k = 1, |y_i| = |d_{i+1} y_{i+1}| / b_i.
  const factor = (x: number) => {
    let d = a[last] - x;
    let [top, y, yy] = [d, 1, 1];
    for (let i = last; i > 0; i--) {
      y *= d / b[i - 1];
      yy += y * y;
      d = a[i - 1] - x - b[i - 1] ** 2 / d;
      top = Math.max(top, d);
    }
    return { isAbove: top < 0, yy };
  };
  const norm = Math.hypot(...a, ...b, ...b);
  // a_1 = <q_1, H q_1> is no larger than l.
  let [lo, hi] = [a[0], norm];
  const middle = () => (lo + hi) / 2;
  for (let x = middle(); lo < x && x < hi; x = middle()) {
    if (factor(x).isAbove) hi = x;
    else lo = x;
  }
  return { value: hi, error: b[last] / Math.sqrt(factor(hi).yy), norm };
}
