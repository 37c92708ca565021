// The state as the fragment of an address:
//
//   #lab=1&by=0.2.0&problem=rosenbrock&b=10&rule=adam,lr:0.1&rule=adabound,finalLr:0.01&start=-1,2
//
// lab: the format; by: the version that wrote it. Other entries are left out if they have their defaults, so `#` is the default
// state. A value is written with all its digits. A fragment of room `funnel` describes a net, and so does one of room `step` that names a net
// or its data:
//
//   #lab=1&by=0.2.0&room=step&net=lenet&rule=adabound,gamma:0.01&of=fc1.weight,12&at=40
//
// The entries of room `nets` are in raceFragment.ts.
import { VERSION } from '../../core/index.js';
import { chosen, Entries, number, numbers, refuse, whole } from './entries.js';
import { LONGEST } from './formula.js';
import { type DataName, datasets, MOST_BATCH, type NetName, netOf, nets } from './nets.js';
import { problems } from './problems.js';
import { raceOf, writeChange, writeRace } from './raceFragment.js';
import { runOf, writeRules } from './ruleEntry.js';
import {
  type Catalog,
  firstNet,
  firstRace,
  firstRule,
  firstState,
  firstTheorem,
  isNet,
  isRace,
  isSurface,
  isTheorem,
  kindOf,
  MOST_RULES,
  type NetState,
  type Room,
  rooms,
  type State,
  type SurfaceState,
  type TheoremState,
} from './state.js';
import { type TheoremName, theoremOf, theoremProblems } from './theoremProblems.js';

/** The format of the fragments that this version writes. */
export const FORMAT = 1;
/** The most characters of a fragment: a text of 2,000 characters has up to 18,000 in an address. */
const LONGEST_FRAGMENT = 24_000;

/** Returns the fragment of a state, with its #. */
export function writeFragment(state: State): string {
  const entries: [string, string][] = [];
  const add = (name: string, value: unknown, byDefault?: unknown) => {
    if (value !== undefined && String(value) !== String(byDefault)) entries.push([name, String(value)]);
  };
  const first = firstOf(state);
  add('room', state.room, firstState.room);
  if (isRace(state)) writeRace(state, add);
  else if (isNet(state)) {
    add('data', state.data, firstNet.data);
    // In room `step` this entry distinguishes a net's step from a surface's.
    add('net', state.net, state.room === 'step' ? undefined : netOf(state.data));
    add('batch', state.batch, firstNet.batch);
  } else if (isTheorem(state)) {
    add('theorem', state.theorem, firstTheorem.theorem);
    for (const name of Object.keys(theoremOf(state.theorem).settings)) add(name, state.settings[name]);
  } else {
    add('problem', state.problem, firstState.problem);
    for (const [name, { default: byDefault }] of Object.entries(problems[state.problem].settings))
      add(name, state.settings[name] ?? byDefault, byDefault);
    if (state.problem === 'own') add('formula', state.formula, firstState.formula);
    add('start', state.start?.join(), problems[state.problem].start.join());
  }
  const rules = writeRules(state.rules);
  if (String(rules) !== String(writeRules(first.rules))) entries.push(...rules);
  add('steps', state.steps, first.steps);
  add('seed', state.seed, first.seed);
  if (isRace(state)) {
    for (const change of state.changes) entries.push(['change', writeChange(change)]);
    add('slice', state.slice);
  } else if (isNet(state)) {
    add('of', state.layer && [state.layer, ...(state.index === undefined ? [] : [state.index])].join());
    add('units', state.units);
  } else if (isSurface(state)) {
    add('view', state.view?.join(), problems[state.problem].view.join());
    if (state.rule !== undefined) add('of', `${state.of ?? 'x'},${state.rule + 1}`, 'x,1');
  }
  add('at', state.at);
  add('stop', state.stop);
  if (entries.length === 0) return '#';
  const written = [['lab', String(FORMAT)], ['by', VERSION], ...entries].map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replace(/%(2C|3A|3B|2F|2B|24)/g, decodeURIComponent)}`,
  );
  return `#${written.join('&')}`;
}

/** The state whose values are the defaults of this state's entries. */
function firstOf(state: State): State {
  if (state.room === 'rule') return firstRule;
  return { surface: firstState, net: firstNet, race: firstRace, theorem: firstTheorem }[kindOf(state)];
}

/** The state of a fragment, and the version that wrote it, if it says so. */
export interface Read {
  state: State;
  by?: string;
}

/** Returns the state of a fragment, which may begin with #. catalog: the optimizers that it may name.
 *  Throws FragmentError with one line: what, why, a remedy. */
