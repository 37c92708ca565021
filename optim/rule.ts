// A rule: the choices that turn the bounded step (step.ts) into one optimizer. `scalarsAt` turns a rule and a step
// number into the scalars of that step.
//
//   c_t = sqrt(1 - b2^t) / (1 - b1^t)     bias correction of m and v; 1 if the rule has none
//   a_t = a c_t
//   e_t = eps sqrt(1 - b2^t)              if eps is added to the bias-corrected root, as in PyTorch's Adam
//         eps                             if it is added to sqrt(v_t) itself, as in AdaBound's code
//   s_t = (lr / baseLr) schedule(t)       divided by 1 - b1^t if only m is bias-corrected (CSGD)
//
// A rule may `adjust` these scalars: RAdam replaces the bounds, NAdam the weights of the direction.
// baseLr is the lr that the group was made with. If a beta changes with t, b^t stands for b(1) b(2) .. b(t).
// The factor s_t is outside the clip: s clip(r, lo, hi) = clip(s r, s lo, s hi). So a falling lr scales the bounds too.
// The authors' code does the same with final_lr * lr / base_lr.
import { checkFiniteNumber, ValueError } from '../core/index.js';
import type { Bounds } from './bounds.js';
import type { Scalars } from './step.js';

/** A decay rate in [0, 1): a constant, or a function of the step t = 1, 2, .. */
export type Beta = number | ((t: number) => number);

/** The choices that turn the bounded step into one optimizer. */
export interface Rule {
  /** a: the learning rate, before bias correction. The classes set it to the group's baseLr, LAMB to 1. */
  rate: number;
  /** b1: the decay rate of the direction m. If it is 0, m is k times the gradient. */
  beta1: Beta;
  /** k, the weight of the new gradient in m. 'average': 1 - b1(t). A number: that number, but 1 on the first step; 1 is
   *  the heavy ball, less is PyTorch's dampening. */
  ingest: 'average' | number;
  /** b2, the decay rate of the second moment v; k2 is 1 - b2. 'sum': b2 = k2 = 1, as in AdaGrad. null: no v. */
  beta2: Beta | 'sum' | null;
  /** m_0 and v_0: the direction and the second moment before the first step. Default of each: 0. */
  initial?: { m?: number; v?: number };
  /** Whether the rate uses the largest v so far, as AMSGrad does. Default: false. */
  longMemory?: boolean;
  /** Bias correction for moments that start at 0: of m and v, of m alone, or none. */
  corrected: 'both' | 'first' | 'none';
  /** Added to the square root of the second moment, at least 0. */
  eps: number;
  /** Whether eps is added to the bias-corrected root. Default: false, it is added to sqrt(v_t). */
  epsCorrected?: boolean;
  /** Whether the average of each element's own rates limits them, as in AdaMod. `adjust` gives its decay rate b3. Default:
   *  false. */
  ownCeiling?: boolean;
  /** The bounds on the rate. */
  bounds: Bounds;
  /** A factor on the clipped rate, as a function of the step. Default: 1. */
  schedule?: (t: number) => number;
  /** Coupled weight decay: weightDecay x is added to the gradient. Default: 0. */
  weightDecay?: number;
  /** Decoupled weight decay: each step multiplies x by 1 - s a decay if 'scaled', 1 - decay if 'unscaled'. Default:
   *  no decay. */
  decoupled?: {
    /** The weight decay, finite and at least 0. */
    decay: number;
    /** Whether the rate and the schedule scale it. */
    by: 'scaled' | 'unscaled';
  };
  /** The feasible set [lower, upper] of every element; each step is projected onto it. Default: no limits. */
  box?: readonly [lower: number, upper: number];
  /** Returns scalars that replace the step's own, for a rule that the other fields cannot describe, for example RAdam's.
   *  progress: after this step. Default: none are replaced. */
  adjust?: (c: Scalars, progress: Progress) => Partial<Scalars>;
}

