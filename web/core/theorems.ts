// The computation of room `theorems`: rules in the paper's form on the problem of a theorem, and what each does in a period of the losses.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)     measured by the library's `regret`, with the bounds of the theorems
import {
  BoundgradError,
  type Bounds,
  boundedStep,
  inverseSqrt,
  noProgress,
  type online,
  optimizers,
  type Rule,
  regret,
  scalarsAt,
  theorems,
} from '../../index.js';
import { type DriftMap, mapOf, type Ranges, rangesOf } from './drift.js';
import { problemOf, violationOf } from './onlineProblem.js';
import { StateError } from './optimizerOf.js';
import { classOf } from './ownClass.js';
import { scheduleNamed } from './schedules.js';
import type { RuleChoice, TheoremState } from './state.js';
import { type Judged, judge, theoremHyper, theoremOf, theoremSettings } from './theoremProblems.js';

/** What a rule did in the steps with one slope, in a period of the losses or in a window of random ones. */
export interface Part {
  slope: number;
  /** How often the slope came. */
  count: number;
  /** The mean rate n_t of these steps. */
  rate: number;
  /** The sum of their moves -n_t m_t, before the projection. */
  move: number;
}

/** A period of the losses. If they are random: a window of WINDOW steps. */
export interface Period {
  /** The number of its first step. */
  first: number;
  steps: number;
  parts: Part[];
  /** The slope and the move of each step. Empty for random losses. */
  slopes: number[];
  moves: number[];
}

/** The run of one rule, at some steps: `t` lists them. */
export interface Course {
  t: number[];
  /** The point after step t. */
  x: number[];
  /** The regret per step; if the losses are random, the pseudo-regret. */
  average: number[];
  /** The bounds of the theorems divided by t. NaN: their conditions do not hold. */
  published: number[];
  corrected: number[];
  corollary: number[];
  /** The last whole period up to step t, or the first one. */
  periods: Period[];
  /** The regret after the last step; if the losses are random, the pseudo-regret. */
  regret: number;
  /** How many rates the clip raised, and how many it lowered. */
  raised: number;
  lowered: number;
  /** In how many steps 1/n_t fell, which means that the rate rose. */
  falls: number;
  /** The first step from which on the best bound is below D G T, a regret that no points exceed. Infinity: there is none. NaN: there is no
   *  bound, or the step is not computed, because b1 falls and only the corrected bound holds. */
  vacuous: number;
}

/** All that room `theorems` shows. */
export interface TheoremRun {
  courses: Course[];
  demands: Judged[];
  /** D G: the regret per step that no points exceed. */
  trivial: number;
  /** Null for theorem 4, which is not about Adam. */
  ranges: Ranges | null;
  map: DriftMap | null;
}

/** The number of steps in a window of random losses. */
const WINDOW = 1000;

/** Runs a state. Throws StateError if a rule cannot run. */
export function runTheorem(state: TheoremState): TheoremRun {
  const settings = theoremSettings(state);
  const problem = problemOf(state.theorem, settings, state.seed);
  const isAboutAdam = state.theorem !== 'theorem4';
  return {
    courses: state.rules.map((choice, place) => courseOf(state, problem, choice, place)),
    demands: judge(state.theorem, settings),
    trivial: problem.set.diameter * problem.gradientBound,
    ranges: isAboutAdam ? rangesOf(state, settings) : null,
    map: isAboutAdam ? mapOf(state, settings) : null,
  };
}

/** The rule of a choice in the paper's form. Throws StateError. */
function ruleOf(state: TheoremState, choice: RuleChoice, place: number): { rule: Rule; gamma?: number } {
  const { key, own, schedule } = choice;
  try {
    const Class = own ? classOf(own) : optimizers[key];
    const { title, defaults } = Class;
    const declared = Class.declaration;
    if (declared.own || declared.split)
      throw new StateError(`${title}: its step is not the bounded one, which the theorems are about`, place);
    const settings = theoremSettings(state);
    const hyper: Record<string, unknown> = {
      ...theoremHyper(state, choice, { title, about: '', defaults: defaults as object as Record<string, number> }),
      ...choice.hyper,
    };
    if (settings.falls) {
      const over = (b: number) => (t: number) => b / t;
      if (Array.isArray(hyper.betas)) hyper.betas = [over(hyper.betas[0]), ...hyper.betas.slice(1)];
      if (typeof hyper.momentum === 'number') hyper.momentum = over(hyper.momentum);
    }
    const isBounded = 'finalLr' in defaults;
    if (state.theorem === 'theorem4' && isBounded) hyper.bounds = violationOf(settings).bounds;
    const made = Class.rule(hyper);
    const paper = 'form' in defaults ? made : inPaperForm(made);
    const factor = schedule && scheduleNamed(schedule, state.steps);
    const rule = factor ? { ...paper, schedule: (t: number) => (paper.schedule?.(t) ?? 1) * factor(t) } : paper;
    return { rule, gamma: isBounded && !own ? (hyper.gamma as number) : undefined };
  } catch (error) {
    if (error instanceof BoundgradError) throw new StateError(error.message, place);
    throw error;
  }
}

/** No bias correction, no eps, rates divided by sqrt(t). */
function inPaperForm(rule: Rule): Rule {
  const root = inverseSqrt();
  const { schedule } = rule;
  return { ...rule, corrected: 'none', eps: 0, schedule: schedule ? (t) => schedule(t) * root(t) : root };
}

/** The steps of a run that are shown: the first 30, then 40 for each power of ten, and the last. */
function stepsShown(T: number): number[] {
  const list = new Set<number>();
  for (let t = 1; t <= Math.min(30, T); t++) list.add(t);
  for (let i = 60; 10 ** (i / 40) < T; i++) list.add(Math.round(10 ** (i / 40)));
  return [...list.add(T)].filter((t) => t <= T).sort((a, b) => a - b);
}

