// What the page shows, as signals: the state, the tracks that the worker sends, and the playhead.
import { batch, computed, effect, signal } from '@preact/signals';
import { FragmentError } from '../core/entries.js';
import { readFragment, writeFragment } from '../core/fragment.js';
import type { Kind } from '../core/funnel.js';
import type { Where } from '../core/optimizerOf.js';
import { problems } from '../core/problems.js';
import type { CsvFile } from '../core/raceTasks.js';
import {
  type Catalog,
  firstState,
  firstTheorem,
  isNet,
  isRace,
  isTheorem,
  kindOf,
  type NetState,
  type RaceState,
  type RuleChoice,
  type State,
  type StateKind,
  type SurfaceState,
  settingsOf,
  type TheoremState,
} from '../core/state.js';
import type { Field, Track } from '../core/surface.js';
import type { TheoremRun } from '../core/theorems.js';
import type { Unrolled } from '../core/unroll.js';
import type { Answer, Request } from '../worker.js';
import { appendRows, chosen, facts, grownRows, net, netNote, rowAt, rows, weight } from './net.js';
import { appendRace, csvFile, fittingChanges, race, racedSteps, raceKey, slice } from './race.js';

/** What labPage.ts writes into the page. */
const { catalog, version } = JSON.parse(document.getElementById('catalog')!.textContent!) as {
  catalog: Catalog;
  version: string;
};

export { catalog, version };

export const state = signal<State>(firstState);
/** The state of the surface, also while a net is shown. */
export const surface = signal<SurfaceState>(firstState);
/** Whether one net is shown. */
export const showsNet = computed(() => isNet(state.value));
/** Whether the problem of a theorem is shown. */
export const showsTheorem = computed(() => isTheorem(state.value));
/** The state of room `theorems`, also while another is shown, and what its worker computed last. */
export const theorem = signal<TheoremState>(firstTheorem);
export const theoremRun = signal<TheoremRun | null>(null);
/** The state that `theoremRun` is of. It differs from `theorem` until a new run is computed, or if that is refused. */
export const ranTheorem = signal<TheoremState>(firstTheorem);
/** A sentence about the address: why it could not be read, or that another version wrote it. */
export const notice = signal('');
/** The tracks so far. The arrays grow in place; `grown` counts the changes. */
export const tracks = signal<Track[]>([]);
export const grown = signal(0);
/** The rules of the tracks: until a new run begins, or if it is refused, those of the last one. */
export const trackedRules = signal<readonly RuleChoice[]>([]);

/** Why a run cannot continue, and the part of the state to change. */
type Problem = { message: string; where: Where | 'program' } | null;
/** The progress of the run of a kind of state. id: that of the request. key: everything that the run depends on. */
const newRun = () => ({
  id: 0,
  key: '',
  /** The state that was requested last. */
  asked: null as State | null,
  /** Whether the next answer begins a new run. The results of the last run stay visible until then. */
  isFresh: true,
  isDone: signal(false),
  problem: signal<Problem>(null),
  /** Its worker: the tensors of surfaces and nets are on two backends. Started when it is needed. */
  worker: undefined as Worker | undefined,
  /** Why its worker stopped for good; empty while it works. */
  lost: '',
  /** Seconds since its worker last answered. */
  silence: 0,
});
const runs: Readonly<Record<StateKind, ReturnType<typeof newRun>>> = {
  surface: newRun(),
  net: newRun(),
  race: newRun(),
  theorem: newRun(),
};
/** The kind of the shown state. */
const kind = computed(() => kindOf(state.value));
const shownRun = computed(() => runs[kind.value]);
export const isDone = computed(() => shownRun.value.isDone.value);
/** Why the state cannot run, and which part of it to change. */
export const problemWith = computed(() => shownRun.value.problem.value);
export const field = signal<Field | null>(null);
/** The unrolled step. */
export const unrolled = signal<Unrolled | null>(null);
/** Why no step is unrolled. */
export const noStep = signal('');

/** The shown step, a whole number while the page pauses. */
export const playhead = signal(0);
export const isPlaying = signal(false);

