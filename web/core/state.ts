// The state of the page: everything that determines what a room computes and shows. fragment.ts writes it into the address.
import type { OptimizerClass } from '../../index.js';
import { FIRST_FORMULA, problems } from './problems.js';

/** The rooms, in the order of the page. */
export const rooms = ['surface', 'step'] as const;
export type Room = (typeof rooms)[number];

/** The value of a hyper-parameter that an address can hold. */
export type Value = number | boolean | string | number[];

/** The schedules by name, and what each does to the rate. */
export const schedules = {
  drop: 'a tenth after 1/2 and after 3/4 of the steps',
  cosine: 'half a cosine to 0',
  warmup: 'rises over the first tenth',
  onecycle: 'one cycle',
  sqrt: '1/√t',
} as const;
export type ScheduleName = keyof typeof schedules;

/** An optimizer with the hyper-parameters that differ from its defaults. */
export interface RuleChoice {
  /** Its key in the registry. */
  key: string;
  hyper: Readonly<Record<string, Value>>;
  /** The name of its schedule. Default: the rate stays. */
  schedule?: ScheduleName;
}

export interface State {
  room: Room;
  problem: string;
  /** The settings of the problem that differ from its defaults. */
  settings: Readonly<Record<string, number>>;
  /** The formula of the problem `own`. */
  formula: string;
  /** The first point. Default: the problem's. */
  start?: readonly [x: number, y: number];
  rules: readonly RuleChoice[];
  /** The number of steps. */
  steps: number;
  /** The seed of the noise. */
  seed: number;
  /** Centre and width of the part of the plane that is shown. Default: the problem's. */
  view?: readonly [x: number, y: number, width: number];
  /** The place of the rule whose step is unrolled. Default: 0. */
  rule?: number;
  /** The coordinate that is unrolled. Default: 'x'. */
  of?: 'x' | 'y';
  /** The step that is shown. Default: the page plays from the first to the last. */
  at?: number;
  /** Where playing pauses, beside the end: at the first step whose clip changes a rate. */
  stop?: 'clip';
}

/** What the page knows of an optimizer. */
export interface CatalogEntry {
  title: string;
  about: string;
  /** The hyper-parameters whose values an address can hold, with their defaults. */
  defaults: Readonly<Record<string, Value>>;
}

/** The optimizers by key, in the order of the registry. */
export type Catalog = Readonly<Record<string, CatalogEntry>>;

/** Returns the catalog of a registry. */
export function catalogOf(registry: Readonly<Record<string, OptimizerClass<any>>>): Catalog {
  const isValue = (v: unknown) =>
    ['number', 'boolean', 'string'].includes(typeof v) || (Array.isArray(v) && v.every((x) => typeof x === 'number'));
  const entries = Object.entries(registry).map(([key, { title, about, defaults }]) => {
    const held = Object.entries(defaults as object).filter(([, value]) => isValue(value));
    return [key, { title, about, defaults: Object.fromEntries(held) }];
  });
  return Object.fromEntries(entries);
}

/** The most rules that run together. */
export const MOST_RULES = 6;
/** The most steps. */
export const MOST_STEPS = 5000;

/** What an address without entries stands for. */
export const firstState: State = {
  room: 'surface',
  problem: 'quadratic',
  settings: {},
  formula: FIRST_FORMULA,
  rules: [
    { key: 'sgdm', hyper: { lr: 0.01 } },
    { key: 'adam', hyper: { lr: 0.1 } },
    { key: 'adabound', hyper: { lr: 0.1, gamma: 0.01 } },
  ],
  steps: 120,
  seed: 0,
};

/** The value of every setting of a state's problem. */
export function settingsOf({ problem, settings }: Pick<State, 'problem' | 'settings'>): Record<string, number> {
  const defaults = Object.entries(problems[problem].settings).map(([name, setting]) => [name, setting.default]);
  return { ...Object.fromEntries(defaults), ...settings };
}
