// Published curves: { source, note, curves: [{ model, optimizer, test_acc: [per cent after each epoch] }] }.

import type { Lines } from '../charts/figure.js';
import { colourName } from '../charts/palette.js';
import type { Figure } from './figure.js';

/** Test accuracies of one training, in per cent after each epoch. */
export interface Curve {
  model: string;
  optimizer: string;
  test_acc: number[];
}

/** Published curves and where they are from. */
export interface Reference {
  source: string;
  curves: Curve[];
}

/** Published curves from the JSON of a file; null if it has another form. */
export function asReference(json: unknown): Reference | null {
  const { source, curves } = (json ?? {}) as { source?: unknown; curves?: unknown };
  const isCurve = (c: Partial<Curve> | null) =>
    [c?.model, c?.optimizer].every((name) => typeof name === 'string') &&
    Array.isArray(c?.test_acc) &&
    c.test_acc.length > 0 &&
    c.test_acc.every((v) => typeof v === 'number' && v >= 0 && v <= 100);
  return typeof source === 'string' && Array.isArray(curves) && curves.every(isCurve) ? { source, curves } : null;
}

/** Adds the published curves of the same family of nets to a figure, as thin lines. If the curves differ in length, x becomes
 *  the share of the training. */
export function overlay(figure: Figure, { curves }: Reference): Figure {
  if (figure.kind !== 'lines' || !figure.id.startsWith('accuracy-')) return figure;
  const family = (model: string) => model.toLowerCase().replace(/[^a-z].*/, '');
  const own = family(figure.id.slice('accuracy-'.length));
  const published = curves.filter(({ model }) => family(model) === own);
  if (published.length === 0) return figure;
  const lengths = new Set([figure.x.values.length, ...published.map((c) => c.test_acc.length)]);
  const isShare = lengths.size > 1;
  const at = (epoch: number, epochs: number) => (isShare ? Number((epoch / epochs).toPrecision(6)) : epoch);
  const end = figure.x.values.length;
  const points: (Lines['series'][0] & { x: number[] })[] = [
    ...figure.series.map((s) => ({ ...s, x: figure.x.values.map((epoch) => at(epoch, end)) })),
    ...published.map(({ optimizer, test_acc }) => ({
      name: '',
      // The published `sgd` has momentum.
      colour: colourName(optimizer === 'sgd' ? 'sgdm' : optimizer),
      thin: true,
      y: test_acc.map((v) => v / 100),
      x: test_acc.map((_, i) => at(i + 1, test_acc.length)),
    })),
  ];
  const values = [...new Set(points.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const spread = (x: number[], y: (number | null)[] | undefined) => {
    const known = new Map(x.map((v, i) => [v, y?.[i] ?? null]));
    return y && values.map((v) => known.get(v) ?? null);
  };
  const series = points.map(({ x, ...s }): Lines['series'][0] => {
    return {
      ...s,
      y: spread(x, s.y)!,
      low: spread(x, s.low),
      high: spread(x, s.high),
    };
  });
  return {
    ...figure,
    title: `${figure.title}; thin: published`,
    x: isShare ? { label: 'share of the training', percent: true, values } : { ...figure.x, values },
    series,
  };
}