/** The shown step. */
export const at = computed(() => Math.floor(playhead.value));
/** The last step that was computed. */
export const computedSteps = computed(() => {
  if (kind.value === 'theorem') return theoremRun.value?.courses[0].t.at(-1) ?? 0;
  grown.value;
  grownRows.value;
  if (kind.value === 'race') return racedSteps.value;
  return showsNet.value ? rows.value.length : Math.max(0, ...tracks.value.map(({ x }) => x.length - 1));
});
/** The step whose rates are shown: the playhead's, of the steps that were computed. At least 1. */
export const shownStep = computed(() => Math.max(1, Math.min(at.value, computedSteps.value)));
/** The first step at which the clip changed a rate: of any rule; of the chosen weight, or of any weight. Infinity until one is
 *  computed. */
export const firstClip = computed(() => {
  if (kind.value === 'theorem') return Infinity;
  grown.value;
  grownRows.value;
  if (kind.value === 'race') return Infinity;
  if (showsNet.value) {
    if (chosen.value) return weight.value?.first?.step ?? Infinity;
    const at = rows.value.findIndex((_, i) => clippedAt(i + 1));
    return at < 0 ? Infinity : at + 1;
  }
  const steps = tracks.value.flatMap(({ clip }) => clip.map((list) => list.findIndex((c) => c !== 0)));
  return Math.min(...steps.filter((step) => step > 0));
});
const clippedAt = (t: number) => {
  const row = rowAt(t);
  return row !== undefined && row.floor + row.ceiling > 0;
};
/** The last step that the page can show: the whole run, or where it has stopped. */
export const lastStep = computed(() => (isDone.value ? Math.max(1, computedSteps.value) : state.value.steps));

export const start = computed(() => surface.value.start ?? problems[surface.value.problem].start);
export const view = computed(() => surface.value.view ?? problems[surface.value.problem].view);
export const settings = computed(() => settingsOf(surface.value));

/** Whether the reader asked for less motion. */
export const prefersStill = matchMedia('(prefers-reduced-motion: reduce)');

// The page contains the worker's program as text: a page that is opened from disk cannot load another file.
const program = document.getElementById('worker')!.textContent!;
const address = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
const images = document.getElementById('images');
/** Whether the page has the images. */
export const hasImages = images !== null;

/** Sends a request to the worker of a kind of state. */
function send(to: StateKind, request: Request): void {
  const run = runs[to];
  if (run.lost) return lose(to, run.lost);
  try {
    let { worker } = run;
    if (!worker) {
      worker = run.worker = new Worker(address);
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        run.silence = 0;
        receive(data, to);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        lose(to, event.message || 'the browser did not start it, or ended it');
      };
      worker.onmessageerror = () => lose(to, 'an answer could not be read');
      if ((to === 'net' || to === 'race') && images)
        worker.postMessage({ kind: 'images', id: 0, base64: images.textContent! } satisfies Request);
    }
    worker.postMessage(request);
  } catch (error) {
    lose(to, String((error as Error).message));
  }
}

/** Ends a worker that cannot continue, and shows that instead of its answers. */
function lose(of: StateKind, why: string): void {
  const run = runs[of];
  run.lost = why;
  run.worker?.terminate();
  if (unrolling?.of === of) unrolling = null;
  const message = `the page’s worker stopped: ${why}; reload the page, and if it happens again, choose fewer steps or another browser`;
  for (const [id, each] of waiting) {
    if (each.of !== of) continue;
    waiting.delete(id);
    each.reject(new Error(message));
  }
  batch(() => {
    run.problem.value = { message, where: 'program' };
    if (of === kind.value) isPlaying.value = false;
  });
}

/** Seconds without an answer after which a run is given up. A slow phone takes some for a step of a large batch. */
const PATIENCE = 60;
// A browser that is short of memory may end a worker without an event. A timer counts the seconds, because a hidden or suspended page gets no
// answers: while the page is hidden the count is 0, and while it is suspended the timer does not run.
setInterval(() => {
  for (const [of, run] of Object.entries(runs)) {
    const isRunning = run.id > 0 && !run.isDone.value && !run.problem.value && waiting.size === 0;
    run.silence = isRunning && !document.hidden ? run.silence + 1 : 0;
    if (run.silence >= PATIENCE) lose(of as StateKind, `it has not answered for ${PATIENCE} seconds`);
  }
}, 1000);

let lastId = 0;
let fieldId = 0;
let pickId = 0;
/** The step that is being unrolled, and the one to unroll after it. */
let unrolling: { id: number; of: StateKind } | null = null;
let toUnroll: number | null = null;
const waiting = new Map<number, { of: StateKind; resolve(numbers: number[]): void; reject(error: Error): void }>();

