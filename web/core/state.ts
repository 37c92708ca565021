// The state of the page: everything that determines what a room computes and shows. fragment.ts writes it into the address.
import type { OptimizerClass } from '../../index.js';
import { type DataName, datasets, MOST_NET_STEPS, type NetName, nets } from './nets.js';
import { firstOwn, OWN, type OwnRule, ownEntry } from './ownRule.js';
import { FIRST_FORMULA, problems } from './problems.js';
import { type CsvChoice, MOST_RACE_STEPS, type RaceData, type RaceNet } from './raceTasks.js';
import { MOST_THEOREM_STEPS, type TheoremName } from './theoremProblems.js';

/** The rooms, in the order of the page. */
export const rooms = ['surface', 'step', 'funnel', 'nets', 'theorems', 'rule'] as const;
export type Room = (typeof rooms)[number];

/** The value of a hyper-parameter that an address can hold. */
export type Value = number | boolean | string | number[];

/** The schedules by name, and what each does to the rate. */
export const schedules = {
  drop: 'divided by 10 after 1/2 and again after 3/4 of the steps',
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
  /** The declaration of a custom rule, whose key is `own`. */
  own?: OwnRule;
}

/** The fields that all states share. */
interface Common {
  room: Room;
  rules: readonly RuleChoice[];
  /** The number of steps. */
  steps: number;
  /** The seed of all random numbers. */
  seed: number;
  /** The shown step. Default: the page plays from the first to the last. */
  at?: number;
  /** Where playing pauses before the end: at the first step whose clip changes a rate. */
  stop?: 'clip';
}

/** Rules on a surface: room `surface`, `step` for a coordinate, or `rule`, which runs a custom rule beside others. */
export interface SurfaceState extends Common {
  problem: string;
  /** The settings of the problem that differ from its defaults. */
  settings: Readonly<Record<string, number>>;
  /** The formula of the problem `own`. */
  formula: string;
  /** The first point. Default: the problem's. */
  start?: readonly [x: number, y: number];
  /** Centre and width of the shown part of the plane. Default: the problem's. */
  view?: readonly [x: number, y: number, width: number];
  /** The position of the rule whose step is unrolled. Default: 0. */
  rule?: number;
  /** The coordinate that is unrolled. Default: 'x'. */
  of?: 'x' | 'y';
}

/** One rule that trains a net: room `funnel`, or `step` for a weight. */
export interface NetState extends Common {
  net: NetName;
  data: DataName;
  /** The number of samples of a batch. */
  batch: number;
  /** The parameter whose rates are shown. Default: all. */
  layer?: string;
  /** The element of the parameter that is chosen, in row-major order. Default: none in room `funnel`, 0 in room `step`. */
  index?: number;
  /** The units of the shown rates. Default: those of an averaged direction. */
  units?: 'heavy';
}

/** A hyper-parameter or a schedule that a rule gets during the run. */
export interface Change {
  /** The first step that uses it, at least 2. */
  step: number;
  /** The position of the rule. */
  rule: number;
  /** The name of a hyper-parameter of the rule, or `schedule`. */
  name: string;
  /** The value; for `schedule`, the name of a schedule or `none`. */
  value: Value;
}

/** Rules that train the same net, from the same weights and on the same batches: room `nets`. */
export interface RaceState extends Common {
  room: 'nets';
  data: RaceData;
  race: RaceNet;
  /** The number of samples of a batch. */
  batch: number;
  /** Sorted by step. */
  changes: readonly Change[];
  /** The text of the data `text`. */
  text: string;
  /** The file of the data `csv`. */
  file?: CsvChoice;
  /** A slice of the loss: through the start and the ends of two rules, or along two random directions. Default: none. */
  slice?: SliceName;
}

/** The slices by name, and what each goes through. */
export const slices = {
  ends: 'through the start and two ends',
  random: 'along two random directions',
} as const;
export type SliceName = keyof typeof slices;

/** Rules on the problem of a theorem, in the paper's form: room `theorems`. */
export interface TheoremState extends Common {
  theorem: TheoremName;
  /** The settings of the problem that differ from its defaults. */
  settings: Readonly<Record<string, number>>;
}

export type State = SurfaceState | NetState | RaceState | TheoremState;

