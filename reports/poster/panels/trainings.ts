// Numbers and series that several panels compute from their trainings.

import { optimizers } from '../../../optim/index.js';
import type { Lines, Series } from '../../charts/figure.js';
import { dashOf } from '../../charts/palette.js';
import { type Done, type Training, trainings } from '../task.js';
import { type Finding, mean, type Sample } from '../verdict.js';

/** The title of the optimizer with a key. A record may contain a key of no optimizer: then the key itself. */
export function titleOf(optim: string): string {
  return Object.hasOwn(optimizers, optim) ? optimizers[optim].title : optim;
}

/** Test accuracy after the last epoch; null if the run diverged. */
export function accuracyAtEnd({ result }: Done<Training>): number | null {
  return result.outcome === 'finished' ? (result.epochs.at(-1)?.testAccuracy ?? null) : null;
}

/** One number of an optimizer's runs, one value for each seed. */
export function sampleOf(done: readonly Done[], optim: string, of: (d: Done<Training>) => number | null): Sample {
  return { name: titleOf(optim), values: trainings(done, optim).map(of) };
}

/** A finding about losses, with their unit. */
export function inNats(finding: Finding): Finding {
  return { ...finding, numbers: `in nats: ${finding.numbers}` };
}

/** One line for each optimizer: a number by epoch, as the mean over the seeds and their range. */
export function byEpoch(
  done: readonly Done[],
  optim: readonly string[],
  of: (e: Done<Training>['result']['epochs'][0]) => number | null,
): Series[] {
  const epochs = Math.max(0, ...trainings(done).map(({ task }) => task.epochs));
  return optim.flatMap((key) => {
    const runs = trainings(done, key);
    if (runs.length === 0) return [];
    const rows = Array.from({ length: epochs }, (_, i) =>
      runs.map(({ result }) => (result.epochs[i] ? of(result.epochs[i]) : null)).filter((v) => v !== null),
    );
    const each = (f: (values: number[]) => number) => rows.map((values) => (values.length ? f(values) : null));
    const band = runs.length > 1 ? { low: each((v) => Math.min(...v)), high: each((v) => Math.max(...v)) } : {};
    return [{ name: titleOf(key), colour: key, dash: dashOf(key), y: each(mean), ...band }];
  });
}

/** The epochs: 1 to the last. */
export function epochsOf(done: readonly Done[]): number[] {
  return Array.from({ length: Math.max(0, ...trainings(done).map(({ task }) => task.epochs)) }, (_, i) => i + 1);
}

/** The last value of each line, as text. */
export function endsOf(series: readonly Series[], print: (x: number) => string): string {
  const last = (y: Lines['series'][0]['y']) => y.filter((v) => v !== null).at(-1);
  return `At the end: ${series.map(({ name, y }) => `${name} ${last(y) === undefined ? 'none' : print(last(y)!)}`).join(', ')}.`;
}

/** A number to three digits. */
export function short(x: number | null): string {
  return x === null ? 'none' : String(Number(x.toPrecision(3)));
}
