// The statistics of a sweep, compared with cases worked by hand, with enumeration and with simulation.
import { Random } from '../../core/index.js';
import { type Difference, judge } from '../../sweep/judge.js';
import {
  bestTrial,
  curveOf,
  expectedBest,
  holm,
  mean,
  pairedDifference,
  pairedP,
  studentProbability,
  studentQuantile,
  twoSided,
} from '../../sweep/statistics.js';
import type { RunTrial } from '../../sweep/sweep.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Statistics of a sweep');

const by = (validation: readonly number[]) => (a: number, b: number) => validation[a] - validation[b];

test('the expected best of 2 of 4 trials, by hand: the six pairs have 2, 3, 10, 3, 10, 10 as their best', () => {
  close([expectedBest([1, 2, 3, 10], by([1, 2, 3, 10]), 2)], [38 / 6], 1e-15);
});

test('the choice is by validation and the score by test: a trial that is best by chance counts with its test score', () => {
  // Two of the three pairs contain the trial with validation 9, whose test score is 0. In the third the best has validation 5 and test 7.
  close([expectedBest([7, 0, 3], by([5, 9, 1]), 2)], [7 / 3], 1e-15);
});

test('the expected best of 1 is the mean, and the expected best of all n is the score of the chosen trial', () => {
  const values = [0.3, 0.9, 0.1, 0.5];
  close([expectedBest(values, by(values), 1), expectedBest(values, by(values), 4)], [mean(values), 0.9], 1e-15);
});

test('the expected best equals the mean over all subsets; trials of equal validation are chosen with equal chances', () => {
  const random = new Random(3).stream('subsets');
  for (let round = 0; round < 20; round++) {
    const n = 2 + random.below(7);
    const validation = Array.from({ length: n }, () => random.below(4));
    const scores = Array.from({ length: n }, () => random.uniform());
    for (let k = 1; k <= n; k++) {
      // Here the best trials of a subset share their mean. expectedBest gives each the mean of all trials with this validation: over all
      // subsets that is the same, because these trials are drawn equally often.
      let [sum, count] = [0, 0];
      for (let set = 0; set < 1 << n; set++) {
        const members = scores.map((_, i) => i).filter((i) => set & (1 << i));
        if (members.length !== k) continue;
        const most = Math.max(...members.map((i) => validation[i]));
        sum += mean(members.filter((i) => validation[i] === most).map((i) => scores[i]));
        count++;
      }
      close([expectedBest(scores, by(validation), k)], [sum / count], 1e-12, `${k} of ${n}`);
    }
  }
});

test('the expected best is unbiased: over many sweeps of 10 trials, its mean is the expected largest of k uniform numbers, k / (k + 1)', () => {
  const random = new Random(5).stream('uniform');
  const [rounds, n] = [4000, 10];
  const sums = [0, 0, 0];
  for (let r = 0; r < rounds; r++) {
    const values = Array.from({ length: n }, () => random.uniform());
    [1, 3, 8].forEach((k, i) => (sums[i] += expectedBest(values, by(values), k) / rounds));
  }
  // The standard deviation of one estimate is at most that of the mean of 10 uniform numbers, 0.09; over 4,000 rounds it is 0.0015.
  close(sums, [1 / 2, 3 / 4, 8 / 9], 0.004);
});

test('a trial that diverged is chosen only if all diverged, whatever its budget; one that was stopped early ranks below those that were not', () => {
  const scores = { validation: [[null], [0.1], [0.9]], test: [[0], [5], [7]], budget: [9, 9, 3] };
  // From the lowest: the trial that diverged, the one of budget 3, the one with validation 0.1.
  close(curveOf(scores, 0), [4, (7 + 5 + 5) / 3, 5], 1e-15);
  // The only trial that continued diverged, so the best of the others is chosen.
  const lost = { validation: [[null], [0.1], [0.9]], test: [[0], [5], [7]], budget: [9, 3, 3] };
  assert.equal([curveOf(lost, 0)[2], bestTrial(lost)], [7, 2]);
  assert.is(bestTrial(scores), 1);
  assert.is(bestTrial({ ...scores, validation: [[null], [null], [null]] }), -1);
});

