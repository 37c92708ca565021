export {
  type Callback,
  type EarlyStoppingOptions,
  type EpochReport,
  earlyStopping,
  type Resumed,
  type StepReport,
  type Training,
} from './callback.js';
export { type Checkpoint, type Position, parseCheckpoint, serializeCheckpoint } from './checkpoint.js';
export { type EvaluateOptions, type Evaluation, evaluate, type Loss } from './evaluate.js';
export { type Checkpoints, type FitOptions, fit, type History } from './fit.js';
export { Diverged } from './nonFinite.js';
export type { Clip } from './step.js';
export { VERSION } from './version.js';
