// A number by epoch: one line for each optimizer.
import { epochRows } from '../epochs.js';
import type { EpochRecord, Run } from '../record.js';
import { drawChart } from './chart.js';
import { colourName, isDashed } from './palette.js';
import { css } from './theme.js';

/** How a number is printed: times a factor, with a suffix; decimals: in the readout. */
export interface Unit {
  factor: number;
  suffix: string;
  decimals: number;
}

/** Draws one number of every epoch of every run. */
export function drawCurves(
  id: string,
  runs: readonly Run[],
  of: (e: EpochRecord) => number | null,
  { factor, suffix, decimals }: Unit,
): void {
  const found = epochRows(runs);
  if (found.length === 0) return;
  const x = found.map(({ epoch }) => epoch);
  const rows = runs.map((_, run) => found.map(({ records }) => (records[run] ? of(records[run]) : null)));
  const print = (value: number, digits = decimals) => (factor * value).toFixed(digits) + suffix;
  drawChart({
    id,
    height: innerWidth < 560 ? 240 : 280,
    data: [x, ...rows],
    series: runs.map(({ run }) => ({
      label: run.title,
      stroke: css(colourName(run.optimizer)),
      width: 2,
      dash: isDashed(run.optimizer) ? [6, 3] : undefined,
      // Some epochs have no test results.
      spanGaps: true,
      points: { show: x.length < 3, size: 7, fill: css(colourName(run.optimizer)) },
    })),
    scales: { x: { range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) } },
    x: {
      label: 'epoch',
      labelSize: 20,
      labelFont: '12px system-ui',
      size: 30,
      incrs: [1, 2, 5, 10, 20, 50, 100],
      values: (_, splits) => splits.map((s) => (Number.isInteger(s) && s >= 1 && s <= x.at(-1)! ? String(s) : '')),
    },
    y: {
      values: (_, splits) => {
        const digits = decimalsOf(factor * (splits[1] - splits[0]));
        return splits.map((s) => print(s, digits));
      },
    },
    labels: runs.map(({ run }, i) => ({
      text: run.title,
      colour: css(colourName(run.optimizer)),
      value: rows[i].filter((v) => v !== null).at(-1) ?? null,
    })),
    readout: (row) => [
      `Epoch ${x[row]}: `,
      ...runs.flatMap(({ run }, i) => {
        const value = rows[i][row];
        const name = document.createElement('b');
        name.style.color = `var(--${colourName(run.optimizer)})`;
        name.textContent = `${run.title} ${value === null ? '–' : print(value)}`;
        return i === 0 ? [name] : [' · ', name];
      }),
    ],
  });
}

/** The number of decimals that prints ticks exactly: uPlot's steps are 1, 2, 2.5 and 5 times powers of ten. */
export function decimalsOf(step: number): number {
  const whole = (n: number) => Math.round(n) > 0 && Math.abs(n - Math.round(n)) < 1e-6;
  return [0, 1, 2, 3, 4, 5].find((d) => whole(step * 10 ** d)) ?? 6;
}
