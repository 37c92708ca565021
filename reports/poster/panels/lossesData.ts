// The numbers that panel 7 reads from its records.
import type { Hyper } from '../../record.js';
import { type Done, type Online, runs, trainings } from '../task.js';
import { accuracyAtEnd } from './trainings.js';

/** The L of L x^2 / 2. */
export const CURVATURES = [1, 3, 10, 30, 100, 300, 1000, 3000];
export const OPTIM = ['sgdm', 'adam', 'adabound'];
/** Beyond this distance a run has diverged. */
export const FAR = 1e6;
/** The optimizers that run on Rosenbrock's function. */
export const WAYS: { name: string; optim: string; hyper: Hyper }[] = [
  { name: 'Adam', optim: 'adam', hyper: {} },
  { name: 'AdaBound', optim: 'adabound', hyper: {} },
  { name: 'AdaBound to 0.01', optim: 'adabound', hyper: { finalLr: 0.01 } },
  { name: 'SGDM 0.001', optim: 'sgdm', hyper: { lr: 0.001 } },
];

/** An optimizer's distance from 0 at the end, by rising curvature. */
export function ends(done: readonly Done[], optim: string): { curvature: number; x: number | null }[] {
  return runs(done, 'quadratic')
    .filter(({ task }) => task.optim === optim)
    .map(({ task, result }) => {
      const x = result.points.at(-1)!.x[0];
      return { curvature: task.params.curvature, x: x === null ? null : Math.abs(x) };
    })
    .sort((a, b) => a.curvature - b.curvature);
}

/** Rosenbrock's function at each point of a run. */
export function heights({ result }: Done<Online>): (number | null)[] {
  return result.points.map(({ x: [x, y] }) =>
    x === null || y === null ? null : 100 * (y - x * x) ** 2 + (1 - x) ** 2,
  );
}

/** The run of one of WAYS, by its name. */
export function way(done: readonly Done[], name: string): Done<Online> | undefined {
  const { optim, hyper } = WAYS.find((w) => w.name === name)!;
  return runs(done, 'rosenbrock').find(({ task }) => task.optim === optim && task.hyper.finalLr === hyper.finalLr);
}

/** Test accuracies at a batch size, one value for each seed. */
export function sized(done: readonly Done[], optim: string, batchSize: number): (number | null)[] {
  return trainings(done, optim)
    .filter(({ task }) => task.batchSize === batchSize)
    .map(accuracyAtEnd);
}
