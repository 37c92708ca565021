// The number in an epoch's report that a callback watches, and which values of it are better.
import { describeValue, must, nearestName, ValueError } from '../../core/index.js';
import type { Callback, EpochReport } from '../callback.js';

/** The name of a number in `EpochReport`: one of its fields, or `metrics.mae` for the metric `mae`. */
export type Monitor = 'testLoss' | 'testAccuracy' | 'loss' | 'accuracy' | `metrics.${string}`;

const FIGURES = ['testLoss', 'testAccuracy', 'loss', 'accuracy'] as const satisfies Monitor[];

/** The options of every callback that watches a number. */
export interface MonitorOptions {
  /** The number in `EpochReport` to watch. Default: 'testLoss'. */
  monitor?: Monitor;
  /** Whether a smaller or a larger number is better. Required for a metric whose name is that of a score, as `metrics.f1`; for losses and
   *  accuracies it is known. Default: 'max' for accuracies, else 'min'. */
  mode?: 'min' | 'max';
  /** An improvement must be larger than this to count. Default: 0. */
  minDelta?: number;
}

/** Names of metrics of which a larger value is usually better. */
const SCORE = /^metrics\..*(acc|f1|auc|r2|recall|precision|score|iou|dice|bleu)/i;

/** Warns at the first epoch if `patience` is so long that the callback never acts. what: its name. does: what it would do. */
export function warnOfPatience(what: string, does: string, patience: number, epoch: number, epochs: number): void {
  if (epoch === 1 && patience >= epochs)
    console.warn(`${what}: it never ${does}: patience is ${patience} epochs, the training has ${epochs}`);
}

/** The patience of each callback that has one, and what the callback does after it. `fit` warns if tests are farther apart than the patience, and if
 *  earlyStopping ends a training before reduceOnPlateau acts. A copy of a callback is not in this map. */
export const patiences = new WeakMap<Callback, { patience: number; does: 'stops' | 'acts' }>();

/** The names of the options in `MonitorOptions`. */
export const MONITOR_OPTIONS = ['monitor', 'mode', 'minDelta'] as const;

/** A watched number: its name, its value in a report, and the comparison. */
export interface Watched {
  monitor: Monitor;
  /** The options with their defaults. */
  options: { monitor: Monitor; mode: 'min' | 'max'; minDelta: number };
  /** The number; null if the epoch did not measure it. */
  of(report: EpochReport): number | null;
  /** Whether a number is better than the best so far; true if `best` is null. */
  improves(figure: number, best: number | null): boolean;
}

/** Checks the options and returns the watched number. what: the function that messages name. Throws ValueError if an option is unknown
 *  or out of range. Warns if the mode is the wrong one for the number. */
export function watched(what: string, options: MonitorOptions): Watched {
  const { monitor = 'testLoss', minDelta = 0 } = options;
  const isFigure = (FIGURES as readonly unknown[]).includes(monitor);
  if (!isFigure && !(typeof monitor === 'string' && /^metrics\../.test(monitor))) {
    const name = typeof monitor === 'string' ? monitor : describeValue(monitor);
    const near = nearestName(name, FIGURES);
    const remedy = near ? `; did you mean ${near}?` : '';
    throw new ValueError(`${what}: unknown monitor: ${name}; one of ${FIGURES.join(', ')}, metrics.NAME${remedy}`);
  }
  if (options.mode === undefined && SCORE.test(monitor))
    throw new ValueError(
      `${what}: mode is missing: by default a smaller ${monitor} is better; give { mode: 'max' }, or 'min'`,
    );
  const isAccuracy = monitor.endsWith('ccuracy');
  const usual = isAccuracy ? 'max' : 'min';
  const { mode = usual } = options;
  if (mode !== 'min' && mode !== 'max')
    throw new ValueError(`${what}: unknown mode: ${describeValue(mode)}; one of min, max`);
  if (isFigure && mode !== usual)
    console.warn(`${what}: mode: ${mode} takes the worst ${monitor} for the best; leave mode out`);
  must(typeof minDelta === 'number' && minDelta >= 0, `${what}: minDelta`, 'at least 0', minDelta);
  if (isFigure && isAccuracy && minDelta >= 1)
    throw new ValueError(`${what}: minDelta: an accuracy lies in [0, 1]: ${minDelta}; one percent is 0.01`);
  const sign = mode === 'max' ? -1 : 1;
  return {
    monitor,
    options: { monitor, mode, minDelta },
    of(report) {
      if (isFigure) return report[monitor as (typeof FIGURES)[number]];
      return report.metrics?.[monitor.slice('metrics.'.length)] ?? null;
    },
    improves: (figure, best) => best === null || sign * figure < sign * best - minDelta,
  };
}
