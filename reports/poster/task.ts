// What a panel asks to be run. A task is plain JSON and decides its result: the same task need not be run twice, whatever
// panel asks for it, and may be run in another process.

import type { Hyper } from '../record.js';
import type { NetRates } from './rates.js';

/** Trains a model and looks at its test set, and at the optimizer's rates. */
export interface Training {
  kind: 'training';
  model: string;
  data: string;
  /** Training images, the first of the set; null for all. */
  images: number | null;
  /** Whether two by two pixels are made one. */
  halved: boolean;
  augment: string[];
  /** By its key, with what is not as by default. */
  optim: string;
  hyper: Hyper;
  seed: number;
  epochs: number;
  batchSize: number;
  /** Epochs after which the rate is a tenth of what it was. */
  milestones: number[];
  /** Test after every so many epochs, and the last. */
  evalEvery: number;
  /** When to look at the rates: never, at the last step, or also at steps 1, 2, 3, 5, 10, 20, 30, 50, .. */
  looks: 'none' | 'last' | 'often';
}

export interface Epoch {
  epoch: number;
  /** Running figures of the epoch. */
  loss: number;
  accuracy: number;
  /** After it. */
  testLoss: number | null;
  testAccuracy: number | null;
}

export interface TrainingResult {
  outcome: 'finished' | 'diverged';
  /** Why it diverged. */
  note: string;
  parameters: number;
  /** Images in training and in testing. */
  train: number;
  test: number;
  steps: number;
  epochs: Epoch[];
  looks: NetRates[];
}

/** Runs an optimizer's rule on an online problem, in paper form unless `hyper` says otherwise. */
export interface Online {
  kind: 'online';
  /** A name of problems.ts, with its parameters. */
  problem: string;
  params: Record<string, number>;
  optim: string;
  hyper: Hyper;
  T: number;
}

/** The books after step t. What is infinite or no number is null. */
export interface Point {
  t: number;
  x: (number | null)[];
  regret: number | null;
  /** R_t / t; of the mean losses where they are drawn. */
  average: number | null;
  /** Theorem 4's bound on the regret, as published and as corrected. */
  published: number | null;
  corrected: number | null;
}

export interface OnlineResult {
  points: Point[];
}

export type Task = Training | Online;
export type Result = TrainingResult | OnlineResult;

/** A task that was run. */
export interface Done<T extends Task = Task> {
  kind: 'task';
  task: T;
  result: T extends Training ? TrainingResult : OnlineResult;
  seconds: number;
}

/** A task as text, the same for the same task. */
export function keyOf(task: Task): string {
  return JSON.stringify(task, (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** The trainings among what was run, or those of some optimizers. */
export function trainings(done: readonly Done[], ...optim: string[]): Done<Training>[] {
  const all = done.filter((d): d is Done<Training> => d.task.kind === 'training');
  return optim.length ? all.filter((d) => optim.includes(d.task.optim)) : all;
}

/** The runs on an online problem. */
export function runs(done: readonly Done[], problem: string): Done<Online>[] {
  return done.filter((d): d is Done<Online> => d.task.kind === 'online' && d.task.problem === problem);
}
