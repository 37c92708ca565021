// What a sweep says about its methods, computed from its trials alone.
//
//   curve        expected test score of the best of k trials: the mean over the seeds, and their range
//   best         the trial with the best mean validation score, and its test scores
//   differences  between the curves of two methods at k trials, paired by seed. Which ones differ is decided for all pairs together (`holm`).
//                Each interval has the level at which its pair was tested, so two methods differ if it does not contain 0.
import { checkFiniteNumber, checkOptions, must, ValueError } from '../core/index.js';
import type { Config } from './space.js';
import {
  bestTrial,
  curveOf,
  holm,
  type Interval,
  mean,
  pairedDifference,
  pairedP,
  type Scores,
  variance,
} from './statistics.js';
import { type RunTrial, warnIfSeedless } from './sweep.js';

/** The numbers of trials at which methods are compared, if each method has that many. */
const COUNTS = [5, 30];

/** One method's results. */
export interface MethodSummary {
  /** The key of the method in the space. */
  method: string;
  /** How many trials were run with every seed. */
  trials: number;
  /** How many of them diverged with at least one seed. */
  diverged: number;
  /** The expected test score of the best of k trials, k = 1, 2, ..: the mean, the lowest and the highest of the seeds. */
  curve: { mean: number[]; low: number[]; high: number[] };
  /** The best trial by validation; null if all diverged. deviation: between the seeds, null with one seed. */
  best: {
    number: number;
    config: Config;
    validation: number;
    test: number[];
    mean: number;
    deviation: number | null;
  } | null;
  /** The share of the trials that did not diverge and whose mean test score is at most `tolerance` below the highest. A method with a large
   *  share is easy to tune. */
  near: number;
}

/** The difference of two methods' expected test scores. */
export interface Difference extends Interval {
  /** The method from whose score the other is subtracted: the difference is a's score minus b's. */
  a: string;
  /** The method whose score is subtracted. */
  b: string;
  /** The method that is better; null: the interval contains 0, or is unknown. */
  better: string | null;
}

/** A comparison of all methods after k trials of each. */
export interface Comparison {
  /** k, the number of trials of each method. */
  trials: number;
  /** The method with the highest expected test score, of those that have a trial that did not diverge; of all if none has one. */
  best: string;
  /** The other methods whose difference from `best` is not significant, or cannot be tested because there is one seed. */
  notSignificant: string[];
  /** The differences of all pairs of methods. */
  differences: Difference[];
}

/** The judgement of a sweep. */
export interface Judgement {
  /** How many seeds each trial was run with. */
  seeds: number;
  /** One summary for each method, in the order of the space. */
  methods: MethodSummary[];
  /** Comparisons after 5 and 30 trials, if each method has more, and after as many trials as each method has. */
  comparisons: Comparison[];
}

/** How runs that diverged count, and what counts as near the best. */
export interface JudgeOptions {
  /** The test score of a run that diverged, for example 0.1 for the accuracy on ten classes. Default: the lowest score of any run; 0 if
   *  no run has one. */
  worst?: number;
  /** The distance from the highest score for `near`. Default: 0.02. */
  tolerance?: number;
  /** The step between possible test scores, for example 1 / n for an accuracy on n samples. Intervals allow for this rounding.
   *  Default: 0. */
  resolution?: number;
}

/** Judges the methods of a sweep. Trials that were not run with every seed are left out. Throws ValueError if no method has a whole
 *  trial, or an option is unknown. */
