// Conditions at which a program may stop a run, checked after each step: a rate was clipped, a direction changed its sign, ..
import { describeValue, type Tensor, ValueError } from '../../core/index.js';
import { checkNumber, isRecord } from '../arguments.js';
import { checkOptimizer, type Optimizer } from '../optimizer.js';
import type { Inspection } from './inspect.js';

/** A condition on one parameter's step. */
export interface Condition {
  /** Describes the event, such as 'a rate is clipped'. */
  what: string;
  /** Returns the row-major index of the first element where the condition holds, or -1. name: the name of the parameter. */
  find(seen: Inspection, name: string): number;
  /** `find` compares only parameters whose name contains this text; `breakWhen` refuses a text that no name contains. Default: all
   *  parameters are compared. */
  part?: string;
}

/** The first element where a condition held. */
export interface Hit {
  /** The number of the parameter's step, from 1. */
  step: number;
  /** The parameter's name. */
  name: string;
  /** The row-major index of the element. */
  index: number;
  /** What happened: `what` of the condition. */
  what: string;
  /** What the step did to the whole parameter. */
  seen: Inspection;
}

/** Returns the condition that the clip changes a rate: the rate is outside its bounds or, in AdaMod, above its own average. */
export const firstClip = (): Condition => ({
  what: 'a rate is clipped',
  find: ({ rate, clipped }) => rate.findIndex((r, i) => r < clipped[i] || r > clipped[i]),
});

/** Returns the condition that a rate n_t, after the clip and the schedule, is larger than `limit`. Throws ValueError if
 *  the limit is negative. */
export const rateBeyond = (limit: number): Condition => {
  checkNumber('rateBeyond: the limit', limit, 0);
  return {
    what: `a rate exceeds ${limit}`,
    find: ({ clipped, schedule }) => clipped.findIndex((r) => r * schedule > limit),
  };
};

/** Returns the condition that a direction m changes its sign between two checks. Only parameters whose name contains
 *  `part` are compared. Default: '', all of them. */
export const signFlip = (part = ''): Condition => {
  if (typeof part !== 'string') throw new ValueError(`signFlip: part must be a text: got ${describeValue(part)}`);
  const before = new Map<string, Float64Array>();
  return {
    what: 'a direction changes its sign',
    part,
    find({ m }, name) {
      const last = before.get(name);
      if (name.includes(part)) before.set(name, m);
      return last ? m.findIndex((d, i) => d * last[i] < 0) : -1;
    },
  };
};

/** Returns a function to call after each step. It resolves to the first hit, in the order of parameters, then
 *  conditions; null if no condition holds. Parameters that have not been stepped are skipped. Throws ValueError unless
 *  `conditions` is a non-empty list of conditions, and if a condition compares no parameter of the optimizer. */
export function breakWhen(optimizer: Optimizer<any>, conditions: readonly Condition[]): () => Promise<Hit | null> {
  checkOptimizer('breakWhen', optimizer);
  if (!Array.isArray(conditions))
    throw new ValueError(`breakWhen: conditions must be a list: got ${describeValue(conditions)}; pass [firstClip()]`);
  const odd = conditions.findIndex((c) => !isRecord(c) || typeof c.find !== 'function');
  if (odd >= 0) {
    const got = describeValue(conditions[odd]);
    throw new ValueError(`breakWhen: condition ${odd} is not { what, find }: got ${got}; firstClip() makes one`);
  }
  if (conditions.length === 0) throw new ValueError('breakWhen: no conditions: the list is empty');
  const names = named(optimizer).map(([name]) => name);
  const idle = conditions.find(({ part = '' }) => !names.some((name) => name.includes(part)));
  if (idle) throw new ValueError(`breakWhen: no parameter has '${idle.part}' in its name: one of ${names.join(', ')}`);
  return async () => {
    let hit: Hit | null = null;
    const { steps } = optimizer;
    for (const [name, param] of named(optimizer)) {
      if (!optimizer.hasStepped(param)) continue;
      const seen = await optimizer.inspect(param);
      if (optimizer.steps !== steps)
        throw new ValueError(`breakWhen: the optimizer took a step before the check of step ${steps} ended; await it`);
      // After a hit the other conditions are called too, because some keep values for the next check.
      for (const { what, find } of conditions) {
        const index = find(seen, name);
        checkNumber(`breakWhen: what find of '${what}' returns`, index);
        if (index >= 0) hit ??= { step: seen.step, name, index, what, seen };
      }
    }
    return hit;
  };
}

/** Every parameter of an optimizer with its name. */
export function named(optimizer: Optimizer<any>): [string, Tensor][] {
  return optimizer.paramGroups.flatMap(({ params, names }) =>
    params.map((p: Tensor, i: number): [string, Tensor] => [names[i], p]),
  );
}
