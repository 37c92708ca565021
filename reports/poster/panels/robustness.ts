// Panel 6: how accuracy depends on the rate. SGDM over its step size; AdaBound over its final rate and gamma, and over its
// first and final rate.
//
// AdaBound averages its momentum, so with the final rate a* it ends as heavy ball with rate (1 - b1) a*. The two are compared, and drawn,
// by heavy-ball rate.

import type { Space } from '../../../sweep/space.js';
import { trialsOf } from '../../../sweep/task.js';
import type { Heat, Series } from '../../charts/figure.js';
import { percent } from '../../format.js';
import { html } from '../../html/html.js';
import type { Hyper } from '../../record.js';
import type { Figure } from '../figure.js';
import type { Panel } from '../panel.js';
import type { Recipe, Six } from '../recipe.js';
import { type Done, type Training, trainings } from '../task.js';
import { type Finding, mean, type Outcome, variance, verdict } from '../verdict.js';
import { accuracyAtEnd } from './trainings.js';

/** Heavy-ball rates. AdaBound's final rates are ten times these. */
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const HEAVY = 0.1;
const GAMMAS = [1e-3, 1e-2];
/** AdaBound's first rates, in the map. */
const FIRST = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2];
const finalOf = (heavy: number) => Number((heavy / HEAVY).toPrecision(3));

/** The grids, as spaces of sweeps. */
const finalLr = { values: RATES.map(finalOf) };
const OVER_RATES: Space = {
  sgdm: { lr: { values: RATES } },
  adabound: { lr: { values: [1e-3] }, finalLr, gamma: { values: GAMMAS } },
};
const OVER_BOTH: Space = { adabound: { lr: { values: FIRST }, finalLr, gamma: { values: [GAMMAS[0]] } } };

export const robustness: Panel = {
  key: 'robustness',
  title: 'AdaBound depends less on its rate than SGDM',
  words:
    'How much the test accuracy depends on the chosen rate: SGDM’s step size, and AdaBound’s final rate. The paper finds that AdaBound depends on it less. Its a* = 0.1 equals heavy ball at 0.01, so both are compared here over the same heavy-ball rates.',
  equation: html`<span>lo = hi = a*:</span> <span>heavy ball with rate (1 − β<sub>1</sub>) a*</span>`,
  criterion:
    'Over six heavy-ball rates from 0.001 to 0.3 the range is the best mean accuracy minus the worst; a diverged run counts with the accuracy of guessing, 10 %. Supported if AdaBound’s range, at the default γ, is smaller than SGDM’s by more than twice the spread between seeds; contradicted if it is larger by as much.',
  tasks: (recipe) => {
    const { seeds, map } = recipe.grid;
    return [...gridOf(OVER_RATES, recipe, seeds), ...(map ? gridOf(OVER_BOTH, recipe, seeds.slice(0, 1)) : [])];
  },
  verdict: (done) => verdict([find(done)]),
  figures: (done) => [...curves(done), ...map(done)],
};

/** A training for each point of a grid and each seed, the first seed first. */
function gridOf(space: Space, { grid: { base }, hyper }: Recipe, seeds: readonly number[]): Training[] {
  const trials = trialsOf(space, { draw: 'grid', trials: 1, seed: 0, seeds, settings: null });
  const tasks = trials.flatMap((trial) => trial.tasks).sort((a, b) => a.seed - b.seed);
  return tasks.map(({ method, config, seed }) => {
    return { ...base, optim: method, hyper: { ...hyper[method as Six], ...(config as Hyper) }, seed };
  });
}

type Which = (task: Training) => boolean;

const isSgdm =
  (rate: number): Which =>
  ({ optim, hyper }) =>
    optim === 'sgdm' && hyper.lr === rate;
const isBound =
  (rate: number, gamma: number, lr = 1e-3): Which =>
  ({ optim, hyper }) =>
    optim === 'adabound' && hyper.finalLr === finalOf(rate) && hyper.gamma === gamma && hyper.lr === lr;

