// The problems of the theorems as the page shows them: their settings, their losses, and the conditions under which Adam is proved to fail.
// theorems.ts runs them.
import { type Formula, parseFormula } from './formula.js';
import { numberOf } from './numberOf.js';
import type { Setting } from './problems.js';
import type { CatalogEntry, RuleChoice, TheoremState, Value } from './state.js';

/** A condition of a theorem, with its formulas: an inequality or an equation. The names are those of the settings and of `derived`. */
export interface Demand {
  /** The text that replaces the left formula. Default: the formula. */
  text?: string;
  left: string;
  sign: '<' | '<=' | '=' | '>' | '>=';
  right: string;
  /** Whether only the proof needs it, not the theorem's statement. Default: false. */
  isOfProof?: boolean;
}

/** An online problem of room `theorems`. */
export interface TheoremProblem {
  title: string;
  /** A description of its losses, in one or two sentences. */
  about: string;
  /** The slopes of its losses: the formula of each and when it comes. */
  slopes: readonly { slope: string; when: string }[];
  settings: Readonly<Record<string, TheoremSetting>>;
  /** Names in the demands that are computed from the settings. */
  derived?(settings: Readonly<Record<string, number>>): Record<string, number>;
  /** The conditions of the theorem, and those that only its proof needs. */
  demands: readonly Demand[];
  /** What follows if all demands hold. */
  claim: string;
  /** The number of steps of a period. Undefined: the losses are random. */
  period?(settings: Readonly<Record<string, number>>): number;
}

export interface TheoremSetting extends Setting {
  isWhole?: boolean;
  /** The default, if it follows from the other settings. */
  follows?(settings: Readonly<Record<string, number>>): number;
}

const beta1 = (value: number): TheoremSetting => ({ title: 'β1', default: value, min: 0, max: 0.999 });
const beta2 = (value: number): TheoremSetting => ({ title: 'β2', default: value, min: 0.001, max: 0.9999 });
const rate: TheoremSetting = { title: 'rate a', default: 0.1, min: 1e-4, max: 100, isLog: true };
const falls: TheoremSetting = { title: 'β1 falls as β1/t', default: 0, min: 0, max: 1, isWhole: true };
const whole = (value: number, min: number, max: number): TheoremSetting => ({
  title: 'C',
  default: value,
  min,
  max,
  isWhole: true,
});

export const theoremProblems = {
  theorem1: {
    title: 'Theorem 1',
    about:
      'In each period of C steps one loss is −x and the next is 2x; all others are 0. On average x should fall to −1.',
    slopes: [
      { slope: '-1', when: 't mod C = 1' },
      { slope: '2', when: 't mod C = 2' },
      { slope: '0', when: 'else' },
    ],
    settings: { C: whole(8, 3, 60), b1: beta1(0), b2: beta2(0.5), a: rate, falls },
    demands: [
      { left: 'b1', sign: '=', right: '0' },
      { left: '5*b2^(C-2)', sign: '<=', right: '(1-b2)/(4-b2)' },
    ],
    claim: 'at any learning rate, Adam’s average regret does not fall to 0',
    period: ({ C }) => C,
  },
  theorem2: {
    title: 'Theorem 2',
    about: 'In each period of C steps one loss is C x and all others are −x. On average x should fall to −1.',
    slopes: [
      { slope: 'C', when: 't mod C = 1' },
      { slope: '-1', when: 'else' },
    ],
    settings: { C: whole(20, 3, 60), b1: beta1(0.5), b2: beta2(0.5), a: rate, falls },
    // The paper writes gamma for this ratio.
    derived: ({ C, b1, b2 }) => ({ ratio: b1 / Math.sqrt(b2), odd: C % 2 }),
    demands: [
      { left: 'b1/sqrt(b2)', sign: '<', right: '1' },
      { text: 'C mod 2', left: 'odd', sign: '=', right: '0' },
      { left: '(1-b1)*b1^(C-1)*C', sign: '<=', right: '1-b1^(C-1)' },
      { left: 'b2^((C-2)/2)*C^2', sign: '<=', right: '1' },
      {
        left: '3*(1-b1)/(2*sqrt(1-b2))*(1+ratio*(1-ratio^(C-1))/(1-ratio))+b1^(C/2-1)/(1-b1)',
        sign: '<',
        right: 'C/3',
      },
    ],
    claim: 'Adam’s average regret does not fall to 0',
    period: ({ C }) => C,
  },
  theorem3: {
    title: 'Theorem 3',
    about:
      'Each loss is C x with probability p = (1 + δ)/(C + 1), else −x, so its mean slope is δ: x should fall to −1.',
    slopes: [
      { slope: 'C', when: 'with probability p' },
      { slope: '-1', when: 'else' },
    ],
    settings: {
      C: { title: 'C', default: 100, min: 2, max: 500, isLog: true },
      delta: { title: 'δ', default: 1, min: 0.01, max: 2, isLog: true },
      b1: beta1(0),
      b2: beta2(0.9),
      a: rate,
      falls,
    },
    derived: ({ C, delta }) => {
      const p = (1 + delta) / (C + 1);
      return { p, v: p * C * C + 1 - p };
    },
    demands: [
      { left: 'b1', sign: '=', right: '0' },
      { left: 'p/sqrt(1-b2)', sign: '<', right: '(1-p)/sqrt(b2*v+1-b2)' },
    ],
    claim: 'Adam’s mean step goes up, away from the best point (our own condition, by Jensen’s inequality)',
  },
  cycle: {
    title: 'Reddi’s period of three',
    about: 'Every third loss is C x, the two others are −x. On average x should fall to −1.',
    slopes: [
      { slope: 'C', when: 't mod 3 = 1' },
      { slope: '-1', when: 'else' },
    ],
    settings: {
      C: { title: 'C', default: 4, min: 2.1, max: 20 },
      b1: beta1(0),
      b2: { ...beta2(1 / 17), follows: ({ C }) => 1 / (1 + C * C) },
      a: rate,
      falls,
    },
    demands: [
      { left: 'C', sign: '>', right: '2' },
      { left: 'b1', sign: '=', right: '0' },
      { left: 'b2*(1+C^2)', sign: '=', right: '1' },
    ],
    claim: 'Adam climbs to x = 1, and its average regret does not fall to 0',
    period: () => 3,
  },
  theorem4: {
    title: 'Theorem 4, refuted',
    about:
      'The losses of Reddi’s period of three, with the start x = 1, and Savarese’s bounds for AdaBound: lo is a/C, and hi is a/√(1 − β2) up to step K and a/C after it.',
    slopes: [
      { slope: 'C', when: 't mod 3 = 1' },
      { slope: '-1', when: 'else' },
    ],
    settings: {
      C: { title: 'C', default: 3, min: 2.1, max: 20 },
      K: { title: 'K, where the bounds close', default: 10_000, min: 10, max: 100_000, isLog: true, isWhole: true },
      b1: beta1(0),
      b2: beta2(0.1),
      a: { ...rate, default: 0.5624 },
      falls,
    },
    demands: [
      { left: 'b1', sign: '<', right: 'sqrt(b2)' },
      { left: 'a/C', sign: '<=', right: 'a/sqrt(1-b2)' },
      // lo(t-1)/hi(t) >= sqrt(1 - 1/t), at t = 2
      { text: 'lo(1)/hi(2)', left: 'sqrt(1-b2)/C', sign: '>=', right: 'sqrt(1-1/2)', isOfProof: true },
    ],
    claim: 'theorem 4, as published, bounds the regret. Its proof needs the last line too, so that no rate rises',
    period: () => 3,
  },
} as const satisfies Record<string, TheoremProblem>;
export type TheoremName = keyof typeof theoremProblems;

