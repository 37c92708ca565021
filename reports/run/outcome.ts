// The result of a report in one sentence with its uncertainty, and which groups are significantly better than others.
//
// One seed: scores have the standard errors of testError.ts; the error of a difference is the root of the sum of their squares.
// Several seeds: optimizers of one seed start from the same weights and see the same batches, so their numbers are compared in pairs.
import { errorOfMean, holm, mean, pairedP } from '../../sweep/statistics.js';
import { count, decimalsOfError, fixed, list, plusMinus } from '../format.js';
import type { Run } from '../record.js';
import type { Group } from './groups.js';
import { endText, rowOf } from './results.js';
import { type Score, scoreOf } from './score.js';
import { testError } from './testError.js';

/** The result of a comparison. */
export interface Outcome {
  /** The result in one sentence, and how certain it is. */
  sentence: string;
  /** What the sentence rests on, and how to learn more. */
  basis: string;
  /** The groups that are significantly better than another, and not significantly worse than any. */
  best: ReadonlySet<Group>;
  /** The test scores after the last epoch, the best first: of one seed, or means over several. error: the standard error, as far as it is known. */
  scores: { group: Group; value: number; error: number | null }[];
}

/** A group with its finished runs. */
interface Finished {
  group: Group;
  /** Test scores after the last epoch by seed. */
  values: Map<number, number>;
  mean: number;
  /** The standard error of the mean; NaN for one seed. */
  error: number;
}

/** The standard error of the mean; NaN for fewer than two values. */
const standardError = (values: readonly number[]) => (values.length < 2 ? NaN : errorOfMean(values, 0));

/** A number of a group: the mean over its seeds with its standard error, `80.7 ± 0.3 %`, or one value. */
export function withError(values: readonly number[], print: (x: number) => string): string {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) return print(known[0] ?? NaN);
  return plusMinus(mean(known), standardError(known), print);
}

/** The sentence about groups of runs, and the groups that it favours. */
export function outcomeOf(groups: readonly Group[]): Outcome {
  const [{ run }] = groups[0].runs;
  const score = scoreOf(run);
  const found = groups.flatMap((group): Finished[] => {
    const done = group.runs.filter(({ end }) => end.outcome === 'finished');
    const values = new Map(
      done.map((r) => [r.run.seed, rowOf(r).test]).filter(([, v]) => Number.isFinite(v)) as [number, number][],
    );
    const all = [...values.values()];
    return all.length ? [{ group, values, mean: mean(all), error: standardError(all) }] : [];
  });
  const failed = groups.flatMap((group) => failureOf(group) ?? []);
  if (found.length === 0) return { ...nothing(groups), best: new Set(), scores: [] };
  found.sort((a, b) => score.sign * (b.mean - a.mean));
  const seeds = Math.max(...found.map(({ values }) => values.size));
  const told = seeds > 1 ? ofSeeds(found, score, run) : ofOneSeed(found, score, run);
  const scores = found.map(({ group, mean: value, values, error }) => {
    return { group, value, error: values.size > 1 ? error : seeds === 1 ? errorOf(group) : null };
  });
  return { ...told, scores, sentence: [told.sentence, ...failed.map((text) => `${text}.`)].join(' ') };
}

/** The standard error of the test score of a group of one seed; null if it is not known. */
function errorOf({ runs }: Group): number | null {
  const run = runs.find(({ end }) => end.outcome === 'finished');
  return run ? testError(run) : null;
}

type Told = Omit<Outcome, 'scores'>;

/** `SGDM diverged: the loss is NaN after step 3`; null if every run of the group finished. */
function failureOf({ title, runs }: Group): string | null {
  const bad = runs.filter(({ end }) => end.outcome !== 'finished');
  if (bad.length === 0) return null;
  if (runs.length === 1) return `${title} ${endText(bad[0].end)}`;
  const by = (outcome: string) => bad.filter(({ end }) => end.outcome === outcome).length;
  const parts = ['diverged', 'interrupted'].flatMap((o) =>
    by(o) ? [`${o === 'diverged' ? o : `was ${o}`} in ${by(o)}`] : [],
  );
  return `${title} ${parts.join(' and ')} of ${runs.length} seeds`;
}

