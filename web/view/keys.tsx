// The keyboard controls of the playhead in every room, and the list of keys that some rooms show.
import { isRace, isTheorem } from '../core/state.js';
import { pause, play, show, stopAtClip } from './playback.js';
import { at, isPlaying, showsTheorem, state } from './state.js';

export function Keys() {
  return (
    <details>
      <summary>Keys</summary>
      <dl>
        <dt>Space</dt>
        <dd>play or pause, unless a control has the focus</dd>
        <dt>, and .</dt>
        <dd>one step back, one step on</dd>
        {!showsTheorem.value && (
          <>
            <dt>c</dt>
            <dd>switch the stop at the first clip on or off</dd>
            <dt>start, focused</dt>
            <dd>arrow keys move it, with Shift farther</dd>
            <dt>plane, focused</dt>
            <dd>arrow keys move the view, + and − zoom, as does the wheel; 0 resets the view</dd>
          </>
        )}
      </dl>
      {!showsTheorem.value && (
        <p class="note">A click on the plane sets the start; dragging the plane moves the view; two fingers zoom it.</p>
      )}
    </details>
  );
}

addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, button, a, summary'))
    return;
  const acts: Record<string, () => unknown> = {
    ' ': () => (isPlaying.value ? pause() : play()),
    ',': () => show(at.value - 1),
    '.': () => show(at.value + 1),
    // Races and theorems have no clip to stop at.
    c: () => isRace(state.value) || isTheorem(state.value) || stopAtClip(state.value.stop === undefined),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
});
