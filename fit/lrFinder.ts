// The range test of learning rates: the loss while the lr grows from step to step.
//
//   lr_i = from (to / from)^(i / (steps - 1))
//   s_i  = (1 - b) sum_(j <= i) b^(i - j) loss_j / (1 - b^(i + 1))      b = 0.9: the smoothed loss
//
// The test ends after the first step with s_i > min s + 3 |min s|, or at a loss or gradient that is not finite. If the losses are
// positive, the limit is 4 min s, as in fastai. The lr to use is the one before the minimum of s at which s falls fastest as a
// function of log lr.
// Source: Smith 2017, arXiv 1506.01186.
import { checkFiniteNumber, checkInteger, checkOptions, must, ValueError } from '../core/index.js';
import { DataLoader } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { modesOf } from '../nn/modes.js';
import type { Optimizer } from '../optim/index.js';
import { checkOptimizer } from '../optim/optimizer.js';
import { checkMeasures, checkModel, checkOwner } from './checks.js';
import { Diverged } from './nonFinite.js';
import { pause } from './pause.js';
import { randomsOf } from './state.js';
import { takeStep } from './step.js';
import { type AnyInputs, defaultLoss, type Forward, type Loss } from './task.js';
import { inTurn } from './turns.js';
import { copyWeights, disposeWeights } from './weights.js';

const SMOOTHING = 0.9;
const RISE = 3;

/** Data, optimizer and range of `lrFinder`. */
export interface LrFinderOptions<M extends Module<any> = any> {
  /** The training batches; a new pass begins when they are used up. */
  train: DataLoader<any>;
  /** The optimizer, over the model's parameters. */
  optimizer: Optimizer<any>;
  /** The first lr. Default: 1e-7. */
  from?: number;
  /** The last lr. Default: 10. */
  to?: number;
  /** The number of steps, at least 5. Default: 100. */
  steps?: number;
  /** The loss, as in `fit`. Default: cross-entropy for classes, the mean square error for values. */
  loss?: Loss;
  /** Returns the mean loss of a batch from the model and the batch, in place of `loss`; as in `fit`. */
  forward?: Forward<M>;
}

/** A step of the range test. */
export interface LrPoint {
  /** The lr of the step, of the optimizer's first group. */
  lr: number;
  /** The mean loss of the step's batch, before the step. */
  loss: number;
  /** The loss, smoothed over the steps so far. */
  smoothed: number;
}

/** The result of `lrFinder`. */
export interface LrRange {
  /** The lr at which the smoothed loss falls fastest before its minimum; null if the minimum is the first or second step. */
  lr: number | null;
  /** Every step whose loss and gradients were finite, for a chart. */
  points: LrPoint[];
}

/** Trains some steps with a growing lr. Returns the loss of each, and the lr to use. Then model, optimizer, random streams and the loader
 *  are again as they were; the gradients of the optimizer's parameters are set to null. Groups keep the ratios of their lr. Their
 *  `schedule` does not act, but a schedule in the optimizer's rule does, such as AdaGrad's lrDecay.
 *  Throws ValueError if an argument is wrong. */
export async function lrFinder<M extends Module<any>>(model: M, options: LrFinderOptions<M>): Promise<LrRange> {
  return inTurn('lrFinder', model, () => findNow(model, options));
}

async function findNow<M extends Module<any>>(model: M, options: LrFinderOptions<M>): Promise<LrRange> {
  const what = 'lrFinder';
  checkModel(what, model);
  checkOptions(what, options, ['train', 'optimizer', 'from', 'to', 'steps', 'loss', 'forward']);
  const { train, optimizer, from = 1e-7, to = 10, steps = 100 } = options;
  if (!(train instanceof DataLoader))
    throw new ValueError(`${what}: train must be a DataLoader: new DataLoader(data, { batchSize: 32 })`);
  checkOptimizer(what, optimizer);
  checkOwner(what, model, options);
  checkMeasures(what, options);
  checkFiniteNumber(`${what}: from`, from);
  checkFiniteNumber(`${what}: to`, to);
  must(from > 0 && from < to, `${what}: from`, `positive and below to, ${to}`, from);
  checkInteger(`${what}: steps`, steps, 5);
  const { paramGroups } = optimizer;
  const [{ lr: first }] = paramGroups;
  if (paramGroups.some(({ baseLr }) => baseLr === 0) || first === 0)
    throw new ValueError(`${what}: a group has an lr of 0, which cannot grow: create the optimizer with a positive lr`);
  const wasEval = optimizer.isEval;
  optimizer.train();
  const restore = remember(model, optimizer, train);
  const ratios = paramGroups.map(({ lr }) => lr / first);
  for (const group of paramGroups) group.schedule = undefined;
  const points: LrPoint[] = [];
  const task = { loss: options.loss ?? defaultLoss(train.dataset), forward: options.forward };
  try {
    model.train();
    const batches = endless(train);
    let [sum, weight, least] = [0, 0, Infinity];
    for (let i = 0; i < steps; i++) {
      const lr = from * (to / from) ** (i / (steps - 1));
      paramGroups.forEach((group, g) => (group.lr = lr * ratios[g]));
      const { value } = await batches.next();
      const { loss } = await takeStep(model, optimizer, [value!], { ...task, countsRight: false, clip: null });
      sum = SMOOTHING * sum + (1 - SMOOTHING) * loss;
      weight = SMOOTHING * weight + (1 - SMOOTHING);
      const smoothed = sum / weight;
      points.push({ lr, loss, smoothed });
      least = Math.min(least, smoothed);
      if (smoothed > least + RISE * Math.abs(least)) break;
      await pause();
    }
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
  } finally {
    restore();
    if (wasEval) optimizer.eval();
  }
  return { lr: steepest(points), points };
}

/** The `lr` of LrRange. The slope at a step is the difference of its neighbours, so the first step has none. */
function steepest(points: readonly LrPoint[]): number | null {
  let [least, slope, lr]: [number, number, number | null] = [0, 0, null];
  points.forEach((p, i) => {
    if (p.smoothed < points[least].smoothed) least = i;
  });
  for (let i = 1; i < least; i++) {
    const change = points[i + 1].smoothed - points[i - 1].smoothed;
    if (change < slope) [slope, lr] = [change, points[i].lr];
  }
  return lr;
}

/** Yields the batches of a loader, pass after pass. */
async function* endless(train: DataLoader<any>): AsyncGenerator<AnyInputs, void, undefined> {
  for (;;) yield* train;
}

/** Returns a function that gives model, optimizer, random streams and the loader the state that they have now. */
function remember(model: Module<any>, optimizer: Optimizer<any>, train: DataLoader<any>): () => void {
  const weights = copyWeights(model.stateDict());
  const { tensors, meta } = optimizer.stateDict();
  const state = { tensors: copyWeights(tensors), meta: structuredClone(meta) };
  const groups = optimizer.paramGroups.map((group) => ({ group, lr: group.lr, schedule: group.schedule }));
  const randoms = [...randomsOf(model).values()].map((random) => ({ random, state: random.state() }));
  const restoreModes = modesOf(model);
  const { epoch } = train;
  return () => {
    // First what cannot fail: no error may leave the test's lr or modes behind.
    for (const { group, lr, schedule } of groups) Object.assign(group, { lr, schedule });
    for (const { random, state } of randoms) random.load(state);
    restoreModes();
    train.epoch = epoch;
    optimizer.zeroGrad();
    try {
      model.loadStateDict(weights);
    } finally {
      optimizer.loadStateDict(state);
    }
    for (const copies of [weights, state.tensors]) disposeWeights(copies);
  };
}
