// Questions, each a link to a state that answers it, and below them the answer of the one that is shown. An answer may ask the reader to
// change something, so it stays while the run is of the same problem, or of the same data and net.
import { useRef } from 'preact/hooks';
import { readFragment, writeFragment } from '../core/fragment.js';
import type { Preset } from '../core/presets.js';
import { isNet, isRace, isTheorem, type State } from '../core/state.js';
import { catalog } from './state.js';

/** A preset with the subject of its run. */
interface Asked extends Preset {
  subject: string;
}

/** What a run is about. */
function subjectOf(state: State): string {
  if (isRace(state)) return `${state.data} ${state.race}`;
  if (isNet(state)) return `${state.data} ${state.net}`;
  return isTheorem(state) ? state.theorem : state.problem;
}

/** Presets with their fragments as this version writes them. A preset that is chosen keeps the reader's setting of where playing stops. */
export const asWritten = (presets: readonly Preset[], stop?: State['stop']): Asked[] =>
  presets.map((preset) => {
    const { state } = readFragment(preset.fragment, catalog);
    return { ...preset, fragment: writeFragment({ ...state, stop }), subject: subjectOf(state) };
  });

/** list: with fragments as this version writes them. */
export function Questions({ list, shown }: { list: readonly Asked[]; shown: State }) {
  const last = useRef<Asked | null>(null);
  const { at: _, ...rest } = shown;
  const written = writeFragment(rest as State);
  const chosen = list.find(({ fragment }) => fragment === written);
  if (chosen) last.current = chosen;
  else if (last.current?.subject !== subjectOf(shown)) last.current = null;
  const answered = last.current;
  return (
    <>
      <nav class="questions" aria-label="Questions, each with a run that answers it">
        {list.map((q) => (
          <a key={q.question} href={q.fragment} aria-current={q === chosen ? 'true' : undefined}>
            {q.question}
          </a>
        ))}
      </nav>
      <p class="why" aria-live="polite">
        {answered?.why}
        {answered && !chosen && (
          <span class="note">
            {' '}
            You have changed the run since. <a href={answered.fragment}>Show the run of the answer</a>
          </span>
        )}
      </p>
    </>
  );
}
