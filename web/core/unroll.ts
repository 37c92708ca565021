// The second room's computation: one step of one rule, equation by equation, and the same step with other bounds.
import {
  BoundgradError,
  boundedStep,
  type ExplainedLine,
  explain,
  type Rule,
  type Scalars,
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

/** Unrolls the step after `at - 1` others of the state's chosen rule and coordinate. If a rule stopped earlier, unrolls its last step.
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
    const most = limitOf(rule);
    const bounds = { own: [scalars.lo, scalars.hi], free: [0, Infinity], fixed: [most, most] } as const;
    const alternatives = (['own', 'free', 'fixed'] as const).map((kind) => {
      const [lo, hi] = bounds[kind];
      return { kind, lo, hi, ...takeStep({ ...scalars, lo, hi }, rule, p, index, tensors) };
    });
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

/** The rate and the next value of one element, from the state before the step. */
function takeStep(
  c: Scalars,
  { beta2, longMemory, ownCeiling, initial = {} }: Rule,
  p: Tensor,
  index: number,
  tensors: Readonly<Record<string, Tensor>>,
): { n: number; x: number } {
  const element = (t: Tensor | undefined, first = 0) => Float64Array.of(t ? t.dataSync()[index] : first);
  const [x, n] = [element(p), new Float64Array(1)];
  const v = beta2 === null ? null : element(tensors.v, initial.v);
  const u = longMemory ? element(tensors.u) : null;
  const h = ownCeiling ? element(tensors.h) : null;
  boundedStep(x, element(p.grad!), element(tensors.m, initial.m), v, u, c, n, h);
  return { n: n[0], x: x[0] };
}
