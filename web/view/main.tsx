// The page: a header, the rooms, and what tests and scripts may call.
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { writeFragment } from '../core/fragment.js';
import { programOf } from '../core/program.js';
import { hasRaceProgram } from '../core/raceProgram.js';
import { firstNet, firstPoints, firstState, isRace, kindOf, type Room, rooms, type State } from '../core/state.js';
import { FunnelRoom } from './funnelRoom.js';
import { net } from './net.js';
import { race } from './race.js';
import { RaceRoom } from './raceRoom.js';
import { StepRoom } from './stepRoom.js';
import {
  at,
  catalog,
  enter,
  fragment,
  hasImages,
  load,
  notice,
  problemWith,
  run,
  showsNet,
  state,
  surface,
  version,
} from './store.js';
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
  return programOf(rest as State, catalog);
};
/** Whether the run can be copied as a program. */
const hasProgram = () => {
  const shown = state.value;
  return shown.room !== 'step' && !problemWith.value && !(isRace(shown) && !hasRaceProgram(shown));
};

const titles: Readonly<Record<Room, string>> = {
  surface: 'Surface',
  step: 'One step',
  funnel: 'The funnel',
  nets: 'Nets',
};

/** The state of a room as it was left; of room `step`, what is shown now. A page without images begins with points. */
function stateOf(room: Room): State {
  if (room === 'surface')
    return { ...surface.value, room, at: kindOf(state.value) === 'surface' ? at.value : surface.value.at };
  if (room === 'nets') return { ...race.value, at: kindOf(state.value) === 'race' ? at.value : race.value.at };
  if (room === 'step') {
    if (isRace(state.value)) return { ...surface.value, room };
    return { ...state.value, room, at: at.value };
  }
  const asked = net.value === firstNet && !hasImages ? firstPoints : net.value;
  return { ...asked, room, at: showsNet.value ? at.value : asked.at };
}

function ShownRoom() {
  const Shown = { surface: SurfaceRoom, step: StepRoom, funnel: FunnelRoom, nets: RaceRoom }[state.value.room];
  return <Shown />;
}

function App() {
  return (
    <>
      <header>
        <h1>
          <a href={writeFragment(firstState)}>boundgrad lab</a>
        </h1>
        <p class="lead">Watch optimizers descend and train, stop them, and see which rate each step used.</p>
        <div class="actions">
          <Copy label="copy link" text={() => location.href.replace(/#.*|$/, fragment.value)} />
          <Copy label="copy as command" text={command} />
          {hasProgram() && <Copy label="copy as program" text={() => program()!} />}
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
            href={writeFragment(stateOf(room))}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              enter(stateOf(room));
            }}
            aria-current={room === state.value.room ? 'page' : undefined}
          >
            {titles[room]}
          </a>
        ))}
      </nav>
      <main>
        <ShownRoom />
      </main>
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
