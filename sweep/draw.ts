// The trials of a method: configurations drawn from its space.
//
//   random   independent draws
//   halton   Halton's sequence (1960), shifted by a random vector (Cranley and Patterson 1976): covers the space more evenly
//   grid     every combination; a range that is not a list gives evenly spaced points, as many as `trials` permits
//
// For `random` and `halton` each hyper-parameter has its own random stream. So its value in a trial depends on the seed, the method, its
// name, its range and the number of the trial. In Halton's sequence it also depends on its position among the names, which chooses the
// base. More trials, or a further hyper-parameter at the end of the space, change no earlier value.
// Math.pow may differ in its last bit between engines. Values are rounded to four digits, so the trials are equal in all engines.
import { Random } from '../core/index.js';
import type { Config, Range, Space, Value } from './space.js';

export const DRAWS = ['random', 'halton', 'grid'] as const satisfies readonly Draw[];
/** How the trials of a sweep are chosen. */
export type Draw = 'random' | 'halton' | 'grid';

const DIGITS = 4;
/** Bases of Halton's sequence. With more hyper-parameters than this, the sequence is hardly more even than random draws. */
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];

/** The value of a range at u in [0, 1]. */
export function valueAt(range: Range, u: number): Value {
  if ('values' in range) return range.values[Math.min(range.values.length - 1, Math.floor(u * range.values.length))];
  if ('integer' in range) {
    const [first, last] = range.integer;
    return Math.min(last, first + Math.floor(u * (last - first + 1)));
  }
  const [from, to] = 'log' in range ? range.log : range.uniform;
  // log: from (to / from)^u; uniform: from + u (to - from)
  const exact = 'log' in range ? from * (to / from) ** u : from + u * (to - from);
  return Math.min(to, Math.max(from, Number(exact.toPrecision(DIGITS))));
}

/** The configurations of one method, in the order of the trials. `random` and `halton` keep duplicates: a trial is a draw. `grid` may give
 *  fewer than `trials`, and more if the lists alone have more combinations. seed: determines the draws. */
export function drawTrials(
  method: string,
  ranges: Space[string],
  { draw, trials, seed }: { draw: Draw; trials: number; seed: number },
): Config[] {
  const names = Object.keys(ranges);
  if (draw === 'grid') return gridOf(ranges, trials);
  const random = new Random(seed);
  const columns = names.map((name) => {
    const stream = random.stream(`sweep ${draw} ${method} ${name}`);
    if (draw === 'random') return Array.from({ length: trials }, () => stream.uniform());
    const shift = stream.uniform();
    const base = PRIMES[names.indexOf(name) % PRIMES.length];
    return Array.from({ length: trials }, (_, i) => (radicalInverse(i + 1, base) + shift) % 1);
  });
  return Array.from({ length: trials }, (_, i) =>
    Object.fromEntries(names.map((name, k) => [name, valueAt(ranges[name], columns[k][i])])),
  );
}

/** The digits of n in a base, mirrored at the point: 6 = 110 in base 2 gives 0.011 = 3/8. */
export function radicalInverse(n: number, base: number): number {
  let [inverse, place] = [0, 1];
  for (let rest = n; rest > 0; rest = Math.floor(rest / base)) {
    place /= base;
    inverse += place * (rest % base);
  }
  return inverse;
}

/** Every combination, the last hyper-parameter varying fastest. */
function gridOf(ranges: Space[string], trials: number): Config[] {
  const points = (range: Range, count: number): Value[] => {
    if ('values' in range) return [...range.values];
    if ('integer' in range) {
      const all = range.integer[1] - range.integer[0] + 1;
      const n = Math.min(all, count);
      return Array.from({ length: n }, (_, i) => range.integer[0] + Math.round((i * (all - 1)) / Math.max(1, n - 1)));
    }
    return Array.from({ length: count }, (_, i) => valueAt(range, count === 1 ? 0.5 : i / (count - 1)));
  };
  const sizes = (count: number) => Object.values(ranges).map((range) => points(range, count).length);
  const product = (count: number) => sizes(count).reduce((all, n) => all * n, 1);
  const isOpen = Object.values(ranges).some((range) => !('values' in range));
  let count = 1;
  while (isOpen && count < trials && product(count + 1) <= trials) count++;
  const grid = Object.entries(ranges).reduce<Config[]>(
    (configs, [name, range]) =>
      configs.flatMap((config) => points(range, count).map((value) => ({ ...config, [name]: value }))),
    [{}],
  );
  return grid;
}
