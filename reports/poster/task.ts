// Tasks and their results. A task is plain JSON and determines its result, so it is run once even if several panels need it,
// and it may run in another process.

import type { Hyper } from '../record.js';
import type { NetRates } from './rates.js';

/** Trains a model, tests it, and records the optimizer's rates. */
export interface Training {
  kind: 'training';
  model: string;
  data: string;
  /** How many training images, from the start of the set; null: all. */
  images: number | null;
  /** Whether images are halved in size: 2 x 2 pixels become one, their mean. */
  halved: boolean;
  augment: string[];
  /** The optimizer's key. */
  optim: string;
  /** Its hyper-parameters that differ from the defaults. */
  hyper: Hyper;
  seed: number;
  epochs: number;
  batchSize: number;
  /** Epochs after which the rate is divided by 10. */
  milestones: number[];
  /** Test after each n-th epoch, and after the last. */
  evalEvery: number;
  /** When to record the rates: never, at the last step, or also at steps 1, 2, 3, 5, 10, 20, 30, 50, .. */
  looks: 'none' | 'last' | 'often';
}

/** One epoch of a training. */
export interface Epoch {
  epoch: number;
  /** Means over the epoch's batches, each before its step. */
  loss: number;
  accuracy: number;
  /** On the test set after the epoch; null if it was not tested. */
  testLoss: number | null;
  testAccuracy: number | null;
}

export interface TrainingResult {
  outcome: 'finished' | 'diverged';
  /** Why it diverged. */
  note: string;
  parameters: number;
  /** The numbers of training and test images. */
  train: number;
  test: number;
  steps: number;
  epochs: Epoch[];
  looks: NetRates[];
}

/** Runs an optimizer's rule on an online problem, in paper form unless `hyper` says otherwise. */
export interface Online {
  kind: 'online';
  /** A key of cli/poster/problems.ts, and its parameters. */
  problem: string;
  params: Record<string, number>;
  optim: string;
  hyper: Hyper;
  T: number;
}

/** The state after step t. null: infinite or NaN. */
export interface Point {
  t: number;
  x: (number | null)[];
  regret: number | null;
  /** R_t / t; with the mean losses if they are random. */
  average: number | null;
  /** Theorem 4's bound on the regret, as published and as corrected; null also if its conditions are not met. */
  published: number | null;
  corrected: number | null;
}

export interface OnlineResult {
  points: Point[];
}

export type Task = Training | Online;
export type Result = TrainingResult | OnlineResult;

/** A task with its result, as one line of a panel's file. */
export interface Done<T extends Task = Task> {
  kind: 'task';
  task: T;
  result: T extends Training ? TrainingResult : OnlineResult;
  seconds: number;
}

/** The steps of an online problem's points: from 1 to T, about twelve per power of ten. */
export function stepsTo(T: number): number[] {
  const count = Math.max(1, Math.ceil(12 * Math.log10(T)));
  return [...new Set(Array.from({ length: count + 1 }, (_, i) => Math.round(T ** (i / count))))];
}

/** A task as text: equal for equal tasks, in whatever order their entries are. */
export function keyOf(task: Task): string {
  return JSON.stringify(task, (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** The trainings among results; with `optim`, only trainings of these optimizers. */
export function trainings(done: readonly Done[], ...optim: string[]): Done<Training>[] {
  const all = done.filter((d): d is Done<Training> => d.task.kind === 'training');
  return optim.length ? all.filter((d) => optim.includes(d.task.optim)) : all;
}

/** The runs on one online problem among results. */
export function runs(done: readonly Done[], problem: string): Done<Online>[] {
  return done.filter((d): d is Done<Online> => d.task.kind === 'online' && d.task.problem === problem);
}
