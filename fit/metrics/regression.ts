// Measures of predicted values, by column. Sums are float64, and no values are stored.
//
//   MAE   mean |y' - y|        RMSE   sqrt mean (y' - y)^2        R2   1 - sum (y' - y)^2 / sum (y - mean y)^2
import type { Tensor } from '../../core/index.js';

/** Measures of values, in the units of the data. */
export interface ValueMeasures {
  /** The mean absolute error. */
  mae: number;
  /** The root of the mean square error. */
  rmse: number;
  /** The share of the variance that is explained: 1 is perfect, 0 is as good as the mean of the targets, and it may be negative. Null
   *  if all targets are equal. */
  r2: number | null;
}

/** Measures of all columns. */
export interface Regression extends ValueMeasures {
  /** The measures of each value of a sample, in row-major order. `mae` and `rmse` of a `Regression` itself are over all values; its `r2`
   *  is the mean of the columns' r2, without those that are null. */
  columns: ValueMeasures[];
}

/** Collects outputs and targets. scales: the unit of each column, by which its errors are multiplied. */
export class ValueMeter {
  readonly #columns: { absolute: number; square: number; mean: number; spread: number }[];
  readonly #scales: readonly number[];
  #n = 0;

  constructor(scales: readonly number[]) {
    this.#scales = scales;
    this.#columns = scales.map(() => ({ absolute: 0, square: 0, mean: 0, spread: 0 }));
  }

  /** Adds a batch: outputs and targets of n samples, of the same shape. */
  async add(output: Tensor, target: Tensor, n: number): Promise<void> {
    const [ours, theirs] = [await output.data(), await target.data()];
    const width = this.#columns.length;
    for (let i = 0; i < n; i++) {
      this.#n++;
      this.#columns.forEach((column, c) => {
        const y = theirs[i * width + c];
        const error = ours[i * width + c] - y;
        column.absolute += Math.abs(error);
        column.square += error * error;
        // Welford 1962: the sum of squares about the mean, without a second pass.
        const before = y - column.mean;
        column.mean += before / this.#n;
        column.spread += before * (y - column.mean);
      });
    }
  }

  /** The measures of all samples. */
  measures(): Regression {
    const n = this.#n;
    const columns = this.#columns.map(({ absolute, square, spread }, c) => ({
      mae: (this.#scales[c] * absolute) / n,
      rmse: this.#scales[c] * Math.sqrt(square / n),
      r2: spread > 0 ? 1 - square / spread : null,
    }));
    const explained = columns.flatMap(({ r2 }) => (r2 === null ? [] : [r2]));
    const mean = (list: readonly number[]) => list.reduce((sum, v) => sum + v, 0) / list.length;
    return {
      mae: mean(columns.map((c) => c.mae)),
      rmse: Math.sqrt(mean(columns.map((c) => c.rmse ** 2))),
      r2: explained.length ? mean(explained) : null,
      columns,
    };
  }
}
