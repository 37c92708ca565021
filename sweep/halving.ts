// Synchronous successive halving (Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter Optimization").
//
//   n trials are run to the first of the budgets b_0 < b_1 < .. < b_r = budget, b_i = budget / factor^(r - i) rounded down
//   the best ceil(n / factor) of them continue to the second, and so on
//
// A round ends before the next begins, so the order in which runs end does not matter (in ASHA it does: Li et al. 2020).

/** The increasing budgets of the rounds; the last is `budget`, all are in its unit. Of several rounds only the last may have a single
 *  trial, unless trials diverge. factor: undefined for one round, without halving. */
export function budgetsOf(budget: number, trials: number, factor: number | undefined): number[] {
  if (factor === undefined) return [budget];
  const budgets = [budget];
  for (let left = trials; left > 1 && budgets[0] > 1; left = Math.ceil(left / factor)) {
    const before = Math.max(1, Math.floor(budgets[0] / factor));
    if (before === budgets[0]) break;
    budgets.unshift(before);
  }
  return budgets;
}

/** The indices of the trials that continue, in increasing order: those with the best (highest) ceil(n / factor) scores, of equal
 *  scores the first. A score of null: the trial diverged, and never continues. */
export function promoted(scores: readonly (number | null)[], factor: number): number[] {
  const count = Math.ceil(scores.length / factor);
  const finite = scores.flatMap((score, i) => (score === null ? [] : [{ score, i }]));
  finite.sort((a, b) => b.score - a.score || a.i - b.i);
  return finite
    .slice(0, count)
    .map(({ i }) => i)
    .sort((a, b) => a - b);
}
