// The optimizer of a custom rule, made by this library's `optimizer`.
import { checkFiniteNumber } from '../../core/index.js';
import {
  type Bounds,
  type Common,
  noProgress,
  type OptimizerClass,
  optimizer,
  type Rule,
  scalarsAt,
  ValueError,
} from '../../index.js';
import type { Formula } from './formula.js';
import { namesIn, numberOf } from './numberOf.js';
import {
  aboutOf,
  type ChoiceField,
  choiceOf,
  type FormulaField,
  formulaFields,
  numbersOf,
  type OwnRule,
  parsedField,
} from './ownRule.js';

interface Hyper extends Common {
  eps: number;
  weightDecay: number;
  bounds?: Bounds;
}

/** Returns the class of a rule. Throws FormulaError if a formula cannot be read. */
export function classOf(own: OwnRule): OptimizerClass<any> {
  const trees = Object.fromEntries(
    Object.keys(formulaFields).map((field) => [field, parsedField(own, field as FormulaField)]),
  ) as Record<FormulaField, Formula>;
  return optimizer<Hyper>({
    title: own.title,
    about: aboutOf(own),
    defaults: { ...numbersOf(own), bounds: undefined } as unknown as Hyper,
    rule: (h) => ruleOf(own, trees, h),
  });
}

function ruleOf(own: OwnRule, trees: Readonly<Record<FormulaField, Formula>>, h: Hyper): Rule {
  const word = <F extends ChoiceField>(field: F) => choiceOf(own, field);
  const at = (field: FormulaField) => (t: number) =>
    numberOf(trees[field], { ...(h as unknown as Record<string, number>), t });
  /** A formula without t is a number. */
  const beta = (field: FormulaField) => (namesIn(trees[field]).has('t') ? at(field) : at(field)(1));
  const [second, direction] = [word('second'), word('direction')];
  if (word('correction') === 'both' && (second === 'sum' || second === 'none'))
    throw new ValueError(
      `${own.title}: bias correction 'both' needs a second moment that is an average: it is '${second}'; choose first or none`,
    );
  checkFiniteNumber(`${own.title}: eps`, h.eps, 0);
  const [lo, hi] = [at('lo'), at('hi')];
  return {
    rate: h.lr,
    beta1: beta('beta1'),
    ingest: direction === 'heavy' || direction === 'nesterov' ? 1 : 'average',
    beta2: second === 'none' ? null : second === 'sum' ? 'sum' : beta('beta2'),
    ...(second === 'max' && { longMemory: true }),
    corrected: word('correction'),
    eps: h.eps,
    bounds: h.bounds ?? ((t) => [lo(t), hi(t)]),
    schedule: own.formulas.schedule === undefined ? undefined : at('schedule'),
    ...(word('decay') === 'decoupled'
      ? { decoupled: { decay: h.weightDecay, by: 'scaled' } as const }
      : { weightDecay: h.weightDecay }),
    ...(direction === 'nesterov' ? { adjust: ({ b1, k }) => ({ p: b1, q: k }) } : {}),
    ...(direction === 'sign' ? { adjust: () => ({ signed: true }) } : {}),
  };
}

/** Throws ValueError if a beta, the bounds or the schedule of the rule is out of range in the first `steps` steps. */
export function checkSteps(title: string, rule: Rule, steps: number): void {
  const progress = noProgress();
  for (let t = 1; t <= steps; t++) {
    checkFiniteNumber(`${title}: schedule(${t})`, rule.schedule?.(t) ?? 1, 0);
    const { e, keep } = scalarsAt(rule, progress);
    if (!Number.isFinite(e + keep)) throw new ValueError(`${title}: step ${t} is not finite: eps ${e}, keep ${keep}`);
  }
}
