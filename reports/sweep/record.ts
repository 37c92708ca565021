// The files of a sweep.
//
//   results.jsonl   the result of each run that has ended, with what computed it and its time; before the results of each call, a session record
//   sweep.json      what determines the results, and the results: the same bytes however often the sweep was interrupted
import type { Comparison, Judgement, MethodSummary } from '../../sweep/judge.js';
import type { Config, Space } from '../../sweep/space.js';
import type { Outcome } from '../../sweep/sweep.js';
import type { Json } from '../../sweep/task.js';
import type { RunRecord } from '../record.js';

/** The scores of a run are accuracies. */
export interface RunOutcome extends Outcome {
  /** Why it diverged; else ''. */
  note: string;
  epochs: { loss: number; validationLoss: number; validationAccuracy: number }[];
}

/** The kernels that computed a result: results of two builds may differ in their last bits. */
export interface Build {
  backend: string;
  via: Record<string, string>;
}

/** One result. */
export interface ResultRecord {
  kind: 'result';
  id: string;
  method: string;
  config: Config;
  seed: number;
  /** The epochs that it was trained for. */
  budget: number;
  outcome: RunOutcome;
  build: Build;
  seconds: number;
  /** Who computed it, if not the machine of the session: a worker of a queue. */
  by?: { boundgrad: string; device: RunRecord['device'] };
}

/** What determines a run in addition to the optimizer, its configuration and the seed. The ids are hashes of these settings too. So a setting
 *  that a later version adds is left out if it has its default: the ids of earlier sweeps stay the same. */
export interface TaskSettings extends Record<string, Json> {
  model: string;
  data: string;
  trainBatches: number[] | null;
  augment: string[];
  /** The share of the training samples on which trials are chosen. */
  val: number;
  epochs: number;
  /** null: chosen by the number of samples. */
  batchSize: number | null;
  schedule: string;
  milestones: number[] | null;
  lrDecay: number;
  labelSmoothing: number;
  clipNorm: number | null;
}

/** A trial in sweep.json. */
export interface TrialRecord {
  method: string;
  number: number;
  config: Config;
  /** The epochs that every seed was trained for; 0: not run yet. */
  budget: number;
  runs: { id: string; seed: number; validation: number | null; test: number | null; note: string }[];
}

/** The content of sweep.json. */
export interface SweepFile {
  format: 1;
  boundgrad: string;
  sweep: {
    space: Space;
    draw: string;
    trials: number;
    seeds: number[];
    seed: number;
    halving: number | null;
    settings: TaskSettings;
  };
  /** The number of classes: a run that diverged counts with the accuracy of guessing, 1 / classes. */
  classes: number;
  /** The number of test samples: an accuracy is a multiple of 1 / testSamples. */
  testSamples: number;
  /** The builds that computed the results, each once. If there are several, the page and the terminal name them. */
  builds: string[];
  isComplete: boolean;
  trials: TrialRecord[];
  /** null: no trial was run with every seed yet. */
  judgement: Judgement | null;
}

export type { Comparison, Judgement, MethodSummary };
