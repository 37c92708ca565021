// The records of a run: <out>/<optimizer>.jsonl, one JSON object on each line.
//
//   first line      kind 'run': everything that determines the run, and where it ran
//   next lines      kind 'epoch', one for each epoch
//   last line       kind 'end': how it ended; missing if the process was killed
//
// A resumed run adds a line of kind 'resume', then more epochs and another 'end'. An epoch that --max-steps cut short and a
// resumed run completed has two lines; the second replaces the first. node/jsonLines.ts adds a checksum to each line, and the
// number of the format to the first. The checks of all fields are in checks.ts.
//
// JSON has no infinity: a bound or quantile that is infinite, or the logarithm of zero, is null.

/** The value of a hyper-parameter that the command line can set. */
export type HyperValue = number | boolean | string | number[];
/** Hyper-parameters by the library's names. */
export type Hyper = Record<string, HyperValue>;

/** The quantiles that are recorded of log10 of the rates, including the schedule's factor. */
export const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;
/** Quantiles of log10 of the rates, one for each of QUANTILES. */
export type Distribution = (number | null)[];

/** The rates of some elements at one step. raw: before the clip; clipped: after it, as the step used them. */
export interface Rates {
  raw: Distribution;
  clipped: Distribution;
  /** How many elements have a raw rate below lo, above hi, and between them. */
  floor: number;
  ceiling: number;
  free: number;
}

/** What the optimizer did at one step. lo and hi include the schedule, as the rates do. */
export interface Snapshot {
  step: number;
  lo: number;
  hi: number | null;
  schedule: number;
  all: Rates;
  /** By parameter name. */
  layers: Record<string, Rates>;
}

/** What determines a run, and where it ran. */
export interface RunRecord {
  kind: 'run';
  boundgrad: string;
  command: string;
  date: string;
  optimizer: string;
  title: string;
  about: string;
  /** Every hyper-parameter; given: the names of those that were set on the command line. */
  hyper: Hyper;
  given: string[];
  seed: number;
  epochs: number;
  /** The number of steps after which it ends early; null: none. */
  maxSteps: number | null;
  batchSize: number;
  evalEvery: number;
  schedule: string;
  labelSmoothing: number;
  /** Augmentations of the training images, in order. */
  augment: string[];
  /** The loss. Missing in records of version 0.1: cross-entropy. */
  loss?: string;
  classWeights?: string;
  /** The options for steps and weights, each missing unless it was given: batches of a step; the largest norm of the gradients; the
   *  factor on the lr after epochs without a lower test loss; the number of these epochs that ends the run; averaged weights; the
   *  weights of the best epoch. */
  accumulate?: number;
  clipNorm?: number;
  reduceOnPlateau?: { patience: number; factor: number };
  earlyStopping?: number;
  average?: string;
  keepBest?: boolean;
  model: string;
  parameters: number;
  layers: { name: string; shape: number[] }[];
  data: {
    name: string;
    train: number;
    test: number;
    shape: number[];
    /** The number of classes; 0 if values are predicted. */
    classes: number;
    trainBatches?: number[];
    /** Whether the classes are the tokens of a text. Default: false. */
    tokens?: true;
    /** The variance of the values of the test set, as the loss sees them; missing if there are classes. */
    variance?: number;
    /** The columns of values to predict, and the standard deviation by which each was divided: 1 if it was not. Missing for other data,
     *  and in records of earlier versions. */
    targets?: { name: string; deviation: number }[];
    /** The share of the test samples that are of the most frequent class; missing if values are predicted, and in records of earlier
     *  versions. */
    mostFrequent?: number;
    /** Which part of how many is the test set, in cross-validation. */
    fold?: number;
    folds?: number;
  };
  /** On the test set, before the first step: the same for every optimizer of a seed. */
  initial: { testLoss: number; testAccuracy: number | null };
  quantiles: readonly number[];
  device: { cpu: string; cores: number; platform: string; node: string };
  backend: string;
  threads: number;
  via: Record<string, string>;
}

/** A run is resumed. */
export interface ResumeRecord {
  kind: 'resume';
  command: string;
  date: string;
  /** Steps taken before. */
  step: number;
  epochs: number;
  maxSteps: number | null;
  /** Notes for the user: another engine, build or backend than before; damaged checkpoints. */
  notes: string[];
}

/** One epoch of a run. */
export interface EpochRecord {
  kind: 'epoch';
  epoch: number;
  /** Steps taken so far. */
  step: number;
  /** The loss of the epoch's first batch, before its step. */
  firstLoss: number;
  /** The mean loss of the epoch's batches, each before its step. */
  loss: number;
  /** Null if values are predicted, or with a loss that is not of logits. */
  trainAccuracy: number | null;
  /** On the whole test set after the epoch, in evaluation mode; null if --eval-every skips it. */
  testLoss: number | null;
  testAccuracy: number | null;
  /** The time of the training steps alone. */
  seconds: number;
  imagesPerSecond: number;
  /** At the epoch's last step; in the first epoch also at steps 1, 2, 4, .. */
  rates: Snapshot[];
  /** The lr of the last step, times its schedule; absent in records of earlier versions. */
  lr?: number;
  /** The mean norm of the steps' gradients; absent if one is not finite, and in records of earlier versions. */
  gradNorm?: number;
  /** What the net wrote after the epoch; absent if it was not trained on a text, if the epoch had no test, or if the line was lost. */
  sample?: string;
}

/** How a run ended. */
export interface EndRecord {
  kind: 'end';
  outcome: 'finished' | 'diverged' | 'interrupted';
  /** Why it ended before its last step; else ''. Of a finished run: why --early-stopping ended it. */
  note: string;
  /** Where it diverged: `the output of layer conv1`, `the gradient of fc.weight`; else null. */
  where: string | null;
  step: number;
  /** The epoch whose weights were saved; missing without keepBest, and before the first evaluation. */
  saved?: number;
  /** The whole time, with evaluation and the time before it was resumed. */
  seconds: number;
}

/** Any line of a run's file. */
export type LineRecord = RunRecord | EpochRecord | ResumeRecord | EndRecord;

/** One optimizer's records. */
export interface Run {
  run: RunRecord;
  epochs: EpochRecord[];
  end: EndRecord;
}
