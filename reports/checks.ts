// Checks the records of a run. A record comes from a file that anyone may have written: no field is used before its check.
import { DataError } from '../core/index.js';
import {
  amount,
  type Check,
  flag,
  integer,
  isTrue,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  recordOf,
  share,
  text,
} from '../fit/validate.js';
import {
  type Distribution,
  type EndRecord,
  type EpochRecord,
  type HyperValue,
  type LineRecord,
  LOSSES,
  QUANTILES,
  type Rates,
  type ResumeRecord,
  type RunRecord,
  type SessionRecord,
  type Snapshot,
} from './record.js';
import { tested } from './testedCheck.js';

/** The value of a hyper-parameter. */
export const hyperValue: Check<HyperValue> = (value, what) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return flag(value, what);
  return Array.isArray(value) ? listOf(number)(value, what) : number(value, what);
};

/** A processor and the system on it. */
export const device = objectOf<RunRecord['device']>({ cpu: text, cores: integer(1), platform: text, node: text });

/** A call of the command. */
export const session = objectOf<SessionRecord>({
  kind: oneOf('session'),
  boundgrad: text,
  command: text,
  date: text,
  device,
});

const distribution: Check<Distribution> = listOf(orNull(number), QUANTILES.length);
const rates = objectOf<Rates>({
  raw: distribution,
  clipped: distribution,
  floor: integer(0),
  ceiling: integer(0),
  free: integer(0),
});

/** The rates at one step. */
export const snapshot = objectOf<Snapshot>({
  step: integer(1),
  lo: amount,
  hi: orNull(amount),
  schedule: amount,
  all: rates,
  layers: recordOf(rates),
});

const run = objectOf<RunRecord>({
  kind: oneOf('run'),
  boundgrad: text,
  command: text,
  date: text,
  optimizer: text,
  title: text,
  about: text,
  hyper: recordOf(hyperValue),
  given: listOf(text),
  seed: integer(Number.MIN_SAFE_INTEGER),
  epochs: integer(1),
  maxSteps: orNull(integer(1)),
  batchSize: integer(1),
  evalEvery: integer(1),
  schedule: text,
  labelSmoothing: share,
  augment: listOf(text),
  loss: optional(text),
  classWeights: optional(text),
  accumulate: optional(integer(1)),
  clipNorm: optional(amount),
  reduceOnPlateau: optional(objectOf({ patience: integer(1), factor: share })),
  earlyStopping: optional(integer(1)),
  average: optional(text),
  keepBest: optional(flag),
  model: text,
  parameters: integer(0),
  layers: listOf(objectOf({ name: text, shape: listOf(integer(0)) })),
  data: objectOf<RunRecord['data']>({
    name: text,
    train: integer(1),
    test: integer(1),
    shape: listOf(integer(1)),
    classes: integer(0),
    trainBatches: optional(listOf(integer(1))),
    tokens: optional(isTrue),
    variance: optional(amount),
    targets: optional(listOf(objectOf({ name: text, deviation: amount }))),
    mostFrequent: optional(share),
    fold: optional(integer(1)),
    folds: optional(integer(2)),
    checksums: optional(objectOf({ train: text, test: text })),
  }),
  initial: objectOf<RunRecord['initial']>({ testLoss: number, testAccuracy: orNull(share) }),
  quantiles: listOf(number, QUANTILES.length),
  device,
  backend: text,
  threads: integer(1),
  via: recordOf(text),
});

/** The losses of parts of an epoch, by rising step. */
export const losses: Check<[number, number][]> = (value, what) => {
  const found = listOf(listOf(number, 2))(value, what) as [number, number][];
  const rises = found.every(([step], i) => Number.isSafeInteger(step) && step > (i ? found[i - 1][0] : 0));
  if (found.length <= LOSSES && rises) return found;
  throw new DataError(`${what}: must be at most ${LOSSES} losses by rising step; damaged?`);
};

const epoch = objectOf<EpochRecord>({
  kind: oneOf('epoch'),
  epoch: integer(1),
  step: integer(1),
  firstLoss: number,
  loss: number,
  trainAccuracy: orNull(share),
  testLoss: orNull(number),
  testAccuracy: orNull(share),
  seconds: amount,
  imagesPerSecond: amount,
  rates: listOf(snapshot),
  lr: optional(amount),
  gradNorm: optional(amount),
  losses: optional(losses),
  sample: optional(text),
});

const resume = objectOf<ResumeRecord>({
  kind: oneOf('resume'),
  command: text,
  date: text,
  step: integer(0),
  epochs: integer(1),
  maxSteps: orNull(integer(1)),
  notes: listOf(text),
});

const end = objectOf<EndRecord>({
  kind: oneOf('end'),
  outcome: oneOf('finished', 'diverged', 'interrupted'),
  note: text,
  where: orNull(text),
  step: integer(0),
  saved: optional(integer(1)),
  tested: optional(tested),
  seconds: amount,
});

const kinds = new Map<unknown, Check<LineRecord>>([
  ['run', run],
  ['epoch', epoch],
  ['resume', resume],
  ['end', end],
]);

/** A line of a run's journal. */
export const lineRecord: Check<LineRecord> = (value, what) => {
  const { kind } = Object(value) as { kind?: unknown };
  oneOf('run', 'epoch', 'resume', 'end')(kind, `${what}.kind`);
  return kinds.get(kind)!(value, what);
};
