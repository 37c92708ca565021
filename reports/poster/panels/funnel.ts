// Panel 1: the funnel. lo(t) and hi(t) converge to one rate; between them lie the rates of a real net, step by step.

import { html } from '../../html/html.js';
import type { Figure, Funnel } from '../figure.js';
import type { Panel } from '../panel.js';
import { middles, type NetRates, quantileOfUsed, sizeOf } from '../rates.js';
import { type Done, trainings } from '../task.js';
import { type Finding, type Outcome, verdict } from '../verdict.js';

/** 1 - b1: converts a rate of averaged momentum to heavy-ball units. */
const HEAVY = 0.1;

export const funnel: Panel = {
  key: 'funnel',
  title: 'AdaBound begins as Adam and ends as SGD',
  words:
    'AdaBound clips each rate between two bounds. At first they are wide and change few rates, as in Adam; in the end both equal a*, the final rate, as in SGD. A larger γ closes them faster. Adam is another run on the same batches.',
  equation: html`<span>lo(t) = a* (1 − 1/(γt + 1)),</span> <span>hi(t) = a* (1 + 1/(γt))</span>`,
  criterion:
    'Supported if the bounds leave at least half of the rates unchanged at the first step, and at most a tenth at the last; contradicted if they leave less than a tenth unchanged at the first step, or more than half at the last; otherwise inconclusive.',
  tasks: ({ funnel, hyper }) =>
    (['adabound', 'adam'] as const).map((optim) => ({ ...funnel, optim, hyper: hyper[optim], seed: 1 })),
  verdict: (done) => verdict([find(snapshotsOf(done, 'adabound'))]),
  figures(done) {
    const [bounded, adam] = ['adabound', 'adam'].map((optim) => snapshotsOf(done, optim));
    return bounded.length === 0 ? [] : [...course(bounded, adam), moments(bounded, adam)];
  },
};

function snapshotsOf(done: readonly Done[], optim: string): NetRates[] {
  return trainings(done, optim)[0]?.result.looks ?? [];
}

function freeShare({ free, used }: NetRates): number {
  return free / sizeOf(used);
}

function find(snapshots: NetRates[]): Finding {
  const claim = 'AdaBound’s bounds turn Adam into SGD within this run';
  if (snapshots.length < 2) return { claim, outcome: 'inconclusive', numbers: 'not run' };
  const [first, last] = [snapshots[0], snapshots.at(-1)!];
  const [a, b] = [freeShare(first), freeShare(last)];
  const outcome: Outcome = a >= 0.5 && b <= 0.1 ? 'supported' : a < 0.1 || b > 0.5 ? 'contradicted' : 'inconclusive';
  const share = (x: number) => `${(100 * x).toFixed(1)} %`;
  const bounds = `from [${round(first.lo)}, ${round(first.hi)}] to [${round(last.lo)}, ${round(last.hi)}]`;
  return {
    claim,
    outcome,
    numbers: `unchanged by the clip: ${share(a)} at step ${first.step}, ${share(b)} at step ${last.step}; bounds ${bounds}`,
  };
}

function round(x: number | null): string {
  return x === null ? '∞' : String(Number(x.toPrecision(3)));
}

/** The distributions that the slider selects from. */
function moments(bounded: NetRates[], adam: NetRates[]): Funnel {
  const shares = (counts: number[]) => counts.map((n) => Number((n / sizeOf(counts)).toFixed(5)));
  return {
    kind: 'funnel',
    id: 'funnel-moments',
    title: 'The rates at one step',
    about: find(bounded).numbers,
    heavy: HEAVY,
    rates: middles(),
    other: 'Adam',
    moments: bounded.map((snapshot) => {
      const { step, lo, hi, used, rate } = snapshot;
      const there = adam.find((a) => a.step === step);
      return {
        step,
        lo,
        hi,
        free: freeShare(snapshot),
        used: shares(used),
        rate: shares(rate),
        other: there ? shares(there.used) : [],
      };
    }),
  };
}

/** The bounds and the rates by step: medians and the middle 90 %. */
function course(bounded: NetRates[], adam: NetRates[]): Figure[] {
  const values = bounded.map(({ step }) => step);
  const at = (snapshots: NetRates[], p: number) =>
    values.map((step) => {
      const snapshot = snapshots.find((s) => s.step === step);
      return snapshot ? quantileOfUsed(snapshot, p) : null;
    });
  const band = (snapshots: NetRates[]) => ({
    y: at(snapshots, 0.5),
    low: at(snapshots, 0.05),
    high: at(snapshots, 0.95),
  });
  return [
    {
      kind: 'lines',
      id: 'funnel-course',
      title: 'Bounds and rates by step: medians and the middle 90 %',
      about: find(bounded).numbers,
      x: { label: 'step t', log: true, values },
      y: { label: 'rate', log: true },
      series: [
        ...(adam.length ? [{ name: 'Adam', colour: 'adam', ...band(adam) }] : []),
        { name: 'AdaBound', colour: 'adabound', ...band(bounded) },
        { name: 'hi(t)', colour: 'ink', thin: true, y: bounded.map(({ hi }) => hi) },
        { name: 'lo(t)', colour: 'ink', thin: true, y: bounded.map(({ lo }) => lo) },
      ],
    },
  ];
}
