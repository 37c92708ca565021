// The computation of room `step`: one step of one coordinate or weight, equation by equation, and the same step with other bounds.
import {
  BoundgradError,
  boundedStep,
  type ExplainedLine,
  explain,
  type Optimizer,
  type Rule,
  type Scalars,
  type Tensor,
} from '../../index.js';
import { checkWeight } from './funnel.js';
import { isNet, type NetState, type SurfaceState } from './state.js';
import { Surface } from './surface.js';
import { type Images, noImages, Training, withNetBackend } from './training.js';

/** The step of a rule with other bounds from the same state. */
export interface Alternative {
  /** Its bounds: the rule's own; none, as in Adam; or both at a*, as in SGD. */
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

/** Unrolls step `at` of the state's rule and coordinate, or of its weight. If a rule stopped earlier, unrolls the step at which it stopped.
 *  Throws StateError if the state cannot be run. */
export function unroll(state: SurfaceState | NetState, images: Images = noImages): Promise<Unrolled> {
  return isNet(state) ? withNetBackend(() => unrollWeight(state, images)) : unrollCoordinate(state);
}

/** The step to unroll. The state keeps its `steps`, because schedules span the whole run. */
const wantedOf = ({ at, steps }: SurfaceState | NetState) => Math.min(Math.max(1, at ?? steps), steps);

async function unrollCoordinate(state: SurfaceState): Promise<Unrolled> {
  const place = Math.min(state.rule ?? 0, state.rules.length - 1);
  const own = { ...state, rules: [state.rules[place]] };
  let surface = new Surface(own);
  await surface.advance(wantedOf(state) - 1);
  const { length } = surface.tracks[0].x;
  if (length < wantedOf(state)) {
    // It stopped at step `length`. A step that diverges changes the state, so the state before it is computed again.
    surface = new Surface(own);
    await surface.advance(length - 1);
  }
  const { p, optimizer } = surface.next(0);
  return unrollNext(optimizer, p, state.of === 'y' ? 1 : 0, surface.tracks[0].x.length);
}

async function unrollWeight(state: NetState, images: Images): Promise<Unrolled> {
  const training = await Training.of(state, images);
  try {
    const wanted = wantedOf(state);
    while (training.steps < wanted - 1 && (await training.step()));
    return await unrollOf(training, state);
  } finally {
    training.dispose();
  }
}

/** Unrolls the next step of a net for the weight of a state. Throws StateError if there is no such weight. */
export async function unrollOf(training: Training, { layer, index = 0 }: NetState): Promise<Unrolled> {
  const named = training.model.namedParameters();
  const name = layer ?? named[0][0];
  checkWeight(
    named.map(([name, { shape, size }]) => ({ name, shape, size })),
    name,
    index,
  );
  await training.prepare();
  const [, p] = named.find(([found]) => found === name)!;
  return unrollNext(training.optimizer, p, index, training.steps + 1);
}

/** Unrolls the step that an optimizer would take next, for one element of a parameter that has its gradient. */
async function unrollNext(optimizer: Optimizer<any>, p: Tensor, index: number, step: number): Promise<Unrolled> {
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
  // The step stores in the dtype of the parameter.
  const List = p.dtype === 'float64' ? Float64Array : Float32Array;
  const element = (t: Tensor | undefined, first = 0) => List.of(t ? t.dataSync()[index] : first);
  const [x, n] = [element(p), new Float64Array(1)];
  const v = beta2 === null ? null : element(tensors.v, initial.v);
  const u = longMemory ? element(tensors.u) : null;
  const h = ownCeiling ? element(tensors.h) : null;
  boundedStep(x, element(p.grad!), element(tensors.m, initial.m), v, u, c, n, h);
  return { n: n[0], x: x[0] };
}
