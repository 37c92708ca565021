// What the page shows, as signals: the state, the progress of its run, the tracks, and the playhead.
import { batch, computed, signal } from '@preact/signals';
import type { Where } from '../core/optimizerOf.js';
import { problems } from '../core/problems.js';
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
import { chosen, grownRows, net, rowAt, rows, weight } from './net.js';
import { fittingChanges, race, racedSteps, raceKey } from './race.js';

/** What labPage.ts writes into the page. */
const { catalog, version } = JSON.parse(document.getElementById('catalog')!.textContent!) as {
  catalog: Catalog;
  version: string;
};

export { catalog, version };

export const state = signal<State>(firstState);
/** The state of the surface, also while another kind of state is shown. */
export const surface = signal<SurfaceState>(firstState);
/** Whether one net is shown. */
export const showsNet = computed(() => isNet(state.value));
/** Whether the problem of a theorem is shown. */
export const showsTheorem = computed(() => isTheorem(state.value));
/** The state of room `theorems`, also while another is shown, and what its worker computed last. */
export const theorem = signal<TheoremState>(firstTheorem);
export const theoremRun = signal<TheoremRun | null>(null);
/** The state whose run is in `theoremRun`. It differs from `theorem` while a new run is computed, and if that is refused. */
export const ranTheorem = signal<TheoremState>(firstTheorem);
/** A sentence about the address: why it could not be read, or that another version wrote it. */
export const notice = signal('');
/** The tracks so far. The arrays grow in place; `grown` counts the changes. */
export const tracks = signal<Track[]>([]);
export const grown = signal(0);
/** The rules of the tracks. Until a new run begins, and if it is refused, these are the last run's rules. */
export const trackedRules = signal<readonly RuleChoice[]>([]);

/** Why a run cannot continue, and the part of the state to change. */
type Problem = { message: string; where: Where | 'program' } | null;
/** The progress of the run of a kind of state. id: the number of its request. key: everything that the run depends on. */
const newRun = () => ({
  id: 0,
  key: '',
  /** The state that was requested last. */
  asked: null as State | null,
  /** Whether the next answer begins a new run. The results of the last run stay visible until then. */
  isFresh: true,
  /** Whether an answer is still to come. */
  isBusy: signal(true),
  problem: signal<Problem>(null),
  /** Its own worker: surfaces and nets need different backends. Started when it is needed. */
  worker: undefined as Worker | undefined,
  /** Why its worker stopped for good; empty while it works. */
  lost: '',
  /** Seconds since its worker last answered. */
  silence: 0,
});
export const runs: Readonly<Record<StateKind, ReturnType<typeof newRun>>> = {
  surface: newRun(),
  net: newRun(),
  race: newRun(),
  theorem: newRun(),
};
/** The kind of the shown state. */
export const kind = computed(() => kindOf(state.value));
/** The progress of the shown state's run. */
export const shownRun = computed(() => runs[kind.value]);
export const isBusy = computed(() => shownRun.value.isBusy.value);
/** Why the state cannot run, and which part of it to change. */
export const problemWith = computed(() => shownRun.value.problem.value);
/** Whether the state has run to its end. */
export const isDone = computed(() => !isBusy.value && !problemWith.value);
export const field = signal<Field | null>(null);
/** The unrolled step. subject: its coordinate or weight. */
export const unrolled = signal<(Unrolled & { subject: string }) | null>(null);
/** Why no step is unrolled. */
export const noStep = signal('');

/** The shown step: a whole number while the page pauses, between two steps while it plays. */
export const playhead = signal(0);
export const isPlaying = signal(false);
/** Whether the playhead follows the end of the run. */
export const follows = signal(false);

/** The shown step as a whole number, also while the page plays. */
export const at = computed(() => Math.floor(playhead.value));
/** The last step that was computed. */
export const computedSteps = computed(() => {
  if (kind.value === 'theorem') return theoremRun.value?.courses[0].t.at(-1) ?? 0;
  grown.value;
  grownRows.value;
  if (kind.value === 'race') return racedSteps.value;
  return showsNet.value ? rows.value.length : Math.max(0, ...tracks.value.map(({ x }) => x.length - 1));
});
/** The step whose rates are shown: the shown step, but at least 1 and at most the last computed step. */
export const shownStep = computed(() => Math.max(1, Math.min(at.value, computedSteps.value)));
/** The first step at which the clip changed a rate: on a surface, of any rule; for a net, of the chosen weight or, if none is chosen, of
 *  any weight of the shown layer or net. Infinity until such a step is computed, and for races and theorems. */
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

/** Whether the page has the images. */
export const hasImages = document.getElementById('images') !== null;
/** Whether the reader asked for less motion. */
export const prefersStill = matchMedia('(prefers-reduced-motion: reduce)');

/** What a run depends on; the rest of the state only changes what is shown. */
export function runKey(state: State): string {
  if (isRace(state)) return raceKey(state);
  const { rules, steps, seed } = state;
  if (isTheorem(state)) return JSON.stringify([state.theorem, state.settings, rules, steps, seed]);
  if (isNet(state)) return JSON.stringify([state.net, state.data, state.batch, rules, steps, seed]);
  const { problem, settings, formula, start } = state;
  return JSON.stringify([problem, settings, problem === 'own' && formula, start, rules, steps, seed]);
}
/** Changes the state. If the new state needs another run, shows the end of that run. */
export function change(part: Partial<SurfaceState | NetState | RaceState | TheoremState>): void {
  batch(() => {
    const next = { ...state.value, ...part } as State;
    if (isRace(next) && isRace(state.value) && !('changes' in part)) next.changes = fittingChanges(state.value, next);
    const reruns = runKey(next) !== runKey(state.value);
    if (reruns) {
      delete next.at;
      isPlaying.value = false;
      follows.value = true;
    }
    state.value = next;
  });
}

/** Keeps a state for its room. */
export function keep(next: State): void {
  if (isRace(next)) race.value = next;
  else if (isNet(next)) net.value = next;
  else if (isTheorem(next)) theorem.value = next;
  else surface.value = next;
}
