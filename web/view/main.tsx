// The page: a header, the rooms, and what tests and scripts may call.
import { render } from 'preact';
import { writeFragment } from '../core/fragment.js';
import { OWN } from '../core/ownRule.js';
import { programOf } from '../core/program.js';
import { hasRaceProgram } from '../core/raceProgram.js';
import {
  firstNet,
  firstPoints,
  firstRule,
  firstState,
  isRace,
  isSurface,
  isTheorem,
  MOST_RULES,
  type Room,
  rooms,
  type State,
} from '../core/state.js';
import { enter, fragment, load } from './address.js';
import { Copy } from './copy.js';
import { FunnelRoom } from './funnelRoom.js';
import { net } from './net.js';
import { choiceOfKey, withOwn } from './own.js';
import { race } from './race.js';
import { RaceRoom } from './raceRoom.js';
import { RuleRoom } from './ruleRoom.js';
import { run, runStates } from './runs.js';
import {
  at,
  catalog,
  hasImages,
  isBusy,
  notice,
  problemWith,
  showsNet,
  state,
  surface,
  theorem,
  version,
} from './state.js';
import { StepRoom } from './stepRoom.js';
import { SurfaceRoom } from './surfaceRoom.js';
import { TheoremRoom } from './theoremRoom.js';

/** The command that prints the run's numbers, with the address quoted for a shell. */
const command = () => `npx boundgrad lab --state '${fragment.value.replaceAll("'", '%27')}' --json`;

/** The run as a program. Its address leaves out what is shown, because no number depends on that. */
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
  theorems: 'Theorems',
  rule: 'Your rule',
};

/** The state of a room when it was left; for room `step`, the shown state, or the surface's if a race or a theorem is shown. A page without images begins with points. */
const stateOf = (room: Room): State => withOwn(leftState(room));

function leftState(room: Room): State {
  const { value: shown } = state;
  if (room === 'theorems') return { ...theorem.value, at: isTheorem(shown) ? at.value : theorem.value.at };
  if (room === 'nets') return { ...race.value, at: isRace(shown) ? at.value : race.value.at };
  if (room === 'surface' || room === 'rule') {
    const left = { ...surface.value, room, at: isSurface(shown) ? at.value : surface.value.at };
    if (room === 'surface' || left.rules.some((rule) => rule.own)) return left;
    if (writeFragment({ ...left, room: 'surface', at: undefined }) === '#') return firstRule;
    // The problem stays. If the list of rules is full, the reader's rule replaces the last one.
    const mine = { ...choiceOfKey(OWN), hyper: { lr: 0.1 } };
    return { ...left, rules: [mine, ...left.rules.slice(0, MOST_RULES - 1)], at: undefined };
  }
  if (room === 'step')
    return isRace(shown) || isTheorem(shown) ? { ...surface.value, room } : { ...shown, room, at: at.value };
  const asked = net.value === firstNet && !hasImages ? firstPoints : net.value;
  return { ...asked, room, at: showsNet.value ? at.value : asked.at };
}

function ShownRoom() {
  const Shown = {
    surface: SurfaceRoom,
    step: StepRoom,
    funnel: FunnelRoom,
    nets: RaceRoom,
    theorems: TheoremRoom,
    rule: RuleRoom,
  }[state.value.room];
  return <Shown />;
}

function App() {
  return (
    <>
      <header>
        <h1>
          <a href={writeFragment(firstState)}>boundgrad lab</a>
        </h1>
        <p class="lead">
          Watch optimizers descend surfaces and train nets, pause at any step, and see which rate it used.
        </p>
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
      <main aria-busy={isBusy.value}>
        <ShownRoom />
      </main>
      <footer>
        <p>
          boundgrad {version}. Everything here is computed in your browser, by the project’s own code: nothing is loaded
          or sent.
        </p>
      </footer>
    </>
  );
}

load(location.hash);
runStates();
render(<App />, document.getElementById('app')!);

declare global {
  interface Window {
    lab: { rooms: readonly string[]; load(fragment: string): void; run(): Promise<number[]> };
  }
}
window.lab = {
  rooms,
  load: (text) => {
    load(text);
    history.replaceState(null, '', `#${text.replace(/^#/, '')}`);
  },
  run,
};
