// Plays a run: moves the playhead, and stops it.
import { batch, effect } from '@preact/signals';
import {
  at,
  computedSteps,
  firstClip,
  follows,
  isBusy,
  isDone,
  isPlaying,
  lastStep,
  playhead,
  prefersStill,
  shownRun,
  showsTheorem,
  state,
} from './state.js';

/** Begins to play, unless a step is given or the reader asked for less motion. */
export function begin(step: number | undefined): void {
  const isStill = step !== undefined || prefersStill.matches;
  isPlaying.value = !isStill;
  follows.value = step === undefined && isStill;
  playhead.value = step ?? (isStill && isDone.value ? Math.min(computedSteps.value, state.value.steps) : 0);
}

/** Shows a step and pauses. */
export function show(step: number): void {
  batch(() => {
    isPlaying.value = false;
    follows.value = false;
    const to = Math.min(Math.max(0, Math.round(step)), lastStep.value);
    playhead.value = to;
    state.value = { ...state.value, at: to };
  });
}

/** Seconds that a run of 20 or more steps plays. */
const SECONDS = 7;

/** Plays from the shown step, or from the start if it is the last one. */
export function play(): void {
  follows.value = false;
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

/** Sets whether playing pauses at the first clip. If not, the state has no `stop`. */
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
  // Until the first results of a new run, those of the last run are shown. They are not played.
  if (isBusy.value && shownRun.value.isFresh) {
    requestAnimationFrame(tick);
    return;
  }
  const next = showsTheorem.value
    ? // Equal factors take equal times, as on the logarithmic axis.
      Math.expm1(Math.log1p(playhead.value) + (seconds / SECONDS) * Math.log1p(state.value.steps))
    : playhead.value + (seconds * Math.max(20, state.value.steps)) / SECONDS;
  if (state.value.stop && playhead.value < firstClip.value && Math.min(next, computedSteps.value) >= firstClip.value) {
    show(firstClip.value);
    return;
  }
  if (!isBusy.value && next >= computedSteps.value) {
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
