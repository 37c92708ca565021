// The second room's computation: one step of one rule, equation by equation, and the same step with other bounds.
import {
  BoundgradError,
  type Bounds,
  boundedStep,
  type ExplainedLine,
  explain,
  fixed,
  free,
  type Optimizer,
  type Rule,
  scalarsAt,
  type Tensor,
} from '../../index.js';
import type { State } from './state.js';
import { Surface } from './surface.js';

/** What a rule with other bounds would do from the same state. */
export interface Alternative {
  /** Its bounds: the rule's own, none as Adam has, or both at a*, as SGD has. */
  kind: 'own' | 'free' | 'fixed';
  lo: number;
  hi: number;
  /** The rate after the clip and the schedule. */
  n: number;
  /** The next value. */
  x: number;
}

/** One step of one coordinate. */
export interface Unrolled {
  /** The number of the step, from 1. */
  step: number;
  title: string;
  /** The value before the step. */
  before: number;
  /** The equations. Empty if the step is not the bounded one. */
  lines: ExplainedLine[];
  lo: number;
  hi: number;
  alternatives: Alternative[];
  /** Why there are no equations. */
  why?: string;
}

/** Unrolls the step after `at - 1` others of the state's chosen rule and coordinate. The last step: that of a rule that stopped earlier.
 *  Throws StateError if the state cannot be run. */
export async function unroll(state: State): Promise<Unrolled> {
  const [place, of] = [Math.min(state.rule ?? 0, state.rules.length - 1), state.of ?? 'x'];
  const surface = new Surface({ ...state, rules: [state.rules[place]] });
  // Schedules span the whole run, so the number of steps stays.
  const wanted = Math.min(Math.max(1, state.at ?? state.steps), state.steps);
  await surface.advance(wanted - 1);
  const { p, optimizer } = surface.next(0);
  const index = of === 'x' ? 0 : 1;
  const step = surface.tracks[0].x.length;
  const before = p.dataSync()[index];
  const none = { step, title: '', before, lines: [], lo: 0, hi: Infinity, alternatives: [] };
  try {
    const { title, scalars, rule, tensors } = optimizer.upcoming(p);
    const { lines } = await explain(optimizer, p, index);
    const bounds: [Alternative['kind'], Bounds][] = [
      ['own', rule.bounds],
      ['free', free],
      ['fixed', fixed(limitOf(rule))],
    ];
    const alternatives = bounds.map(([kind, bounds]) =>
      alternative(kind, { ...rule, bounds }, optimizer, p, index, tensors, scalars.s),
    );
    return { step, title, before, lines, lo: scalars.lo, hi: scalars.hi, alternatives };
  } catch (error) {
    if (error instanceof BoundgradError) return { ...none, why: error.message };
    throw error;
  }
}

/** a*: the value on which the bounds close, or the rate if they stay open. */
function limitOf({ bounds, rate }: Rule): number {
  const [lo, hi] = bounds(1e15);
  return Number.isFinite(hi) ? (lo + hi) / 2 : rate;
}

/** The step of one element by a rule with other bounds, from the state before the step. */
function alternative(
  kind: Alternative['kind'],
  rule: Rule,
  optimizer: Optimizer<any>,
  p: Tensor,
  index: number,
  tensors: Readonly<Record<string, Tensor>>,
  s: number,
): Alternative {
  const { step } = optimizer.upcoming(p);
  let c = scalarsAt(rule, { t: 0, product1: 1, product2: 1 });
  const progress = { t: 0, product1: 1, product2: 1 };
  for (let t = 1; t <= step; t++) c = scalarsAt(rule, progress);
  const element = (t: Tensor | undefined, first = 0) => Float64Array.of(t ? t.dataSync()[index] : first);
  const { initial = {} } = rule;
  const x = element(p);
  const n = new Float64Array(1);
  boundedStep(
    x,
    element(p.grad!),
    element(tensors.m, initial.m),
    rule.beta2 === null ? null : element(tensors.v, initial.v),
    rule.longMemory ? element(tensors.u) : null,
    { ...c, s },
    n,
    rule.ownCeiling ? element(tensors.h) : null,
  );
  return { kind, lo: c.lo, hi: c.hi, n: n[0], x: x[0] };
}
