// Lines that hide each other.
import type { Series } from './figure.js';

/** Two lines that are closer than this share of the height cover each other. */
const SAME = 0.008;

/** For each line, how many later lines cover at least nine tenths of its values: a covered line is drawn broader, so that it stays visible.
 *  values: [line][point], as drawn; null: no value. log: the axis is logarithmic. Default: false. */
export function coverings(
  series: readonly Series[],
  values: readonly (readonly (number | null)[])[],
  log = false,
): number[] {
  const places = values.map((y) => y.map((v) => (v === null || (log && v <= 0) ? null : log ? Math.log(v) : v)));
  let [low, high] = [Infinity, -Infinity];
  for (const v of places.flat()) if (v !== null) [low, high] = [Math.min(low, v), Math.max(high, v)];
  const isLine = ({ thin, under, points }: Series) => !thin && !under && !points;
  const isCovered = (i: number, j: number) => {
    const known = places[i].filter((v) => v !== null).length;
    const same = places[i].filter((v, k) => {
      const other = places[j][k];
      return v !== null && other !== null && Math.abs(v - other) <= SAME * (high - low);
    });
    return known > 0 && same.length >= 0.9 * known;
  };
  return series.map((s, i) => (isLine(s) ? series.filter((t, j) => j > i && isLine(t) && isCovered(i, j)).length : 0));
}
