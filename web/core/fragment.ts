// The state as the fragment of an address:
//
//   #lab=1&by=0.2.0&problem=rosenbrock&b=10&rule=adam,lr:0.1&rule=adabound,finalLr:0.01&start=-1,2
//
// lab: the format; by: the version that wrote it. Other entries are left out if they have their defaults, so `#` is the first
// state. A value is written with all its digits.
import { VERSION } from '../../core/index.js';
import { LONGEST } from './formula.js';
import { problems } from './problems.js';
import {
  type Catalog,
  firstState,
  MOST_RULES,
  MOST_STEPS,
  type Room,
  type RuleChoice,
  rooms,
  type ScheduleName,
  type State,
  schedules,
  type Value,
} from './state.js';

/** The format of the fragments that this version writes. */
export const FORMAT = 1;
/** The most characters of a fragment. */
const LONGEST_FRAGMENT = 4000;

/** A fragment cannot be read. */
export class FragmentError extends Error {
  override name = 'FragmentError';
}

const refuse = (what: string, why: string, remedy = '') =>
  new FragmentError(`${what}: ${why}${remedy ? `; ${remedy}` : ''}`);

/** Returns the fragment of a state, with its #. */
export function writeFragment(state: State): string {
  const entries: [string, string][] = [];
  const add = (name: string, value: string | number, byDefault: unknown) => {
    if (String(value) !== String(byDefault)) entries.push([name, String(value)]);
  };
  add('room', state.room, firstState.room);
  add('problem', state.problem, firstState.problem);
  for (const [name, { default: byDefault }] of Object.entries(problems[state.problem].settings))
    add(name, state.settings[name] ?? byDefault, byDefault);
  if (state.problem === 'own') add('formula', state.formula, firstState.formula);
  if (state.start) add('start', state.start.join(), problems[state.problem].start.join());
  const rules = state.rules.map(writeRule);
  if (rules.join('&') !== firstState.rules.map(writeRule).join('&'))
    for (const rule of rules) entries.push(['rule', rule]);
  add('steps', state.steps, firstState.steps);
  add('seed', state.seed, firstState.seed);
  if (state.view) add('view', state.view.join(), problems[state.problem].view.join());
  if (state.rule !== undefined) add('of', `${state.of ?? 'x'},${state.rule + 1}`, 'x,1');
  if (state.at !== undefined) add('at', state.at, undefined);
  if (state.stop) add('stop', state.stop, undefined);
  if (entries.length === 0) return '#';
  const written = [['lab', String(FORMAT)], ['by', VERSION], ...entries].map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replace(/%(2C|3A|3B|2F|2B|24)/g, decodeURIComponent)}`,
  );
  return `#${written.join('&')}`;
}

function writeRule({ key, hyper, schedule }: RuleChoice): string {
  const all = Object.entries({ ...hyper, ...(schedule && { schedule }) });
  return [key, ...all.map(([name, value]) => `${name}:${[value].flat().join(';')}`)].join();
}

/** The state of a fragment, and the version that wrote it, if it says so. */
export interface Read {
  state: State;
  by?: string;
}

/** Returns the state that a fragment stands for. It may begin with #. catalog: the optimizers that it may name.
 *  Throws FragmentError with one line: what, why, a remedy. */
