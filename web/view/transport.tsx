// Play, pause, one step, and the slider of steps.
import { useId } from 'preact/hooks';
import { isRace } from '../core/state.js';
import { pause, play, show, stopAtClip } from './playback.js';
import { at, isPlaying, lastStep, showsTheorem, state } from './state.js';

/** The largest value of the slider on the logarithmic axis of the theorems. */
const LOG = 200;

function pauseIfPlaying(): void {
  if (isPlaying.value) pause();
}

/** The controls of the playhead. */
export function Transport() {
  const id = useId();
  const isAtEnd = at.value >= lastStep.value;
  const label = isPlaying.value ? 'Pause' : isAtEnd ? 'Play again' : 'Play';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a toolbar, not a part of a form.
    <div class="transport" role="group" aria-label="Steps">
      <button type="button" class="play" onClick={isPlaying.value ? pause : play} aria-label={label} title={label}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          {isPlaying.value ? <path d="M4 2.5h3v11H4zM9 2.5h3v11H9z" /> : <path d="M4 2l9.5 6L4 14z" />}
        </svg>
      </button>
      <button
        type="button"
        aria-label="One step back"
        title="One step back"
        onClick={() => show(at.value - 1)}
        disabled={at.value <= 0}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M12 3v10L5.5 8zM4 3h1.6v10H4z" />
        </svg>
      </button>
      <button
        type="button"
        aria-label="One step"
        title="One step"
        onClick={() => show(at.value + 1)}
        disabled={isAtEnd}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 3v10l6.5-5zM10.4 3H12v10h-1.6z" />
        </svg>
      </button>
      <label class="visually-hidden" for={id}>
        Step
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={showsTheorem.value ? LOG : lastStep.value}
        step={1}
        value={showsTheorem.value ? (LOG * Math.log1p(at.value)) / Math.log1p(lastStep.value) : at.value}
        aria-valuetext={`step ${at.value} of ${lastStep.value}`}
        onInput={({ currentTarget }) => {
          const place = Number(currentTarget.value);
          show(showsTheorem.value ? Math.expm1((place / LOG) * Math.log1p(lastStep.value)) : place);
        }}
        // Keys and presses pause even where they do not move the slider, for example Home at step 0.
        onKeyDown={({ key }) => /^(Home|End|Page|Arrow)/.test(key) && pauseIfPlaying()}
        onPointerDown={pauseIfPlaying}
      />
      <output for={id} class="step">
        step <b data-value={at.value}>{at.value}</b> of {lastStep.value}
      </output>
      {!isRace(state.value) && !showsTheorem.value && (
        <label class="check">
          <input
            type="checkbox"
            checked={state.value.stop === 'clip'}
            onChange={({ currentTarget }) => stopAtClip(currentTarget.checked)}
          />
          stop at the first clip
        </label>
      )}
    </div>
  );
}
