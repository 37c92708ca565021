export { AdaBound, AdaBoundW, AMSBound } from './adabound.js';
export { Adam, AdamW, AMSGrad } from './adam.js';
export { type Bounds, converging, fixed, free } from './bounds.js';
export { clipGradNorm, clipGradValue } from './clip.js';
export { type Explanation, explain } from './explain.js';
export type { Inspection } from './inspect.js';
export {
  type Common,
  type Group,
  type Optimizer,
  type OptimizerClass,
  type OptimizerState,
  optimizer,
  type Parameters,
} from './optimizer.js';
export { AdaGrad, RMSProp, RMSPropGraves } from './others.js';
export { type Histogram, Recorder, type RecorderOptions, type Row } from './recorder.js';
export { type OnlineProblem, type RegretOptions, type RegretPoint, type RegretResult, regret } from './regret.js';
export { type Beta, type Progress, type Rule, scalarsAt } from './rule.js';
export * from './schedule.js';
export { CSGD, SGDM } from './sgd.js';
export { boundedStep, clip, rateOf, type Scalars } from './step.js';
export { optimizers } from './table.js';
export * as theorems from './theorems.js';
export { breakWhen, type Condition, firstClip, type Hit, rateBeyond, signFlip } from './watch.js';
