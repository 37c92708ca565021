// What the charts of reports, poster, sweeps and lab have in common: numbers, lines that hide each other, boundaries, dots, colours.
import { boundaries } from '../../reports/charts/boundaries.js';
import { dots, scaleBetween } from '../../reports/charts/dots.js';
import type { Heat, Series } from '../../reports/charts/figure.js';
import { heatMap } from '../../reports/charts/heatMap.js';
import { colour, properties, variant, variantName } from '../../reports/charts/palette.js';
import { tickTexts, valueText, valueTexts } from '../../reports/charts/ticks.js';
import { coverings } from '../../reports/charts/under.js';
import { figure, unbroken } from '../../reports/format.js';
import { assert, subject } from '../spec.js';

const test = subject('Charts');

test('ticks have the decimals of their step, commas from 10,000 on, a power of ten from a thousand million on, and a true minus', () => {
  assert.equal(tickTexts([-0.5, 0, 0.5]), ['−0.5', '0.0', '0.5']);
  assert.equal(tickTexts([0, 25_000, 50_000]), ['0', '25,000', '50,000']);
  assert.equal(tickTexts([0, 1_250_000]), ['0', '1,250,000']);
  assert.equal(tickTexts([0, 2.5e15, 5e15]), ['0', '2.5·10¹⁵', '5.0·10¹⁵']);
  assert.equal(tickTexts([0.5, 0.525], true), ['50.0 %', '52.5 %']);
});

test('the values of a legend have the same decimals, as far as four digits go', () => {
  assert.equal(valueTexts([0.5698, 0.59, 0.5904]), ['0.5698', '0.5900', '0.5904']);
  assert.equal(valueTexts([0.02, 0.001]), ['0.020', '0.001']);
  assert.equal(valueTexts([0.003058, 1.329, -1]), ['0.003058', '1.329', '−1.000']);
  assert.equal(valueTexts([80, 39.85, 28_770, 0]), ['80.00', '39.85', '28,770', '0.00']);
  assert.equal(valueTexts([1e-16, null, 0.25]), ['10⁻¹⁶', '–', '0.25']);
  assert.equal(valueTexts([0.8, 0.8125], true), ['80.0 %', '81.3 %']);
});

test('values have four digits, and a power of ten where zeros would have to be counted', () => {
  const cases: [number | null, string][] = [
    [0.60214, '0.6021'],
    [28_768, '28,770'],
    [-0.5, '−0.5'],
    [2.615e13, '2.62·10¹³'],
    [1e-16, '10⁻¹⁶'],
    [0, '0'],
    [null, '–'],
  ];
  for (const [value, text] of cases) assert.is(valueText(value), text);
  assert.is(valueText(0.8125, true), '81.3 %');
  assert.equal([28_768, 0.5, 2.615e13, NaN].map(figure), ['28,770', '0.5', '2.615e+13', '–']);
});

test('a number stays on a line with its unit, its error and its name in brackets', () => {
  assert.is(unbroken('a* = 0.1 (R2 -0.5), -- x-1'), 'a*\u00a0=\u00a00.1 (R2\u00a0−0.5), -- x-1');
  assert.is(
    unbroken('Adam (lr 0.003) and SGD (weight-decay 1e-5)'),
    'Adam (lr\u00a00.003) and SGD (weight-decay\u00a01e-5)',
  );
  assert.is(unbroken('Adam 80.7 ± 0.3 % and 5 more'), 'Adam 80.7\u00a0±\u00a00.3\u00a0% and 5 more');
});

const line = (y: (number | null)[], more: Partial<Series> = {}): Series => ({ name: 'x', colour: 'adam', y, ...more });
const covered = (series: Series[], log = false) =>
  coverings(
    series,
    series.map(({ y }) => y),
    log,
  );

test('a line is drawn broader for each later line that covers it, not for lines that cross it', () => {
  const [a, b] = [line([0, 1, 2, 3]), line([0.001, 1, 2, 3])];
  assert.equal(covered([a, b, line([3, 2, 1, 0])]), [1, 0, 0]);
  assert.equal(covered([a, b, a]), [2, 1, 0]);
  // On a logarithmic axis 0.001 and 0.01 are far apart, on a linear one in the same place.
  const [low, high] = [line([0.001, 0.001]), line([0.01, 0.01])];
  const far = line([10, 10]);
  assert.equal(covered([low, high, far]), [1, 0, 0]);
  assert.equal(covered([low, high, far], true), [0, 0, 0]);
  // Reference lines and points are not compared, nor are lines without values.
  assert.equal(covered([a, line(a.y, { thin: true }), line(a.y, { points: true }), line([null, null])]), [0, 0, 0, 0]);
});

