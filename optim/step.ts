// The bounded step: one update of the parameters, element by element. Each optimizer in rules/, except those in
// rules/beside/, is this loop with its own scalars.
//
//   g_t = grad + wd x_{t-1}                     the gradient, with coupled weight decay
//   m_t = b1 m_{t-1} + k g_t                    the direction: an average (k = 1-b1) or a heavy ball (k = 1)
//   v_t = b2 v_{t-1} + k2 g_t^2                 the second moment: how large past gradients were; a rule may have another
//   u_t = max(u_{t-1}, v_t)   or   v_t          the maximum is the long memory of AMSGrad and AMSBound
//   r_t = a / (sqrt(u_t) + e)^power   or   a    the rate before the clip, adaptive or not; power is 1, except in Padam and AdaMax
//   h_t = b3 h_{t-1} + (1-b3) s r_t             a ceiling for each element, AdaMod's: then s r_t is at most h_t
//   n_t = s clip(r_t, lo, hi)                   SGD: lo = hi.  Adam: [0, infinity].  AdaBound: from Adam's to SGD's
//   d_t = m_t   or   p m_t + q g_t              the second form looks ahead: Nesterov momentum has p = b1, q = k
//   x_t = P_F[ keep x_{t-1} - n_t d_t ]         keep < 1 is decoupled weight decay; P_F projects onto a feasible set.
//                                               Lion has sign(d_t) for d_t
//
// The paper writes alpha for a, V_t for diag(u_t), eta_t for n_t, and x_{t+1} for our x_t.
// If d_t = 0 then n_t d_t counts as 0, even if n_t is infinite. `scalarsAt` in rule.ts computes the scalars of step t.
// Source: Luo, Xiong, Liu and Sun 2019, arXiv 1902.09843, algorithms 2 and 3, and the authors' code, Luolc/AdaBound.
import { type Kernel, sizeOf, type View } from '../core/index.js';

/** The elements of a parameter, its gradient or its state, as a flat array. */
export type Numbers = Float32Array | Float64Array;

/** A second moment other than b2 v_{t-1} + k2 g_t^2. AdaBelief, Yogi and AdaMax state theirs. */
export interface SecondMoment {
  /** The equation of v_t in the letters of the bounded step, for `explain`. A backend may know it and run it faster. */
  formula: string;
  /** eps in the equation. Default: it has none. */
  added?: number;
  /** Returns v_t. v: v_{t-1}; g and m: g_t and m_t of the same element; c: the scalars of the step. */
  next(v: number, g: number, m: number, c: Scalars): number;
}

/** The scalars of one step, named by the letters of the bounded step. All are computed in float64. */
export interface Scalars {
  /** Coupled weight decay: g_t = grad + wd x_{t-1}. 0: no decay. */
  wd: number;
  /** Decay rate of the direction: m_t = b1 m_{t-1} + k g_t. */
  b1: number;
  /** Weight of the new gradient in m_t: 1 - b1 for an average, 1 for a heavy ball. */
  k: number;
  /** Decay rate of the second moment: v_t = b2 v_{t-1} + k2 g_t^2. Unused without a second moment. */
  b2: number;
  /** Weight of the new squared gradient in v_t: 1 - b2 for an average, 1 for AdaGrad's sum. */
  k2: number;
  /** The second moment, if it is not the average b2 v_{t-1} + k2 g_t^2. */
  second?: SecondMoment;
  /** Numerator of the rate r_t = a / (sqrt(u_t) + e)^power, including bias correction. Without a second moment r_t = a. */
  a: number;
  /** Added to sqrt(u_t) in the rate's denominator. */
  e: number;
  /** Exponent of the rate's denominator. Default: 1. */
  power?: number;
  /** Lower bound on the rate r_t, at least 0. */
  lo: number;
  /** Upper bound on the rate r_t, at least lo; may be infinite. */
  hi: number;
  /** Factor on the clipped rate: n_t = s clip(r_t, lo, hi). It holds lr / baseLr and the schedule. */
  s: number;
  /** Decay rate of h, the average of the rates s r_t that limits them. Default: no limit. */
  b3?: number;
  /** Weight of m_t in the direction d_t = p m_t + q g_t. */
  p: number;
  /** Weight of g_t in the direction. p = 1 and q = 0: d_t = m_t. */
  q: number;
  /** Whether the step takes only the sign of d_t. Default: false. */
  signed?: boolean;
  /** Factor on x_{t-1}: 1 minus the decoupled weight decay. */
  keep: number;
  /** The feasible set as a box: [lower, upper], the same for each element. Default: no limits. */
  box?: readonly [lower: number, upper: number];
}