/** The sentence and the basis if no run finished with a test score. */
function nothing(groups: readonly Group[]): { sentence: string; basis: string } {
  const all = groups.map((group) => failureOf(group) ?? `${group.title} has no test result`);
  const outcomes = groups.flatMap(({ runs }) => runs.map(({ end }) => end.outcome));
  const diverged = outcomes.every((outcome) => outcome === 'diverged');
  const who = groups.length > 1 ? 'No optimizer finished' : 'The training did not finish';
  const head = outcomes.includes('finished') ? '' : `${who}${diverged ? ': every run diverged' : ''}. `;
  return {
    sentence: `${head}${all.join('; ')}.`,
    basis: diverged
      ? 'A loss that overflows mostly means that the learning rate is too high: try --lr with a tenth, or --clip-norm 1.'
      : 'The tables below hold what was recorded before.',
  };
}

const nameOf = (score: Score) => `test ${score.name}`;

function ofOneSeed(found: readonly Finished[], score: Score, { data }: Run['run']): Told {
  const [first, ...others] = found;
  const best = new Set<Group>();
  const value = ({ group, mean }: Finished) => `${group.title} ${score.print(mean)}`;
  const used = [...new Set(found.flatMap(({ values }) => [...values.keys()]))];
  const seeds =
    used.length === 1
      ? `Another seed than ${used[0]} gives other numbers`
      : 'Each was trained with one seed, and other seeds give other numbers';
  const advice = others.length
    ? `${seeds}: one seed cannot rank them. The option --seeds 3 trains with three.`
    : `${seeds}; the option --seeds 3 shows how far they vary.`;
  const errors = new Map(found.flatMap(({ group }) => [[group, errorOf(group)] as const]));
  const isShare = score.name === 'accuracy';
  const named = `T${nameOf(score).slice(1)}`;
  if ([...errors.values()].includes(null)) {
    return {
      sentence: `${named} after the last epoch: ${list(found.map(value))}.`,
      basis: `The uncertainty is not known. ${advice}`,
      best,
    };
  }
  const error = ({ group }: Finished) => errors.get(group)!;
  const points = (x: number) => `${fixed(100 * x, Math.max(1, decimalsOfError(100 * x)))} points`;
  const difference = (x: number) => (isShare ? points(x) : score.print(x));
  const basis = `Standard errors come from ${count(data.test)} test samples${others.length ? '; a difference below two standard errors can be chance' : ''}. ${advice}`;
  if (others.length === 0)
    return {
      sentence: `${first.group.title} ${plusMinus(first.mean, error(first), score.print)}: the ${nameOf(score)} and its standard error.`,
      basis,
      best,
    };
  const by = (f: Finished) => score.sign * (first.mean - f.mean);
  const apart = (f: Finished) => by(f) / Math.hypot(error(first), error(f));
  const near = others.filter((f) => !(apart(f) > 1));
  const far = others.filter((f) => apart(f) > 1);
  const [highest, lower] = score.sign > 0 ? ['highest', 'lower'] : ['lowest', 'higher'];
  const head =
    near.length === 0
      ? `${value(first)} has the ${highest} ${nameOf(score)}`
      : `${isShare ? '' : `${named}: `}${list([first, ...near].map(value))} end within one standard error of each other (${difference(Math.SQRT2 * error(first))})`;
  const range = (of: (f: Finished) => string) => [...new Set([of(far[0]), of(far.at(-1)!)])].join(' to ');
  const tail =
    far.length === 0
      ? ''
      : `; ${list(far.map(value))} ${far.length > 1 ? 'are' : 'is'} ${range((f) => (isShare ? fixed(100 * by(f), 1) : score.print(by(f))))}${isShare ? ' points' : ''} ${lower}, ${range((f) => fixed(apart(f), 1))} standard errors of the difference${far.every((g) => apart(g) < 2) ? ', which can be chance' : ''}`;
  return { sentence: `${head}${tail}.`, basis, best };
}

