// Verdicts: what is computed from the data of a panel, and nothing else. Every rule that says when two things differ is
// here.
//
//   spread      sqrt((s_a^2 + s_b^2) / 2), s^2 the sample variance between seeds
//   told apart  |mean_a - mean_b| > 2 spread, with two seeds of each at the least
import { list } from '../numbers.js';

export type Outcome = 'held' | 'did not hold' | 'could not be told';

/** One claim, and what became of it. numbers: those that decided it, in words. */
export interface Finding {
  claim: string;
  outcome: Outcome;
  numbers: string;
}

export interface Verdict {
  outcome: Outcome;
  findings: Finding[];
}

/** Of several claims: all held; or some did not; or it could not be told. */
export function verdict(findings: Finding[]): Verdict {
  const some = (outcome: Outcome) => findings.some((f) => f.outcome === outcome);
  const bad = some('did not hold') ? 'did not hold' : 'could not be told';
  return { outcome: findings.length && findings.every((f) => f.outcome === 'held') ? 'held' : bad, findings };
}

/** A figure of one optimizer, a value a seed. null: the run diverged. */
export interface Sample {
  name: string;
  values: readonly (number | null)[];
}

/** Whether a exceeds b: held where it does by more than twice the spread, did not hold where b exceeds a by as much. */
export function exceeds(claim: string, a: Sample, b: Sample, print: (x: number) => string): Finding {
  const [x, y] = [a, b].map(({ values }) => values.filter((v) => v !== null));
  const numbers = [shown(a, print), shown(b, print)].join('; ');
  if (x.length < 2 || y.length < 2) {
    return { claim, outcome: 'could not be told', numbers: `${numbers}; it takes two seeds of each that finish` };
  }
  const difference = mean(x) - mean(y);
  const spread = Math.sqrt((variance(x) + variance(y)) / 2);
  const apart = Math.abs(difference) > 2 * spread;
  const outcome = !apart ? 'could not be told' : difference > 0 ? 'held' : 'did not hold';
  const by = `${print(Math.abs(difference))} apart, twice the spread is ${print(2 * spread)}`;
  return { claim, outcome, numbers: `${numbers}; ${by}` };
}

function shown({ name, values }: Sample, print: (x: number) => string): string {
  if (values.length === 0) return `${name}: not run`;
  return `${name} ${list(values.map((v) => (v === null ? 'diverged' : print(v))))}`;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Of a sample, with n - 1. */
export function variance(values: readonly number[]): number {
  const m = mean(values);
  return values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1);
}
