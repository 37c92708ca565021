// The standard error of a test score of one seed: how far the score would vary with other test samples of the same kind.
//
//   accuracy p       sqrt(p (1 - p) / n)
//   MSE              s(e^2) / sqrt(n)        e the error of a sample, s the standard deviation, n the number of test samples
//   RMSE             error of MSE / (2 RMSE)
//   R2               error of MSE / variance of the test values
//   MAE              s(|e|) / sqrt(n)
//
// For the error, p is kept at least half a sample away from 0 and 1: no test of n samples makes an accuracy certain. Of predicted values the
// record has the errors of evenly spaced samples, at most TESTED.points; s is computed from these.
import { variance } from '../../sweep/statistics.js';
import type { Run } from '../record.js';
import { rowOf } from './results.js';

/** The fewest known errors from which a deviation is estimated. */
const LEAST = 20;

/** The standard error of the test score after the last epoch; null if the record does not determine it. */
export function testError(run: Run): number | null {
  const { test, score } = rowOf(run);
  const { data } = run.run;
  if (score.name === 'accuracy') return errorOfAccuracy(test, data.test);
  const { tested, saved } = run.end;
  const [values, ...others] = tested?.values ?? [];
  const [target] = data.targets ?? [];
  // What was tested is the saved net.
  const isLast = saved === undefined || saved === run.epochs.at(-1)?.epoch;
  if (!isLast || !values || !target || others.length > 0 || values.points.length < LEAST) return null;
  const errors = values.points.map(([truth, predicted]) => Math.abs(truth - predicted));
  const spread = (of: readonly number[]) => Math.sqrt(variance(of) / data.test);
  const ofSquares = spread(errors.map((e) => e ** 2));
  if (score.name === 'R2' && data.variance) return ofSquares / (target.deviation ** 2 * data.variance);
  if (score.name === 'RMSE' && test > 0) return ofSquares / (2 * test);
  return score.name === 'MAE' ? spread(errors) : null;
}

function errorOfAccuracy(accuracy: number, n: number): number {
  const p = Math.min(Math.max(accuracy, 0.5 / n), 1 - 0.5 / n);
  return Math.sqrt((p * (1 - p)) / n);
}
