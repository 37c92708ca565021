// The library's online problem of a theorem, with the settings of the page.
import { online } from '../../index.js';
import type { TheoremName } from './theoremProblems.js';

/** The problem. seed: of random losses. */
export function problemOf(name: TheoremName, s: Readonly<Record<string, number>>, seed: number): online.Problem {
  switch (name) {
    case 'theorem1':
      return online.theorem1({ C: s.C });
    case 'theorem2':
      return online.theorem2({ C: s.C });
    case 'theorem3':
      return online.theorem3({ C: s.C, delta: s.delta, seed });
    case 'cycle':
      return online.cycle({ C: s.C });
    case 'theorem4':
      return violationOf(s);
  }
}

/** The problem of theorem 4, with the bounds that AdaBound has on it. */
export const violationOf = ({ C, K, a, b2 }: Readonly<Record<string, number>>) =>
  online.violation({ C, K, alpha: a, beta2: b2 });
