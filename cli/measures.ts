// The measures of an evaluation as lines of text.
import type { Classification, Regression } from '../fit/index.js';
import { figure, fixed, percent } from '../reports/format.js';
import { alignColumns } from '../reports/run/results.js';

/** Means over the classes, AUC and calibration. */
export function classificationText({ precision, recall, f1, auc, calibrationError }: Classification): string[] {
  const area = auc === null ? 'undefined: only one class has samples' : fixed(auc, 4);
  return [
    `means over classes: precision ${percent(precision)}, recall ${percent(recall)}, F1 ${percent(f1)}`,
    `AUC ${area}, calibration error ${percent(calibrationError)}`,
  ];
}

/** The errors of all values, and of each column by its name if there are several. */
export function regressionText(found: Regression, names: readonly string[]): string[] {
  const explained = (r2: number | null) => (r2 === null ? 'undefined: all targets are equal' : fixed(r2, 4));
  const unit = names.length === 1 ? `, in the unit of ${names[0]}` : '';
  const all = `MAE ${figure(found.mae)}, RMSE ${figure(found.rmse)}${unit}; R2 ${explained(found.r2)}`;
  if (found.columns.length < 2) return [all];
  const rows = found.columns.map(({ mae, rmse, r2 }, c) => [
    names[c] ?? String(c),
    figure(mae),
    figure(rmse),
    r2 === null ? '–' : fixed(r2, 4),
  ]);
  return [all, '', ...alignColumns([['column', 'MAE', 'RMSE', 'R2'], ...rows])];
}
