// The smoothing of noisy curves: at each value a straight line is fitted to those around it, with weights that fall with the distance.
//
//   w_d = s^|d|                                        d: how many values further, s: the smoothing
//   a, b = argmin sum_d w_d (y_(i + d) - a - b d)^2    shown_i = a
//
// A mean of earlier values would lag behind them, and a mean of values on both sides would cut off a steep beginning. Source: local linear
// regression (Cleveland 1979, Journal of the American Statistical Association 74).

/** Values with a smaller weight are not counted. */
const LEAST = 1e-4;

/** A smoothed copy of values. smoothing: in [0, 1); 0 changes nothing. null: no value, which is skipped. */
export function smoothed(values: readonly (number | null)[], smoothing: number): (number | null)[] {
  const known = values.filter((value) => value !== null);
  let next = 0;
  return values.map((value) => (value === null ? null : fitted(known, next++, smoothing)));
}

/** The fitted line's value at i. */
function fitted(y: readonly number[], i: number, s: number): number {
  // Moments about i: sums of w, w d, w d^2, w y and w d y.
  let [w, wd, wdd, wy, wdy] = [1, 0, 0, y[i], 0];
  for (let d = 1, weight = s; weight >= LEAST && (i + d < y.length || i >= d); d++, weight *= s) {
    for (const at of [-d, d]) {
      const value = y[i + at];
      if (value === undefined) continue;
      w += weight;
      wd += weight * at;
      wdd += weight * d * d;
      wy += weight * value;
      wdy += weight * at * value;
    }
  }
  const spread = w * wdd - wd * wd;
  return spread > 0 ? (wdd * wy - wd * wdy) / spread : wy / w;
}
