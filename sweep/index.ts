export type { Draw } from './draw.js';
export {
  type Comparison,
  type Difference,
  type Judgement,
  type JudgeOptions,
  judge,
  type MethodSummary,
} from './judge.js';
export type { Config, Range, Space, Value } from './space.js';
export type { Interval } from './statistics.js';
export {
  type Job,
  type Outcome,
  type Result,
  type RunTrial,
  type Sweep,
  type SweepOptions,
  sweep,
} from './sweep.js';
export type { Json, Task, Trial } from './task.js';
