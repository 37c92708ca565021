// Panel 3: the rates at the end of training: of sampled weights and biases as the poster's heat map, of all as a histogram.

import type { Heat } from '../../charts/figure.js';
import { dashOf } from '../../charts/palette.js';
import { count } from '../../format.js';
import { html } from '../../html/html.js';
import type { Figure } from '../figure.js';
import type { Panel } from '../panel.js';
import { EXTREME, middles, type NetRates, quantileOfUsed, SAMPLED, sizeOf } from '../rates.js';
import { type Done, trainings } from '../task.js';
import { type Finding, type Outcome, verdict } from '../verdict.js';
import { titleOf } from './trainings.js';

const THREE = ['adam', 'amsgrad', 'adabound'] as const;
/** The least share of elements with extreme rates that counts: one in ten thousand. */
const SOME = 1e-4;
/** The log10 that an infinite rate has in the heat map: beyond its scale, so the cell has the last colour. */
const INFINITE = 8;

export const extremes: Panel = {
  key: 'extremes',
  title: 'Adam’s rates become extreme, AdaBound’s do not',
  words:
    'At the end of training each weight has its own rate. With Adam, the poster found some below 0.01 and some above 1,000. AMSGrad can only lower large rates; AdaBound clips at both ends.',
  equation: html`rate<sub>i</sub> = clip( <i>α</i> c<sub>t</sub> / (√v<sub>t,i</sub> + <i>ε</i>), lo(t), hi(t) )`,
  criterion:
    'Rates are those of the authors’ code, which does not divide them by √t. Adam: supported if at least one weight in 10,000 is below 0.01 and at least one in 10,000 is above 1,000; contradicted if one side has none; otherwise inconclusive. AdaBound: supported if no rate is beyond either limit.',
  tasks: ({ nets: [{ base }], hyper }) => THREE.map((optim) => ({ ...base, optim, hyper: hyper[optim], seed: 1 })),
  verdict: (done) => verdict([ofAdam(lastSnapshot(done, 'adam')), ofBound(lastSnapshot(done, 'adabound'))]),
  figures(done) {
    const snapshots = THREE.flatMap((optim) => {
      const snapshot = lastSnapshot(done, optim);
      // Only the record of the last step has layers. A training that diverged has no such record.
      return snapshot?.layers ? [{ optim, title: titleOf(optim), snapshot }] : [];
    });
    return snapshots.length ? [heat(snapshots), ...histogram(snapshots)] : [];
  },
};

interface TitledSnapshot {
  optim: string;
  title: string;
  snapshot: NetRates;
}

function lastSnapshot(done: readonly Done[], optim: string): NetRates | undefined {
  return trainings(done, optim)[0]?.result.looks.at(-1);
}

function ofAdam(snapshot: NetRates | undefined): Finding {
  const claim = 'Adam ends with some rates below 0.01 and some above 1,000';
  if (!snapshot) return { claim, outcome: 'inconclusive', numbers: 'not run' };
  const { low, high } = snapshot.extreme;
  const least = Math.min(low, high) / sizeOf(snapshot.used);
  const outcome: Outcome = least >= SOME ? 'supported' : least === 0 ? 'contradicted' : 'inconclusive';
  return { claim, outcome, numbers: shares(snapshot) };
}

function ofBound(snapshot: NetRates | undefined): Finding {
  const claim = 'AdaBound ends with no rate below 0.01 or above 1,000';
  if (!snapshot) return { claim, outcome: 'inconclusive', numbers: 'not run' };
  const { low, high } = snapshot.extreme;
  return { claim, outcome: low + high === 0 ? 'supported' : 'contradicted', numbers: shares(snapshot) };
}

/** The shares of extreme rates, in both units. */
function shares({ extreme, used }: NetRates): string {
  const share = (n: number) => (n === 0 ? '0 %' : `${((100 * n) / sizeOf(used)).toPrecision(2)} %`);
  const { low, high, lowRelative, highRelative } = extreme;
  return `${share(low)} of the rates are below ${EXTREME.low}, ${share(high)} above ${count(EXTREME.high)}; of the rates divided by the learning rate, ${share(lowRelative)} and ${share(highRelative)}`;
}

function heat(snapshots: TitledSnapshot[]): Heat {
  const names = snapshots[0].snapshot.layers!.map(({ name }) => name);
  const cells = (name: string, snapshot: NetRates) => {
    const used = snapshot.layers!.find((layer) => layer.name === name)?.used ?? [];
    return Array.from({ length: SAMPLED }, (_, k) =>
      k < used.length ? (used[k] === null ? INFINITE : Math.log10(used[k])) : null,
    );
  };
  const rows = names.map((name) => ({ name, cells: snapshots.flatMap(({ snapshot }) => cells(name, snapshot)) }));
  // Whole powers of ten around the values, from 1e-4 to 1e4 at most; at least a factor of 1000 unless the upper limit cuts it.
  const all = rows.flatMap((row) => row.cells).filter((v) => v !== null);
  const from = Math.max(-4, Math.floor(Math.min(...all)));
  const to = Math.min(4, Math.max(from + 3, Math.ceil(Math.max(...all))));
  const ticks = [from, to].map((at) => ({ at, text: String(Number((10 ** at).toPrecision(1))) }));
  return {
    kind: 'heat',
    id: 'extremes-heat',
    title: 'Rates of sampled weights and biases at the end',
    about: snapshots.map(({ title, snapshot }) => `${title}: ${shares(snapshot)}`).join('. '),
    heads: snapshots.map(({ title }) => ({ text: title, columns: SAMPLED })),
    rows,
    scale: { from, to, ticks, label: 'rate; the same elements of each layer for every optimizer' },
  };
}

function histogram(snapshots: TitledSnapshot[]): Figure[] {
  const rates = middles();
  const seen = rates.map((_, i) => snapshots.some(({ snapshot }) => snapshot.used[i] > 0));
  const [from, to] = [seen.indexOf(true), seen.lastIndexOf(true) + 1];
  const about = snapshots
    .map(
      ({ title, snapshot }) =>
        `${title}: half of the weights between ${middle(snapshot, 0.25)} and ${middle(snapshot, 0.75)}`,
    )
    .join('; ');
  return [
    {
      kind: 'lines',
      id: 'extremes-histogram',
      title: 'All rates at the end, five bins per power of ten',
      about,
      x: { label: 'rate', log: true, values: rates.slice(Math.max(0, from - 1), to + 1) },
      y: { label: 'share of weights', percent: true },
      series: snapshots.map(({ optim, title, snapshot }) => ({
        name: title,
        colour: optim,
        dash: dashOf(optim),
        y: snapshot.used.slice(Math.max(0, from - 1), to + 1).map((n) => n / sizeOf(snapshot.used)),
      })),
    },
  ];
}

function middle(snapshot: NetRates, p: number): string {
  return String(Number(quantileOfUsed(snapshot, p).toPrecision(2)));
}