/** What a state runs: rules on a surface, one rule that trains a net, several that train the same net, or rules on the problem of a theorem. */
export type StateKind = 'surface' | 'net' | 'race' | 'theorem';
/** What a state runs. */
export const kindOf = (state: State): StateKind => {
  if ('race' in state) return 'race';
  return 'net' in state ? 'net' : 'theorem' in state ? 'theorem' : 'surface';
};

/** Whether a state trains one net. */
export const isNet = (state: State): state is NetState => kindOf(state) === 'net';
/** Whether a state runs several rules that train the same net. */
export const isRace = (state: State): state is RaceState => kindOf(state) === 'race';
/** Whether a state runs rules on the problem of a theorem. */
export const isTheorem = (state: State): state is TheoremState => kindOf(state) === 'theorem';
/** Whether a state runs rules on a surface. */
export const isSurface = (state: State): state is SurfaceState => kindOf(state) === 'surface';

/** What the page knows about an optimizer. */
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

/** The entry of a rule: of the registry's optimizer, or of a declaration. */
export const entryOf = ({ key, own }: RuleChoice, catalog: Catalog): CatalogEntry =>
  key === OWN && own ? ownEntry(own) : catalog[key];

/** The most rules that run together on a surface or on the problem of a theorem. */
export const MOST_RULES = 6;
/** The most steps on a surface. */
export const MOST_STEPS = 5000;

/** The most steps of a state. */
export const mostSteps = (state: State): number =>
  ({ surface: MOST_STEPS, net: MOST_NET_STEPS, race: MOST_RACE_STEPS, theorem: MOST_THEOREM_STEPS })[kindOf(state)];

/** The state of an address without entries. */
export const firstState: SurfaceState = {
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

/** The state of `#room=funnel`. */
export const firstNet: NetState = {
  room: 'funnel',
  net: 'lenet',
  data: 'fashion',
  batch: 64,
  rules: [{ key: 'adabound', hyper: {} }],
  steps: 300,
  seed: 0,
};

/** The state of `#room=theorems`. */
export const firstTheorem: TheoremState = {
  room: 'theorems',
  theorem: 'theorem1',
  settings: {},
  rules: [
    { key: 'adam', hyper: {} },
    { key: 'amsgrad', hyper: {} },
    { key: 'adabound', hyper: {} },
    { key: 'sgdm', hyper: {} },
  ],
  steps: 10_000,
  seed: 1,
};

/** The state of `#room=rule`. */
export const firstRule: SurfaceState = {
  ...firstState,
  room: 'rule',
  rules: [
    { key: OWN, hyper: { lr: 0.1 }, own: firstOwn },
    { key: 'adabound', hyper: { lr: 0.1, gamma: 0.01 } },
    { key: 'adam', hyper: { lr: 0.1 } },
  ],
};

/** The first net of a page without images. */
export const firstPoints: NetState = { ...firstNet, net: 'mlp', data: 'moons' };

/** The state of `#room=nets`. */
export const firstRace: RaceState = {
  room: 'nets',
  data: 'spirals',
  race: 'mlp',
  batch: 50,
  rules: [
    { key: 'sgdm', hyper: { lr: 0.1 } },
    { key: 'adam', hyper: { lr: 0.01 } },
    { key: 'adabound', hyper: { lr: 0.01, finalLr: 1, gamma: 0.01 } },
  ],
  changes: [],
  text: '',
  steps: 400,
  seed: 0,
};

/** The funnel of a rule of a race, without the changes during the run: if there are none, the same net with the same digits. Null if room
 *  `funnel` does not have its data or its net. */
export function funnelOf({ data, race, batch, rules, steps, seed }: RaceState, rule: number): NetState | null {
  if (!(data in datasets) || !(race in nets)) return null;
  return { room: 'funnel', net: race as NetName, data: data as DataName, batch, rules: [rules[rule]], steps, seed };
}

/** The value of every setting of a state's problem. */
export function settingsOf({ problem, settings }: Pick<SurfaceState, 'problem' | 'settings'>): Record<string, number> {
  const defaults = Object.entries(problems[problem].settings).map(([name, setting]) => [name, setting.default]);
  return { ...Object.fromEntries(defaults), ...settings };
}
