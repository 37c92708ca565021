// The bounded step over a million parameters in one tensor. AdaBound reads and writes x, m and v, and only reads g: 28 bytes per
// parameter, if it passes over them once. The loop that defines the step (optim/step.ts) is timed on a million too.
import { AdaBound, boundedStep, mul, noProgress, type Optimizer, optimizers, randn, scalarsAt, scope } from 'boundgrad';
import { persist } from 'boundgrad/core';
import { type Case, rate, type Suite, timed } from '../case.js';

const PARAMETERS = 1e6;
const BYTES = 28;

function both(name: string, run: () => void): Case {
  const million = rate(`${name}/parameters`, 'M parameters/s', PARAMETERS / 1e6);
  return { rates: [rate(name, 'GB/s', (BYTES * PARAMETERS) / 1e9), million], run };
}

/** An optimizer of one persistent tensor, like those of layers, with a gradient that backward made. */
function stepOf(Class: (typeof optimizers)[string]): Optimizer<any> {
  const p = persist(randn([PARAMETERS], { requiresGrad: true }));
  scope(() =>
    mul(p, randn([PARAMETERS]))
      .sum()
      .backward(),
  );
  return new Class([p], { lr: 1e-6 });
}

export const updates: Suite = function* () {
  const adabound = stepOf(AdaBound);
  const [x, g, m, v] = Array.from({ length: 4 }, () => new Float32Array(PARAMETERS).fill(0.01));
  const rule = AdaBound.rule({ lr: 1e-6 });
  const progress = noProgress();
  yield [
    both('adabound/step', () => adabound.step()),
    both('adabound/loop', () => boundedStep(x, g, m, v, null, scalarsAt(rule, progress, 1))),
  ];
  yield ['sgdm', 'adam', 'amsgrad', 'amsbound'].map((key) => {
    const optimizer = stepOf(optimizers[key]);
    return timed(`${key}/step/parameters`, 'M parameters/s', PARAMETERS / 1e6, () => optimizer.step());
  });
};
