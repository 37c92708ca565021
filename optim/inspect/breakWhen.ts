// Stopping a run where something happens: after each step, conditions look at what the step did.
import { type Tensor, ValueError } from '../../core/index.js';
import type { Optimizer } from '../optimizer.js';
import type { Inspection } from './inspect.js';

/** Looks at one parameter's step; returns the first element where its condition holds, or -1. */
export interface Condition {
  /** What it waits for, in words. */
  what: string;
  find(seen: Inspection, name: string): number;
}

/** Where a condition held. */
export interface Hit {
  step: number;
  name: string;
  /** The element, in row-major order. */
  index: number;
  what: string;
  seen: Inspection;
}

/** The first element that the bounds hold, at the floor or the ceiling. */
export const firstClip = (): Condition => ({
  what: 'a rate is clipped',
  find: ({ rate, lo, hi }) => rate.findIndex((r) => r < lo || r > hi),
});

/** A rate, after the clip and the schedule, beyond a limit. */
export const rateBeyond = (limit: number): Condition => {
  if (!(limit >= 0)) throw new ValueError(`rateBeyond: the limit must be at least 0: ${limit}`);
  return {
    what: `a rate exceeds ${limit}`,
    find: ({ clipped, schedule }) => clipped.findIndex((r) => r * schedule > limit),
  };
};

/** A direction m that changes its sign from one look to the next, of parameters whose name holds `part`. */
export const signFlip = (part = ''): Condition => {
  const before = new Map<string, Float64Array>();
  return {
    what: 'a direction changes its sign',
    find({ m }, name) {
      const last = before.get(name);
      if (name.includes(part)) before.set(name, m);
      return last ? m.findIndex((d, i) => d * last[i] < 0) : -1;
    },
  };
};

/** A watch over an optimizer: `await watch()` after each step gives the first hit, in the order of parameters and
 *  conditions, or null. Parameters that have not been stepped are passed over. */
export function breakWhen(optimizer: Optimizer<any>, conditions: readonly Condition[]): () => Promise<Hit | null> {
  if (conditions.length === 0) throw new ValueError('breakWhen: nothing to wait for: the list of conditions is empty');
  return async () => {
    let hit: Hit | null = null;
    for (const [name, param] of named(optimizer)) {
      if (!optimizer.hasStepped(param)) continue;
      const seen = await optimizer.inspect(param);
      // Every condition looks at every step, for some remember.
      for (const { what, find } of conditions) {
        const index = find(seen, name);
        if (index >= 0) hit ??= { step: seen.step, name, index, what, seen };
      }
    }
    return hit;
  };
}

/** An optimizer's parameters with their names. */
export function named(optimizer: Optimizer<any>): [string, Tensor][] {
  return optimizer.paramGroups.flatMap(({ params, names }) =>
    params.map((p: Tensor, i: number): [string, Tensor] => [names[i], p]),
  );
}
