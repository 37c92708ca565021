// The hyper-parameters of the optimizers as options: camelCase in the library, kebab-case on the command line.
//
//   --final-lr 0.05            each chosen optimizer that has it
//   --adabound.final-lr 0.05   that optimizer only; it goes before the general one
//
// What there is comes from the optimizers' own `defaults`; nothing is listed twice.
import { tensor } from '../../core/index.js';
import { optimizers } from '../../optim/index.js';
import type { Hyper, HyperValue } from '../../reports/record.js';
import { kebab } from '../../reports/run/results.js';
import { refuse } from '../failure.js';

/** The keys of all optimizers, as `--optim` takes them. */
export const optimizerKeys = Object.keys(optimizers);

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

/** Option names without dashes: the general ones, then those of one optimizer. */
export function hyperOptions(): string[] {
  const own = optimizerKeys.flatMap((key) => Object.keys(settable(key)).map((name) => `${key}.${kebab(name)}`));
  return [...new Set(own.map((option) => option.slice(option.indexOf('.') + 1))), ...own];
}

/** What was given for each chosen optimizer. options: name without dashes -> text.
 *  Throws the refusal of an option that no chosen optimizer has, and of a value that it cannot take. */
export function assignHyper(chosen: string[], options: ReadonlyMap<string, string>): Record<string, Hyper> {
  const given: Record<string, Hyper> = Object.fromEntries(chosen.map((key) => [key, {}]));
  const general = [...options].filter(([option]) => !option.includes('.'));
  const own = [...options].filter(([option]) => option.includes('.'));
  for (const [option, text] of [...general, ...own]) {
    const [key, kebabName] = option.includes('.') ? option.split('.') : [null, option];
    const takers = chosen.filter((k) => (key === null || k === key) && nameOf(k, kebabName));
    if (takers.length === 0) throw refuse(untaken(option, key, kebabName, chosen));
    for (const taker of takers) {
      const name = nameOf(taker, kebabName)!;
      given[taker][name] = parse(`--${option}`, text, settable(taker)[name]);
    }
  }
  for (const key of chosen) check(key, given[key]);
  return given;
}

function nameOf(key: string, kebabName: string): string | undefined {
  return Object.keys(settable(key)).find((name) => kebab(name) === kebabName);
}

function untaken(option: string, key: string | null, kebabName: string, chosen: string[]): string {
  if (key !== null && !chosen.includes(key)) {
    return `--${option}: ${key} is not among the chosen optimizers: ${chosen.join(', ')}; add it to --optim`;
  }
  const owners = optimizerKeys.filter((k) => nameOf(k, kebabName));
  return `--${option}: no chosen optimizer has it: ${chosen.join(', ')}; it belongs to ${owners.join(', ')}`;
}

/** Reads a value of the kind that the default has. */
function parse(option: string, text: string, like: HyperValue): HyperValue {
  if (typeof like === 'number') return parseNumber(option, text);
  if (typeof like === 'string') return text;
  if (typeof like === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw refuse(`${option}: true or false: '${text}'`);
  }
  const parts = text.split(',');
  if (parts.length !== like.length) {
    throw refuse(`${option}: takes ${like.length} numbers with a comma between them, as ${like.join(',')}: '${text}'`);
  }
  return parts.map((part) => parseNumber(option, part));
}

/** A finite number in decimal notation. */
export function parseNumber(option: string, text: string): number {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) return Number(text);
  throw refuse(`${option}: not a number: '${text}'; write it as 0.001 or 1e-3`);
}

/** Makes the optimizer once on one number, so that a value outside its domain is refused before anything is trained. */
function check(key: string, hyper: Hyper): void {
  try {
    new optimizers[key]([tensor([0], { requiresGrad: true })], hyper).dispose();
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
}