export function readFragment(fragment: string, catalog: Catalog): Read {
  const text = fragment.replace(/^#/, '');
  if (text.length > LONGEST_FRAGMENT)
    throw refuse('address', `too long: ${text.length} characters, at most ${LONGEST_FRAGMENT}`);
  const entries = new Entries(text);
  const format = entries.one('lab') ?? String(FORMAT);
  const by = entries.one('by');
  if (format !== String(FORMAT)) {
    const remedy = by ? `boundgrad ${by} wrote it and reads it` : 'a newer boundgrad may read it';
    throw refuse('lab', `this page reads format ${FORMAT}, the address has '${format}'`, remedy);
  }
  const room = chosen('room', entries.one('room') ?? firstState.room, rooms) as Room;
  const state = stateOf(room, entries, catalog);
  const at = entries.one('at');
  if (at !== undefined) state.at = whole('at', at, 0, state.steps);
  // Races and theorems have no clip to stop at.
  const stop = room === 'nets' || room === 'theorems' ? undefined : entries.one('stop');
  if (stop !== undefined) state.stop = chosen('stop', stop, ['clip']) as 'clip';
  entries.end();
  return { state, by };
}

function stateOf(room: Room, entries: Entries, catalog: Catalog): State {
  if (room === 'theorems') return theoremOfEntries(entries, catalog);
  if (room === 'nets') return raceOf(entries, catalog);
  const isOfNet = room === 'funnel' || entries.has('net') || entries.has('data');
  if (!isOfNet) return surfaceOf(room, entries, catalog);
  if (room === 'surface' || room === 'rule')
    throw refuse('room', 'a net is not trained on a surface', 'write room=funnel');
  return netOfEntries(room, entries, catalog);
}

function theoremOfEntries(entries: Entries, catalog: Catalog): TheoremState {
  const names = Object.keys(theoremProblems);
  const theorem = chosen('theorem', entries.one('theorem') ?? firstTheorem.theorem, names) as TheoremName;
  const settings: Record<string, number> = {};
  for (const [name, { min, max, isWhole }] of Object.entries(theoremOf(theorem).settings)) {
    const value = entries.one(name);
    if (value !== undefined) settings[name] = isWhole ? whole(name, value, min, max) : number(name, value, min, max);
  }
  return { room: 'theorems', theorem, settings, ...runOf(entries, firstTheorem, catalog, MOST_RULES) };
}

function surfaceOf(room: Room, entries: Entries, catalog: Catalog): SurfaceState {
  const problem = chosen('problem', entries.one('problem') ?? firstState.problem, Object.keys(problems));
  const settings: Record<string, number> = {};
  for (const [name, { min, max }] of Object.entries(problems[problem].settings)) {
    const value = entries.one(name);
    if (value !== undefined) settings[name] = number(name, value, min, max);
  }
  const formula = (problem === 'own' ? entries.one('formula') : undefined) ?? firstState.formula;
  if (formula.length > LONGEST) throw refuse('formula', `too long: ${formula.length} characters, at most ${LONGEST}`);
  const start = entries.one('start');
  const run = runOf(entries, room === 'rule' ? firstRule : firstState, catalog, MOST_RULES);
  if (room === 'rule' && !run.rules.some(({ own }) => own))
    throw refuse('rule', 'room rule runs a rule of your own', 'add rule=own');
  const state: SurfaceState = { room, problem, settings, formula, ...run };
  if (start !== undefined) state.start = numbers('start', start, 2) as [number, number];
  const view = entries.one('view');
  if (view !== undefined) {
    state.view = numbers('view', view, 3) as [number, number, number];
    if (!(state.view[2] > 0)) throw refuse('view', `its width must be positive: ${state.view[2]}`);
  }
  const of = entries.one('of');
  if (of !== undefined) {
    const [coordinate, place, ...rest] = of.split(',');
    if (place === undefined || rest.length > 0)
      throw refuse('of', `takes a coordinate and the place of a rule: '${of}'`, 'for example x,1');
    state.of = chosen('of', coordinate, ['x', 'y']) as 'x' | 'y';
    state.rule = whole('of', place, 1, run.rules.length) - 1;
  }
  return state;
}

function netOfEntries(room: Room, entries: Entries, catalog: Catalog): NetState {
  const data = chosen('data', entries.one('data') ?? firstNet.data, Object.keys(datasets)) as DataName;
  const net = chosen('net', entries.one('net') ?? netOf(data), Object.keys(nets)) as NetName;
  if (datasets[data].kind === 'points' && !nets[net].about.points)
    throw refuse('net', `${net} takes images: data is ${data}`, 'choose net=mlp, or data=fashion');
  const batch = whole('batch', entries.one('batch') ?? String(firstNet.batch), 1, MOST_BATCH);
  const state: NetState = { room, net, data, batch, ...runOf(entries, firstNet, catalog, 1) };
  const of = entries.one('of');
  if (of !== undefined) {
    const [layer, index, ...rest] = of.split(',');
    if (!/^[\w.]{1,60}$/.test(layer) || rest.length > 0)
      throw refuse('of', `takes a parameter and the place of an element: '${of}'`, 'for example fc1.weight,0');
    state.layer = layer;
    if (index !== undefined) state.index = whole('of', index, 0, 1e8);
  }
  const units = entries.one('units');
  if (units !== undefined) state.units = chosen('units', units, ['heavy']) as 'heavy';
  return state;
}
