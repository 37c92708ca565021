// Figures of what the trained nets do on the test set, as functions of a run's records. A group of several seeds shows the first
// seed that finished.
import type { Heat, Lines, Series } from '../charts/figure.js';
import { count, figure, fixed, percent } from '../format.js';
import type { Run, Tested } from '../record.js';
import { aboutOf } from './figures.js';
import { type Group, groupsOf } from './groups.js';

/** What a group's net does, and the number that distinguishes the ids of its figures. */
export interface Learned {
  group: Group;
  nth: number;
  seed: number;
  tested: Tested;
}

/** The groups of runs that have recorded what their nets do. */
export function learnedOf(runs: readonly Run[]): Learned[] {
  return groupsOf(runs).flatMap((group, nth) => {
    const run = group.runs.find(({ end }) => end.tested);
    return run ? [{ group, nth, seed: run.run.seed, tested: run.end.tested! }] : [];
  });
}

/** The lines of these figures: calibration, and predicted against true values. */
export function learnedLines(runs: readonly Run[]): Lines[] {
  const learned = learnedOf(runs);
  return [...calibration(learned), ...learned.flatMap(predicted)];
}

function calibration(learned: readonly Learned[]): Lines[] {
  const found = learned.flatMap(({ group, tested }) =>
    tested.calibration ? [{ group, bins: tested.calibration }] : [],
  );
  if (found.length === 0) return [];
  const n = found[0].bins.length;
  const values = Array.from({ length: n }, (_, i) => (i + 0.5) / n);
  const print = (x: number) => percent(x);
  const series = found.map(
    ({ group: { title, colour, dash }, bins }): Series => ({
      name: title,
      colour,
      dash,
      y: bins.map(({ samples, right }) => (samples >= leastOf(bins) ? right : null)),
    }),
  );
  const errors = found.map(({ group, bins }) => `${group.title}: calibration error ${percent(errorOf(bins))}`);
  return [
    {
      kind: 'lines',
      id: 'calibration',
      title: 'Calibration: right answers by the net’s probability',
      about: `${errors.join(', ')}. ${aboutOf('probability', values, series, print)}`,
      x: { label: 'probability of the answer', percent: true, values },
      y: { label: 'right answers', percent: true },
      series: [...series, { name: 'perfect', colour: 'ink', thin: true, y: values }],
    },
  ];
}

/** The fewest answers of a bin that is drawn: a twentieth of all, but at most ten. The share of right ones among fewer is mostly chance. */
const leastOf = (bins: NonNullable<Tested['calibration']>) =>
  Math.max(1, Math.min(10, bins.reduce((sum, { samples }) => sum + samples, 0) / 20));

/** The expected calibration error: the mean distance of probability and share of right answers, weighted by samples. */
export function errorOf(bins: NonNullable<Tested['calibration']>): number {
  const all = bins.reduce((sum, { samples }) => sum + samples, 0);
  return bins.reduce((sum, { samples, confidence, right }) => sum + samples * Math.abs(confidence - right), 0) / all;
}

function predicted({ group: { title, colour }, nth, tested }: Learned): Lines[] {
  return (tested.values ?? []).map(({ name, points }, column): Lines => {
    const sorted = [...points].sort((a, b) => a[0] - b[0]);
    const values = sorted.map(([truth]) => truth);
    const error = Math.sqrt(points.reduce((sum, [a, b]) => sum + (a - b) ** 2, 0) / points.length);
    const worst = [...points].sort((a, b) => Math.abs(b[0] - b[1]) - Math.abs(a[0] - a[1]))[0];
    const said = worst ? `; the largest error: ${figure(worst[1])} for ${figure(worst[0])}` : '';
    return {
      kind: 'lines',
      id: `values-${nth}-${column}`,
      title: `${title}: predicted against true ${name}`,
      about: `${count(points.length)} of the test samples, root mean square error ${figure(error)}${said}.`,
      x: { label: `true ${name}`, values },
      y: { label: 'predicted' },
      series: [
        { name: 'predicted', colour, points: true, y: sorted.map(([, value]) => value) },
        { name: 'perfect', colour: 'ink', thin: true, y: values },
      ],
    };
  });
}

/** The confusion matrix of a net: colours are shares of the true class, texts are numbers of samples. */
export function confusionOf({ group: { title }, nth, tested }: Learned): Heat | null {
  const { confusion, classes = [] } = tested;
  if (!confusion) return null;
  const wrong = confusion.flatMap((row, i) => row.flatMap((n, j) => (i !== j && n > 0 ? [{ i, j, n }] : [])));
  wrong.sort((a, b) => b.n - a.n);
  const sizes = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
  const most = wrong
    .slice(0, 3)
    .map(({ i, j, n }) => `${classes[i]} taken for ${classes[j]} ${n} of ${sizes[i]} times`);
  const right = confusion.reduce((sum, row, i) => sum + row[i], 0);
  return {
    kind: 'heat',
    id: `confusion-${nth}`,
    title: `${title}: true classes by row, answers by column`,
    about: `${count(right)} of ${count(sizes.reduce((a, b) => a + b, 0))} right. ${most.length ? `Most frequent: ${most.join('; ')}` : 'No errors'}.`,
    heads: classes.map((text) => ({ text, columns: 1 })),
    rows: confusion.map((row, i) => ({
      name: classes[i],
      cells: row.map((n) => (sizes[i] ? n / sizes[i] : null)),
      text: row.map((n) => (n ? count(n) : '')),
    })),
    fromNothing: true,
    scale: {
      from: 0,
      to: 1,
      ticks: [
        { at: 0, text: '0 %' },
        { at: 1, text: '100 %' },
      ],
      label: 'share of the true class; numbers are samples',
    },
  };
}

/** The true class of an image and the net's answer, with its probability. */
export function mistakeText({ classes = [] }: Tested, image: NonNullable<Tested['wrong']>['images'][0]): string {
  return `${classes[image.truth]}, taken for ${classes[image.answer]} at ${fixed(100 * image.confidence, 1)} %`;
}

/** The answers over the plane in words: the share of each class. */
export function planeAbout({ classes = [], plane }: Tested): string {
  const all = [...plane!.answers];
  const shares = classes.map(
    (name, c) => `${name} on ${percent(all.filter((a) => Number(a) === c).length / all.length)}`,
  );
  const [x, y] = [plane!.x, plane!.y].map((range) => range.map(figure).join(' to '));
  const { length } = plane!.points;
  const marks = length > 0 ? `; ${count(length)} test samples are drawn` : '';
  return `x ${x}, y ${y}. Answers: ${shares.join(', ')} of the area${marks}.`;
}
