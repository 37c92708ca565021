// The page's runs: what is asked of the workers, and what their answers change.
import { batch, effect } from '@preact/signals';
import type { Kind } from '../core/funnel.js';
import type { CsvFile } from '../core/raceTasks.js';
import {
  isRace,
  isTheorem,
  type RaceState,
  type RuleChoice,
  type StateKind,
  type TheoremState,
} from '../core/state.js';
import type { Field, Track } from '../core/surface.js';
import { appendRows, chosen, facts, net, netNote, weight } from './net.js';
import { appendRace, csvFile, slice } from './race.js';
import {
  change,
  computedSteps,
  field,
  follows,
  grown,
  isDone,
  isPlaying,
  keep,
  kind,
  noStep,
  playhead,
  ranTheorem,
  runKey,
  runs,
  shownRun,
  showsNet,
  state,
  surface,
  theoremRun,
  trackedRules,
  tracks,
  unrolled,
} from './state.js';
import { receiveBy, send, waiting } from './workers.js';

let lastId = 0;
let fieldId = 0;
let pickId = 0;
/** The rule and the coordinate or weight of an unrolled step, as its heading names them. */
type Names = { title: string; subject: string };
/** The request for the step that is being unrolled, and the step to unroll after it. */
let unrolling: { id: number; of: StateKind; run: number; names: Names } | null = null;
let toUnroll: { step: number; names: Names } | null = null;

receiveBy((data, of) => {
  const run = runs[of];
  const unrolledFor = data.id === unrolling?.id ? unrolling : null;
  if (unrolledFor) unrollNext();
  switch (data.kind) {
    case 'field':
      if (data.id === fieldId) field.value = data.field;
      return;
    case 'unroll':
      // The reader may have left the room, the run or the step since.
      if (of !== kind.value || unrolledFor?.run !== run.id || isPlaying.value) return;
      noStep.value = '';
      unrolled.value = { ...data.unrolled, ...unrolledFor.names };
      return;
    case 'numbers':
      waiting.get(data.id)?.resolve(data.numbers);
      waiting.delete(data.id);
      return;
    case 'pick':
      if (data.id === pickId && data.picked && showsNet.value) change(data.picked);
      return;
    case 'weight':
      if (data.id === run.id && isChosen(data.weight)) weight.value = data.weight;
      return;
    case 'chunk':
      if (data.id === run.id) grow(of, data.isDone, () => appendTracks(data.tracks, run.isFresh, run.asked!.rules));
      return;
    case 'theorem':
      if (data.id === run.id)
        grow(of, true, () => {
          theoremRun.value = data.run;
          ranTheorem.value = run.asked as TheoremState;
        });
      return;
    case 'rows':
      if (data.id !== run.id) return;
      grow(of, data.isDone, () => {
        facts.value = data.facts;
        netNote.value = data.note;
        appendRows(data.rows, run.isFresh);
        if (data.weight && isChosen(data.weight)) weight.value = data.weight;
      });
      return;
    case 'race':
      if (data.id === run.id) grow(of, data.isDone, () => appendRace(data, run.isFresh, run.asked as RaceState));
      return;
    case 'slice':
      if (data.id === run.id) slice.value = data.slice;
      return;
    case 'error':
      waiting.get(data.id)?.reject(new Error(data.message));
      waiting.delete(data.id);
      if (data.where === 'weight') noStep.value = data.message;
      if (data.id !== run.id) return;
      batch(() => {
        run.isBusy.value = false;
        run.problem.value = { message: data.message, where: data.where };
        if (of === kind.value) isPlaying.value = false;
      });
  }
});

const isChosen = ({ layer, index }: { layer: string; index: number }) =>
  layer === chosen.value?.layer && index === chosen.value.index;

/** Adds the new results of a run. */
function grow(of: StateKind, done: boolean, append: () => void): void {
  const run = runs[of];
  batch(() => {
    append();
    run.isFresh = false;
    run.isBusy.value = !done;
    run.problem.value = null;
    // A playhead that follows the run goes to its end when it is done.
    if (of === kind.value && !isPlaying.value && follows.value)
      playhead.value = done ? computedSteps.value : Math.min(playhead.value, state.value.steps);
  });
}