/** How far one parameter has come: its step number and the products of its betas. */
export interface Progress {
  /** The number of steps taken. */
  t: number;
  /** b1(1) b1(2) .. b1(t) */
  product1: number;
  /** b2(1) b2(2) .. b2(t) */
  product2: number;
}

/** Adjusts the scalars to Nesterov momentum: d_t = b1 m_t + k g_t. */
export const nesterov: Rule['adjust'] = ({ b1, k }) => ({ p: b1, q: k });

/** Returns the progress before the first step. */
export const noProgress = (): Progress => ({ t: 0, product1: 1, product2: 1 });

/** Advances `progress` to the next step and returns the scalars of that step. lrRatio: lr / baseLr. Default: 1.
 *  Throws ValueError if a beta, the bounds, the box or a weight decay is outside its domain at that step. */
export function scalarsAt(rule: Rule, progress: Progress, lrRatio = 1): Scalars {
  const t = ++progress.t;
  const b1 = betaAt('beta1', rule.beta1, t);
  const b2 = rule.beta2 === 'sum' || rule.beta2 === null ? 1 : betaAt('beta2', rule.beta2, t);
  // 1 - b1^t   and   sqrt(1 - b2^t)
  const first = 1 - (progress.product1 *= b1);
  const second = Math.sqrt(1 - (progress.product2 *= b2));
  const both = rule.corrected === 'both';
  const [lo, hi] = rule.bounds(t);
  if (!(lo >= 0 && lo <= hi)) throw new ValueError(`bounds: at step ${t} not 0 <= lo <= hi: [${lo}, ${hi}]`);
  const { box } = rule;
  if (box && !(box[0] <= box[1])) throw new ValueError(`box: lower must not exceed upper: [${box.join(', ')}]`);
  // s_t = (lr / baseLr) schedule(t)
  const s = lrRatio * (rule.schedule?.(t) ?? 1);
  const k = rule.ingest === 'average' ? 1 - b1 : t === 1 ? 1 : rule.ingest;
  const c: Scalars = {
    wd: checkDecay(rule.weightDecay),
    b1,
    k,
    b2,
    k2: rule.beta2 === 'sum' ? 1 : 1 - b2,
    // a_t = a sqrt(1 - b2^t) / (1 - b1^t)
    a: both ? (rule.rate * second) / first : rule.rate,
    // e_t = eps sqrt(1 - b2^t)
    e: both && rule.epsCorrected ? rule.eps * second : rule.eps,
    lo,
    hi,
    // s_t, divided by 1 - b1^t if only m is bias-corrected
    s: rule.corrected === 'first' ? s / first : s,
    p: 1,
    q: 0,
    // 1 - s_t a decay   or   1 - decay
    keep: 1 - checkDecay(rule.decoupled?.decay) * (rule.decoupled?.by === 'unscaled' ? 1 : s * rule.rate),
    box,
  };
  return Object.assign(c, rule.adjust?.(c, progress));
}

/** Returns a beta whose errors contain the name of its hyper-parameter. Throws ValueError if it is a number outside [0, 1). */
export function named(name: string, beta: Beta): Beta {
  return typeof beta === 'number' ? checkBeta(name, beta) : (t) => betaAt(name, beta, t);
}

/** Returns a decay rate at step t. Throws ValueError unless it lies in [0, 1). */
export function betaAt(name: string, beta: Beta, t: number): number {
  return typeof beta === 'number' ? checkBeta(name, beta) : checkBeta(name, beta(t), ` at step ${t}`);
}

/** Returns a decay rate. Throws ValueError unless it lies in [0, 1). when: the end of the message. */
export function checkBeta(name: string, b: number, when = ''): number {
  if (b >= 0 && b < 1) return b;
  throw new ValueError(`${name} must lie in [0, 1): ${b}${when}`);
}

function checkDecay(decay = 0): number {
  checkFiniteNumber('weightDecay', decay, 0);
  return decay;
}
