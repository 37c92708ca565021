// The books of a run on an online problem: regret, clipped rates, and the sums of the theorems with their conditions.
//
//   W = sum_t sum_i b1t / n_{t,i}     M = max_t t/lo(t) - (t-1)/hi(t-1)     R = hi(1)     theorems.ts has the rest
//
// A bound is stated only where its conditions were met at every step so far: the paper's form (no bias correction, no eps,
// no decay, averaged momentum, 1/sqrt(t)), b1t <= b1, lo never falling, hi never rising, and all of it finite. Theorem 4 as
// published also asks for b1 < sqrt(b2); with bounded rates no step of the proof uses it, so the others are stated without.
import { converging } from '../optim/bounds.js';
import type { Rule } from '../optim/rule.js';
import { rateOf, type Scalars } from '../optim/step.js';
import { corollary, corrected, published } from './theorems.js';

/** What `regret` needs of a problem: a feasible set, the first and the best point, and the losses. */
export interface OnlineProblem {
  set: {
    box?: readonly [lower: number, upper: number];
    diameter: number;
    project(x: Float64Array, n: Float64Array): void;
  };
  x1: readonly number[];
  gradientBound: number;
  /** f_t(x) - f_t(best), the gradient of f_t written into g. */
  losses(): (t: number, x: Float64Array, g: Float64Array) => number;
  expected?(x: Float64Array): number;
}

/** The books after t steps. */
export interface RegretPoint {
  t: number;
  /** x_{t+1}, the point after step t. */
  x: number[];
  /** R_t, and R_t/t */
  regret: number;
  average: number;
  /** The same with each loss replaced by its mean; null where losses are not drawn. */
  pseudo: number | null;
  averagePseudo: number | null;
  /** What theorem 4 says as published, as corrected, and the corollary; null where its conditions are not met so far. */
  published: number | null;
  corrected: number | null;
  corollary: number | null;
}

/** Regret, counts and sums, and whether the theorems' conditions hold so far. */
export class Books {
  regret = 0;
  pseudo = 0;
  raised = 0;
  lowered = 0;
  falls = 0;
  #before: Float64Array;
  #weighted = 0; // W = sum_t sum_i b1t / n_{t,i}
  #first = 0; // sum_i 1/n_{1,i}
  #M = 0;
  #b1 = NaN; // until the first step
  #R = NaN;
  #lo = 0;
  #hi = Infinity;
  #holds: boolean;
  #decays = true; // b1t = b1/t
  #below = true; // b1 < sqrt(b2)
  #problem: OnlineProblem;
  #rule: Rule;
  #gamma: number | undefined;

  constructor(problem: OnlineProblem, rule: Rule, gamma: number | undefined) {
    this.#before = new Float64Array(problem.x1.length).fill(Infinity);
    this.#problem = problem;
    this.#rule = rule;
    this.#gamma = gamma;
    const bare = !rule.weightDecay && !rule.decoupled && !rule.nesterov && rule.eps === 0;
    const averaged = rule.ingest === 'average' || (rule.ingest === 1 && rule.beta1 === 0);
    this.#holds = rule.corrected === 'none' && averaged && rule.beta2 !== 'sum' && bare;
  }

  /** Enters step t: its scalars, its rates n, and the second moments that they came from, or null. */
  enter(t: number, c: Scalars, n: Float64Array, moments: Float64Array | null): void {
    if (t === 1) {
      this.#b1 = c.b1;
      this.#R = c.hi;
    }
    let fell = false;
    for (let i = 0; i < n.length; i++) {
      if (n[i] > this.#before[i]) fell = true;
      this.#before[i] = n[i];
      this.#weighted += c.b1 / n[i];
      if (t === 1) this.#first += 1 / n[i];
      if (moments === null) continue;
      const rate = rateOf(moments[i], c.a, c.e);
      if (rate < c.lo) this.raised++;
      else if (rate > c.hi) this.lowered++;
    }
    if (fell) this.falls++;
    this.#M = Math.max(this.#M, t / c.lo - (t - 1) / this.#hi);
    const shrinks = near(c.s * c.s * t, 1) && c.b1 <= this.#b1;
    this.#holds &&= shrinks && c.lo >= this.#lo && c.hi <= this.#hi;
    this.#below &&= moments === null || c.b1 === 0 || c.b1 < Math.sqrt(c.b2);
    this.#decays &&= near(c.b1 * t, this.#b1);
    this.#lo = c.lo;
    this.#hi = c.hi;
  }

  at(t: number, x: Float64Array, n: Float64Array, c: Scalars): RegretPoint {
    const { set, gradientBound, expected } = this.#problem;
    const setting = { D: set.diameter, G: gradientBound, b1: this.#b1, d: x.length };
    const inverse = n.reduce((sum, ni) => sum + c.s / ni, 0);
    const stated = (bound: number) => (this.#holds && bound < Infinity ? bound : null);
    const gamma = this.#decays ? this.#gamma : undefined;
    return {
      t,
      x: [...x],
      regret: this.regret,
      average: this.regret / t,
      pseudo: expected ? this.pseudo : null,
      averagePseudo: expected ? this.pseudo / t : null,
      published: !this.#below ? null : stated(published(setting, t, this.#R, inverse, this.#weighted)),
      corrected: stated(corrected(setting, t, this.#R, this.#M, this.#first, this.#weighted)),
      corollary: gamma !== undefined && this.#closesOnOne(t, gamma) ? stated(corollary(setting, t, gamma)) : null,
    };
  }

  /** Whether the rule's bounds are those of the corollary, seen at the first step and at t. */
  #closesOnOne(t: number, gamma: number): boolean {
    const wanted = converging(1, gamma);
    return [1, t].every((k) => [0, 1].every((side) => this.#rule.bounds(k)[side] === wanted(k)[side]));
  }
}

/** Equal up to rounding. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}