function appendTracks(parts: Track[], isFresh: boolean, rules: readonly RuleChoice[]): void {
  if (isFresh) {
    tracks.value = parts;
    trackedRules.value = rules;
  } else
    parts.forEach((part, i) => {
      const track = tracks.value[i];
      for (const key of ['x', 'y', 'loss', 'sharpness', 'stability'] as const) track[key].push(...part[key]);
      for (const j of [0, 1]) {
        track.rate[j].push(...part.rate[j]);
        track.clip[j].push(...part.clip[j]);
      }
      track.note = part.note;
    });
  grown.value++;
}

/** Requests the run of the state, unless the last run of its kind was the same. After the request
 *  the shown run is the new one: it is not done, and later requests are about it. Of runs that are requested at once, the worker makes only the last. */
function ask(): void {
  const run = shownRun.value;
  const key = runKey(state.value);
  if (key === run.key) return;
  run.key = key;
  run.asked = state.value;
  run.id = ++lastId;
  run.isFresh = true;
  batch(() => {
    run.isBusy.value = true;
    if (showsNet.value) weight.value = null;
  });
  send(kind.value, { kind: 'run', id: run.id, state: state.value });
}

/** Asks for the loss on a grid. */
export function askField(box: Field['box'], columns: number, rows: number): void {
  fieldId = ++lastId;
  send('surface', { kind: 'field', id: fieldId, state: surface.value, box, columns, rows });
}

/** Asks for the equations of a step. While a step is being unrolled, only the step that was asked for last waits. */
export function askUnrolled(step: number, names: Names): void {
  toUnroll = { step, names };
  if (unrolling === null || unrolling.of !== kind.value) unrollNext();
}

function unrollNext(): void {
  unrolling = null;
  if (toUnroll === null) return;
  const shown = state.value;
  const { step, names } = toUnroll;
  toUnroll = null;
  if (isRace(shown) || isTheorem(shown)) return;
  ask();
  unrolling = { id: ++lastId, of: kind.value, run: shownRun.value.id, names };
  send(kind.value, { kind: 'unroll', id: unrolling.id, state: { ...shown, at: step }, run: unrolling.run });
}

/** Chooses a weight of the shown layer by its rate before the clip: the rate nearest to a number, or one that the clip raised, lowered or left
 *  unchanged. */
export function pick(step: number, wanted: number | Kind): void {
  ask();
  pickId = ++lastId;
  send('net', { kind: 'pick', id: pickId, run: runs.net.id, step, wanted, layer: net.value.layer });
}

/** Runs the shown state, and each state that is shown after it. */
export function runStates(): void {
  effect(() => {
    keep(state.value);
    csvFile.value;
    ask();
  });
}

/** Gives the races a CSV file. */
export function giveFile(file: CsvFile): void {
  send('race', { kind: 'file', id: ++lastId, file });
  csvFile.value = file;
}

/** The slice that was requested last, with its run: a second request would compute the same slice again. */
let slicing = '';
effect(() => {
  if (!isRace(state.value) || !state.value.slice) return;
  ask();
  if (!isDone.value) return;
  const { slice: name } = state.value;
  const { id: run } = runs.race;
  if (slicing === `${name} ${run}`) return;
  slicing = `${name} ${run}`;
  slice.value = null;
  send('race', { kind: 'slice', id: ++lastId, run, name });
});

effect(() => {
  if (!showsNet.value || chosen.value === null) return;
  const { layer, index } = chosen.value;
  if (weight.peek() && !isChosen(weight.peek()!)) weight.value = null;
  send('net', { kind: 'watch', id: ++lastId, layer, index });
});

/** Runs the state to its end and shows it. Returns its numbers, those of `boundgrad lab --state`. Rejects if it cannot run. */
export function run(): Promise<number[]> {
  batch(() => {
    isPlaying.value = false;
    follows.value = true;
    if (isDone.value) playhead.value = computedSteps.value;
  });
  const id = ++lastId;
  const of = kind.value;
  return new Promise((resolve, reject) => {
    waiting.set(id, { of, resolve, reject });
    send(of, { kind: 'numbers', id, state: state.value });
  });
}