function courseOf(state: TheoremState, problem: online.Problem, choice: RuleChoice, place: number): Course {
  const { rule, gamma } = ruleOf(state, choice, place);
  const t = stepsShown(state.steps);
  try {
    const { points, last, raised, lowered, falls } = regret(problem, rule, state.steps, { at: t, gamma });
    const perStep = (of: (point: (typeof points)[number]) => number | null) =>
      points.map((point) => (of(point) ?? Number.NaN) / point.t);
    const walked = walk(state, problem, rule, t);
    return {
      t,
      x: points.map(({ x }) => x[0]),
      average: points.map(({ average, averagePseudo }) => averagePseudo ?? average),
      published: perStep(({ published }) => published),
      corrected: perStep(({ corrected }) => corrected),
      corollary: perStep(({ corollary }) => corollary),
      raised,
      lowered,
      falls,
      regret: last.pseudo ?? last.regret,
      periods: walked.periods,
      vacuous: vacuousUntil(problem, rule, gamma, last, walked.first),
    };
  } catch (error) {
    if (error instanceof BoundgradError) throw new StateError(error.message, place);
    throw error;
  }
}

/** Runs a rule and keeps its periods. first: n_1. */
function walk(
  state: TheoremState,
  problem: online.Problem,
  rule: Rule,
  shown: readonly number[],
): { periods: Period[]; first: number } {
  const { period } = theoremOf(state.theorem);
  const isPeriodic = period !== undefined;
  const length = Math.min(period?.(theoremSettings(state)) ?? WINDOW, state.steps);
  const own = { ...rule, box: problem.set.box };
  const x = Float64Array.from(problem.x1);
  const [g, m, v, u, n, h] = Array.from({ length: 6 }, () => new Float64Array(1));
  m.fill(own.initial?.m ?? 0);
  v.fill(own.initial?.v ?? 0);
  const second = own.beta2 === null ? null : v;
  const longest = own.longMemory ? u : null;
  const loss = problem.losses();
  const progress = noProgress();
  const periods: Period[] = [];
  let first = Number.NaN;
  let [slopes, rates, moves]: number[][] = [[], [], []];
  let last: Period | null = null;
  for (let t = 1; t <= state.steps; t++) {
    loss(t, x, g);
    boundedStep(x, g, m, second, longest, scalarsAt(own, progress), n, own.ownCeiling ? h : null);
    if (t === 1) first = n[0];
    slopes.push(g[0]);
    rates.push(n[0]);
    // A move of 0 counts as 0, even if its rate is infinite.
    moves.push(m[0] === 0 ? 0 : -n[0] * m[0]);
    if (slopes.length === length) {
      const parts = partsOf(slopes, rates, moves);
      const each = isPeriodic ? { slopes, moves } : { slopes: [], moves: [] };
      last = { first: t - length + 1, steps: length, parts, ...each };
      [slopes, rates, moves] = [[], [], []];
      // Steps before the end of the first period also show the first period.
      while (shown[periods.length] < t) periods.push(last);
    }
    if (last && shown[periods.length] === t) periods.push(last);
  }
  return { periods, first };
}

function partsOf(slopes: readonly number[], rates: readonly number[], moves: readonly number[]): Part[] {
  return [...new Set(slopes)]
    .sort((a, b) => Math.abs(b) - Math.abs(a) || b - a)
    .map((slope) => {
      const places = slopes.flatMap((each, i) => (each === slope ? [i] : []));
      const sum = (list: readonly number[]) => places.reduce((total, i) => total + list[i], 0);
      return { slope, count: places.length, rate: sum(rates) / places.length, move: sum(moves) };
    });
}

/** The first step from which on the best bound of a run is below D G T. For the corollary a formula gives the step. For the
 *  corrected bound the step is searched if b1 = 0, with the largest M of any step; with a constant b1 > 0 there is none, and with
 *  a falling b1 it is not computed. NaN: no bound, or not computed. */
function vacuousUntil(
  { set: { diameter: D }, gradientBound: G }: online.Problem,
  rule: Rule,
  gamma: number | undefined,
  last: { corrected: number | null; corollary: number | null },
  first: number,
): number {
  const b1 = typeof rule.beta1 === 'number' ? rule.beta1 : rule.beta1(1);
  const setting = { D, G, b1, d: 1 };
  const found: number[] = [];
  if (last.corollary !== null) found.push(theorems.vacuousUntil(setting, gamma!));
  if (last.corrected !== null) {
    if (b1 === 0) {
      const M = largestGap(rule.bounds);
      const isBelow = (T: number) => theorems.corrected(setting, T, rule.bounds(1)[1], M, 1 / first, 0) <= D * G * T;
      found.push(firstBelow(isBelow));
    } else if (typeof rule.beta1 === 'number') found.push(Infinity);
  }
  return found.length === 0 ? Number.NaN : Math.ceil(Math.min(...found) * (1 - 1e-12));
}

/** The largest t/lo(t) - (t-1)/hi(t-1) of the steps up to 1e12, sampled at 20 for each power of ten. */
function largestGap(bounds: Bounds): number {
  let most = 0;
  for (let power = 0; power <= 240; power++)
    most = Math.max(most, theorems.gap(bounds, Math.round(10 ** (power / 20))));
  return most;
}

/** The least step for which a condition holds, if it holds for every later one. Infinity: none up to 2^59. */
function firstBelow(holds: (T: number) => boolean): number {
  let [low, high] = [0, 1];
  while (!holds(high)) {
    [low, high] = [high, 2 * high];
    if (high > 1e18) return Infinity;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle <= low || middle >= high) break;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
