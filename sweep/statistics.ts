// Statistics of a sweep, as functions of its scores alone.

/** The scores of one method: a row for each trial, a column for each seed. Higher is better. */
export interface Scores {
  /** The scores by which the best trial is chosen. null: the run diverged, which is worse than any score. */
  validation: readonly (readonly (number | null)[])[];
  /** The scores that are reported if the trial is chosen. */
  test: readonly (readonly number[])[];
  /** The budget that each trial reached: a trial that was stopped early ranks below one that was not. */
  budget: readonly number[];
}

/** The expected test score of the best of k trials, best by validation, if the k are drawn from these n without replacement:
 *
 *    sum_i C(i - 1, k - 1) / C(n, k) y_i,   y_i the test score of the i-th in rising order of validation
 *
 *  C(i - 1, k - 1) of the C(n, k) subsets have the i-th as their best. It is unbiased, unlike the estimate with replacement of Dodge et al.
 *  2019 (arXiv 1909.03004; see Tang et al. 2020, arXiv 2004.14355). Trials of equal validation each count with the mean of their test scores.
 *  compare: compares two trials, given by index, as `sort` needs it for rising validation. */
export function expectedBest(test: readonly number[], compare: (a: number, b: number) => number, k: number): number {
  const n = test.length;
  const order = test.map((_, i) => i).sort(compare);
  const shared = [...test];
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && compare(order[from], order[to]) === 0) to++;
    const tied = order.slice(from, to);
    for (const i of tied) shared[i] = mean(tied.map((j) => test[j]));
    from = to;
  }
  // w_n = k / n;  w_{i-1} = w_i (i - k) / (i - 1)
  let [weight, sum] = [k / n, 0];
  for (let i = n; i >= k; i--) {
    sum += weight * shared[order[i - 1]];
    weight *= (i - k) / (i - 1);
  }
  return sum;
}

/** `expectedBest` of one seed for k = 1, 2, .., n. A trial that diverged ranks below all others, whatever budget it reached. */
export function curveOf({ validation, test, budget }: Scores, seed: number): number[] {
  const isLost = (i: number) => validation[i][seed] === null;
  const compare = (a: number, b: number) => {
    if (isLost(a) || isLost(b)) return Number(isLost(b)) - Number(isLost(a));
    return budget[a] - budget[b] || validation[a][seed]! - validation[b][seed]!;
  };
  const column = test.map((row) => row[seed]);
  return column.map((_, i) => expectedBest(column, compare, i + 1));
}

/** The index of the best trial: of those with the largest budget, the one with the best mean validation score over the seeds, the first one of
 *  equal trials. A trial that diverged with any seed is never chosen. -1 if there is none. */
export function bestTrial({ validation, budget }: Scores): number {
  const means = validation.map((row) => (row.some((v) => v === null) ? -Infinity : mean(row as number[])));
  return means.reduce((best, m, i) => {
    if (m === -Infinity) return best;
    if (best < 0) return i;
    return budget[i] > budget[best] || (budget[i] === budget[best] && m > means[best]) ? i : best;
  }, -1);
}

/** A mean with an interval around it. */
export interface Interval {
  /** The middle of the interval. */
  mean: number;
  /** Its lower end; null if there are fewer than two values, so that the interval is unknown. */
  low: number | null;
  /** Its upper end; null if `low` is. */
  high: number | null;
}

/** The mean of the differences a_i - b_i, with Student's interval: mean -+ t s / sqrt(n), t the quantile of n - 1 degrees of freedom.
 *  level: the probability that it contains the expected difference, if the differences are normal. resolution: see `errorOfMean`. */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  level: number,
  resolution: number,
): Interval {
  const differences = a.map((x, i) => x - b[i]);
  const [n, m] = [differences.length, mean(differences)];
  if (n < 2) return { mean: m, low: null, high: null };
  const half = studentQuantile(1 - (1 - level) / 2, n - 1) * errorOfMean(differences, resolution);
  return { mean: m, low: m - half, high: m + half };
}

