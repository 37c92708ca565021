// The plots of room `theorems`: x and the regret per step on a logarithmic axis of steps, the moves of a period, and the map of C and β2.

import type { JSX } from 'preact';
import { powersAxis } from '../../reports/charts/logAxis.js';
import { theoremOf, theoremSettings } from '../core/theoremProblems.js';
import { boundOf, entryAt, mapRows, shownAt } from '../core/theoremShown.js';
import type { Course } from '../core/theorems.js';
import { short } from './numbers.js';
import { Chart, curveOf, drawLimit, endLabels, logScale, positive } from './plot.js';
import { at, change, ranTheorem, theorem, theoremRun } from './state.js';
import { lossName, signed } from './theoremFindings.js';
import { theoremLooks } from './theoremLooks.js';

const courses = () => theoremRun.value?.courses ?? [];
const depends = () => `${theoremRun.value?.courses.length} ${JSON.stringify(ranTheorem.value.rules)}`;
const steps = () => courses()[0]?.t ?? [1];

/** x after each step. */
export function PointPlot() {
  return (
    <Chart
      title="x after step t; it should go to −1"
      height={190}
      first={1}
      steps={steps}
      depends={depends}
      series={() => theoremLooks().map(curveOf)}
      values={() => courses().map(({ x }) => x)}
      y={{
        scale: { range: () => [-1.1, 1.1] },
        axis: { space: 30, values: (_, splits) => splits.map((v) => short(v)) },
      }}
      labels={(u) => endLabels(u, theoremLooks())}
      widest={() => theoremLooks().map(({ title }) => title)}
    />
  );
}

/** A course's bound per step, at each shown step. NaN: its conditions do not hold. */
const boundsOf = ({ published, corrected, corollary }: Course) =>
  published.map((_, i) =>
    boundOf(
      { published: published[i], corrected: corrected[i], corollary: corollary[i] },
      ranTheorem.value.theorem === 'theorem4',
    ),
  );

/** The regret per step, the bounds of the theorems, and D G, which no regret per step exceeds. */
export function RegretPlot() {
  const trivial = () => theoremRun.value?.trivial ?? 1;
  const isRefuted = () => ranTheorem.value.theorem === 'theorem4';
  return (
    <Chart
      title={`${theoremOf(ranTheorem.value.theorem).period ? 'Regret' : 'Pseudo-regret'} per step`}
      keys={isRefuted() ? 'dotted: the bound of theorem 4' : 'dotted: the corrected bounds'}
      height={230}
      first={1}
      steps={steps}
      depends={depends}
      series={() => [
        ...theoremLooks().map(curveOf),
        ...theoremLooks().map((look) => ({ ...curveOf(look), dash: [1, 4], width: 2 })),
      ]}
      values={() => [
        ...courses().map(({ average }) => average.map(positive)),
        ...courses().map((course) => boundsOf(course).map(positive)),
      ]}
      y={{ scale: logScale(() => 30 * trivial(), 6, 1.5 * trivial()), axis: powersAxis }}
      over={(u) => drawLimit(u, { value: trivial(), text: 'D G: a bound above it says nothing', colour: 'soft' })}
      labels={(u) => endLabels(u, theoremLooks())}
      widest={() => theoremLooks().map(({ title }) => title)}
    />
  );
}

const WIDTH = 480;
const ROW = 54;

/** The moves of one period: a row for each rule, a bar for each step, or for each slope if the losses are random. */
export function PeriodPlot() {
  const all = courses();
  if (all.length === 0) return null;
  const step = Math.max(1, at.value);
  const shown = all.map((course) => ({ ...shownAt(course, step), period: course.periods[entryAt(course.t, step)] }));
  const { from, to, period } = shown[0];
  const isPeriodic = period.slopes.length > 0;
  const slopes = isPeriodic ? period.slopes : shown[0].parts.map(({ slope }) => slope);
  const unit = Math.min(48, WIDTH / slopes.length);
  return (
    <figure class="period">
      <figcaption>
        {isPeriodic
          ? `One period, steps ${from} to ${to}`
          : `${(to - from + 1).toLocaleString('en')} draws, steps ${from} to ${to}, by loss`}{' '}
        <span class="keys">moves up: the wrong way</span>
      </figcaption>
      <Bars
        title="the losses’ slopes"
        label="slope of the loss"
        values={slopes}
        unit={unit}
        colour="soft"
        text={slopes.length <= 12 ? slopes.map(lossName) : []}
      />
      {shown.map(({ parts, moved, period }, i) => {
        const { title, colour } = theoremLooks()[i];
        const values = isPeriodic ? period.moves : parts.map(({ move }) => move);
        return (
          <Bars
            key={title}
            title={title}
            label={`${title}: ${signed(moved)} ${moved > 0 ? '▲' : moved < 0 ? '▼' : ''}`}
            values={values}
            unit={unit}
            colour={colour}
          />
        );
      })}
    </figure>
  );
}

interface BarsProps {
  title: string;
  label: string;
  values: readonly number[];
  unit: number;
  colour: string;
  text?: readonly string[];
}