/** The problem of a name. */
export const theoremOf = (name: TheoremName): TheoremProblem => theoremProblems[name];

/** The value of every setting of a state's problem. */
export function theoremSettings({
  theorem,
  settings,
}: Pick<TheoremState, 'theorem' | 'settings'>): Record<string, number> {
  const all = Object.entries(theoremOf(theorem).settings);
  const plain = Object.fromEntries(all.map(([name, { default: byDefault }]) => [name, settings[name] ?? byDefault]));
  for (const [name, { follows }] of all) if (follows && settings[name] === undefined) plain[name] = follows(plain);
  return plain;
}

/** The default of a setting for these values of the other settings. */
export function defaultSetting(state: Pick<TheoremState, 'theorem' | 'settings'>, name: string): number {
  const { [name]: _, ...others } = state.settings;
  return theoremSettings({ theorem: state.theorem, settings: others })[name];
}

/** A demand with its numbers. */
export interface Judged extends Demand {
  leftValue: number;
  rightValue: number;
  holds: boolean;
}

const trees = new Map<string, Formula>();
/** The names in the demands. */
const demandNames = ['C', 'K', 'delta', 'b1', 'b2', 'a', 'ratio', 'odd', 'p', 'v'];

/** The tree of a demand's formula, kept, because `mapOf` needs it for each of a thousand cells. */
export function treeOf(text: string): Formula {
  const tree = trees.get(text) ?? parseFormula(text, demandNames);
  trees.set(text, tree);
  return tree;
}

/** The demands of a theorem with their numbers. */
export function judge(name: TheoremName, settings: Readonly<Record<string, number>>): Judged[] {
  const problem = theoremOf(name);
  const values = { ...settings, ...problem.derived?.(settings) };
  return problem.demands.map((demand) => {
    const [leftValue, rightValue] = [demand.left, demand.right].map((text) => numberOf(treeOf(text), values));
    return { ...demand, leftValue, rightValue, holds: compare(leftValue, demand.sign, rightValue) };
  });
}

function compare(a: number, sign: Demand['sign'], b: number): boolean {
  if (sign === '<') return a < b;
  if (sign === '<=') return a <= b;
  if (sign === '>=') return a >= b;
  // 1e-9: a setting may be given with a dozen digits.
  return sign === '>' ? a > b : Math.abs(a - b) < 1e-9;
}

/** The hyper-parameters that the room gives to a rule: only those that the rule has. */
export function theoremHyper(
  state: Pick<TheoremState, 'theorem' | 'settings'>,
  { own }: RuleChoice,
  { defaults }: CatalogEntry,
): Record<string, Value> {
  const { a, b1, b2 } = theoremSettings(state);
  // A custom rule declares its betas and its gamma itself.
  if (own) return { lr: a };
  const given: Record<string, Value> = {
    lr: a,
    betas: [b1, b2],
    momentum: b1,
    averaged: true,
    alpha: b2,
    gamma: 1 - b2,
    form: 'paper',
  };
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => {
      const own = defaults[name];
      return (
        own !== undefined && Array.isArray(own) === Array.isArray(value) && (!Array.isArray(own) || own.length === 2)
      );
    }),
  );
}

/** The most steps of a run. */
export const MOST_THEOREM_STEPS = 1_000_000;
