// Panel 2: Adam is fast, SGD with momentum generalizes.

import { percent } from '../../format.js';
import { html } from '../../html/html.js';
import type { Panel } from '../panel.js';
import type { Recipe } from '../recipe.js';
import type { Done, Training } from '../task.js';
import { exceeds, mean, verdict } from '../verdict.js';
import { accuracyAtEnd, byEpoch, endsOf, epochsOf, inNats, sampleOf, short } from './trainings.js';

const PAIR = ['adam', 'sgdm'] as const;

export const fast: Panel = {
  key: 'fast',
  title: 'Adam is faster at first, SGDM is better at the end',
  words:
    'Adam gives every weight its own rate, and its loss falls fast at first. SGD with momentum has one rate for all, is slower, and is said to do better on unseen images. Both start from the same weights and see the same batches.',
  equation: html`<span>Adam: Δ<i>x</i> = −<i>α</i> m̂ / (√v̂ + <i>ε</i>)</span> <span>SGDM: Δ<i>x</i> = −<i>α</i> <i>m</i></span>`,
  criterion:
    'Fast: the training loss over the first quarter of the epochs. Good: the test accuracy after the last epoch. Two optimizers differ if their means do, by more than twice the spread between seeds; otherwise the verdict is inconclusive.',
  tasks: ({ nets: [{ base, seeds }], hyper }: Recipe) =>
    seeds.flatMap((seed) => PAIR.map((optim) => ({ ...base, optim, hyper: hyper[optim], seed }))),
  verdict(done) {
    const [slow, quick] = [sampleOf(done, 'sgdm', early), sampleOf(done, 'adam', early)];
    const [adam, sgdm] = PAIR.map((optim) => sampleOf(done, optim, accuracyAtEnd));
    return verdict([
      inNats(exceeds('SGDM’s training loss is above Adam’s over the first quarter', slow, quick, short)),
      exceeds('SGDM’s test accuracy is above Adam’s at the end', sgdm, adam, percent),
    ]);
  },
  figures(done) {
    const x = { label: 'epoch', values: epochsOf(done) };
    const loss = byEpoch(done, PAIR, (e) => e.loss);
    const accuracy = byEpoch(done, PAIR, (e) => e.testAccuracy);
    if (loss.length === 0) return [];
    return [
      {
        kind: 'lines',
        id: 'fast-loss',
        title: 'Training loss',
        about: endsOf(loss, short),
        x,
        y: { label: 'training loss in nats' },
        series: loss,
      },
      {
        kind: 'lines',
        id: 'fast-accuracy',
        title: 'Test accuracy',
        about: endsOf(accuracy, percent),
        x,
        y: { label: 'test accuracy', percent: true },
        series: accuracy,
      },
    ];
  },
};

/** The mean training loss over the first quarter of the epochs, at least one; null if they were not all run. */
export function early({ task, result }: Done<Training>): number | null {
  const count = Math.max(1, Math.round(task.epochs / 4));
  return result.epochs.length < count ? null : mean(result.epochs.slice(0, count).map((e) => e.loss));
}
