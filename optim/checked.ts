// The plain functions of step.ts, rule.ts and bounds.ts, with their arguments checked. Programs import these; optimizers
// call the plain ones, whose arguments they have checked already.
import { checkFiniteNumber, checkOptions, describeValue, must, ValueError } from '../core/index.js';
import { checkFunction, checkNumber, checkObject, isBeta, isBounds, isRecord } from './arguments.js';
import * as bounds from './bounds.js';
import type { Common, Declaration } from './declaration.js';
import { optimizer as makeOptimizer, type OptimizerClass } from './optimizer.js';
import { ownOptimizer } from './own.js';
import * as rules from './rule.js';
import { stateOf } from './state.js';
import * as steps from './step.js';

/** Takes one step: updates the parameters x and the state m, v, u, h in place. Allocates nothing.
 *  g: the gradient. v: the second moment, null if the rule has none. u: the largest v so far, null without long memory.
 *  n: receives the rates n_t. Default: null, they are not stored. h: the average of the rates, null unless it limits them.
 *  Throws ValueError unless the arrays are of float32 or float64 and as long as x, and the scalars numbers. */
export function boundedStep(
  x: steps.Numbers,
  g: steps.Numbers,
  m: steps.Numbers,
  v: steps.Numbers | null,
  u: steps.Numbers | null,
  c: steps.Scalars,
  n: Float64Array | null = null,
  h: steps.Numbers | null = null,
): void {
  checkArray('x', x, x);
  checkArray('g', g, x);
  checkArray('m', m, x);
  if (v !== null) checkArray('v', v, x);
  if (u !== null) checkArray('u', u, x);
  if (n !== null) checkArray('n', n, x);
  if (h !== null) checkArray('h', h, x);
  checkScalars(c);
  steps.boundedStep(x, g, m, v, u, c, n, h);
}

/** Returns the rate before the clip, r_t = a / (sqrt(u_t) + e)^power. Default power: 1. Throws ValueError unless all are
 *  numbers. */
export function rateOf(u: number, a: number, e: number, power = 1): number {
  checkType('rateOf: u', u);
  checkType('rateOf: a', a);
  checkType('rateOf: e', e);
  checkType('rateOf: power', power);
  return steps.rateOf(u, a, e, power);
}

/** Returns x limited to [lo, hi]. NaN stays NaN. Throws ValueError unless all are numbers. */
export function clip(x: number, lo: number, hi: number): number {
  checkType('clip: x', x);
  checkType('clip: lo', lo);
  checkType('clip: hi', hi);
  return steps.clip(x, lo, hi);
}

/** Advances `progress` to the next step and returns the scalars of that step. lrRatio: lr / baseLr. Default: 1.
 *  Throws ValueError if the rule or the progress lacks a part, or if a beta, the bounds, the box or a weight decay is
 *  outside its domain at that step. */
export function scalarsAt(rule: rules.Rule, progress: rules.Progress, lrRatio = 1): steps.Scalars {
  checkRule('scalarsAt', rule);
  if (!isRecord(progress) || typeof progress.t !== 'number') {
    throw new ValueError(`scalarsAt: no progress: got ${describeValue(progress)}; noProgress() returns the first`);
  }
  checkType('scalarsAt: progress.product1', progress.product1);
  checkType('scalarsAt: progress.product2', progress.product2);
  checkType('scalarsAt: lrRatio', lrRatio);
  return rules.scalarsAt(rule, progress, lrRatio);
}

/** The parts of a rule. */
const PARTS: (keyof rules.Rule)[] = [
  ...(['rate', 'beta1', 'ingest', 'beta2', 'initial', 'longMemory', 'corrected', 'eps', 'epsCorrected'] as const),
  ...(['ownCeiling', 'bounds', 'schedule', 'weightDecay', 'decoupled', 'box', 'adjust'] as const),
];

