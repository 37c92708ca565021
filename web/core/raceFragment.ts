// The entries of a race in a fragment:
//
//   #room=nets&data=fashion&net=lenet&batch=8&rule=adam&rule=adabound&steps=200&change=100,2,finalLr:0.01&slice=ends
//
// change: the first step that uses it, the position of the rule, and one hyper-parameter or `schedule`. Data `text` have an entry `text`;
// data `csv` have the name, the checksum and the target of a file, which is not in the address itself: file=iris.csv,1f00ba42,species
import { chosen, type Entries, refuse, whole } from './entries.js';
import { MOST_BATCH } from './nets.js';
import {
  MOST_CHANGES,
  MOST_NAME,
  MOST_RACERS,
  netsFor,
  type RaceData,
  type RaceNet,
  raceData,
  raceNets,
  TEXT_LENGTH,
} from './raceTasks.js';
import { runOf, valueLike } from './ruleEntry.js';
import {
  type Catalog,
  type Change,
  entryOf,
  firstRace,
  type RaceState,
  type RuleChoice,
  type SliceName,
  schedules,
  slices,
} from './state.js';

type Add = (name: string, value: unknown, byDefault?: unknown) => void;

/** Adds the entries of a race, except its rules, steps, seed, changes and slice. */
export function writeRace({ data, race, batch, text, file }: RaceState, add: Add): void {
  add('data', data, firstRace.data);
  add('net', race, netsFor(data)[0]);
  add('batch', batch, firstRace.batch);
  if (data === 'text') add('text', text);
  if (data === 'csv') add('file', file && [file.name, file.check, file.target].map(encodeURIComponent).join());
}

/** Returns the value of the entry of a change. */
export function writeChange({ step, rule, name, value }: Change): string {
  return `${step},${rule + 1},${name}:${[value].flat().join(';')}`;
}

/** Returns the race of a fragment's entries. Throws FragmentError. */
export function raceOf(entries: Entries, catalog: Catalog): RaceState {
  const data = chosen('data', entries.one('data') ?? firstRace.data, Object.keys(raceData)) as RaceData;
  const race = chosen('net', entries.one('net') ?? netsFor(data)[0], Object.keys(raceNets)) as RaceNet;
  if (!netsFor(data).includes(race))
    throw refuse('net', `${race} does not learn ${data}`, `choose net=${netsFor(data).join(' or net=')}`);
  const batch = whole('batch', entries.one('batch') ?? String(firstRace.batch), 1, MOST_BATCH);
  const run = runOf(entries, firstRace, catalog, MOST_RACERS);
  const changes = (entries.all('change') ?? []).map((text) => readChange(text, run, catalog));
  if (changes.length > MOST_CHANGES)
    throw refuse('change', `${changes.length} changes: at most ${MOST_CHANGES} in a run`);
  const state: RaceState = {
    room: 'nets',
    data,
    race,
    batch,
    text: '',
    ...run,
    changes: changes.sort((a, b) => a.step - b.step),
  };
  if (data === 'text') state.text = readText(entries.one('text'));
  const file = data === 'csv' ? readFile(entries.one('file')) : undefined;
  if (file) state.file = file;
  const slice = entries.one('slice');
  if (slice !== undefined) state.slice = chosen('slice', slice, Object.keys(slices)) as SliceName;
  return state;
}

/** A lone surrogate, half of a character in UTF-16: an address cannot contain it. */
const LONE = /\p{Surrogate}/u;

/** Returns a text. Throws FragmentError if a model cannot learn it, or if an address cannot contain it. */
export function readText(text = ''): string {
  const { min, max } = TEXT_LENGTH;
  if (text.length < min || text.length > max)
    throw refuse('text', `must have ${min} to ${max.toLocaleString('en')} characters: it has ${text.length}`);
  if (LONE.test(text))
    throw refuse('text', 'contains half of a character: the text may be cut off', 'remove that half');
  if (new Set(text).size < 2) throw refuse('text', 'has one character only: nothing can be learnt from it');
  return text;
}

function readFile(text: string | undefined): RaceState['file'] {
  // Without a file the page asks for one.
  if (text === undefined) return undefined;
  const parts = text.split(',');
  if (parts.length !== 3 || !/^[0-9a-f]{8}$/.test(parts[1]))
    throw refuse('file', `takes a name, a checksum and a column: '${text}'`, 'for example iris.csv,1f00ba42,species');
  const [name, check, target] = parts.map(inner);
  for (const part of [name, target])
    if (part.length < 1 || part.length > MOST_NAME)
      throw refuse('file', `a name must have 1 to ${MOST_NAME} characters: it has ${part.length}`);
  return { name, check, target };
}

/** Decodes a part of a list: within a part, commas are encoded once more. */
function inner(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('file', `a % code is wrong or incomplete: '${text}'`, 'the address may be cut off');
  }
}

function readChange(text: string, run: { rules: readonly RuleChoice[]; steps: number }, catalog: Catalog): Change {
  const [first, place, ...rest] = text.split(',');
  const [name, value, ...more] = rest.join().split(':');
  if (value === undefined || more.length > 0)
    throw refuse('change', `takes a step, the place of a rule, and name:value: '${text}'`, 'for example 100,1,lr:0.01');
  if (run.steps < 2) throw refuse('change', 'a run of one step has no middle', 'choose more steps');
  const step = whole('change', first, 2, run.steps);
  const rule = whole('change', place, 1, run.rules.length) - 1;
  const { title, defaults } = entryOf(run.rules[rule], catalog);
  if (name === 'schedule')
    return { step, rule, name, value: chosen(`${title} schedule`, value, ['none', ...Object.keys(schedules)]) };
  const like = defaults[chosen(title, name, [...Object.keys(defaults), 'schedule'])];
  return { step, rule, name, value: valueLike(`change: ${title} ${name}`, value, like) };
}
