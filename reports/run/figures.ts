// The curves of a report, as functions of its records.

import { mean } from '../../sweep/statistics.js';
import type { Lines, Series } from '../charts/figure.js';
import { figure, percent } from '../format.js';
import type { EpochRecord, Run } from '../record.js';
import { type Group, groupsOf } from './groups.js';
import { lossOf, scoreOf } from './score.js';

/** The most points of a curve by step; more are joined. */
const POINTS = 1500;

/** The curves of the report of these runs. A curve without values is left out. */
export function curvesOf(runs: readonly Run[]): Lines[] {
  const groups = groupsOf(runs);
  const [{ run }] = runs;
  const [shown, score] = [lossOf(run), scoreOf(run)];
  const unit = shown.name;
  const axis = shown.about.includes('nats') ? 'loss in nats' : unit;
  const finite = (x: number) => (Number.isFinite(x) ? x : null);
  const isShare = score.name === 'accuracy';
  const by = (id: string, title: string, label: string, of: (e: EpochRecord) => number | null, print = figure): Lines =>
    byEpoch(groups, id, title, { label, percent: print === percent }, of, print);
  const all: (Lines | false)[] = [
    score.name !== shown.name &&
      by('test-score', `Test ${score.name}`, score.name, (e) => finite(score.test(e)), isShare ? percent : figure),
    by('test-loss', `Test ${unit}`, axis, (e) => (e.testLoss === null ? null : finite(shown.of(e.testLoss)))),
    runs.some(({ epochs }) => epochs.some(({ losses = [] }) => losses.length > 0)) &&
      lossBySteps(groups, unit, axis, shown.of),
    by('training-loss', `Training ${unit}, means of epochs`, axis, (e) => finite(shown.of(e.loss))),
    by('train-accuracy', 'Training accuracy', 'accuracy', (e) => e.trainAccuracy, percent),
    by('lr', 'Learning rate', 'learning rate', (e) => e.lr ?? null),
    by('grad-norm', 'Norm of the gradients', 'gradient norm', (e) => e.gradNorm ?? null),
  ];
  return all.filter((f): f is Lines => f !== false && f.series.some(({ y }) => y.some((v) => v !== null)));
}

/** The index of the x that has values, if it is the only one, for example after a run of one epoch: a single point is no line. Null if several
 *  have values, or none. */
export function onlyPlace({ x, series }: Lines): number | null {
  const places = x.values.flatMap((_, i) => (series.some(({ y }) => y[i] !== null) ? [i] : []));
  return places.length === 1 ? places[0] : null;
}

function byEpoch(
  groups: readonly Group[],
  id: string,
  title: string,
  y: Lines['y'],
  of: (e: EpochRecord) => number | null,
  print: (x: number) => string,
): Lines {
  const epochs = groups.flatMap(({ runs }) => runs.flatMap((r) => r.epochs.map(({ epoch }) => epoch)));
  const values = [...new Set(epochs)].sort((a, b) => a - b);
  const series = groups.map((group) => {
    const tables = group.runs.map((r) => new Map(r.epochs.map((e) => [e.epoch, of(e)])));
    return lineOf(
      group,
      values.map((epoch) => tables.map((table) => table.get(epoch) ?? null)),
    );
  });
  return {
    kind: 'lines',
    id,
    title,
    about: aboutOf('epoch', values, series, print),
    x: { label: 'epoch', whole: true, values },
    y,
    series,
  };
}

/** The training loss by step, from the means of a few steps each. */
function lossBySteps(groups: readonly Group[], unit: string, axis: string, of: (loss: number) => number): Lines {
  const tables = groups.map(({ runs }) => runs.map((r) => joined(r.epochs.flatMap(({ losses = [] }) => losses))));
  const values = [...new Set(tables.flat().flatMap((rows) => rows.map(([step]) => step)))].sort((a, b) => a - b);
  const series = groups.map((group, g) => {
    const own = tables[g].map((rows) => new Map(rows));
    const rows = values.map((step) => own.map((table) => (table.has(step) ? of(table.get(step)!) : null)));
    return lineOf(group, rows);
  });
  return {
    kind: 'lines',
    id: 'step-loss',
    title: `Training ${unit} by step`,
    about: aboutOf('step', values, series, figure),
    x: { label: 'step', whole: true, values },
    y: { label: axis },
    series,
    smooth: 0.8,
  };
}

/** At most POINTS points: means of neighbours. */
function joined(points: readonly [number, number][]): [number, number][] {
  const size = Math.ceil(points.length / POINTS);
  return Array.from({ length: Math.ceil(points.length / Math.max(1, size)) }, (_, i): [number, number] => {
    const part = points.slice(i * size, (i + 1) * size);
    return [part.at(-1)![0], mean(part.map(([, loss]) => loss))];
  });
}

/** The line of a group: the mean over its seeds in each row, and their range as a band. */
function lineOf({ title, colour, dash, runs }: Group, rows: (number | null)[][]): Series {
  const known = rows.map((row) => row.filter((v) => v !== null));
  const each = (f: (values: number[]) => number) => known.map((values) => (values.length ? f(values) : null));
  const band = runs.length > 1 ? { low: each((v) => Math.min(...v)), high: each((v) => Math.max(...v)) } : {};
  return { name: title, colour, dash, y: each(mean), ...band };
}

/** What a figure says, in words: where each line begins, ends, and has its extremes. */
export function aboutOf(
  unit: string,
  x: readonly number[],
  series: readonly Series[],
  print: (x: number) => string,
): string {
  const lines = series
    .filter(({ name }) => name)
    .map(({ name, y }) => {
      const known = y.flatMap((value, i) => (value === null ? [] : [{ value, at: x[i] }]));
      if (known.length === 0) return `${name}: no values`;
      const [first, last] = [known[0], known.at(-1)!];
      let [low, high] = [first, first];
      for (const point of known) {
        if (point.value < low.value) low = point;
        if (point.value > high.value) high = point;
      }
      if (known.length === 1) return `${name}: ${print(first.value)} at ${unit} ${first.at}`;
      const from = `from ${print(first.value)} at ${unit} ${first.at} to ${print(last.value)} at ${unit} ${last.at}`;
      return `${name}: ${from}, lowest ${print(low.value)} at ${low.at}, highest ${print(high.value)} at ${high.at}`;
    });
  return `${lines.join('. ')}.`;
}