export function readFragment(fragment: string, catalog: Catalog): Read {
  const text = fragment.replace(/^#/, '');
  if (text.length > LONGEST_FRAGMENT)
    throw refuse('address', `too long: ${text.length} characters, at most ${LONGEST_FRAGMENT}`);
  const given = new Map<string, string[]>();
  for (const part of text.split('&').filter(Boolean)) {
    const at = part.indexOf('=');
    if (at < 1) throw refuse('address', `an entry is not name=value: '${part}'`);
    const name = part.slice(0, at);
    given.set(name, [...(given.get(name) ?? []), decoded(part.slice(at + 1))]);
  }
  const one = (name: string): string | undefined => {
    const values = given.get(name);
    given.delete(name);
    if (values && values.length > 1) throw refuse(name, `given ${values.length} times`, 'keep one');
    return values?.[0];
  };
  const format = one('lab') ?? String(FORMAT);
  const by = one('by');
  if (format !== String(FORMAT)) {
    const remedy = by ? `boundgrad ${by} wrote it and reads it` : 'a newer boundgrad may read it';
    throw refuse('lab', `this page reads format ${FORMAT}, the address has '${format}'`, remedy);
  }
  const room = chosen('room', one('room') ?? firstState.room, rooms) as Room;
  const problem = chosen('problem', one('problem') ?? firstState.problem, Object.keys(problems));
  const settings: Record<string, number> = {};
  for (const [name, { min, max }] of Object.entries(problems[problem].settings)) {
    const value = one(name);
    if (value !== undefined) settings[name] = number(name, value, min, max);
  }
  const formula = (problem === 'own' ? one('formula') : undefined) ?? firstState.formula;
  if (formula.length > LONGEST) throw refuse('formula', `too long: ${formula.length} characters, at most ${LONGEST}`);
  const start = one('start');
  const view = one('view');
  const of = one('of');
  const at = one('at');
  const stop = one('stop');
  const steps = whole('steps', one('steps') ?? String(firstState.steps), 1, MOST_STEPS);
  const seed = whole('seed', one('seed') ?? '0', 0, 2 ** 32 - 1);
  const rules = given.get('rule')?.map((rule) => readRule(rule, catalog)) ?? firstState.rules;
  given.delete('rule');
  if (rules.length > MOST_RULES) throw refuse('rule', `${rules.length} rules: at most ${MOST_RULES} run together`);
  const [unknown] = given.keys();
  if (unknown !== undefined) {
    const own = problem === 'own' ? ['formula'] : [];
    const known = ['room', 'problem', ...Object.keys(problems[problem].settings), ...own, 'start', 'rule', 'steps'];
    throw refuse(
      'address',
      `unknown entry: '${unknown}'`,
      `one of ${[...known, 'seed', 'view', 'of', 'at', 'stop'].join(', ')}`,
    );
  }
  const state: State = { room, problem, settings, formula, rules, steps, seed };
  if (start !== undefined) state.start = numbers('start', start, 2) as [number, number];
  if (view !== undefined) {
    state.view = numbers('view', view, 3) as [number, number, number];
    if (!(state.view[2] > 0)) throw refuse('view', `its width must be positive: ${state.view[2]}`);
  }
  if (of !== undefined) {
    const [coordinate, place, ...rest] = of.split(',');
    if (place === undefined || rest.length > 0)
      throw refuse('of', `takes a coordinate and the place of a rule: '${of}'`, 'as x,1');
    state.of = chosen('of', coordinate, ['x', 'y']) as 'x' | 'y';
    state.rule = whole('of', place, 1, rules.length) - 1;
  }
  if (at !== undefined) state.at = whole('at', at, 0, steps);
  if (stop !== undefined) state.stop = chosen('stop', stop, ['clip']) as 'clip';
  return { state, by };
}

function readRule(text: string, catalog: Catalog): RuleChoice {
  const [name, ...parts] = text.split(',');
  const key = chosen('rule', name, Object.keys(catalog));
  const { title, defaults } = catalog[key];
  const choice: RuleChoice & { hyper: Record<string, Value> } = { key, hyper: {} };
  for (const part of parts) {
    const [hyper, value, ...rest] = part.split(':');
    if (value === undefined || rest.length > 0) throw refuse(title, `not name:value: '${part}'`);
    if (hyper === 'schedule')
      choice.schedule = chosen(`${title} schedule`, value, Object.keys(schedules)) as ScheduleName;
    else
      choice.hyper[hyper] = valueLike(
        `${title} ${hyper}`,
        value,
        defaults[chosen(title, hyper, Object.keys(defaults))],
      );
  }
  return choice;
}

/** A text as a value of the type that the default has. */
export function valueLike(what: string, text: string, like: Value): Value {
  if (Array.isArray(like)) return numbers(what, text, like.length, ';');
  if (typeof like === 'boolean') return chosen(what, text, ['true', 'false']) === 'true';
  return typeof like === 'number' ? number(what, text) : text.slice(0, 40);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%2B'));
  } catch {
    throw refuse('address', `a % is not followed by two digits: '${text}'`, 'the address may be cut off');
  }
}

function chosen(what: string, name: string, allowed: readonly string[]): string {
  if (allowed.includes(name)) return name;
  throw refuse(what, `unknown: '${name}'`, `one of ${allowed.join(', ')}`);
}

function number(what: string, text: string, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw refuse(what, `not a number: '${text}'`);
  if (value >= min && value <= max) return value;
  throw refuse(
    what,
    Number.isFinite(value) && max < 1e300 ? `must lie in [${min}, ${max}]: ${text}` : `must be finite: ${text}`,
  );
}

function whole(what: string, text: string, min: number, max: number): number {
  const value = number(what, text, min, max);
  if (Number.isInteger(value)) return value;
  throw refuse(what, `must be a whole number: ${text}`);
}

function numbers(what: string, text: string, length: number, mark = ','): number[] {
  const parts = text.split(mark);
  if (parts.length !== length) throw refuse(what, `takes ${length} numbers: '${text}'`);
  return parts.map((part) => number(what, part));
}
