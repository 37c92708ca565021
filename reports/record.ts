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

/** The recorded quantiles of log10 of the rates, which include the schedule's factor. */
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
  /** The schedule's factor on the lr. */
  schedule: number;
  all: Rates;
  /** By parameter name. */
  layers: Record<string, Rates>;
}

/** What determines a run, and where it ran. */
export interface RunRecord {
  kind: 'run';
  /** The version. */
  boundgrad: string;
  command: string;
  /** When it started, in ISO format. */
  date: string;
  /** The optimizer's key: adabound. */
  optimizer: string;
  /** The optimizer's title, AdaBound, and what it is, in one sentence. */
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
  /** Epochs from one test to the next. */
  evalEvery: number;
  schedule: string;
  labelSmoothing: number;
  /** Augmentations of the training images, in order. */
  augment: string[];
  /** The loss. Missing in records of version 0.1: cross-entropy. */
  loss?: string;
  classWeights?: string;
  /** The options for steps and weights. Each is missing unless it was given. accumulate: batches per step. clipNorm: the largest norm of
   *  the gradients. reduceOnPlateau: the factor on the lr after `patience` epochs without a lower test loss. earlyStopping: the number of
   *  such epochs that ends the run. average: the kind of averaged weights. keepBest: whether the weights of the best epoch are saved. */
  accumulate?: number;
  clipNorm?: number;
  reduceOnPlateau?: { patience: number; factor: number };
  earlyStopping?: number;
  average?: string;
  keepBest?: boolean;
  model: string;
  /** The number of weights. */
  parameters: number;
  layers: { name: string; shape: number[] }[];
  data: {
    name: string;
    /** The numbers of training and test samples. */
    train: number;
    test: number;
    /** The shape of a sample. */
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
    /** The share of the most frequent class among the test samples; missing if values are predicted, and in records of earlier
     *  versions. */
    mostFrequent?: number;
    /** In cross-validation: the test set is part `fold` of `folds` parts. */
    fold?: number;
    folds?: number;
    /** Missing in records of earlier versions. train: of the training samples as the net sees them. test: of the indices of the test samples
     *  in the whole data set, and of their classes; the preparation of samples does not change it. */
    checksums?: { train: string; test: string };
  };
  /** On the test set, before the first step: the same for every optimizer of a seed. */
  initial: { testLoss: number; testAccuracy: number | null };
  quantiles: readonly number[];
  device: { cpu: string; cores: number; platform: string; node: string };
  backend: string;
  threads: number;
  /** What ran matmul and conv2d last, by these names. */
  via: Record<string, string>;
}

/** A call of the command, as a line of a file of results. It computed the results on the lines that follow. */
export interface SessionRecord {
  kind: 'session';
  /** The version. */
  boundgrad: string;
  command: string;
  /** When it started, in ISO format. */
  date: string;
  device: RunRecord['device'];
}

/** A run was resumed. */
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

/** The most losses that an epoch's record has. */
export const LOSSES = 50;

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
  /** Training samples per second, images or others. */
  imagesPerSecond: number;
  /** At the epoch's last step; in the first epoch also at steps 1, 2, 4, .. */
  rates: Snapshot[];
  /** The lr of the last step, times its schedule; absent in records of earlier versions. */
  lr?: number;
  /** The mean norm of the steps' gradients; absent if one is not finite, and in records of earlier versions. */
  gradNorm?: number;
  /** At most LOSSES mean losses, of equally many steps each (the last perhaps of fewer), with the last step of each; absent in records of
   *  earlier versions, and in records restored from a checkpoint. */
  losses?: [step: number, loss: number][];
  /** The text that the net generated after the epoch; absent if it was not trained on a text, if the epoch had no test, or if the record was
   *  restored from a checkpoint. */
  sample?: string;
}

/** The limits of what `Tested` holds. */
export const TESTED = {
  /** The most classes of a confusion matrix. */
  classes: 50,
  /** Bins of the calibration. */
  bins: 10,
  /** Wrongly classified images, and the largest number of their rows and columns. */
  images: 24,
  size: 32,
  /** Cells of the plane, along each axis. */
  cells: 48,
  /** Points: of the plane, and of predicted values. */
  points: 200,
} as const;

/** What a trained net does on the test set, with the weights that the run saved. */
export interface Tested {
  /** The names of the classes; absent if values are predicted, or with more than TESTED.classes of them. */
  classes?: string[];
  /** `confusion[i][j]`: samples of class i that the net assigns to class j. */
  confusion?: number[][];
  /** By equal bins of the probability of the answer: samples, their mean probability and their share of right answers. */
  calibration?: { samples: number; confidence: number; right: number }[];
  /** The wrong answers with the highest probability, the highest first. pixels: base64 of the bytes, channel by channel, each
   *  row by row. */
  wrong?: { channels: number; height: number; width: number; images: WrongImage[] };
  /** The answers on a grid, if the inputs are two numbers. */
  plane?: Plane;
  /** The columns of values to predict: for some samples the true and the predicted value, in the column's unit. */
  values?: { name: string; points: [truth: number, predicted: number][] }[];
}

/** An image that a net classified wrongly. */
export interface WrongImage {
  truth: number;
  answer: number;
  /** The probability of the answer. */
  confidence: number;
  pixels: string;
}

/** The answers on a grid over the plane of inputs. */
export interface Plane {
  /** The inputs at the edges of the grid. */
  x: [from: number, to: number];
  y: [from: number, to: number];
  /** Of TESTED.cells^2 cells, rows from the smallest y on: the class of each as a digit, 0 to 9. */
  answers: string;
  /** Their probability in tenths, rounded down, at most 9: one digit each. */
  confidences: string;
  /** Some test samples: x, y and class. */
  points: [x: number, y: number, label: number][];
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
  /** What the trained net does on the test set; absent unless the run finished, and in records of earlier versions. */
  tested?: Tested;
  /** The whole time, with evaluation and the time before it was resumed. */
  seconds: number;
}

/** Any line of a run's file. */
export type LineRecord = RunRecord | EpochRecord | ResumeRecord | EndRecord;

/** One optimizer's records. */
export interface Run {
  /** The folder that it is from, if runs of several folders are shown together. */
  from?: string;
  run: RunRecord;
  epochs: EpochRecord[];
  end: EndRecord;
}
