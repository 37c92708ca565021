// The hyper-parameters of the optimizers as options: camelCase in the library, kebab-case on the command line.
//
//   --final-lr 0.05            for each chosen optimizer that has it
//   --adabound.final-lr 0.05   for that optimizer only; it overrides the general option
//
// The options, their types and their defaults are derived from the optimizers' own `defaults`.
import { tensor } from '../../core/index.js';
import { optimizers } from '../../optim/index.js';
import type { Hyper, HyperValue } from '../../reports/record.js';
import { refuse } from '../failure.js';
import { boolean, listOf, number, positive, text } from './parsers.js';
import { type Given, nameOf, type Option, type Schema } from './schema.js';

/** The keys of all optimizers, as --optim takes them. */
export const optimizerKeys = Object.keys(optimizers);

const GROUP =
  'Hyper-parameters, for each chosen optimizer that has them; --adabound.lr 0.002 sets one for that optimizer only';

const ABOUT: Record<string, string> = {
  lr: 'the learning rate',
  betas: 'decay of the first and the second moment, and of a third average if the optimizer has one',
  eps: 'added to the root of the second moment',
  finalLr: 'the rate on which the bounds close',
  gamma: 'how fast the bounds close',
  momentum: 'the share of the previous step that is kept',
  dampening: 'the share of the gradient that momentum leaves out',
  nesterov: 'take the gradient one step ahead',
  averaged: 'average the momentum instead of summing it',
  momentumDecay: 'how fast the momentum rises from beta1 / 2 to beta1',
  weightDecay: 'decay of the weights',
  form: "code: as in the authors' program; paper: as in the published algorithm",
  lrDecay: 'at step t the rate is divided by 1 + (t-1) times this',
  initialAccumulatorValue: 'the second moment before the first step',
  alpha: 'decay of the second moment',
  centered: 'divide by the deviation instead of the root of the second moment',
  amsgrad: 'use the largest second moment so far',
  amsbound: 'use the largest second moment so far',
  rectify: 'start as RAdam does',
  partial: 'the exponent of the second moment, at most 1/2',
  rho: 'decay of the averages of gradients and steps',
  decayBy:
    "coupled: in the gradient; scaled: times the rate, as in AdamW; unscaled: the same at each step; proximal: as Adan's",
  r: 'the power of the step in the weights of the average',
  weightLrPower: 'the power of the rate in the weights of the average',
  warmupSteps: 'steps over which the rate rises to lr',
  d0: 'the first estimate of the distance to a minimum',
  dCoef: 'a factor on the estimate of the distance',
  growthRate: 'the largest factor by which the estimate of the distance grows in a step',
  biasCorrection: "use Adam's bias correction",
  safeguardWarmup: 'leave the rate out of the estimate, for a warm-up',
  steps: 'Newton-Schulz steps',
};

/** The hyper-parameters of an optimizer that an option can set, with their defaults. */
export function settable(key: string): Hyper {
  const entries = Object.entries(optimizers[key].defaults).filter(([, value]) => isValue(value));
  return Object.fromEntries(entries) as Hyper;
}

function isValue(value: unknown): value is HyperValue {
  return Array.isArray(value)
    ? value.every((x) => typeof x === 'number')
    : ['number', 'boolean', 'string'].includes(typeof value);
}

/** The optimizers that have a hyper-parameter. */
function ownersOf(name: string, keys: readonly string[] = optimizerKeys): string[] {
  return keys.filter((key) => Object.hasOwn(settable(key), name));
}

type Parse<T> = (text: string, option: string) => T;

/** Adds the hyper-parameters to the options of a command that has --optim: `lr` for all optimizers, `adabound.lr` for one.
 *  `hyperOf` collects their values. of: makes the parser of an option from the parser of one value; isList: whether a value is a list.
 *  Default: returns the parser of one value. */
export function withHyperparameters<S extends Schema>(
  options: S,
  of: (one: Parse<HyperValue>, isList: boolean) => Parse<unknown> = (one) => one,
): S {
  const names = [...new Set(optimizerKeys.flatMap((key) => Object.keys(settable(key))))];
  // AdaGrad's lrDecay has the name of a general option, so only adagrad.lrDecay sets it.
  const taken = (name: string) => Object.hasOwn(options, name);
  const general = names
    .filter((name) => !taken(name))
    .map((name) => [name, hyperOption(name, ownersOf(name), false, of)]);
  const own = optimizerKeys.flatMap((key) =>
    Object.keys(settable(key)).map((name) => [`${key}.${name}`, hyperOption(name, [key], !taken(name), of)]),
  );
  return { ...options, ...Object.fromEntries([...general, ...own]) };
}

