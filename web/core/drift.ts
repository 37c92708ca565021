// Where Adam goes in the long run on the losses of a theorem, by C and β2.
//
//   drift = -sum_{r in period} m_r / sqrt(v_r)     the move of x in a period, divided by the rate; for random losses, the mean move of a step.
//                                                  Positive: up, the wrong way
//
// In the long run v is periodic, v_r = (1-b2)/(1-b2^P) sum_{j < P} b2^j g_{r-j}^2, and so is m; so the drift of periodic losses is exact.
import { problemOf } from './onlineProblem.js';
import type { TheoremState } from './state.js';
import { judge, type TheoremName, theoremOf } from './theoremProblems.js';

/** For which β2 Adam goes the wrong way in the long run, and for which the theorem proves it, at the C and β1 of the state. NaN: for none. */
export interface Ranges {
  /** The drift at the settings of the state. */
  drift: number;
  wrong: readonly [from: number, to: number];
  proved: readonly [from: number, to: number];
  /** The least C for which Adam goes the wrong way at the β2 of the state. NaN: for none that was tried. */
  leastC: number;
}

/** Where Adam goes, by C and β2. Each row belongs to a C, each column to a β2. 0: the right way; 1: the wrong way; 2: the wrong way,
 *  and the theorem proves it. */
export interface DriftMap {
  C: number[];
  b2: number[];
  cells: (0 | 1 | 2)[][];
}

/** The number of draws from which the drift of random losses is estimated: in the map and for the least C, and at the state's C. */
const DRAWS = { map: 3000, state: 20_000 };

/** Where Adam goes in the long run: the sum of -m/sqrt(v) over a period of the slopes. */
export function driftOf(slopes: readonly number[], b1: number, b2: number): number {
  const P = slopes.length;
  // The moments after one period that starts from 0; divided by 1 - b^P, they are the sums over all earlier periods.
  let [m, v] = [0, 0];
  const next = (g: number) => {
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
  };
  for (const g of slopes) next(g);
  m /= 1 - b1 ** P;
  v /= 1 - b2 ** P;
  let drift = 0;
  for (const g of slopes) {
    next(g);
    drift -= m === 0 ? 0 : m / Math.sqrt(v);
  }
  return drift;
}

/** Where Adam goes in the long run on random losses: the mean of -m/sqrt(v) over draws of the slopes. */
function drawnDrift(slopes: readonly number[], b1: number, b2: number): number {
  let [m, v, drift] = [0, 0, 0];
  slopes.forEach((g, i) => {
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    // The first steps, in which the moments are small, are left out.
    if (i >= slopes.length / 10) drift -= m / Math.sqrt(v);
  });
  return drift / (0.9 * slopes.length);
}

/** The slopes from which a drift is computed: a period, or draws. */
function slopesOf(name: TheoremName, s: Readonly<Record<string, number>>, seed: number, draws: number): number[] {
  const loss = problemOf(name, s, seed).losses();
  const length = theoremOf(name).period?.(s) ?? draws;
  const [x, g] = [new Float64Array(1), new Float64Array(1)];
  return Array.from({ length }, (_, i) => {
    loss(i + 1, x, g);
    return g[0];
  });
}

/** The least and the largest β2 that are searched for the ranges. */
const B2 = { from: 0.001, to: 0.9999 };

/** The ranges of a state with these settings. */
export function rangesOf(state: TheoremState, settings: Readonly<Record<string, number>>): Ranges {
  const { theorem, seed } = state;
  const { b1, b2 } = settings;
  const drifts = theoremOf(theorem).period ? driftOf : drawnDrift;
  const slopes = slopesOf(theorem, settings, seed, DRAWS.state);
  const isWrong = (b2: number) => drifts(slopes, b1, b2) > 0;
  const isProved = (b2: number) => judge(theorem, { ...settings, b2 }).every(({ holds }) => holds);
  const { isWhole, min, max } = theoremOf(theorem).settings.C;
  const values = isWhole ? Array.from({ length: max - min + 1 }, (_, i) => min + i) : rowsOf(state);
  const least = values.find((C) => drifts(slopesOf(theorem, { ...settings, C }, seed, DRAWS.map), b1, b2) > 0);
  const single = theorem === 'cycle' ? 1 / (1 + settings.C * settings.C) : Number.NaN;
  return {
    drift: drifts(slopes, b1, b2),
    wrong: rangeOf(isWrong),
    proved: theorem === 'cycle' ? (isProved(single) ? [single, single] : [Number.NaN, Number.NaN]) : rangeOf(isProved),
    leastC: least ?? Number.NaN,
  };
}

/** The outermost values of β2 for which a condition holds. */
function rangeOf(holds: (b2: number) => boolean): [from: number, to: number] {
  const grid = Array.from({ length: 101 }, (_, i) => B2.from + ((B2.to - B2.from) * i) / 100);
  const inside = grid.map(holds);
  const [from, to] = [inside.indexOf(true), inside.lastIndexOf(true)];
  if (from < 0) return [Number.NaN, Number.NaN];
  /** The boundary between a value for which a condition fails and one for which it holds. */
  const edge = (outside: number, within: number): number => {
    let [a, b] = [outside, within];
    for (let i = 0; i < 40; i++) {
      const middle = (a + b) / 2;
      if (holds(middle)) b = middle;
      else a = middle;
    }
    return b;
  };
  return [
    from === 0 ? grid[0] : edge(grid[from - 1], grid[from]),
    to === 100 ? grid[100] : edge(grid[to + 1], grid[to]),
  ];
}

/** The values of C of the map. */
function rowsOf({ theorem }: TheoremState): number[] {
  const { min, max, isWhole, isLog } = theoremOf(theorem).settings.C;
  const rows = Array.from({ length: 30 }, (_, i) =>
    isLog ? min * (max / min) ** (i / 29) : min + ((max - min) * i) / 29,
  );
  return [...new Set(rows.map((C) => (isWhole ? Math.round(C) : Number(C.toPrecision(3)))))];
}

/** The number of columns of the map. */
const COLUMNS = 40;

/** The map of a state with these settings. */
export function mapOf(state: TheoremState, settings: Readonly<Record<string, number>>): DriftMap {
  const { theorem, seed } = state;
  const drifts = theoremOf(theorem).period ? driftOf : drawnDrift;
  const C = rowsOf(state);
  const b2 = Array.from({ length: COLUMNS }, (_, i) => Number(((i + 0.5) / COLUMNS).toFixed(4)));
  const cells = C.map((C) => {
    const slopes = slopesOf(theorem, { ...settings, C }, seed, DRAWS.map);
    return b2.map((b2) => {
      if (judge(theorem, { ...settings, C, b2 }).every(({ holds }) => holds)) return 2;
      return drifts(slopes, settings.b1, b2) > 0 ? 1 : 0;
    });
  });
  return { C, b2, cells };
}
