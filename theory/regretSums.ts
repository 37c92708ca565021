// The running sums of a run on an online problem: the regret, how many rates were clipped, and the terms of the
// theorems' bounds on the regret.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)
//   W = sum_t sum_i b1t / n_{t,i}     M = max_t t/lo(t) - (t-1)/hi(t-1)     R = hi(1)
//
// theorems.ts turns W, M and R into the bounds. A bound is reported only while its conditions have held at every step:
//   - the rule has the paper's form: an average of gradients from 0 as the direction, v that is not a sum, rates divided by sqrt(t), no bias
//     correction, eps or decay
//   - b1t <= b1 = b1(1), lo never falls, hi never rises
//   - the bound is finite
// Theorem 4 as published also requires b1 < sqrt(b2). No step of the proof uses this if the rates are bounded, so the
// corrected bound and the corollary are reported without it.
import { converging } from '../optim/bounds.js';
import type { Rule, Scalars } from '../optim/index.js';
import { rateOf } from '../optim/step.js';
import type { OnlineProblem } from './problems.js';
import { corollary, corrected, published } from './theorems.js';

/** The regret of a run after t steps, and the theorems' bounds on it. */
export interface RegretPoint {
  /** The number of steps taken. */
  t: number;
  /** x_{t+1}: the point after step t. */
  x: number[];
  /** R_t: the regret of the first t losses. */
  regret: number;
  /** R_t/t: the regret per step. */
  average: number;
  /** The pseudo-regret, in which each loss is replaced by its mean. null if the losses are not random. */
  pseudo: number | null;
  /** The pseudo-regret per step; null if the losses are not random. */
  averagePseudo: number | null;
  /** The bound of theorem 4 as published; null if its conditions do not hold. */
  published: number | null;
  /** The bound of theorem 4 as corrected by Savarese; null if its conditions do not hold. */
  corrected: number | null;
  /** Savarese's corollary for AdaBound; null if its conditions do not hold. */
  corollary: number | null;
}

/** The running sums of one run, and whether the theorems' conditions have held so far. */
export class RegretSums {
  /** R_t */
  regret = 0;
  /** The pseudo-regret; 0 if the losses are not random. */
  pseudo = 0;
  /** The number of rates that the clip raised to lo. */
  raised = 0;
  /** The number of rates that the clip lowered to hi, or that AdaMod's ceiling lowered. */
  lowered = 0;
  /** The number of steps in which 1/n decreased for some element. */
  falls = 0;
  #lastRates: Float64Array; // n_{t-1}
  #W = 0;
  #first = 0; // sum_i 1/n_{1,i}
  #M = 0;
  #b1 = NaN; // b1(1), known after the first step
  #R = NaN; // hi(1), known after the first step
  #lo = 0; // lo(t-1)
  #hi = Infinity; // hi(t-1)
  #holds: boolean; // the conditions that all bounds share
  #decays = true; // b1t = b1/t
  #below = true; // b1 < sqrt(b2)
  #problem: OnlineProblem;
  #rule: Rule;
  #gamma: number | undefined;

  /** gamma: the parameter of the rule's `converging` bounds, for the corollary. Undefined if the rule has other bounds. */
  constructor(problem: OnlineProblem, rule: Rule, gamma: number | undefined) {
    this.#lastRates = new Float64Array(problem.x1.length).fill(Infinity);
    this.#problem = problem;
    this.#rule = rule;
    this.#gamma = gamma;
    const isBare = !rule.weightDecay && !rule.decoupled && !rule.adjust && rule.eps === 0 && !rule.initial?.m;
    const isAveraged = rule.ingest === 'average' || (rule.ingest === 1 && rule.beta1 === 0);
    this.#holds = rule.corrected === 'none' && isAveraged && rule.beta2 !== 'sum' && isBare;
  }

  /** Adds step t: its scalars, its rates n, and the second moments in the rates; null if the rule has none. */
  add(t: number, c: Scalars, n: Float64Array, moments: Float64Array | null): void {
    if (t === 1) {
      this.#b1 = c.b1;
      this.#R = c.hi;
    }
    let fell = false;
    for (let i = 0; i < n.length; i++) {
      if (n[i] > this.#lastRates[i]) fell = true;
      this.#lastRates[i] = n[i];
      this.#W += c.b1 / n[i];
      if (t === 1) this.#first += 1 / n[i];
      if (moments === null) continue;
      const rate = rateOf(moments[i], c.a, c.e, c.power);
      if (rate < c.lo) this.raised++;
      else if (c.s * rate > n[i]) this.lowered++;
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

  /** Returns the sums after step t, which led to x, and the bounds whose conditions hold. */
  pointAt(t: number, x: Float64Array, n: Float64Array, c: Scalars): RegretPoint {
    const { set, gradientBound, expected } = this.#problem;
    const setting = { D: set.diameter, G: gradientBound, b1: this.#b1, d: x.length };
    // sum_i 1/n^_{t,i}, where n^ = n sqrt(t) and c.s = 1/sqrt(t)
    const inverse = n.reduce((sum, ni) => sum + c.s / ni, 0);
    const ifHolds = (bound: number) => (this.#holds && bound < Infinity ? bound : null);
    const gamma = this.#decays ? this.#gamma : undefined;
    return {
      t,
      x: [...x],
      regret: this.regret,
      average: this.regret / t,
      pseudo: expected ? this.pseudo : null,
      averagePseudo: expected ? this.pseudo / t : null,
      published: !this.#below ? null : ifHolds(published(setting, t, this.#R, inverse, this.#W)),
      corrected: ifHolds(corrected(setting, t, this.#R, this.#M, this.#first, this.#W)),
      corollary: gamma !== undefined && this.#convergesToOne(t, gamma) ? ifHolds(corollary(setting, t, gamma)) : null,
    };
  }

  /** Whether the rule has the bounds of the corollary, which converge to 1. Compares them at the first step and at step t. */
  #convergesToOne(t: number, gamma: number): boolean {
    const expected = converging(1, gamma);
    return [1, t].every((k) => [0, 1].every((side) => this.#rule.bounds(k)[side] === expected(k)[side]));
  }
}

/** Returns whether two numbers are equal up to rounding. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}