/** The two-sided p of the paired t-test: the chance of a mean difference at least as large, of either sign, if the expected one is 0 and the
 *  differences are normal. t = mean(d) / (s / sqrt(n)) has n - 1 degrees of freedom. NaN for fewer than two pairs. resolution: see `errorOfMean`. */
export function pairedP(a: readonly number[], b: readonly number[], resolution: number): number {
  const differences = a.map((v, i) => v - b[i]);
  if (differences.length < 2) return NaN;
  const m = mean(differences);
  // The mean is 0 but for rounding: its error may be 0 too, or a tiny deviation by which the mean would be divided.
  const scale = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  if (Math.abs(m) <= 1e-12 * scale) return 1;
  return twoSided(m / errorOfMean(differences, resolution), differences.length - 1);
}

/** The chance that |T| >= |t| for Student's t with `freedom` degrees of freedom. */
export function twoSided(t: number, freedom: number): number {
  return 2 * (1 - studentProbability(Math.abs(t), freedom));
}

/** The level at which Holm's rule tests each of these p: a test is significant if its p is at most its level. Of m tests, sorted by p, the i-th
 *  has the level `error` / (m - i + 1), up to the first that is not significant; the later ones have the level of that first one. So the chance
 *  that any test is called significant without being so is at most `error`. Default: 0.05. A p of NaN is not tested.
 *  Source: Holm 1979, Scandinavian Journal of Statistics 6. */
export function holm(p: readonly number[], error = 0.05): number[] {
  const order = p.map((_, i) => i).filter((i) => !Number.isNaN(p[i]));
  order.sort((i, j) => p[i] - p[j]);
  const failed = order.findIndex((i, rank) => p[i] > error / (order.length - rank));
  const last = error / Math.max(1, order.length - (failed < 0 ? order.length - 1 : failed));
  const levels = p.map(() => last);
  order.slice(0, failed < 0 ? order.length : failed).forEach((i, rank) => {
    levels[i] = error / (order.length - rank);
  });
  return levels;
}

/** The standard error of the mean of two or more differences of scores: s / sqrt(n).
 *  resolution: the scores are multiples of it. A score that is rounded has an error of variance resolution^2 / 12, and a difference of two
 *  has twice that, so s^2 is at least resolution^2 / 6: otherwise a few seeds with the same difference by chance would look certain. */
export function errorOfMean(differences: readonly number[], resolution: number): number {
  return Math.sqrt(Math.max(variance(differences), resolution ** 2 / 6) / differences.length);
}

/** The quantile of Student's distribution, for p in (1/2, 1). Found by bisection of its distribution function. */
export function studentQuantile(p: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (studentProbability(high, freedom) < p) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, freedom) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** The probability of a value of at most t >= 0, for a whole number of degrees of freedom, as a finite sum (Abramowitz and Stegun 1964, 26.7.3
 *  and 26.7.4). With x = atan(t / sqrt(v)):
 *
 *    v odd    1/2 + (x + sin x (cos x + 2/3 cos^3 x + .. )) / pi
 *    v even   1/2 + sin x (1 + 1/2 cos^2 x + 1 3 / (2 4) cos^4 x + ..) / 2 */
export function studentProbability(t: number, freedom: number): number {
  const x = Math.atan(t / Math.sqrt(freedom));
  const [sine, square] = [Math.sin(x), Math.cos(x) ** 2];
  const isOdd = freedom % 2 === 1;
  let [sum, term] = [0, isOdd ? Math.cos(x) : 1];
  for (let power = isOdd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * square;
  }
  return 0.5 + (isOdd ? (x + sine * sum) / Math.PI : (sine * sum) / 2);
}

/** The arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** The variance of a sample, with n - 1. */
export function variance(values: readonly number[]): number {
  const m = mean(values);
  return values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1);
}
