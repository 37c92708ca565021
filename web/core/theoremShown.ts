// What room `theorems` shows of a run at a step: the page's tables and the command print these numbers.
import type { DriftMap } from './drift.js';
import type { Course, Part, TheoremRun } from './theorems.js';

/** The numbers of one rule at a step. */
export interface Shown {
  /** The step of the numbers: the last kept step that is not after the wanted one. */
  t: number;
  x: number;
  /** Per step: the regret, and the bounds of the theorems. */
  average: number;
  published: number;
  corrected: number;
  corollary: number;
  /** The period's first and last step, what the losses of each slope did in it, and the sum of all moves. */
  from: number;
  to: number;
  parts: readonly Part[];
  moved: number;
  /** Numbers of the whole run. */
  regret: number;
  raised: number;
  lowered: number;
  falls: number;
  vacuous: number;
}

/** The index of a course's entry for a step: the last entry that is not after the step. */
export function entryAt(t: readonly number[], step: number): number {
  let found = 0;
  while (found + 1 < t.length && t[found + 1] <= step) found++;
  return found;
}

/** The numbers of a rule at a step. */
export function shownAt(course: Course, step: number): Shown {
  const i = entryAt(course.t, step);
  const { first, steps, parts } = course.periods[i];
  const { regret, raised, lowered, falls, vacuous } = course;
  return {
    t: course.t[i],
    x: course.x[i],
    average: course.average[i],
    published: course.published[i],
    corrected: course.corrected[i],
    corollary: course.corollary[i],
    from: first,
    to: first + steps - 1,
    parts,
    moved: parts.reduce((sum, { move }) => sum + move, 0),
    regret,
    raised,
    lowered,
    falls,
    vacuous,
  };
}

/** The bound of the theorems for a run: on the problem that refutes theorem 4 (`isRefuted`) the published bound of theorem 4, on any other
 *  problem the smaller of the corrected bounds. NaN: the conditions of none hold. */
export function boundOf(
  { published, corrected, corollary }: Pick<Shown, 'published' | 'corrected' | 'corollary'>,
  isRefuted: boolean,
): number {
  if (isRefuted) return published;
  return [corrected, corollary].reduce(
    (least, bound) => (bound < least || Number.isNaN(least) ? bound : least),
    Number.NaN,
  );
}

/** The rows of the map: for each C, up to which β2 Adam goes the wrong way, and up to which this is proved. NaN: for no β2. */
export function mapRows({ C, b2, cells }: DriftMap): { C: number; wrong: number; proved: number }[] {
  const last = (row: readonly number[], least: number) =>
    b2[row.map((cell) => cell >= least).lastIndexOf(true)] ?? Number.NaN;
  return C.map((C, i) => ({ C, wrong: last(cells[i], 1), proved: last(cells[i], 2) }));
}

/** The numbers of a run at a step, by name. keys: the keys of the rules. */
export function theoremNumbers(run: TheoremRun, keys: readonly string[], step: number): Record<string, number> {
  const all: Record<string, number> = {};
  run.courses.forEach((course, i) => {
    const { parts, ...rest } = shownAt(course, step);
    const of = `${i + 1}.${keys[i]}`;
    for (const [name, value] of Object.entries(rest)) all[`${of}.${name}`] = value;
    parts.forEach((part, k) => {
      for (const [name, value] of Object.entries(part)) all[`${of}.loss${k + 1}.${name}`] = value;
    });
  });
  all.trivial = run.trivial;
  run.demands.forEach(({ leftValue, rightValue, holds }, i) => {
    all[`condition${i + 1}.left`] = leftValue;
    all[`condition${i + 1}.right`] = rightValue;
    all[`condition${i + 1}.holds`] = Number(holds);
  });
  for (const { C, wrong, proved } of run.map ? mapRows(run.map) : []) {
    all[`map.${C}.wrong`] = wrong;
    all[`map.${C}.proved`] = proved;
  }
  if (run.ranges) {
    const { drift, wrong, proved, leastC } = run.ranges;
    Object.assign(all, { drift, leastC });
    for (const [name, [from, to]] of Object.entries({ wrong, proved })) {
      all[`${name}.from`] = from;
      all[`${name}.to`] = to;
    }
  }
  return all;
}