test('Student’s quantiles are those of the tables', () => {
  // Abramowitz and Stegun 1964, table 26.10.
  const table: [p: number, freedom: number, t: number][] = [
    [0.975, 1, 12.706],
    [0.995, 1, 63.657],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.95, 4, 2.132],
    [0.975, 10, 2.228],
    [0.995, 30, 2.75],
    [0.975, 120, 1.98],
  ];
  for (const [p, freedom, t] of table) close([studentQuantile(p, freedom)], [t], 2e-4, `${p}, ${freedom}`);
  close([studentProbability(0, 5), studentProbability(1, 1)], [0.5, 0.75], 1e-14);
});

test('Student’s t: the probabilities are those of printed tables', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2: critical values for 5 % on two sides, to three decimals.
  for (const [freedom, t] of [
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [10, 2.228],
    [30, 2.042],
    [100, 1.984],
  ])
    assert.ok(Math.abs(twoSided(t, freedom) - 0.05) < 5e-5, `${freedom}: ${twoSided(t, freedom)}`);
  // With one degree of freedom it is Cauchy's distribution; with two there is a closed form: 1 - t / sqrt(2 + t^2).
  for (const t of [0.1, 1, 3, 50]) {
    assert.ok(Math.abs(twoSided(t, 1) - (2 / Math.PI) * Math.atan(1 / t)) < 1e-12);
    assert.ok(Math.abs(twoSided(-t, 2) - (1 - t / Math.sqrt(2 + t * t))) < 1e-12);
  }
  assert.is(twoSided(0, 5), 1);
});

test('the paired test finds a small difference that is the same in every seed, and none in equal samples', () => {
  const a = [0.8, 0.7, 0.9, 0.6];
  assert.ok(pairedP(a, [0.79, 0.688, 0.891, 0.589], 0) < 0.01);
  assert.is(pairedP(a, a, 0), 1);
  assert.ok(Number.isNaN(pairedP([1], [2], 0)));
  // Two seeds may both differ by 1 of 100 samples by chance; four seeds do not all differ by 10 of 100 by chance.
  assert.ok(pairedP([0.81, 0.82], [0.8, 0.81], 0) < 1e-6);
  assert.ok(pairedP([0.81, 0.82], [0.8, 0.81], 0.01) > 0.1);
  assert.ok(pairedP(a, [0.7, 0.6, 0.8, 0.5], 0.01) < 0.001);
});

test('Holm’s rule stops at the first p that is too large; a p that is not a number is never significant', () => {
  const found = (p: number[]) => holm(p).map((level, i) => p[i] <= level);
  assert.equal(found([0.01, 0.04, 0.03, 0.005]), [true, false, false, true]);
  assert.equal(found([0.02, NaN, 0.04]), [true, false, true]);
  assert.equal(found([0.03, NaN, 0.04]), [false, false, false]);
  assert.equal(found([0.2, 0.001]), [false, true]);
  assert.equal(found([NaN]), [false]);
  assert.equal(holm([0.2, 0.001, 0.03]), [0.025, 0.05 / 3, 0.025]);
  assert.equal(holm([0.01, 0.02]), [0.025, 0.05]);
});

test('Holm’s rule finds every p that Bonferroni’s rule finds; if it finds a p, it finds every smaller one', () => {
  const random = new Random(5).stream('holm');
  for (let round = 0; round < 300; round++) {
    const p = Array.from({ length: 1 + random.below(12) }, () => random.uniform() ** 4);
    const levels = holm(p);
    const found = p.filter((value, i) => value <= levels[i]);
    const missed = p.filter((value, i) => value > levels[i]);
    assert.ok(p.every((value, i) => value > 0.05 / p.length || value <= levels[i]));
    assert.ok(Math.max(0, ...found) <= Math.min(1, ...missed));
  }
});

test('the interval of a paired difference, by hand: 1, 2, 3 have mean 2 and s / sqrt(3) = 0.57735, times 4.30265', () => {
  const { mean: m, low, high } = pairedDifference([4, 7, 6], [3, 5, 3], 0.95, 0);
  close([m, low!, high!], [2, 2 - 2.48414, 2 + 2.48414], 1e-5);
});

test('one pair has a difference and no interval', () => {
  assert.equal(pairedDifference([3], [1], 0.95, 0), { mean: 2, low: null, high: null });
});

