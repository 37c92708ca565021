// Feasible sets F of online problems, and the projection onto them that the paper's step ends with.
//
//   P_{F, diag(1/n)}(x) = argmin_{y in F} sum_i (y_i - x_i)^2 / n_i
//   box       y_i = clip(x_i, lower, upper)           whatever n is: the sum splits into elements
//   ball      y_i = x_i / (1 + l n_i)                 l >= 0 with |y| = r: Newton on 1/|y| - 1/r, concave in l
//   simplex   y_i = max(0, x_i - l n_i)               l with sum y_i = 1: drop what is negative, solve again
//
// A large rate n_i makes moving element i cheap: it gives way first. Sources: Luo et al. 2019, algorithm 2; Duchi, Hazan and
// Singer 2011 (the norm); More and Sorensen 1983 (the Newton iteration); Michelot 1986 (the simplex).
import { ValueError } from '../core/index.js';

/** A closed convex set F. */
export interface FeasibleSet {
  /** Given where F is [lower, upper] in every element: a step can clip to it, and no rates are needed. */
  box?: readonly [lower: number, upper: number];
  /** The largest |x_i - y_i| of two points of F: the D of the theorems. */
  diameter: number;
  /** Moves x to the nearest point of F in the norm of diag(1/n), in place; n_i > 0 are the rates of the step. Allocates
   *  nothing. Throws ValueError for a rate that is no positive finite number, where F is no box. */
  project(x: Float64Array, n: Float64Array): void;
  /** The point of F where the linear loss <c, x> is least. */
  least(c: readonly number[]): number[];
}

/** [lower, upper] in every element. */
export function box(lower: number, upper: number): FeasibleSet {
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

/** |x| <= radius, in the Euclidean norm. */
export function ball(radius: number): FeasibleSet {
  if (!(radius > 0 && radius < Infinity)) throw new ValueError(`ball: radius must be positive and finite: ${radius}`);
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
        // From l = 0 each step of Newton's method falls short of the root, so l grows until rounding stops it.
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

/** x_i >= 0 with sum 1: shares of one unit. */
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
    throw new ValueError(`${set}: the norm of diag(1/n) needs rates 0 < n < infinity: n[${i}] is ${n[i]}; bound them`);
  }
}