function hyperOption(
  name: string,
  owners: string[],
  isHidden: boolean,
  of: (one: Parse<HyperValue>, isList: boolean) => Parse<unknown>,
): Option {
  const own = owners.map((key) => settable(key)[name]);
  // With a rate of 0 nothing is trained.
  const parse = of(name === 'lr' ? positive : parserLike(own), Array.isArray(own[0]));
  const values = [...new Set(owners.map((key) => String(settable(key)[name])))];
  const defaults = values.map((value) => {
    const keys = owners.filter((key) => String(settable(key)[name]) === value);
    return `${value}: ${keys.join(' ')}`;
  });
  return {
    value: 'X',
    about: `${ABOUT[name] ?? ''} (${defaults.join('; ')})`.trim(),
    group: GROUP,
    isHidden,
    parse,
  };
}

/** Returns a parser of values of the defaults' type. A list must have the length of the list in one of the defaults. */
function parserLike(defaults: HyperValue[]): (text: string, option: string) => HyperValue {
  const [like] = defaults;
  if (typeof like === 'number') return number;
  if (typeof like === 'string') return text;
  if (typeof like === 'boolean') return boolean;
  const numbers = listOf(number);
  const lengths = [...new Set((defaults as number[][]).map(({ length }) => length))];
  return (text, option) => {
    if (lengths.includes(text.split(',').length)) return numbers(text, option);
    const known = lengths.join(' or ');
    throw refuse(
      `${option}: takes ${known} numbers with a comma between them, for example ${like.join(',')}: '${text}'`,
    );
  };
}

/** The hyper-parameters that were given for each chosen optimizer. options: the argument of `withHyperparameters`.
 *  Throws Failure if a value is outside its domain, and as `givenHyper` does. */
export function hyperOf(
  chosen: string[],
  values: Record<string, unknown>,
  given: Given,
  options: Schema,
): Record<string, Hyper> {
  const hyper = givenHyper<HyperValue>(chosen, values, given, options);
  for (const key of chosen) checkHyper(key, hyper[key]);
  return hyper;
}

/** The unchecked values or ranges that were given for the hyper-parameters of each chosen optimizer. Throws Failure if a given
 *  hyper-parameter belongs to no chosen optimizer, or if a general option is overridden for every optimizer that has it. */
export function givenHyper<T>(
  chosen: string[],
  values: Record<string, unknown>,
  given: Given,
  options: Schema,
): Record<string, Record<string, T>> {
  const hyper: Record<string, Record<string, T>> = Object.fromEntries(chosen.map((key) => [key, {}]));
  const keys = new Map(Object.keys(values).map((key) => [nameOf(key), key]));
  const found = Object.keys(given).flatMap((name) => keys.get(name) ?? []);
  const general = found.filter((option) => !option.includes('.') && !Object.hasOwn(options, option));
  const own = found.filter((option) => option.includes('.'));
  for (const option of [...general, ...own]) {
    const [name, key] = option.split('.').reverse();
    const takers = ownersOf(name, chosen).filter((taker) => key === undefined || taker === key);
    if (takers.length === 0) throw refuse(untaken(option, name, key, chosen));
    const isOwn = (taker: string) => own.includes(`${taker}.${name}`);
    if (key === undefined && takers.every(isOwn)) {
      const others = takers.map((taker) => `--${nameOf(`${taker}.${name}`)}`);
      throw refuse(`--${nameOf(option)}: every optimizer has its own: ${others.join(', ')}; leave it out`);
    }
    for (const taker of takers) hyper[taker][name] = values[option] as T;
  }
  return hyper;
}

function untaken(option: string, name: string, key: string | undefined, chosen: string[]): string {
  const [typed, names] = [`--${nameOf(option)}`, chosen.join(', ')];
  return key === undefined
    ? `${typed}: no chosen optimizer has it: ${names}; it belongs to ${ownersOf(name).join(', ')}`
    : `${typed}: ${key} is not among the chosen optimizers: ${names}; add it to --optim`;
}

/** Makes the optimizer on one number. Throws Failure if a value is outside its domain: the error of the library, and the options that set
 *  the value. */
export function checkHyper(key: string, hyper: Hyper): void {
  try {
    new optimizers[key]([tensor([0], { requiresGrad: true })], hyper).dispose();
  } catch (error) {
    const { message } = error as Error;
    // An error names one of the betas: beta2.
    const isNamed = (name: string) => new RegExp(`\\b${name.replace(/^betas$/, 'beta')}\\d?\\b`).test(message);
    const name = Object.keys(hyper).find(isNamed);
    const setBy = name ? `; set by --${nameOf(name)} or --${nameOf(`${key}.${name}`)}` : '';
    throw refuse(`${message}${setBy}`, error);
  }
}