/** Throws ValueError unless a value has the parts of a rule, each of the right kind, and no others. */
export function checkRule(what: string, rule: rules.Rule): void {
  if (!isRecord(rule))
    throw new ValueError(`${what}: takes a rule: got ${describeValue(rule)}; Adam.rule({ lr: 0.1 }) makes one`);
  const { rate, beta1, beta2, ingest, corrected, eps, bounds, schedule, box, initial, adjust, weightDecay, decoupled } =
    rule;
  checkOptions(what, rule, PARTS);
  const check = (name: keyof rules.Rule, fits: boolean, kind: string) =>
    must(fits, `${what}: the rule's ${name}`, kind, rule[name]);
  const isOptional = (type: string, value: unknown) => value === undefined || typeof value === type;
  check('rate', typeof rate === 'number', 'a number');
  check('beta1', isBeta(beta1), 'a number or a function of the step');
  check('beta2', beta2 === 'sum' || beta2 === null || isBeta(beta2), "a number, a function, 'sum' or null");
  check('ingest', ingest === 'average' || typeof ingest === 'number', "'average' or a number");
  check('corrected', ['both', 'first', 'none'].includes(corrected), "'both', 'first' or 'none'");
  check('eps', typeof eps === 'number', 'a number');
  check('bounds', isBounds(bounds), 'a function that returns [lo, hi]');
  check('schedule', isOptional('function', schedule), 'a function of the step');
  check(
    'box',
    box === undefined || (Array.isArray(box) && box.every((side) => typeof side === 'number')),
    'a list [lower, upper]',
  );
  const states = stateOf(rule);
  const isInitial =
    initial === undefined || (isRecord(initial) && Object.keys(initial).every((s) => states.includes(s)));
  check('initial', isInitial, `an object of first values of ${states.join(', ')}`);
  check('adjust', isOptional('function', adjust), 'a function');
  check('weightDecay', isOptional('number', weightDecay), 'a number');
  const decay: unknown = decoupled === undefined ? 0 : isRecord(decoupled) && decoupled.decay;
  const isBy = decoupled === undefined || ['scaled', 'unscaled'].includes(decoupled?.by);
  check('decoupled', typeof decay === 'number' && isBy, "an object { decay, by }, by 'scaled' or 'unscaled'");
  for (const name of ['longMemory', 'epsCorrected', 'ownCeiling'] as const)
    check(name, isOptional('boolean', rule[name]), 'true or false');
}

/** Makes the class of an optimizer from its declaration. Throws ValueError if the declaration lacks a part. */
export function optimizer<H extends Common>(declaration: Declaration<H>): OptimizerClass<H> {
  checkObject('optimizer: the declaration', declaration, 'pass { title, about, defaults, rule }');
  checkOptions('optimizer', declaration, ['title', 'about', 'defaults', 'rule', 'own', 'split']);
  const { title, about, defaults, rule } = declaration;
  must(typeof title === 'string', 'optimizer: title', 'a text', title);
  must(typeof about === 'string', 'optimizer: about', 'a text', about);
  checkObject('optimizer: defaults', defaults, 'pass each hyper-parameter with its default, lr at least');
  checkFiniteNumber(`${title}: lr`, defaults.lr, 0);
  checkFunction('optimizer: rule', rule, 'it returns the rule of hyper-parameters');
  const checked = (hyper: H) => {
    const found = rule(hyper);
    checkRule('optimizer', found);
    return found;
  };
  return declaration.own || declaration.split
    ? ownOptimizer(declaration)
    : makeOptimizer({ ...declaration, rule: checked });
}

/** Returns the bounds lo = hi = rate: every element has the same rate. Throws ValueError unless the rate is at least
 *  0. */
export function fixed(rate: number): bounds.Bounds {
  return bounds.fixed(checkNumber('fixed: rate', rate, 0));
}

/** Returns AdaBound's bounds: both converge to `finalLr`, faster for a larger gamma.
 *  Throws ValueError unless finalLr is finite and at least 0, and gamma positive and finite. */
export function converging(finalLr: number, gamma: number): bounds.Bounds {
  return bounds.converging(
    checkFiniteNumber('converging: finalLr', finalLr, 0),
    checkFiniteNumber('converging: gamma', gamma, 0),
  );
}

function checkType(what: string, value: unknown): void {
  if (typeof value !== 'number') throw new ValueError(`${what} must be a number: got ${describeValue(value)}`);
}

function checkArray(name: string, value: steps.Numbers, x: steps.Numbers): void {
  if (!(value instanceof Float32Array) && !(value instanceof Float64Array))
    throw new ValueError(`boundedStep: ${name} must be a Float32Array or Float64Array: got ${describeValue(value)}`);
  if (value.length !== x.length)
    throw new ValueError(`boundedStep: ${name} must be as long as x: ${value.length} for ${x.length}`);
}

const SCALARS = ['wd', 'b1', 'k', 'b2', 'k2', 'a', 'e', 'lo', 'hi', 's', 'p', 'q', 'keep'] as const;

function checkScalars(c: steps.Scalars): void {
  checkObject('boundedStep: the scalars', c, 'scalarsAt() returns them');
  for (const name of SCALARS) checkType(`boundedStep: the scalar ${name}`, c[name]);
  for (const name of ['power', 'b3'] as const) if (c[name] !== undefined) checkType(`boundedStep: ${name}`, c[name]);
  if (c.second !== undefined && typeof c.second?.next !== 'function')
    throw new ValueError(`boundedStep: second must be { formula, added, next }: got ${describeValue(c.second)}`);
  if (c.box !== undefined && !(Array.isArray(c.box) && c.box.length === 2))
    throw new ValueError(`boundedStep: box must be a list [lower, upper]: got ${describeValue(c.box)}`);
}
