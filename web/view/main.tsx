// The page: a header, the rooms, and what tests and scripts may call.
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { writeFragment } from '../core/fragment.js';
import { programOf } from '../core/program.js';
import { firstState, type Room, rooms } from '../core/state.js';
import { StepRoom } from './stepRoom.js';
import { at, catalog, fragment, load, notice, problemWith, run, state, version } from './store.js';
import { SurfaceRoom } from './surfaceRoom.js';

function Copy({ label, text }: { label: string; text: () => string }) {
  const [done, setDone] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setDone('copied');
    } catch {
      // A page from disk may not use the clipboard: the text is shown, to be copied by hand.
      prompt(label, text());
    }
    setTimeout(() => setDone(''), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span aria-live="polite">{done || label}</span>
    </button>
  );
}

/** An address as a word of a shell. */
const command = () => `npx boundgrad lab --state '${fragment.value.replaceAll("'", '%27')}' --json`;

/** The run as a program. Its address leaves out what is shown, on which no number depends. */
const program = () => {
  const { at: _, stop: __, ...rest } = state.value;
  return programOf(rest, catalog);
};

const titles: Readonly<Record<Room, string>> = { surface: 'Surface', step: 'One step' };

function App() {
  return (
    <>
      <header>
        <h1>
          <a href={writeFragment(firstState)}>boundgrad lab</a>
        </h1>
        <p class="lead">Watch optimizers descend, stop them, and see which rate each step used.</p>
        <div class="actions">
          <Copy label="copy link" text={() => location.href.replace(/#.*|$/, fragment.value)} />
          <Copy label="copy as command" text={command} />
          {state.value.room === 'surface' && !problemWith.value && <Copy label="copy as program" text={program} />}
        </div>
      </header>
      {notice.value && (
        <p class="notice" role="alert">
          {notice.value}
          <button type="button" class="quiet" onClick={() => (notice.value = '')}>
            close
          </button>
        </p>
      )}
      <nav class="rooms" aria-label="Rooms">
        {rooms.map((room) => (
          <a
            key={room}
            href={writeFragment({ ...state.value, room, at: at.value })}
            aria-current={room === state.value.room ? 'page' : undefined}
          >
            {titles[room]}
          </a>
        ))}
      </nav>
      <main>{state.value.room === 'step' ? <StepRoom /> : <SurfaceRoom />}</main>
      <footer>
        <p>
          boundgrad {version}. Everything on this page runs in it, by the project’s own code: nothing is loaded or sent.
        </p>
      </footer>
    </>
  );
}

load(location.hash);
render(<App />, document.getElementById('app')!);

declare global {
  interface Window {
    lab: { rooms: readonly string[]; load(fragment: string): void; run(): Promise<number[]> };
  }
}
window.lab = { rooms, load, run };
