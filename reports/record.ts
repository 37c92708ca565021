// What a run leaves behind: <out>/<optimizer>.jsonl, one JSON object a line.
//
//   first line         kind 'run': everything the run is determined by, and where it ran
//   a line an epoch    kind 'epoch'
//   last line          kind 'end': how it ended; missing where the process was killed
//
// Lines are only added: a run that goes on has kind 'resume' behind what there was, an 'end' or not, and then more epochs
// and another 'end'. An epoch comes once; if twice, as its part that --max-steps had left and as the whole.
//
// JSON has no infinity: where a bound or a quantile is infinite, or the logarithm of zero, the value is null.

/** The value of a hyper-parameter that the command line can set. */
export type HyperValue = number | boolean | string | number[];
/** Hyper-parameters by the library's names. */
export type Hyper = Record<string, HyperValue>;

/** The quantiles of a distribution of rates, and what they are of: log10 of the rate times the schedule. */
export const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;
export type Distribution = (number | null)[];

/** The rates of some elements at one step. raw: before the clip; clipped: after it, as the step used them. */
export interface Rates {
  raw: Distribution;
  clipped: Distribution;
  /** Elements whose raw rate lay below lo, above hi, and between. */
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

export interface RunRecord {
  kind: 'run';
  boundgrad: string;
  command: string;
  date: string;
  optimizer: string;
  title: string;
  about: string;
  /** Every hyper-parameter, and the names of those that were given. */
  hyper: Hyper;
  given: string[];
  seed: number;
  epochs: number;
  /** Where it ends before them; null where it does not. */
  maxSteps: number | null;
  batchSize: number;
  evalEvery: number;
  schedule: string;
  labelSmoothing: number;
  /** Random changes of the training images, in their order. */
  augment: string[];
  model: string;
  parameters: number;
  layers: { name: string; shape: number[] }[];
  data: { name: string; train: number; test: number; shape: number[]; classes: number; trainBatches?: number[] };
  /** On the test set, before the first step: the same for every optimizer of a seed. */
  initial: { testLoss: number; testAccuracy: number };
  quantiles: readonly number[];
  device: { cpu: string; cores: number; platform: string; node: string };
  backend: string;
  threads: number;
  via: Record<string, string>;
}

/** Where a run goes on. */
export interface ResumeRecord {
  kind: 'resume';
  command: string;
  date: string;
  /** Steps that lie behind it. */
  step: number;
  epochs: number;
  maxSteps: number | null;
  /** Sentences: other engines, builds or backends than before; checkpoints that were damaged. */
  notes: string[];
}

export interface EpochRecord {
  kind: 'epoch';
  epoch: number;
  /** Steps taken so far. */
  step: number;
  /** Of the epoch's first batch, before its step. */
  firstLoss: number;
  /** Mean over the epoch's batches, each as it was before its step: a running figure. */
  loss: number;
  trainAccuracy: number;
  /** On the whole test set after the epoch, in evaluation mode; null where --eval-every left it out. */
  testLoss: number | null;
  testAccuracy: number | null;
  /** Of the training steps alone. */
  seconds: number;
  imagesPerSecond: number;
  /** In the first epoch at steps 1, 2, 4, .. as well; then at the epoch's last step. */
  rates: Snapshot[];
}

export interface EndRecord {
  kind: 'end';
  outcome: 'finished' | 'diverged' | 'interrupted';
  note: string;
  /** Where it diverged: `the output of conv1`, `the gradient of fc.weight`; else null. */
  where: string | null;
  step: number;
  /** Everything, evaluation included, and what came before it went on. */
  seconds: number;
}

export type LineRecord = RunRecord | EpochRecord | ResumeRecord | EndRecord;

/** One optimizer's records. */
export interface Run {
  run: RunRecord;
  epochs: EpochRecord[];
  end: EndRecord;
}