test('an interval is never narrower than the rounding of the scores permits: two equal differences do not give certainty', () => {
  // s^2 = (1/60)^2 / 6, times 12.706 / sqrt(2).
  const { low, high } = pairedDifference([0.9, 0.8], [0.85, 0.75], 0.95, 1 / 60);
  close([low!, high!], [0.05 - 0.061128, 0.05 + 0.061128], 1e-5);
  assert.is(pairedDifference([1, 1], [0.33, 0.33], 0.95, 1 / 60).low! > 0, true);
  // A spread above that of rounding is used unchanged.
  assert.equal(pairedDifference([4, 7, 6], [3, 5, 3], 0.95, 0.1), pairedDifference([4, 7, 6], [3, 5, 3], 0.95, 0));
});

test('of 4,000 simulated sweeps of two equal methods with two seeds and few test samples, at most 5 in 100 tell the two apart', () => {
  const random = new Random(24).stream('accuracies');
  const samples = 60;
  const accuracy = () =>
    Array.from({ length: samples }, () => random.uniform() < 0.97).filter(Boolean).length / samples;
  const rounds = 4000;
  const wrong = [0, 1 / samples].map((resolution) => {
    let count = 0;
    for (let r = 0; r < rounds; r++) {
      const row = () => [[accuracy(), accuracy()]];
      const { comparisons } = judge([...trialsOf('a', row()), ...trialsOf('b', row())], { resolution });
      if (comparisons[0].differences[0].better !== null) count++;
    }
    return count / rounds;
  });
  assert.ok(wrong[0] > 0.1, `without the rounding the intervals are too narrow: ${wrong[0]}`);
  assert.ok(wrong[1] < 0.05, `${wrong[1]}`);
});

test('the intervals contain the true difference as often as they say: in 95 of 100 simulated sweeps of 3 seeds', () => {
  const random = new Random(11).stream('normal');
  const rounds = 4000;
  let held = 0;
  for (let r = 0; r < rounds; r++) {
    // What a seed adds to both methods alike cancels in a paired difference.
    const common = [0, 1, 2].map(() => 10 * random.normal());
    const a = common.map((c) => c + 0.5 + random.normal());
    const b = common.map((c) => c + random.normal());
    const { low, high } = pairedDifference(a, b, 0.95, 0);
    if (low! <= 0.5 && high! >= 0.5) held++;
  }
  // The standard deviation of a share of 0.95 over 4,000 rounds is 0.0035.
  close([held / rounds], [0.95], 0.0055);
});

/** Trials of a method: for each a row of test scores by seed. Validation scores are the same unless they are given. */
function trialsOf(method: string, test: (number | null)[][], validation = test, budget = 1): RunTrial[] {
  return test.map((row, i) => ({
    ...{ method, number: i + 1, config: { lr: i }, tasks: [], budget },
    results: row.map((score, seed) => ({
      ...{ id: `${method}${i}${seed}`, method, config: { lr: i }, seed, budget },
      outcome: { validation: validation[i][seed], test: score },
    })),
  }));
}

test('a method that is better with every seed is taken, and the other differs from it', () => {
  const rows = (by: number) => Array.from({ length: 6 }, (_, i) => [0, 1, 2].map((s) => by + i / 100 + s / 1000));
  const { comparisons } = judge([...trialsOf('a', rows(0.5)), ...trialsOf('b', rows(0.8))]);
  assert.equal(
    comparisons.map(({ trials, best, notSignificant }) => [trials, best, notSignificant]),
    [
      [5, 'b', []],
      [6, 'b', []],
    ],
  );
  assert.is(comparisons[0].differences[0].better, 'b');
  close([comparisons[0].differences[0].mean], [-0.3], 1e-12);
});

/** The share of 2,000 simulated sweeps of methods a, b and c for whose differences `holds` returns true. ahead: by how much a is better. */
function shareOf(ahead: number, holds: (differences: Difference[]) => boolean): number {
  const random = new Random(2).stream('family');
  let count = 0;
  for (let r = 0; r < 2000; r++) {
    const row = (by: number) => [Array.from({ length: 4 }, () => by + random.normal())];
    const { comparisons } = judge([...trialsOf('a', row(ahead)), ...trialsOf('b', row(0)), ...trialsOf('c', row(0))]);
    if (holds(comparisons[0].differences)) count++;
  }
  return count / 2000;
}

test('all pairs are judged together: of 2,000 simulated sweeps of three equal methods, at most 5 in 100 tell any two apart', () => {
  const wrong = shareOf(0, (differences) => differences.some(({ better }) => better !== null));
  // The standard deviation of the share is 0.005. Tests at 5 % each would be wrong in 0.12 of the rounds.
  assert.ok(wrong < 0.06, `${wrong}`);
});