function receive(data: Answer, of: StateKind): void {
  const run = runs[of];
  if (data.id === unrolling?.id) unrollNext();
  switch (data.kind) {
    case 'field':
      if (data.id === fieldId) field.value = data.field;
      return;
    case 'unroll':
      if (of !== kind.value || toUnroll !== null) return;
      noStep.value = '';
      unrolled.value = data.unrolled;
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
        run.problem.value = { message: data.message, where: data.where };
        if (of === kind.value) isPlaying.value = false;
      });
  }
}

const isChosen = ({ layer, index }: { layer: string; index: number }) =>
  layer === chosen.value?.layer && index === chosen.value.index;

/** Adds the new results of a run. */
function grow(of: StateKind, done: boolean, append: () => void): void {
  const run = runs[of];
  batch(() => {
    append();
    run.isFresh = false;
    run.isDone.value = done;
    run.problem.value = null;
    // While the reader drags a control, the playhead moves with the results.
    if (of === kind.value && !isPlaying.value && follows)
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

/** Whether the playhead follows the end of the run. */
let follows = false;

/** What a run depends on; the rest of the state only changes what is shown. */
function runKey(state: State): string {
  if (isRace(state)) return raceKey(state);
  const { rules, steps, seed } = state;
  if (isTheorem(state)) return JSON.stringify([state.theorem, state.settings, rules, steps, seed]);
  if (isNet(state)) return JSON.stringify([state.net, state.data, state.batch, rules, steps, seed]);
  const { problem, settings, formula, start } = state;
  return JSON.stringify([problem, settings, problem === 'own' && formula, start, rules, steps, seed]);
}
let isAsked = false;

/** Starts the run of the state in the next frame, if it differs from the last one of its kind. */
function ask(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    const run = shownRun.value;
    const key = runKey(state.value);
    if (key === run.key) return;
    run.key = key;
    run.asked = state.value;
    run.id = ++lastId;
    run.isFresh = true;
    run.isDone.value = false;
    if (showsNet.value) weight.value = null;
    send(kind.value, { kind: 'run', id: run.id, state: state.value });
  });
}

/** Changes the state, and shows the end of its run. */
export function change(part: Partial<SurfaceState | NetState | RaceState | TheoremState>): void {
  batch(() => {
    const next = { ...state.value, ...part } as State;
    if (isRace(next) && isRace(state.value) && !('changes' in part)) next.changes = fittingChanges(state.value, next);
    const reruns = runKey(next) !== runKey(state.value);
    if (reruns) {
      delete next.at;
      isPlaying.value = false;
      follows = true;
    }
    state.value = next;
  });
}

/** Shows another state: a room to which a link of the page leads. The present state is kept. */
export function enter(next: State): void {
  batch(() => {
    keep({ ...state.value, at: at.value });
    unrolled.value = null;
    noStep.value = '';
    state.value = next;
    begin(next.at);
  });
}

/** Begins to play, unless a step is given or the reader asked for less motion. */
function begin(step: number | undefined): void {
  const isStill = step !== undefined || prefersStill.matches;
  isPlaying.value = !isStill;
  follows = step === undefined && isStill;
  playhead.value = step ?? (isStill && isDone.value ? computedSteps.value : 0);
}

/** Asks for the loss on a grid. */
export function askField(box: Field['box'], columns: number, rows: number): void {
  fieldId = ++lastId;
  send('surface', { kind: 'field', id: fieldId, state: surface.value, box, columns, rows });
}

/** Asks for the equations of a step. While one is unrolled, the last one that was asked for waits. */
export function askUnrolled(step: number): void {
  toUnroll = step;
  if (unrolling === null || unrolling.of !== kind.value) unrollNext();
}

function unrollNext(): void {
  unrolling = null;
  if (toUnroll === null) return;
  const shown = state.value;
  const asked = toUnroll;
  toUnroll = null;
  if (isRace(shown) || isTheorem(shown)) return;
  unrolling = { id: ++lastId, of: kind.value };
  send(kind.value, { kind: 'unroll', id: unrolling.id, state: { ...shown, at: asked }, run: shownRun.value.id });
}

/** Chooses a weight of the shown layer by its rate before the clip: the nearest to a number, or one of a kind. */
export function pick(step: number, wanted: number | Kind): void {
  pickId = ++lastId;
  send('net', { kind: 'pick', id: pickId, run: runs.net.id, step, wanted, layer: net.value.layer });
}

/** Shows a step and pauses. */
export function show(step: number): void {
  batch(() => {
    isPlaying.value = false;
    follows = false;
    const to = Math.min(Math.max(0, Math.round(step)), lastStep.value);
    playhead.value = to;
    state.value = { ...state.value, at: to };
  });
}

/** Seconds that a whole run plays. */
const SECONDS = 7;

/** Plays from the shown step, or from the start if it is the last one. */
export function play(): void {
  follows = false;
  batch(() => {
    if (playhead.value >= lastStep.value) playhead.value = 0;
    isPlaying.value = true;
    const { at: _, ...rest } = state.value;
    state.value = rest;
  });
}

export function pause(): void {
  show(at.value);
}

/** Whether playing pauses at the first clip. The entry of the state is left out if not. */
export function stopAtClip(isOn: boolean): void {
  const { stop: _, ...rest } = state.value;
  state.value = isOn ? { ...rest, stop: 'clip' } : rest;
}

let lastFrame = 0;
function tick(now: number): void {
  if (!isPlaying.value) return;
  // The time of a frame may be before the click that started playing.
  const seconds = Math.min(0.1, Math.max(0, now - lastFrame) / 1000);
  lastFrame = now;
  const next = showsTheorem.value
    ? // Equal factors take equal times, as on the logarithmic axis.
      Math.expm1(Math.log1p(playhead.value) + (seconds / SECONDS) * Math.log1p(state.value.steps))
    : playhead.value + (seconds * Math.max(20, state.value.steps)) / SECONDS;
  if (state.value.stop && playhead.value < firstClip.value && Math.min(next, computedSteps.value) >= firstClip.value) {
    show(firstClip.value);
    return;
  }
  if (isDone.value && next >= computedSteps.value) {
    batch(() => {
      playhead.value = computedSteps.value;
      isPlaying.value = false;
    });
    return;
  }
  playhead.value = Math.min(next, computedSteps.value);
  requestAnimationFrame(tick);
}

effect(() => {
  if (!isPlaying.value) return;
  lastFrame = performance.now();
  requestAnimationFrame(tick);
});

/** Keeps a state for its room. */
function keep(next: State): void {
  if (isRace(next)) race.value = next;
  else if (isNet(next)) net.value = next;
  else if (isTheorem(next)) theorem.value = next;
  else surface.value = next;
}

effect(() => {
  keep(state.value);
  csvFile.value;
  ask();
});

/** Gives the races a CSV file. */
export function giveFile(file: CsvFile): void {
  send('race', { kind: 'file', id: ++lastId, file });
  csvFile.value = file;
}

/** The slice that was requested last, with its run: another request would begin it again. */
let slicing = '';
effect(() => {
  if (!isRace(state.value) || !state.value.slice || !isDone.value) return;
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

let toWrite = 0;
let written = '';
effect(() => {
  const fragment = writeFragment(state.value);
  clearTimeout(toWrite);
  // Browsers limit how often a page may write its address.
  toWrite = window.setTimeout(() => {
    if (fragment === written) return;
    written = fragment;
    history.replaceState(null, '', fragment);
  }, 250);
});

/** The address of the state. */
export const fragment = computed(() => writeFragment(state.value));

/** Shows the state of a fragment. A damaged one leaves the state as it is and says why. */
export function load(text: string): void {
  let read: ReturnType<typeof readFragment>;
  try {
    read = readFragment(text, catalog);
  } catch (error) {
    if (!(error instanceof FragmentError)) throw error;
    notice.value = `This address cannot be read. ${error.message}.`;
    return;
  }
  batch(() => {
    const { by } = read;
    notice.value =
      by === undefined || by === version
        ? ''
        : `boundgrad ${by} wrote this address and this is ${version}: numbers may differ.`;
    unrolled.value = null;
    noStep.value = '';
    state.value = read.state;
    begin(read.state.at);
  });
}

/** Runs the state to its end and shows it. Returns its numbers, those of `boundgrad lab --state`. Rejects if it cannot run. */
export function run(): Promise<number[]> {
  batch(() => {
    isPlaying.value = false;
    follows = true;
    if (isDone.value) playhead.value = computedSteps.value;
  });
  const id = ++lastId;
  const of = kind.value;
  return new Promise((resolve, reject) => {
    waiting.set(id, { of, resolve, reject });
    send(of, { kind: 'numbers', id, state: state.value });
  });
}

addEventListener('hashchange', () => load(location.hash));
