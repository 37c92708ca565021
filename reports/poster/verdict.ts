// Verdicts are computed from the records of a panel alone. The rule for when two samples differ:
//
//   spread    sqrt((s_a^2 + s_b^2) / 2), s^2 the sample variance between seeds
//   differ    |mean_a - mean_b| > 2 spread, with at least two seeds of each
import { mean, variance } from '../../sweep/statistics.js';
import { list } from '../format.js';

export { mean, variance };

/** What the records say about a claim. */
export type Outcome = 'supported' | 'contradicted' | 'inconclusive';

/** One claim and its outcome. numbers: the numbers that decided it, as text. */
export interface Finding {
  claim: string;
  outcome: Outcome;
  numbers: string;
}

/** The outcome of a panel, and of each of its claims. */
export interface Verdict {
  outcome: Outcome;
  findings: Finding[];
}

/** Several claims together: supported if all are, contradicted if one is, otherwise inconclusive. */
export function verdict(findings: Finding[]): Verdict {
  const some = (outcome: Outcome) => findings.some((f) => f.outcome === outcome);
  const bad = some('contradicted') ? 'contradicted' : 'inconclusive';
  return { outcome: findings.length && findings.every((f) => f.outcome === 'supported') ? 'supported' : bad, findings };
}

/** One number of an optimizer's runs, one value for each seed. null: the run diverged. */
export interface Sample {
  name: string;
  values: readonly (number | null)[];
}

/** The claim that a is larger than b. It is supported if a is larger by more than twice the spread, and contradicted if b is. */
export function exceeds(claim: string, a: Sample, b: Sample, print: (x: number) => string): Finding {
  const [x, y] = [a, b].map(({ values }) => values.filter((v) => v !== null));
  const numbers = [shown(a, print), shown(b, print)].join('; ');
  if (x.length < 2 || y.length < 2) {
    return { claim, outcome: 'inconclusive', numbers: `${numbers}; two finished seeds of each are needed` };
  }
  const difference = mean(x) - mean(y);
  const spread = Math.sqrt((variance(x) + variance(y)) / 2);
  const apart = Math.abs(difference) > 2 * spread;
  const outcome = !apart ? 'inconclusive' : difference > 0 ? 'supported' : 'contradicted';
  const points = (x: number) => print(x).replace('%', 'points');
  const by = `${points(Math.abs(difference))} apart, twice the spread is ${points(2 * spread)}`;
  return { claim, outcome, numbers: `${numbers}; ${by}` };
}

function shown({ name, values }: Sample, print: (x: number) => string): string {
  if (values.length === 0) return `${name}: not run`;
  return `${name} ${list(values.map((v) => (v === null ? 'diverged' : print(v))))}`;
}