/** Takes one step: updates the parameters x and the state m, v, u, h in place. Allocates nothing.
 *  g: the gradient. v: the second moment, null if the rule has none. u: the largest v so far, null without long memory.
 *  n: receives the rates n_t. Default: null, they are not stored. h: the average of the rates, null unless it limits them. */
export function boundedStep(
  x: Numbers,
  g: Numbers,
  m: Numbers,
  v: Numbers | null,
  u: Numbers | null,
  c: Scalars,
  n: Float64Array | null = null,
  h: Numbers | null = null,
): void {
  const { wd, b1, k, b2, k2, second, a, e, power = 1, lo, hi, s, b3 = NaN, p, q, signed, keep, box } = c;
  const isAhead = p !== 1 || q !== 0 || signed;
  for (let i = 0; i < x.length; i++) {
    // g_t = grad + wd x_{t-1}
    const gi = g[i] + wd * x[i];
    // m_t = b1 m_{t-1} + k g_t
    m[i] = b1 * m[i] + k * gi;
    // r_t = a, without a second moment
    let r = a;
    if (v) {
      // v_t = b2 v_{t-1} + k2 g_t^2   or   the rule's own
      v[i] = second ? second.next(v[i], gi, m[i], c) : b2 * v[i] + k2 * gi * gi;
      // u_t = max(u_{t-1}, v_t), with long memory;   v_t without
      let ui = v[i];
      if (u) ui = u[i] = Math.max(u[i], v[i]);
      // r_t = a / (sqrt(u_t) + e)^power
      r = rateOf(ui, a, e, power);
      // h_t = b3 h_{t-1} + (1-b3) s r_t,   r_t = min(r_t, h_t / s)
      if (h) {
        h[i] = b3 * h[i] + (1 - b3) * s * r;
        r = ceiled(r, h[i], s);
      }
    }
    // n_t = s clip(r_t, lo, hi)
    const rate = s * clip(r, lo, hi);
    // d_t = m_t   or   p m_t + q g_t   or   its sign
    let di = m[i];
    if (isAhead) {
      di = p * m[i] + q * gi;
      if (signed) di = Math.sign(di);
    }
    // x_t = P_F[ keep x_{t-1} - n_t d_t ]
    const step = di === 0 ? 0 : rate * di;
    const next = keep * x[i] - step;
    x[i] = box ? clip(next, box[0], box[1]) : next;
    if (n) n[i] = rate;
  }
}

/** Returns the rate before the clip, r_t = a / (sqrt(u_t) + e)^power. */
export function rateOf(u: number, a: number, e: number, power = 1): number {
  const root = Math.sqrt(u) + e;
  if (power === 1) return a / root;
  // The powers of Padam's and AdaMax's defaults are exact, as in the kernels.
  return a / (power === 2 ? root * root : power === 0.5 ? Math.sqrt(root) : root ** power);
}

/** Returns the rate r, limited so that s r is at most h. Default h: no limit. With s = 0 nothing is limited: there is no step. */
export function ceiled(r: number, h: number = Infinity, s: number): number {
  return s > 0 ? Math.min(r, h / s) : r;
}

/** Returns x limited to [lo, hi]. NaN stays NaN. */
export function clip(x: number, lo: number, hi: number): number {
  return x < lo ? lo : x > hi ? hi : x;
}

/** The bounded steps of parameters with equally many state tensors, as a kernel, which a backend may run faster. steps: the scalars of each.
 *  outs: x, m, then v, u and h if the rule has them, for each parameter. ins: the gradients, and before them optionally counts of NaN
 *  and infinite elements. No step is taken unless all counts are 0. */
export const boundedStepKernel: Kernel<readonly Scalars[]> = {
  name: 'boundedStep',
  loop(outs, ins, steps) {
    if (ins.length > steps.length && isRefused(ins[0])) return;
    const [count, each] = [steps.length, outs.length / steps.length];
    for (let i = 0; i < count; i++) {
      const state = outs.slice(i * each, (i + 1) * each).map(numbers);
      const h = steps[i].b3 === undefined ? null : state.pop()!;
      const [x, m, v = null, u = null] = state;
      boundedStep(x, numbers(ins.at(i - count)!), m, v, u, steps[i], null, h);
    }
  },
};

/** Whether a gradient of this update holds a NaN or an infinity, by the counts that finite.ts makes. */
export const isRefused = (counts: View): boolean => numbers(counts).some((n) => n > 0);

/** The elements of a contiguous view. */
export function numbers({ data, offset, shape }: View): Numbers {
  return data.subarray(offset, offset + sizeOf(shape)) as Numbers;
}
