// The curves of a race: the loss of the batches, and the score on the test samples. Changes during the run are marked.

import type uPlot from 'uplot';
import { powersAxis } from '../../reports/charts/logAxis.js';
import { font } from '../../reports/charts/theme.js';
import { ink, looksOf } from './look.js';
import { Chart, curveOf, endLabels, logScale, meansOfTen } from './plot.js';
import { grownRace, hasClasses, losses, marks, race, raceRules, scoreName } from './race.js';

const looks = () => looksOf(raceRules.value);
const depends = () => {
  grownRace.value;
  return JSON.stringify([raceRules.value, race.value.changes]);
};

const titles = () => looks().map(({ title }) => title);

/** Draws a line at each change, with the number of the change in the list. */
function drawChanges(u: uPlot): void {
  const { left, top, width, height } = u.bbox;
  const looks = looksOf(race.value.rules);
  const { ctx } = u;
  ctx.save();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.font = font(11 * devicePixelRatio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  race.value.changes.forEach(({ step, rule }, i) => {
    const x = u.valToPos(step, 'x', true);
    if (x > left + width) return;
    ctx.strokeStyle = ink(looks[rule].colour);
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    // The numbers of changes at the same step are below each other.
    const before = race.value.changes.slice(0, i).filter((other) => other.step === step).length;
    const y = top + (2 + 14 * before) * devicePixelRatio;
    ctx.fillStyle = ink('ink');
    ctx.fillText(String(i + 1), x + 4 * devicePixelRatio, y);
  });
  ctx.restore();
}

export function RaceLossPlot() {
  return (
    <Chart
      title="Loss of the batches, the mean of ten"
      height={190}
      first={1}
      depends={depends}
      series={() => looks().map(curveOf)}
      values={() => losses.value.map(meansOfTen)}
      y={{
        scale: logScale(() => 4 * Math.max(1e-9, ...losses.value.map(([first = 0]) => first)), 6),
        axis: powersAxis,
      }}
      over={drawChanges}
      labels={(u) => endLabels(u, looks())}
      widest={titles}
    />
  );
}

export function ScorePlot() {
  const scores = () =>
    raceRules.value.map((_, i) => {
      const list: (number | null)[] = [];
      for (const { step, rules } of marks.value) {
        while (list.length < step) list.push(null);
        const score = rules[i]?.score;
        list.push(score !== undefined && Number.isFinite(score) ? Math.max(-0.5, score) : null);
      }
      return list;
    });
  return (
    <Chart
      title={`${hasClasses.value ? 'Accuracy' : 'R²'} on the test samples`}
      height={190}
      first={0}
      depends={() => `${depends()}${scoreName.value}`}
      series={() => looks().map((look) => ({ ...curveOf(look), spanGaps: true }))}
      values={scores}
      y={{
        scale: {
          range: (_, min, max) => {
            if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
            const room = 0.06 * Math.max(0.05, max - min);
            return [min - room, Math.min(1.02, max + room)];
          },
        },
        axis: { values: (_, splits) => splits.map((v) => (hasClasses.value ? `${Math.round(100 * v)} %` : `${v}`)) },
      }}
      over={drawChanges}
      labels={(u) => endLabels(u, looks())}
      widest={titles}
    />
  );
}