/** Accuracies of the selected runs, one value for each seed; chance for a run that diverged. */
function values(done: readonly Done[], which: Which): number[] {
  return trainings(done)
    .filter(({ task }) => which(task))
    .map((d) => accuracyAtEnd(d) ?? 0.1);
}

function find(done: readonly Done[]): Finding {
  const claim = 'AdaBound’s accuracy depends on its final rate less than SGDM’s on its step size';
  const samples = [isSgdm, (rate: number) => isBound(rate, GAMMAS[0])].map((kind) =>
    RATES.map((rate) => values(done, kind(rate))),
  );
  const ranges = samples.map((sample) => {
    const means = sample.map(mean);
    return Math.max(...means) - Math.min(...means);
  });
  const [sgdm, bounded] = ranges;
  const points = (x: number) => percent(x).replace('%', 'points');
  const said = `range ${points(sgdm)} for SGDM, ${points(bounded)} for AdaBound`;
  if (samples.flat().some((s) => s.length < 2)) {
    return { claim, outcome: 'inconclusive', numbers: `${said}; two seeds of each are needed` };
  }
  const spread = Math.sqrt(mean(samples.flat().map(variance)));
  const apart = Math.abs(sgdm - bounded) > 2 * spread;
  const outcome: Outcome = !apart ? 'inconclusive' : bounded < sgdm ? 'supported' : 'contradicted';
  return { claim, outcome, numbers: `${said}; twice the spread is ${points(2 * spread)}` };
}

function curves(done: readonly Done[]): Figure[] {
  if (trainings(done).length === 0) return [];
  const line = (name: string, colour: string, dash: number, kind: (rate: number) => Which): Series => {
    const at = RATES.map((rate) => values(done, kind(rate)));
    const each = (of: (v: number[]) => number) => at.map((v) => (v.length ? of(v) : null));
    return { name, colour, dash, y: each(mean), low: each((v) => Math.min(...v)), high: each((v) => Math.max(...v)) };
  };
  const series = [
    line('SGDM', 'sgdm', 0, isSgdm),
    ...GAMMAS.map((gamma, i) => line(`AdaBound γ ${gamma}`, 'adabound', i, (rate) => isBound(rate, gamma))),
  ];
  return [
    {
      kind: 'lines',
      id: 'robustness-rates',
      title: 'Test accuracy by rate',
      about: series
        .map(
          ({ name, y }) =>
            `${name}: ${y.map((v, i) => `${v === null ? 'none' : percent(v)} at ${RATES[i]}`).join(', ')}`,
        )
        .join('; '),
      x: {
        label: 'heavy-ball rate: SGDM’s lr, (1 − β1) a*',
        log: true,
        values: RATES,
        second: { label: 'averaged: a*', factor: 1 / HEAVY },
      },
      y: { label: 'test accuracy', percent: true },
      series,
    },
  ];
}

function map(done: readonly Done[]): Heat[] {
  const [gamma] = GAMMAS;
  const rows = FIRST.map((lr) => {
    const found = RATES.map((rate) => values(done, isBound(rate, gamma, lr))[0] ?? null);
    return { name: `lr ${lr}`, cells: found, text: found.map((v) => (v === null ? '' : (100 * v).toFixed(1))) };
  });
  const all = rows.flatMap(({ cells }) => cells).filter((v) => v !== null);
  if (all.length < RATES.length * FIRST.length) return [];
  const [from, to] = [Math.min(...all), Math.max(...all)];
  return [
    {
      kind: 'heat',
      id: 'robustness-map',
      title: 'AdaBound: test accuracy in per cent by first rate and final rate',
      about: `From ${percent(from)} to ${percent(to)}; ${all.filter((v) => v > to - 0.02).length} of ${all.length} within two points of the best.`,
      heads: RATES.map((rate) => ({ text: `a* ${finalOf(rate)}`, columns: 1 })),
      rows,
      scale: {
        from,
        to,
        ticks: [from, to].map((at) => ({ at, text: percent(at) })),
        label: 'test accuracy, first seed',
      },
    },
  ];
}
