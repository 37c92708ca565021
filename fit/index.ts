export { VERSION } from '../core/index.js';
export type { BuiltIn } from '../models/builtIn.js';
export type { Callback, EpochReport, LoadedTensors, Resumed, StepReport, Training } from './callback.js';
export { type AverageWeightsOptions, averageWeights } from './callbacks/averageWeights.js';
export { type EarlyStoppingOptions, earlyStopping } from './callbacks/earlyStopping.js';
export { type KeepBest, type KeepBestOptions, keepBest } from './callbacks/keepBest.js';
export type { Monitor, MonitorOptions } from './callbacks/monitor.js';
export { type ProgressOptions, progress } from './callbacks/progress.js';
export { type ReduceOnPlateauOptions, reduceOnPlateau } from './callbacks/reduceOnPlateau.js';
export {
  type Checkpoint,
  type Checkpoints,
  type Position,
  parseCheckpoint,
  type Settings,
  serializeCheckpoint,
} from './checkpoint.js';
export type { Description, OwnFile } from './description.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export { fit } from './fit.js';
export { type GenerateOptions, generate } from './generate.js';
export type { LayerDescription } from './layers.js';
export { type LoadOptions, loadModel } from './loadModel.js';
export { type LrFinderOptions, type LrPoint, type LrRange, lrFinder } from './lrFinder.js';
export type { Metric } from './measure.js';
export type { CalibrationBin, Classification, ClassMeasures } from './metrics/classification.js';
export type { Regression, ValueMeasures } from './metrics/regression.js';
export { Diverged } from './nonFinite.js';
export type { FitOptions, History } from './options.js';
export { type DecayGroup, type ParameterGroupsOptions, parameterGroups } from './parameterGroups.js';
export type { Sums } from './runningSums.js';
export type { CanvasPixels, Samples } from './samples.js';
export type { Clip } from './step.js';
export type { Forward, Loss } from './task.js';
export {
  type ClassPrediction,
  type Prediction,
  type PredictOptions,
  predictor,
  type TrainedModel,
  type ValuePrediction,
} from './trainedModel.js';
export { updateBatchNorm } from './updateBatchNorm.js';
export type { Json } from './validate.js';