test('once one method differs, the other two are tested at the remaining 5 %; methods differ if the interval does not contain 0', () => {
  const wrong = shareOf(100, (differences) => {
    for (const { a, b, mean, low, high, better } of differences)
      assert.is(better, low! > 0 || high! < 0 ? (mean > 0 ? a : b) : null);
    return differences[2].better !== null;
  });
  // Bonferroni's rule would test them at 0.0167. The standard deviation of the share is 0.005.
  assert.ok(wrong > 0.035 && wrong < 0.065, `${wrong}`);
});

test('methods whose seeds scatter more than the methods differ do not differ significantly', () => {
  const { comparisons } = judge([...trialsOf('a', [[0.1, 0.9, 0.5]]), ...trialsOf('b', [[0.8, 0.2, 0.6]])]);
  assert.equal([comparisons[0].best, comparisons[0].notSignificant], ['b', ['a']]);
});

test('one method can be the best with few trials and another with many', () => {
  // a: all trials at 0.7. b: one of eight at 0.9, the others at 0.5.
  const a = Array.from({ length: 8 }, (_, i) => [0.7 + i / 1e6, 0.7]);
  const b = Array.from({ length: 8 }, (_, i) => (i === 3 ? [0.9, 0.9001] : [0.5, 0.5 + i / 1e6]));
  const found = judge([...trialsOf('a', a), ...trialsOf('b', b)]).comparisons;
  // 5 of 8 trials contain the best with probability 5/8: 0.5 + 0.4 5/8 = 0.75.
  close([found[0].differences[0].mean], [0.7 - 0.75], 1e-4);
  assert.equal(
    judge([...trialsOf('a', a), ...trialsOf('b', b)]).methods.map(({ curve }) => curve.mean[0] > 0.6),
    [true, false],
  );
});

test('a run that diverged counts as the worst score', () => {
  const { methods } = judge(
    trialsOf('a', [
      [null, 0.5],
      [0.8, 0.8],
    ]),
    { worst: 0.1 },
  );
  close(methods[0].curve.mean, [(0.1 + 0.8 + 0.5 + 0.8) / 4, 0.8], 1e-12);
  assert.equal([methods[0].diverged, methods[0].best!.number, methods[0].near], [1, 2, 0.5]);
});

test('a method whose trials all diverged has no best trial and none near it, and is not taken if another has one', () => {
  const lost = trialsOf('a', [
    [0.9, null],
    [null, 0.9],
  ]);
  const [{ best, near }] = judge(lost).methods;
  assert.equal([best, near], [null, 0]);
  const poor = trialsOf('b', [
    [0.2, 0.2],
    [0.2, 0.2],
  ]);
  assert.equal(
    judge([...lost, ...poor], { worst: 0.1 }).comparisons.map(({ best }) => best),
    ['b'],
  );
});

test('a trial that diverged is not near the best, even if the best is as bad as chance', () => {
  assert.is(judge(trialsOf('a', [[null], [0.5], [null], [0.49]]), { worst: 0.5 }).methods[0].near, 0.5);
});

test('trials that did not run with every seed are left out; without any trial there is no judgement', () => {
  const trials = trialsOf('a', [[0.5], [0.9]]);
  trials[1].results = [];
  assert.is(judge(trials).methods[0].trials, 1);
  assert.throws(() => judge([{ ...trials[1] }]), /judge: no trial was run with every seed/);
});

test('trials of different sweeps, and values that are not trials, are refused', () => {
  const [one] = trialsOf('a', [[0.5]]);
  assert.throws(() => judge([one, ...trialsOf('b', [[0.5, 0.6]])]), /judge: trials of different sweeps: 1 seeds and 2/);
  assert.throws(
    () => judge([{ ...one, results: [undefined] } as never]),
    /judge: trials must be the trials that sweep/,
  );
  assert.throws(() => judge([one], { tolerance: -1 }), /judge: tolerance must be a finite number of at least 0: -1/);
  assert.throws(() => judge([one], { resolution: -1 }), /judge: resolution must be a finite number of at least 0: -1/);
});

test('with halving, the trials that continued rank above the others, whatever their scores', () => {
  const early = trialsOf('a', [[0.9], [0.95]], undefined, 1);
  const late = trialsOf('a', [[0.7]], undefined, 3).map((trial) => ({ ...trial, number: 3 }));
  const [{ best, curve }] = judge([...early, ...late]).methods;
  assert.equal([best!.number, curve.mean[2]], [3, 0.7]);
});