function Bars({ title, label, values, unit, colour, text = [] }: BarsProps) {
  const most = Math.max(1e-300, ...values.map(Math.abs).filter(Number.isFinite));
  const height = (v: number) => (Number.isFinite(v) ? (Math.abs(v) / most) * (ROW / 2 - 4) : ROW / 2 - 4);
  const described = values.length <= 60 ? values.map((v) => short(v, 2)).join(', ') : `${values.length} values`;
  return (
    <div class="bars" style={{ '--colour': `var(--${colour})` }}>
      <span>{label}</span>
      <svg viewBox={`0 0 ${WIDTH} ${ROW}`} role="img" aria-label={`${title}, in order: ${described}`}>
        <line x1="0" x2={unit * values.length} y1={ROW / 2} y2={ROW / 2} />
        {values.map((v, i) => (
          <rect
            key={i}
            class={v > 0 ? 'up' : 'down'}
            x={i * unit + unit * 0.15}
            width={unit * 0.7}
            y={v > 0 ? ROW / 2 - height(v) : ROW / 2}
            height={height(v)}
          />
        ))}
        {text.map((name, i) => (
          <text key={i} x={(i + 0.5) * unit} y={values[i] > 0 ? ROW / 2 + 13 : ROW / 2 - 5}>
            {name}
          </text>
        ))}
      </svg>
    </div>
  );
}

const PAD = { left: 34, right: 8, top: 8, bottom: 30 };
const MAP = { width: 480, height: 250 };

/** Where Adam goes, by C and β2. A click sets both. */
export function DriftMapPlot() {
  const map = theoremRun.value?.map;
  const { theorem: name } = ranTheorem.value;
  if (!map || !theoremRun.value?.ranges) return null;
  const { C, b2 } = theoremSettings(ranTheorem.value);
  const { isLog, isWhole, min, max } = theoremOf(name).settings.C;
  const [width, height] = [MAP.width - PAD.left - PAD.right, MAP.height - PAD.top - PAD.bottom];
  const cell = { width: width / map.b2.length, height: height / map.C.length };
  const scale = (v: number) => (isLog ? Math.log(v) : v);
  // Rows are evenly spaced on the axis of C: the first one at the bottom.
  const toY = (v: number) => {
    const share = (scale(v) - scale(min)) / (scale(max) - scale(min));
    return PAD.top + height - (share * (map.C.length - 1) + 0.5) * cell.height;
  };
  const toX = (v: number) => PAD.left + v * width;
  const rects: JSX.Element[] = [];
  map.cells.forEach((row, i) => {
    for (let from = 0; from < row.length; ) {
      let to = from;
      while (to < row.length && row[to] === row[from]) to++;
      if (row[from] > 0)
        rects.push(
          <rect
            key={`${i} ${from}`}
            class={row[from] === 2 ? 'proved' : 'wrong-way'}
            x={PAD.left + from * cell.width}
            y={PAD.top + height - (i + 1) * cell.height}
            width={(to - from) * cell.width}
            height={cell.height}
          />,
        );
      from = to;
    }
  });
  const ticks = map.C.filter((_, i) => (i % 7 === 0 && i < map.C.length - 4) || i === map.C.length - 1);
  const pick = (event: MouseEvent) => {
    // The shown map may still be that of another problem.
    if (theorem.value.theorem !== name) return;
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const [x, y] = [
      ((event.clientX - box.left) / box.width) * MAP.width,
      ((event.clientY - box.top) / box.height) * MAP.height,
    ];
    const row = Math.floor((PAD.top + height - y) / cell.height);
    const next = Math.min(0.9999, Math.max(0.001, Number(((x - PAD.left) / width).toFixed(3))));
    const at = map.C[Math.min(map.C.length - 1, Math.max(0, row))];
    change({ settings: { ...theorem.value.settings, C: isWhole ? Math.round(at) : at, b2: next } });
  };
  const known = mapRows(map).filter(({ wrong }) => wrong > 0);
  return (
    <figure class="map">
      <figcaption>
        Where Adam goes in the long run, by C and β2{' '}
        <span class="keys">
          <span>
            <i class="proved" /> wrong, proved
          </span>
          <span>
            <i class="wrong-way" /> wrong
          </span>
        </span>
      </figcaption>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the sliders of C and β2 do the same by keys. */}
      <svg
        viewBox={`0 0 ${MAP.width} ${MAP.height}`}
        role="img"
        aria-label={`Map of C and β2: Adam goes the wrong way for ${known.length} of ${map.C.length} values of C at small β2. The table below has the edges. Here C is ${short(C)} and β2 is ${short(b2)}.`}
        onClick={pick}
      >
        <rect class="ground" x={PAD.left} y={PAD.top} width={width} height={height} />
        {rects}
        {ticks.map((v) => (
          <text key={v} class="y" x={PAD.left - 5} y={toY(v) + 4}>
            {short(v, 2)}
          </text>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((v) => (
          <text key={v} x={toX(v)} y={MAP.height - PAD.bottom + 14}>
            {v}
          </text>
        ))}
        <text x={toX(0.5)} y={MAP.height - 3}>
          β2
        </text>
        <text x={7} y={PAD.top + 0.65 * height}>
          C
        </text>
        <circle cx={toX(b2)} cy={toY(C)} r="6" />
      </svg>
    </figure>
  );
}
