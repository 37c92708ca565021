// What the page shows, as signals: the state, the tracks that the worker sends, and the playhead.
import { batch, computed, effect, signal } from '@preact/signals';
import { FragmentError, readFragment, writeFragment } from '../core/fragment.js';
import { problems } from '../core/problems.js';
import { type Catalog, firstState, type State, settingsOf } from '../core/state.js';
import type { Field, Track } from '../core/surface.js';
import type { Unrolled } from '../core/unroll.js';
import type { Answer, Request } from '../worker.js';

/** What labPage.ts writes into the page. */
const { catalog, version } = JSON.parse(document.getElementById('catalog')!.textContent!) as {
  catalog: Catalog;
  version: string;
};

export { catalog, version };

export const state = signal<State>(firstState);
/** A sentence about the address: why it could not be read, or that another version wrote it. */
export const notice = signal('');
/** The tracks so far. The arrays grow in place; `grown` counts the changes. */
export const tracks = signal<Track[]>([]);
export const grown = signal(0);
export const isDone = signal(false);
/** Why the state cannot run, and which part of it to change. */
export const problemWith = signal<{ message: string; where: 'formula' | number | 'program' } | null>(null);
export const field = signal<Field | null>(null);
/** The step that is unrolled. */
export const unrolled = signal<Unrolled | null>(null);

/** The step that is shown, a whole number while the page pauses. */
export const playhead = signal(0);
export const isPlaying = signal(false);

/** The step that is shown. */
export const at = computed(() => Math.floor(playhead.value));
/** The last step that was computed. */
export const computedSteps = computed(() => {
  grown.value;
  return Math.max(0, ...tracks.value.map(({ x }) => x.length - 1));
});
/** The first step at which the clip of a rule changed a rate. Infinity until one is computed. */
export const firstClip = computed(() => {
  grown.value;
  const steps = tracks.value.flatMap(({ clip }) => clip.map((list) => list.findIndex((c) => c !== 0)));
  return Math.min(...steps.filter((step) => step > 0));
});
/** The last step that a track can show: the whole run, or where every rule has stopped. */
export const lastStep = computed(() => (isDone.value ? Math.max(1, computedSteps.value) : state.value.steps));

export const start = computed(() => state.value.start ?? problems[state.value.problem].start);
export const view = computed(() => state.value.view ?? problems[state.value.problem].view);
export const settings = computed(() => settingsOf(state.value));

/** Whether the reader asked for less motion. */
export const prefersStill = matchMedia('(prefers-reduced-motion: reduce)');

// The worker's program stands in the page as text: a page that is opened from disk cannot load another file.
const program = document.getElementById('worker')!.textContent!;
const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));

let lastId = 0;
let runId = 0;
let fieldId = 0;
let unrollId = 0;
const waiting = new Map<number, { resolve(numbers: number[]): void; reject(error: Error): void }>();

const send = (request: Request) => worker.postMessage(request);

worker.onmessage = ({ data }: MessageEvent<Answer>) => {
  if (data.kind === 'field' && data.id === fieldId) field.value = data.field;
  if (data.kind === 'unroll' && data.id === unrollId) unrolled.value = data.unrolled;
  if (data.kind === 'numbers') {
    waiting.get(data.id)?.resolve(data.numbers);
    waiting.delete(data.id);
  }
  if (data.kind === 'chunk' && data.id === runId) append(data.tracks, data.isDone);
  if (data.kind !== 'error') return;
  waiting.get(data.id)?.reject(new Error(data.message));
  waiting.delete(data.id);
  if (data.id === runId) {
    batch(() => {
      problemWith.value = { message: data.message, where: data.where };
      isPlaying.value = false;
    });
  }
};

function append(parts: Track[], done: boolean): void {
  batch(() => {
    if (fresh) {
      fresh = false;
      tracks.value = parts;
    } else {
      parts.forEach((part, i) => {
        const track = tracks.value[i];
        for (const key of ['x', 'y', 'loss', 'sharpness', 'stability'] as const) track[key].push(...part[key]);
        for (const j of [0, 1]) {
          track.rate[j].push(...part.rate[j]);
          track.clip[j].push(...part.clip[j]);
        }
        track.note = part.note;
      });
    }
    isDone.value = done;
    problemWith.value = null;
    grown.value++;
    // What is shown does not fall behind what is dragged.
    if (!isPlaying.value && follows)
      playhead.value = done ? computedSteps.value : Math.min(playhead.value, state.value.steps);
  });
}

/** Whether the next answer begins new tracks. The old ones stay in sight until it comes. */
let fresh = true;
/** Whether the playhead stays at the end of the run. */
let follows = false;

/** What a run depends on; the rest of the state only changes what is shown. */
const runKey = ({ problem, settings, formula, start, rules, steps, seed }: State) =>
  JSON.stringify([problem, settings, problem === 'own' && formula, start, rules, steps, seed]);
let ran = '';
let isAsked = false;

/** Starts the run of the state in the next frame, if it differs from the last one. */
function ask(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    const key = runKey(state.value);
    if (key === ran) return;
    ran = key;
    runId = ++lastId;
    fresh = true;
    isDone.value = false;
    send({ kind: 'run', id: runId, state: state.value });
  });
}

/** Changes the state, and shows the end of its run. */
export function change(part: Partial<State>): void {
  batch(() => {
    const next = { ...state.value, ...part };
    const reruns = runKey(next) !== runKey(state.value);
    if (reruns) {
      delete next.at;
      isPlaying.value = false;
      follows = true;
    }
    state.value = next;
  });
}

/** Asks for the loss on a grid. */
export function askField(box: Field['box'], columns: number, rows: number): void {
  fieldId = ++lastId;
  send({ kind: 'field', id: fieldId, state: state.value, box, columns, rows });
}

/** Asks for the equations of the step that is shown. */
export function askUnrolled(step: number): void {
  unrollId = ++lastId;
  send({ kind: 'unroll', id: unrollId, state: { ...state.value, at: step } });
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

/** Plays from the step that is shown, or from the start if it is the last one. */
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
  // A frame's time may lie before the click that began to play.
  const seconds = Math.min(0.1, Math.max(0, now - lastFrame) / 1000);
  lastFrame = now;
  const next = playhead.value + (seconds * Math.max(20, state.value.steps)) / SECONDS;
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

effect(() => {
  state.value;
  ask();
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
    state.value = read.state;
    const { at } = read.state;
    const isStill = at !== undefined || prefersStill.matches;
    isPlaying.value = !isStill;
    follows = at === undefined && isStill;
    playhead.value = at ?? 0;
  });
}

/** Runs the state to its end and shows it. Returns its numbers, those of `boundgrad lab --state`. */
export function run(): Promise<number[]> {
  batch(() => {
    isPlaying.value = false;
    follows = true;
    if (isDone.value) playhead.value = computedSteps.value;
  });
  const id = ++lastId;
  send({ kind: 'numbers', id, state: state.value });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

addEventListener('hashchange', () => load(location.hash));
