// Feasible sets F of online problems, and the projection that ends each step of the paper's algorithms.
//
//   P_{F, diag(1/n)}(x) = argmin_{y in F} sum_i (y_i - x_i)^2 / n_i
//   box       y_i = clip(x_i, lower, upper)           does not depend on n, because each element has a term of its own
//   ball      y_i = x_i / (1 + l n_i)                 l >= 0 with |y| = r: Newton's method on 1/|y| - 1/r, concave
//   simplex   y_i = max(0, x_i - l n_i)               l with sum_i y_i = 1: solve, drop negative elements, solve again
//
// An element with a large rate n_i moves further, because moving it costs less in this norm.
// Sources: Luo et al. 2019, algorithm 2; Duchi, Hazan and Singer 2011 (the norm); More and Sorensen 1983 (the Newton
// iteration); Michelot 1986 (the simplex).
import { must, ValueError } from '../core/index.js';
import { checkNumber } from '../optim/arguments.js';

/** A closed convex set F. */
export interface FeasibleSet {
  /** F as [lower, upper] in every element, if it is a box. The bounded step can then clip to it, without `project`. */
  box?: readonly [lower: number, upper: number];
  /** The largest |x_i - y_i| of two points of F: the D of the theorems. */
  diameter: number;
  /** Moves x in place to the nearest point of F in the norm of diag(1/n). n: the rates of the step. Allocates nothing.
   *  Throws ValueError if a rate is not positive and finite, unless F is a box. */
  project(x: Float64Array, n: Float64Array): void;
  /** Returns the point of F with the least linear loss <c, x>. */
  least(c: readonly number[]): number[];
}

/** Returns the box [lower, upper] in every element. Throws ValueError if lower exceeds upper. */
export function box(lower: number, upper: number): FeasibleSet {
  checkNumber('box: lower', lower);
  checkNumber('box: upper', upper);
  if (!(lower <= upper)) throw new ValueError(`box: lower must not exceed upper: [${lower}, ${upper}]`);
  return {
    box: [lower, upper],
    diameter: upper - lower,
    project(x) {
      for (let i = 0; i < x.length; i++) x[i] = Math.min(Math.max(x[i], lower), upper);
    },
    least: (c) => c.map((ci) => (ci > 0 ? lower : upper)),
  };
}

/** Returns the ball |x| <= radius, in the Euclidean norm. Throws ValueError unless the radius is positive and
 *  finite. */
export function ball(radius: number): FeasibleSet {
  const fits = typeof radius === 'number' && radius > 0 && radius < Infinity;
  must(fits, 'ball: radius', 'positive and finite', radius);
  return {
    diameter: 2 * radius,
    project(x, n) {
      checkRates('ball', n);
      let l = 0;
      for (;;) {
        let square = 0;
        let slope = 0;
        for (let i = 0; i < x.length; i++) {
          const y = x[i] / (1 + l * n[i]);
          square += y * y;
          slope += (n[i] * y * y) / (1 + l * n[i]);
        }
        const norm = Math.sqrt(square);
        // From l = 0 each Newton step stays below the root, so l grows until rounding stops it.
        const next = l + ((norm / radius - 1) * square) / slope;
        if (!(next > l && norm > radius * (1 + 1e-15))) break;
        l = next;
      }
      if (l > 0) for (let i = 0; i < x.length; i++) x[i] /= 1 + l * n[i];
    },
    least(c) {
      const norm = Math.hypot(...c);
      return c.map((ci) => (norm === 0 ? 0 : (-radius * ci) / norm));
    },
  };
}

/** Returns the simplex: all x_i >= 0 with sum 1. */
export function simplex(): FeasibleSet {
  return {
    diameter: 1,
    project(x, n) {
      checkRates('simplex', n);
      let l = -Infinity;
      for (;;) {
        let excess = -1;
        let weight = 0;
        for (let i = 0; i < x.length; i++) {
          if (!(x[i] > l * n[i])) continue;
          excess += x[i];
          weight += n[i];
        }
        const next = excess / weight;
        if (!(next > l)) break;
        l = next;
      }
      for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i] - l * n[i]);
    },
    least(c) {
      const best = c.indexOf(Math.min(...c));
      return c.map((_, i) => (i === best ? 1 : 0));
    },
  };
}

function checkRates(set: string, n: Float64Array): void {
  for (let i = 0; i < n.length; i++) {
    if (n[i] > 0 && n[i] < Infinity) continue;
    throw new ValueError(
      `${set}: the norm of diag(1/n) needs rates 0 < n < infinity: n[${i}] is ${n[i]}; give the rule bounds`,
    );
  }
}
