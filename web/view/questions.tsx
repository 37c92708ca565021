// Questions, each a link to a state that answers it, and below them the answer of the one that is shown.
import { readFragment, writeFragment } from '../core/fragment.js';
import type { Preset } from '../core/presets.js';
import type { State } from '../core/state.js';
import { catalog } from './store.js';

/** Presets with their fragments as this version writes them. Choosing one keeps where the reader wants playing to stop. */
export const asWritten = (presets: readonly Preset[], stop?: State['stop']): Preset[] =>
  presets.map((preset) => ({
    ...preset,
    fragment: writeFragment({ ...readFragment(preset.fragment, catalog).state, stop }),
  }));

/** list: with fragments as this version writes them. */
export function Questions({ list, shown }: { list: readonly Preset[]; shown: State }) {
  const { at: _, ...rest } = shown;
  const written = writeFragment(rest as State);
  const chosen = list.find(({ fragment }) => fragment === written);
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
        {chosen?.why}
      </p>
    </>
  );
}
