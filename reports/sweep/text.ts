// The results of a sweep as lines of text, and the sentences of its verdict, for the terminal and the page.
import { optimizers } from '../../optim/index.js';
import type { Comparison, MethodSummary } from '../../sweep/judge.js';
import type { Config } from '../../sweep/space.js';
import { kebab, list, percent, plusMinus } from '../format.js';
import { alignColumns } from '../run/results.js';
import type { SweepFile } from './record.js';

/** An optimizer's title. A file may contain a key of no optimizer: then the key itself. */
export function titleOf(method: string): string {
  return Object.hasOwn(optimizers, method) ? optimizers[method].title : method;
}

/** lr 0.001, final-lr 0.1 */
export function describeConfig(config: Config): string {
  const all = Object.entries(config).map(([name, value]) => `${kebab(name)} ${value}`);
  return all.join(', ') || 'the defaults';
}

/** The test accuracy of the best trial: its mean and its deviation between the seeds. */
export function accuracyOf({ best }: MethodSummary): string {
  if (best === null) return 'all diverged';
  return best.deviation === null ? percent(best.mean) : plusMinus(best.mean, best.deviation, percent);
}

/** The verdict after k trials: which optimizer to take, and which others do not differ significantly from it. */
export function verdictOf(comparison: Comparison, methods: readonly MethodSummary[]): string {
  const { trials, best, notSignificant, differences } = comparison;
  const at = (method: string) => methods.find((m) => m.method === method)!.curve.mean[trials - 1];
  const name = titleOf(best);
  const after = `With ${trials} ${trials === 1 ? 'trial' : 'trials'}`;
  if (methods.every((m) => m.best === null)) return `${after}: none to take, because every trial diverged.`;
  const others = methods.filter(({ method }) => method !== best);
  const score = `expected test accuracy ${percent(at(best))}`;
  if (others.length === 0) return `${after}: ${name}, ${score}.`;
  const shown = (of: readonly string[]) =>
    list([...of].sort((a, b) => at(b) - at(a)).map((method) => `${titleOf(method)} (${percent(at(method))})`));
  const beaten = others.map(({ method }) => method).filter((method) => !notSignificant.includes(method));
  const better = beaten.length ? ` It is significantly better than ${shown(beaten)}.` : '';
  const [what, are] = notSignificant.length === 1 ? ['difference', 'is'] : ['differences', 'are'];
  const isTested = differences.some(({ low }) => low !== null);
  const why = isTested ? `${are} not significant (Holm-corrected p ≥ 0.05)` : 'cannot be tested with one seed';
  const unclear = notSignificant.length ? ` The ${what} to ${shown(notSignificant)} ${why}.` : '';
  return `${after} take ${name}: ${score}.${better}${unclear}`;
}

/** The final table and the verdicts. */
export function resultLines({ judgement, builds, isComplete, trials }: SweepFile): string[] {
  if (judgement === null) return ['no configuration was run with every seed yet'];
  const { methods, comparisons } = judgement;
  const counts = comparisons.map(({ trials }) => trials);
  const head = ['optimizer', 'trials', 'best', ...counts.map((k) => `of ${k}`), 'near best'];
  const rows = methods.map((m) => [
    titleOf(m.method),
    String(m.trials),
    accuracyOf(m),
    ...counts.map((k) => percent(m.curve.mean[k - 1])),
    percent(m.near),
  ]);
  const last = ['configuration', ...methods.map(({ best }) => (best ? describeConfig(best.config) : '–'))];
  const missing = trials.filter(({ budget }) => budget === 0).length;
  return [
    ...alignColumns([head, ...rows]).map((line, i) => `${line}   ${last[i]}`),
    'best: test accuracy of the best by validation; of k: expected best of k trials; near best: trials within 2 points of the highest test accuracy',
    ...comparisons.map((comparison) => verdictOf(comparison, methods)),
    ...(isComplete ? [] : [`the sweep is not complete: ${missing} of ${trials.length} trials are missing`]),
    ...(builds.length > 1
      ? [`the results are of ${builds.length} builds, which may differ in their last bits: ${builds.join('; ')}`]
      : []),
  ];
}
