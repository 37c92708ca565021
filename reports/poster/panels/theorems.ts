// Panel 4: problems on which Adam's average regret does not vanish: theorems 1, 2 and 3, and the cycle by Reddi et al.

import type { Lines } from '../../charts/figure.js';
import { colourName, dashOf } from '../../charts/palette.js';
import { html } from '../../html/html.js';
import type { Hyper } from '../../record.js';
import type { Figure } from '../figure.js';
import type { Panel } from '../panel.js';
import { type Done, type Online, runs } from '../task.js';
import { type Finding, verdict } from '../verdict.js';
import { short, titleOf } from './trainings.js';

/** A problem and its hyper-parameters. limit: the regret per step of staying at the wrong end, x = +1. */
interface Case {
  problem: string;
  title: string;
  params: Record<string, number>;
  T: number;
  lr: number;
  betas: [number, number];
  limit: number;
}

const cases: Case[] = [
  { problem: 'cycle', title: 'Reddi’s cycle', params: { C: 4 }, T: 30_000, lr: 0.1, betas: [0, 1 / 17], limit: 4 / 3 },
  { problem: 'theorem1', title: 'Theorem 1', params: { C: 8 }, T: 32_000, lr: 0.1, betas: [0, 0.5], limit: 2 / 8 },
  { problem: 'theorem2', title: 'Theorem 2', params: { C: 20 }, T: 400_000, lr: 0.1, betas: [0.5, 0.5], limit: 2 / 20 },
  {
    problem: 'theorem3',
    title: 'Theorem 3',
    params: { C: 100, delta: 1, seed: 1 },
    T: 200_000,
    lr: 0.1,
    betas: [0, 0.9],
    limit: 2,
  },
];
const OPTIM = ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound'];

export const theorems: Panel = {
  key: 'theorems',
  title: 'Adam fails on simple convex problems',
  words:
    'There are convex problems, with one number between −1 and 1 to choose at each step, on which Adam goes to the wrong end and stays there. AdaBound, AMSBound, AMSGrad and SGD go to the right end, and their average regret tends to 0.',
  equation: html`R<sub>T</sub>/T = 1/T ∑<sub>t ≤ T</sub> f<sub>t</sub>(x<sub>t</sub>) − f<sub>t</sub>(x*)`,
  criterion:
    'For each problem: supported if Adam’s R/T at the last step is above half of the cost of x = +1, and every other optimizer’s is below it and has fallen over the last factor of ten in steps; contradicted if Adam’s is below; otherwise inconclusive.',
  tasks: () => cases.flatMap((c) => OPTIM.map((optim) => taskOf(c, optim))),
  verdict: (done) => verdict(cases.map((c) => find(c, runs(done, c.problem)))),
  figures: (done) => cases.flatMap((c) => draw(c, runs(done, c.problem))),
};

function taskOf({ problem, params, T, lr, betas }: Case, optim: string): Online {
  const [beta1, beta2] = betas;
  const bound = { lr, betas: [...betas], finalLr: 0.1, gamma: 1 - beta2 };
  const hypers: Record<string, Hyper> = {
    sgdm: { lr, momentum: beta1, averaged: true },
    adam: { lr, betas: [...betas] },
    amsgrad: { lr, betas: [...betas] },
    adabound: bound,
    amsbound: bound,
  };
  return { kind: 'online', problem, params, optim, hyper: hypers[optim], T };
}

/** The claim about one problem. */
function find({ title, limit }: Case, done: Done<Online>[]): Finding {
  const claim = `${title}: Adam’s average regret stays high, that of the others falls`;
  const ends = done.map(({ task, result: { points } }) => {
    const last = points.at(-1)!;
    const before = points.find(({ t }) => t >= last.t / 10)!;
    return { optim: task.optim, last: last.average, before: before.average };
  });
  const adam = ends.find(({ optim }) => optim === 'adam');
  const others = ends.filter(({ optim }) => optim !== 'adam');
  const numbers = `average regret at the end: ${ends.map((e) => `${titleOf(e.optim)} ${short(e.last)}`).join(', ')}; half of the cost of x = +1 is ${short(limit / 2)}`;
  if (!adam || adam.last === null || others.length < OPTIM.length - 1)
    return { claim, outcome: 'inconclusive', numbers };
  if (adam.last < limit / 2) return { claim, outcome: 'contradicted', numbers };
  const good = others.every(
    ({ last, before }) => last !== null && before !== null && last < limit / 2 && last < before,
  );
  return { claim, outcome: good ? 'supported' : 'inconclusive', numbers };
}

function draw({ problem, title, T }: Case, done: Done<Online>[]): Figure[] {
  if (done.length === 0) return [];
  const values = done[0].result.points.map(({ t }) => t);
  const lines = (of: 'average' | 'x') =>
    done.map(({ task, result }) => ({
      name: titleOf(task.optim),
      colour: colourName(task.optim),
      dash: dashOf(task.optim),
      // SGDM often lies under AdaBound.
      under: task.optim === 'sgdm',
      y: result.points.map((p) => (of === 'x' ? p.x[0] : p.average !== null && p.average > 0 ? p.average : null)),
    }));
  const ends = done.map(({ task, result }) => {
    const { average, x } = result.points.at(-1)!;
    return `${titleOf(task.optim)} ${short(average)} at x = ${short(x[0])}`;
  });
  const x = { label: 'step t', log: true, values };
  const about = `After ${T.toLocaleString('en-US')} steps: ${ends.join('; ')}.`;
  const regret: Lines = {
    kind: 'lines',
    id: `${problem}-regret`,
    title: `${title}: average regret`,
    about,
    x,
    y: { label: 'average regret', log: true },
    series: lines('average'),
  };
  const point: Lines = {
    kind: 'lines',
    id: `${problem}-x`,
    title: `${title}: where x is; −1 is best`,
    about,
    x,
    y: { label: 'x' },
    series: lines('x'),
  };
  return [regret, point];
}
