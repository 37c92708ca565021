// The bounded step, element by element. Every rule of this folder is this loop with other scalars.
//
//   g_t = grad + wd x_{t-1}                     coupled weight decay: enters m, v and so the clip
//   m_t = b1 m_{t-1} + k g_t                    the direction: an average (k = 1-b1) or a heavy ball (k = 1)
//   v_t = b2 v_{t-1} + k2 g_t^2                 the size of past gradients
//   u_t = max(u_{t-1}, v_t)   or   v_t          long memory: AMSGrad, AMSBound
//   r_t = a / (sqrt(u_t) + e)   or   a          the rate before the bounds, adaptive or not
//   n_t = s clip(r_t, lo, hi)                   Adam: lo, hi = 0, infinity.  SGD: lo = hi.  AdaBound: from one to the other
//   d_t = m_t   or   b1 m_t + k g_t             Nesterov looks one step ahead
//   x_t = P_F[ keep x_{t-1} - n_t d_t ]         keep = 1 - decoupled weight decay; P_F where a feasible set is given
//
// Where d_t = 0 the step is 0, also if n_t is infinite. The scalars are computed in float64 for step t by `scalarsAt`.
// Source: Luo, Xiong, Liu and Sun 2019, arXiv 1902.09843, algorithms 2 and 3, and the authors' code; see rule.ts.
import { type Kernel, sizeOf, type View } from '../core/index.js';

export type Numbers = Float32Array | Float64Array;

/** The scalars of one step, by the letters above. */
export interface Scalars {
  wd: number;
  b1: number;
  k: number;
  b2: number;
  k2: number;
  a: number;
  e: number;
  lo: number;
  hi: number;
  s: number;
  nesterov: boolean;
  keep: number;
  /** The feasible set as a box [lower, upper], the same for every element; the whole line where left out. */
  box?: readonly [lower: number, upper: number];
}

/** Takes one step in place. x, m, v, u are updated; v is null for a rule without a second moment, u for one without long
 *  memory. n, where given, receives n_t. Allocates nothing. */
export function boundedStep(
  x: Numbers,
  g: Numbers,
  m: Numbers,
  v: Numbers | null,
  u: Numbers | null,
  c: Scalars,
  n: Float64Array | null = null,
): void {
  const { wd, b1, k, b2, k2, a, e, lo, hi, s, nesterov, keep } = c;
  const lower = c.box ? c.box[0] : -Infinity;
  const upper = c.box ? c.box[1] : Infinity;
  for (let i = 0; i < x.length; i++) {
    const gi = g[i] + wd * x[i];
    m[i] = b1 * m[i] + k * gi;
    let r = a; // without a second moment
    if (v) {
      v[i] = b2 * v[i] + k2 * gi * gi;
      if (u) u[i] = Math.max(u[i], v[i]);
      r = rateOf(u ? u[i] : v[i], a, e);
    }
    const rate = clip(r, lo, hi);
    const di = nesterov ? b1 * m[i] + k * gi : m[i];
    const step = di === 0 ? 0 : s * rate * di;
    x[i] = clip(keep * x[i] - step, lower, upper);
    if (n) n[i] = s * rate;
  }
}

/** r_t = a / (sqrt(u_t) + e) */
export function rateOf(u: number, a: number, e: number): number {
  return a / (Math.sqrt(u) + e);
}

/** x limited to [lo, hi]; NaN stays NaN. */
export function clip(x: number, lo: number, hi: number): number {
  return x < lo ? lo : x > hi ? hi : x;
}

/** The step as a kernel, which a backend may run faster: outs [x, m, v?, u?], ins [g], or [g, counts] of NaN or infinite
 *  gradients: where one is not 0 nothing is done. */
export const boundedStepKernel: Kernel<Scalars> = {
  name: 'boundedStep',
  loop([x, m, v, u], [g, counts], scalars) {
    if (counts && isRefused(counts)) return;
    boundedStep(numbers(x), numbers(g), numbers(m), v ? numbers(v) : null, u ? numbers(u) : null, scalars);
  },
};

/** Whether some gradient of this update was not finite. */
export function isRefused(counts: View): boolean {
  return numbers(counts).some((n) => n > 0);
}

/** The elements of a contiguous view. */
export function numbers({ data, offset, shape }: View): Numbers {
  return data.subarray(offset, offset + sizeOf(shape)) as Numbers;
}
