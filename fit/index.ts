export { VERSION } from '../core/index.js';
export type { BuiltIn } from '../models/builtIn.js';
export {
  type Callback,
  type EarlyStoppingOptions,
  type EpochReport,
  earlyStopping,
  type Resumed,
  type StepReport,
  type Training,
} from './callback.js';
export {
  type Checkpoint,
  type Checkpoints,
  type Position,
  parseCheckpoint,
  type Settings,
  serializeCheckpoint,
} from './checkpoint.js';
export type { Description, OwnFile } from './description.js';
export { type EvaluateOptions, type Evaluation, evaluate, type Loss } from './evaluate.js';
export { fit } from './fit.js';
export { type LoadOptions, loadModel } from './loadModel.js';
export { Diverged } from './nonFinite.js';
export type { FitOptions, History } from './options.js';
export type { Sums } from './runningSums.js';
export type { CanvasPixels, Samples } from './samples.js';
export type { Clip } from './step.js';
export {
  type ClassPrediction,
  type Prediction,
  type PredictOptions,
  predictor,
  type TrainedModel,
  type ValuePrediction,
} from './trainedModel.js';
export type { Json } from './validate.js';
