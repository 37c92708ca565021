// What an optimizer is: a rule, that is the choices which turn the bounded step into Adam, SGD, AdaBound and the rest.
//
//   c_t = sqrt(1 - b2^t) / (1 - b1^t)     bias correction of m and v, where `corrected`
//   a_t = a c_t
//   e_t = eps sqrt(1 - b2^t)              where eps is added to the corrected root (torch's Adam)
//         eps                             where it is added to the raw one (AdaBound's code), or nothing is corrected
//   s_t = (lr / baseLr) schedule(t)       times 1/(1 - b1^t) where only m is corrected (CSGD)
//
// The schedule stands outside the clip: s clip(a, lo, hi) = clip(s a, s lo, s hi). So a falling rate takes the bounds
// along, which the authors' code does by hand with final_lr * lr / base_lr. For betas that change, b^t is the product.
import { ValueError } from '../core/index.js';
import type { Bounds } from './bounds.js';
import type { Scalars } from './step.js';

/** A decay rate, constant or a function of the step t = 1, 2, .. */
export type Beta = number | ((t: number) => number);

export interface Rule {
  /** a, the rate before adaptation: the group's baseLr. */
  rate: number;
  /** b1 */
  beta1: Beta;
  /** k: 'average' is 1 - b1(t); a number is that, but 1 on the first step (heavy ball: 1 - dampening). */
  ingest: 'average' | number;
  nesterov?: boolean;
  /** b2 with k2 = 1 - b2(t); 'sum' is b2 = k2 = 1 (AdaGrad); null for rules without a second moment. */
  beta2: Beta | 'sum' | null;
  /** v_0 */
  initial?: number;
  longMemory?: boolean;
  /** Which of the moments are corrected for starting at 0. */
  corrected: 'both' | 'first' | 'none';
  eps: number;
  epsCorrected?: boolean;
  bounds: Bounds;
  schedule?: (t: number) => number;
  /** Coupled weight decay: part of the gradient. */
  weightDecay?: number;
  /** Decoupled weight decay: 'scaled' by the rate s a, or 'unscaled'. */
  decoupled?: { decay: number; by: 'scaled' | 'unscaled' };
  box?: readonly [lower: number, upper: number];
}

/** How far a parameter has come: its step and the products of its betas. */
export interface Progress {
  t: number;
  /** b1(1) b1(2) .. b1(t) */
  product1: number;
  product2: number;
}

/** The progress before the first step. */
export const noProgress = (): Progress => ({ t: 0, product1: 1, product2: 1 });

/** Advances to the next step and gives its scalars. lrRatio: lr / baseLr.
 *  Throws ValueError where a function of t leaves its domain. */
export function scalarsAt(rule: Rule, progress: Progress, lrRatio = 1): Scalars {
  const t = ++progress.t;
  const b1 = betaAt('beta1', rule.beta1, t);
  const b2 = rule.beta2 === 'sum' || rule.beta2 === null ? 1 : betaAt('beta2', rule.beta2, t);
  const first = 1 - (progress.product1 *= b1);
  const second = Math.sqrt(1 - (progress.product2 *= b2));
  const both = rule.corrected === 'both';
  const [lo, hi] = rule.bounds(t);
  if (!(lo >= 0 && lo <= hi))
    throw new ValueError(`bounds: at step ${t} lo and hi must satisfy 0 <= lo <= hi: [${lo}, ${hi}]`);
  if (rule.box && !(rule.box[0] <= rule.box[1]))
    throw new ValueError(`box: lower must not exceed upper: [${rule.box[0]}, ${rule.box[1]}]`);
  const s = lrRatio * (rule.schedule?.(t) ?? 1);
  const { decay = 0, by } = rule.decoupled ?? {};
  return {
    wd: rule.weightDecay ?? 0,
    b1,
    k: rule.ingest === 'average' ? 1 - b1 : t === 1 ? 1 : rule.ingest,
    b2,
    k2: rule.beta2 === 'sum' ? 1 : 1 - b2,
    a: both ? (rule.rate * second) / first : rule.rate,
    e: both && rule.epsCorrected ? rule.eps * second : rule.eps,
    lo,
    hi,
    s: rule.corrected === 'first' ? s / first : s,
    nesterov: rule.nesterov ?? false,
    keep: 1 - (by === 'unscaled' ? decay : s * rule.rate * decay),
    box: rule.box,
  };
}

function betaAt(name: string, beta: Beta, t: number): number {
  const b = typeof beta === 'number' ? beta : beta(t);
  if (b >= 0 && b < 1) return b;
  throw new ValueError(`${name} must lie in [0, 1): ${b}${typeof beta === 'number' ? '' : ` at step ${t}`}`);
}
