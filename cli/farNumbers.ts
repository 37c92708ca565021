// A warning about numbers that are far from those of the training.
import type { Moments } from '../datasets/index.js';
import type { Description } from '../fit/description.js';
import { prepare } from '../fit/samples.js';

/** The number of standard deviations from the mean beyond which a number is far. At most 1 in 100 numbers of a training column is that far, by
 *  Chebyshev's inequality. */
const FAR = 10;

/** A note with the first number of a table that is far from the training data, and the number of rows with such numbers. Null if there is
 *  none, or if the training did not standardize the table. Ids that the training did not see are often that far. */
export async function farNote(text: string, about: Description): Promise<string | null> {
  const { table, inputs: moments } = about.preparation;
  if (!table || !moments) return null;
  const names = table.columns.flatMap((c) => (c.kind === 'number' ? [c.name] : c.categories.map(() => null)));
  const { inputs, n, rows = [] } = await prepare(text, about, false);
  const valueOf = (z: number, j: number) => z * moments.std[j] + moments.mean[j];
  const isFar = (z: number, j: number) => names[j] !== null && Math.abs(z) > FAR && !isFlag(valueOf(z, j), j, moments);
  const samples = Array.from({ length: n }, (_, i) => inputs[0].subarray(i * names.length, (i + 1) * names.length));
  const far = samples.flatMap((sample, i) => (sample.some(isFar) ? [i] : []));
  if (far.length === 0) return null;
  const [i] = far;
  const j = samples[i].findIndex(isFar);
  const std = moments.std[j];
  // Rounds to three digits of the standard deviation: the others are rounding errors of float32.
  const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(std))));
  const [value, mean] = [valueOf(samples[i][j], j), moments.mean[j]].map((v) => Number(v.toFixed(decimals)));
  // A column that was constant has 1 in place of its deviation.
  const spread = std === 1 ? '' : `, standard deviation ${Number(std.toPrecision(3))}`;
  const others = far.length === 1 ? '' : `; ${far.length} of ${n} rows have such numbers`;
  return (
    `row ${rows[i]}, column '${names[j]}': ${value} is far from the training data (mean ${mean}${spread})${others}: ` +
    'predictions for such rows may be guesses'
  );
}

/** Whether a number is 0 or 1 in a column of flags, where a rare 1 is far from the mean m. The variance of numbers from 0 to 1 is m (1 - m) only
 *  if each is 0 or 1. */
function isFlag(value: number, column: number, { mean, std }: Moments): boolean {
  const [m, variance] = [mean[column], std[column] ** 2];
  const isBit = Math.min(Math.abs(value), Math.abs(value - 1)) < 1e-4;
  return isBit && Math.abs(variance - m * (1 - m)) < 1e-6 * variance;
}