export function judge(trials: readonly RunTrial[], options: JudgeOptions = {}): Judgement {
  checkOptions('judge', options, ['worst', 'tolerance', 'resolution']);
  must(Array.isArray(trials) && trials.every(isTrial), 'judge: trials', 'the trials that sweep returned', trials);
  const whole = trials.filter(({ results }) => results.length > 0);
  if (whole.length === 0) throw new ValueError('judge: no trial was run with every seed; run more of the sweep');
  warnIfSeedless('judge', whole);
  const tests = whole.flatMap(({ results }) => results.flatMap(({ outcome }) => outcome.test ?? []));
  const worst = checkFiniteNumber('judge: worst', options.worst ?? (tests.length > 0 ? Math.min(...tests) : 0));
  // Scores may all be below chance, so only a `worst` in another unit is refused.
  if (worst > 1 && tests.length > 0 && tests.every((score) => score <= 1))
    throw new ValueError(
      `judge: worst: ${worst} is above every score: a run that diverged would be the best; is it in percent?`,
    );
  const tolerance = checkFiniteNumber('judge: tolerance', options.tolerance ?? 0.02, 0);
  const resolution = checkFiniteNumber('judge: resolution', options.resolution ?? 0, 0);
  const methods = [...new Set(whole.map(({ method }) => method))];
  const seeds = whole[0].results.length;
  const odd = whole.find(({ results }) => results.length !== seeds);
  if (odd)
    throw new ValueError(
      `judge: trials of different sweeps: ${seeds} seeds and ${odd.results.length}; judge one sweep`,
    );
  const curves = new Map<string, number[][]>();
  const summaries = methods.map((method) => {
    const own = whole.filter((trial) => trial.method === method);
    const scores = scoresOf(own, worst);
    const bySeed = Array.from({ length: seeds }, (_, seed) => curveOf(scores, seed));
    curves.set(method, bySeed);
    return summaryOf(method, own, scores, bySeed, tolerance);
  });
  const most = Math.min(...summaries.map(({ trials }) => trials));
  const counts = [...new Set([...COUNTS.filter((k) => k < most), most])];
  const comparisons = counts.map((k) => compare(summaries, curves, k, resolution));
  return { seeds, methods: summaries, comparisons };
}

function isTrial(trial: unknown): trial is RunTrial {
  const { method, results } = Object(trial) as Partial<RunTrial>;
  return (
    typeof method === 'string' &&
    Array.isArray(results) &&
    results.every((result) => Object(result?.outcome) === result?.outcome)
  );
}

function scoresOf(trials: readonly RunTrial[], worst: number): Scores {
  return {
    // A run that diverged on the test set cannot be chosen either.
    validation: trials.map(({ results }) => results.map(({ outcome: o }) => (o.test === null ? null : o.validation))),
    test: trials.map(({ results }) =>
      results.map(({ outcome: o }) => (o.validation === null ? worst : (o.test ?? worst))),
    ),
    budget: trials.map(({ budget }) => budget),
  };
}

function summaryOf(
  method: string,
  trials: readonly RunTrial[],
  scores: Scores,
  bySeed: readonly number[][],
  tolerance: number,
): MethodSummary {
  const at = (of: (values: number[]) => number) => trials.map((_, k) => of(bySeed.map((curve) => curve[k])));
  const index = bestTrial(scores);
  const test = scores.test[index];
  const isLost = scores.validation.map((row) => row.some((v) => v === null));
  const means = scores.test.map(mean).filter((_, i) => !isLost[i]);
  return {
    method,
    trials: trials.length,
    diverged: isLost.filter((is) => is).length,
    curve: { mean: at(mean), low: at((v) => Math.min(...v)), high: at((v) => Math.max(...v)) },
    best:
      index < 0
        ? null
        : {
            number: trials[index].number,
            config: trials[index].config,
            validation: mean(scores.validation[index] as number[]),
            test: [...test],
            mean: mean(test),
            deviation: test.length > 1 ? Math.sqrt(variance(test)) : null,
          },
    near: means.filter((m) => m >= Math.max(...means) - tolerance).length / trials.length,
  };
}

function compare(
  summaries: readonly MethodSummary[],
  curves: ReadonlyMap<string, number[][]>,
  k: number,
  resolution: number,
): Comparison {
  const methods = summaries.map(({ method }) => method);
  const at = (method: string) => curves.get(method)!.map((curve) => curve[k - 1]);
  const pairs = methods.flatMap((a, i) => methods.slice(i + 1).map((b) => [a, b] as const));
  const chances = pairs.map(([a, b]) => pairedP(at(a), at(b), resolution));
  const levels = holm(chances);
  const differences = pairs.map(([a, b], i): Difference => {
    const interval = pairedDifference(at(a), at(b), 1 - levels[i], resolution);
    return { a, b, ...interval, better: chances[i] <= levels[i] ? (interval.mean > 0 ? a : b) : null };
  });
  const usable = summaries.filter(({ best }) => best !== null).map(({ method }) => method);
  const best = (usable.length > 0 ? usable : methods).reduce((highest, method) =>
    mean(at(method)) > mean(at(highest)) ? method : highest,
  );
  const close = differences.filter(({ a, b, better }) => better === null && (a === best || b === best));
  return { trials: k, best, notSignificant: close.map(({ a, b }) => (a === best ? b : a)), differences };
}
