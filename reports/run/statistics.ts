// When the numbers of several seeds differ:
//
//   d_i         the difference of two optimizers in seed i, which start from the same weights and see the same batches
//   t           mean(d) / (s_d / sqrt(n)), s_d with n - 1; distributed as Student's t with n - 1 degrees of freedom if the true mean is 0
//   Holm        of m pairs, sorted by p: the i-th differs if p_i <= 0.05 / (m - i + 1) and all before it do (Holm 1979)
//
// So the chance that any pair is called different without being so is at most 5 %, if differences are distributed normally.

import { errorOfMean, mean, studentProbability } from '../../sweep/statistics.js';

/** The chance of calling any pair different that is not. */
export const LEVEL = 0.05;

/** The standard error of the mean; NaN of fewer than two values. */
export function standardError(values: readonly number[]): number {
  return values.length < 2 ? NaN : errorOfMean(values, 0);
}

/** The two-sided p of the paired t-test: the chance of a difference as large if there is none. NaN of fewer than two pairs.
 *  resolution: as of `errorOfMean`; 1 / N for accuracies on N samples. Default: 0. */
export function pairedP(a: readonly number[], b: readonly number[], resolution = 0): number {
  const differences = a.map((v, i) => v - b[i]);
  if (differences.length < 2) return NaN;
  const m = mean(differences);
  // Differences that are all equal: rounding may leave a tiny deviation, which would be divided by.
  const scale = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  if (Math.abs(m) <= 1e-12 * scale) return 1;
  return twoSided(m / errorOfMean(differences, resolution), differences.length - 1);
}

/** The chance that |T| >= |t| for Student's t with `freedom` degrees of freedom. */
export function twoSided(t: number, freedom: number): number {
  return 2 * (1 - studentProbability(Math.abs(t), freedom));
}

/** Which of these p are significant together, by Holm's rule. NaN is not. */
export function holm(p: readonly number[], level = LEVEL): boolean[] {
  const known = p.map((value, i) => ({ value, i })).filter(({ value }) => !Number.isNaN(value));
  known.sort((a, b) => a.value - b.value);
  const found = p.map(() => false);
  for (const [rank, { value, i }] of known.entries()) {
    if (value > level / (known.length - rank)) break;
    found[i] = true;
  }
  return found;
}