function ofSeeds(found: readonly Finished[], score: Score, { data }: Run['run']): Told {
  const resolution = score.name === 'accuracy' ? 1 / data.test : 0;
  const pairs = found.flatMap((a, i) => found.slice(i + 1).map((b) => ({ a, b, ...paired(a, b, resolution) })));
  const levels = holm(pairs.map(({ p }) => p));
  const significant = pairs.filter(({ p }, i) => p <= levels[i]);
  const isBetter = (d: number) => score.sign * d > 0;
  const better = new Set(significant.map(({ a, b, d }) => (isBetter(d) ? a : b).group));
  const worse = new Set(significant.map(({ a, b, d }) => (isBetter(d) ? b : a).group));
  const best = new Set([...better].filter((group) => !worse.has(group)));
  const value = ({ group, values }: Finished) => `${group.title} ${withError([...values.values()], score.print)}`;
  const [first, ...others] = found;
  const below = others.filter(({ group }) =>
    significant.some(({ a, b, d }) => a === first && b.group === group && isBetter(d)),
  );
  const isTested = (f: Finished) => pairs.some(({ a, b, n }) => n > 1 && a === first && b === f);
  const same = others.filter((f) => !below.includes(f) && isTested(f));
  const untested = others.filter((f) => !isTested(f));
  const sizes = [...new Set(found.map(({ values }) => values.size))];
  const seeds = `${sizes.length === 1 ? sizes[0] : `up to ${Math.max(...sizes)}`} seeds`;
  const what = `${score.sign > 0 ? 'highest' : 'lowest'} mean ${nameOf(score)}`;
  const tests = `Numbers are means and standard errors over ${seeds}.`;
  if (others.length === 0)
    return { sentence: `${value(first)}: the mean ${nameOf(score)} over ${seeds}.`, basis: tests, best };
  const clauses = [
    ...(below.length
      ? [
          `${list(below.map(value))} ${below.length > 1 ? 'are' : 'is'} significantly ${score.sign > 0 ? 'lower' : 'higher'}`,
        ]
      : []),
    ...(same.length
      ? [
          `the ${same.length > 1 ? 'differences' : 'difference'} to ${list(same.map(value))} ${same.length > 1 ? 'are' : 'is'} not significant with ${seeds}`,
        ]
      : []),
    ...(untested.length ? [`then ${list(untested.map(value))}, without two common seeds to test`] : []),
  ];
  const tested = pairs.filter(({ n }) => n > 1).length;
  return {
    sentence: `${value(first)} has the ${what}; ${clauses.join('; ')}.`,
    basis:
      tested === 0
        ? `${tests} Nothing was tested: no two groups have two seeds in common.`
        : `${tests} ${significant.length ? 'Significant: by' : 'No difference is significant in'} ${tested > 1 ? `paired t-tests of ${tested} pairs, at 5 % for all together (Holm)` : 'a paired t-test at 5 %'}. With more seeds, smaller differences become significant.`,
    best,
  };
}

/** The test of two groups over the n seeds that both have. d: the mean of a minus that of b. resolution: see `errorOfMean`. */
function paired(a: Finished, b: Finished, resolution: number): { p: number; d: number; n: number } {
  const seeds = [...a.values.keys()].filter((seed) => b.values.has(seed));
  const of = ({ values }: Finished) => seeds.map((seed) => values.get(seed)!);
  return { p: pairedP(of(a), of(b), resolution), d: mean(of(a)) - mean(of(b)), n: seeds.length };
}
