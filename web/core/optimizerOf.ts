// The optimizer of a rule, and the error of a state that cannot be run.
import { BoundgradError, type Optimizer, optimizers, type Tensor } from '../../index.js';
import { checkSteps, classOf } from './ownClass.js';
import { scheduleNamed } from './schedules.js';
import type { RuleChoice } from './state.js';

/** A part of a state that can be wrong. A number: the position of a rule. */
export type Where = 'formula' | 'data' | 'weight' | number;

/** The error for a state that cannot be run, for example because a hyper-parameter is out of range. */
export class StateError extends Error {
  override name = 'StateError';
  constructor(
    message: string,
    /** What to change: the formula, the data, the weight, or the rule at this position. */
    readonly where: Where,
  ) {
    super(message);
  }
}

/** Makes the optimizer of a rule. steps: the steps of the whole run, which its schedule spans. place: the rule's position.
 *  Throws StateError if a hyper-parameter is out of range. */
export function makeOptimizer(
  { key, hyper, schedule, own }: RuleChoice,
  params: readonly (readonly [name: string, p: Tensor])[],
  steps: number,
  place: number,
): Optimizer<any> {
  const options = { ...hyper, ...(schedule && { schedule: scheduleNamed(schedule, steps) }) };
  try {
    if (!own) return new optimizers[key](params, options);
    const Class = classOf(own);
    const optimizer = new Class(params, options);
    checkSteps(own.title, Class.rule(hyper), steps);
    return optimizer;
  } catch (error) {
    if (error instanceof BoundgradError) throw new StateError(error.message, place);
    throw error;
  }
}
