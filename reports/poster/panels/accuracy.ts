// Panel 5: test accuracy of the six optimizers, net by net.

import type { Lines } from '../../charts/figure.js';
import { percent } from '../../format.js';
import { html } from '../../html/html.js';
import type { Panel } from '../panel.js';
import { SIX } from '../recipe.js';
import { type Done, trainings } from '../task.js';
import { exceeds, verdict } from '../verdict.js';
import { early } from './fast.js';
import { accuracyAtEnd, byEpoch, endsOf, epochsOf, inNats, sampleOf, short } from './trainings.js';

export const accuracy: Panel = {
  key: 'accuracy',
  title: 'AdaBound is fast at first and the most accurate at the end',
  words:
    'Six optimizers train each net from the same weights on the same batches. The paper claims that AdaBound is as fast as Adam at first and as good as SGD with momentum in the end.',
  equation: html`<span>Adam: lo, hi = 0, ∞</span> <span>AdaBound: lo, hi → a*</span> <span>SGDM: lo = hi = a*</span>`,
  criterion:
    'For each net there are three claims; each is inconclusive unless the means differ by more than twice the spread between seeds. AdaBound’s training loss over the first quarter of the epochs is below SGDM’s; its test accuracy after the last epoch is above Adam’s; and it is above SGDM’s, as in the paper’s table.',
  tasks: ({ nets, hyper }) =>
    nets.flatMap(({ base, seeds }) =>
      seeds.flatMap((seed) => SIX.map((optim) => ({ ...base, optim, hyper: hyper[optim], seed }))),
    ),
  verdict: (done) =>
    verdict(
      modelsOf(done).flatMap((model) => {
        const own = ofModel(done, model);
        const end = (optim: string) => sampleOf(own, optim, accuracyAtEnd);
        return [
          inNats(
            exceeds(
              `${model}: SGDM’s training loss is above AdaBound’s over the first quarter`,
              sampleOf(own, 'sgdm', early),
              sampleOf(own, 'adabound', early),
              short,
            ),
          ),
          exceeds(
            `${model}: AdaBound ends with a higher test accuracy than Adam`,
            end('adabound'),
            end('adam'),
            percent,
          ),
          exceeds(
            `${model}: AdaBound ends with a higher test accuracy than SGDM`,
            end('adabound'),
            end('sgdm'),
            percent,
          ),
        ];
      }),
    ),
  figures: (done) =>
    modelsOf(done).map((model): Lines => {
      const own = ofModel(done, model);
      const series = byEpoch(own, SIX, (e) => e.testAccuracy);
      return {
        kind: 'lines',
        id: `accuracy-${model}`,
        title: `Test accuracy, ${model}`,
        about: endsOf(series, percent),
        x: { label: 'epoch', values: epochsOf(own) },
        y: { label: 'test accuracy', percent: true },
        series,
      };
    }),
};

function modelsOf(done: readonly Done[]): string[] {
  return [...new Set(trainings(done).map(({ task }) => task.model))];
}

function ofModel(done: readonly Done[], model: string): Done[] {
  return trainings(done).filter(({ task }) => task.model === model);
}