test('boundaries lie between cells of different classes, nearer to the cell that is less sure, and meet where several classes meet', () => {
  const plane = (answers: string, confidences: string, classes = ['a', 'b']) =>
    boundaries({ classes, cells: Math.sqrt(answers.length), answers, confidences });
  assert.equal(plane('0000', '9999'), []);
  const [[from, to]] = plane('0101', '9999');
  assert.equal(
    [from, to],
    [
      [0.5, 0],
      [0.5, 1],
    ],
  );
  // Confidences of 0.95 and 0.55 are 0.45 and 0.05 above a tie.
  const [[[x]]] = plane('0101', '9595');
  assert.ok(Math.abs(x - 0.9) < 1e-12, String(x));
  const meeting = plane('0123', '9999', ['a', 'b', 'c', 'd']);
  assert.is(meeting.length, 4);
  for (const [, end] of meeting) assert.equal(end, [0.5, 0.5]);
});

test('dots: places on the axis are proportional to values, each row has its text, and 0 is in the middle of differences', () => {
  const rows = [
    { name: 'SGDM', colour: 'sgdm', value: 0.8, low: 0.7, high: 0.9, text: '80 %' },
    { name: 'Adam', value: 0.6, low: null, high: null, text: '60 %', isStrong: true },
  ];
  const { text } = dots({ title: 'Test accuracy', unit: '%', rows });
  const [dot, other] = [...text.matchAll(/class="dot" style="left: ([\d.]+)%/g)].map(([, at]) => Number(at));
  const [, left, width] = /class="range" style="left: ([\d.]+)%; width: ([\d.]+)%/.exec(text)!.map(Number);
  assert.ok(Math.abs(left + width / 2 - dot) < 0.02, 'the interval is around its value');
  // The axis has the 0.3 of the values and a twentieth of it at each end; half the interval is 0.1.
  assert.ok(Math.abs(width / 2 - 100 * (0.1 / 0.33)) < 0.02 && Math.abs(dot - other - width) < 0.02);
  assert.match(text, /class="strong"><span class="name">Adam<.*?class="value">60 %/s);
  const difference = dots({ title: 'd', unit: 'points', isDifference: true, rows: [{ ...rows[0], value: 0 }] });
  assert.match(difference.text, 'class="dot" style="left: 50.00%"');
});

test('an axis of dots has two to six ticks at round numbers within it, also if all values are equal', () => {
  for (const [low, high] of [
    [0.76, 0.82],
    [-20.7, 18.6],
    [5, 5],
    [0, 0],
    [12_000, 13_100],
    [0.951, 0.9563],
  ]) {
    const { at, ticks } = scaleBetween(low, high);
    assert.ok(ticks.length >= 2 && ticks.length <= 6, `${low} to ${high}: ${ticks}`);
    for (const x of [low, high, ...ticks]) assert.ok(at(x) >= -1e-9 && at(x) <= 1 + 1e-9, `${x} of ${low} to ${high}`);
  }
});

test('each group of one optimizer has a colour of its own, the first group the optimizer’s, and the page declares all of them', () => {
  const names = [0, 1, 2, 3].map((n) => variantName('adam', n));
  assert.is(names[0], 'adam');
  assert.equal(variant('adam', 0), colour('adam'));
  const style = properties(['adam'], (key) => (key === 'adam' ? 4 : 1));
  for (const name of names) assert.is(style.split(`--${name}:`).length - 1, 2);
  const seen = new Set([0, 1, 2, 3].map((n) => variant('adam', n)[0]));
  assert.is(seen.size, 4);
});

test('a heat map of many classes has their names upright and in full, and leaves cells without a number unshaded', () => {
  const classes = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'];
  const heat = (names: string[]): Heat => ({
    kind: 'heat',
    id: 'h',
    title: 'Map',
    about: 'Of classes.',
    heads: names.map((text) => ({ text, columns: 1 })),
    rows: names.map((name, i) => ({
      name,
      cells: names.map((_, j) => (i === j ? 1 : 0)),
      text: names.map((_, j) => (i === j ? '9' : '')),
    })),
    scale: { from: 0, to: 1, ticks: [{ at: 0, text: '0' }], label: 'share' },
  });
  const { text } = heatMap(heat(classes));
  assert.match(text, 'class="heat upright"');
  for (const name of classes) assert.match(text, `<span>${name}</span>`);
  assert.is(text.split('class="hnone"').length - 1, 20);
  assert.not.match(heatMap(heat(['0', '1'])).text, 'upright');
  assert.match(heatMap({ ...heat(['0', '1']), fromNothing: true }).text, 'class="heat from-nothing"');
});
