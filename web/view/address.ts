// The address of the page: the shown state is written into it, and a new address shows its state.
import { batch, computed, effect } from '@preact/signals';
import { FragmentError } from '../core/entries.js';
import { readFragment, writeFragment } from '../core/fragment.js';
import { firstState, type State } from '../core/state.js';
import { begin } from './playback.js';
import { at, catalog, keep, noStep, notice, state, unrolled, version } from './state.js';

/** Shows the state of another room. The present state is kept for its own room. */
export function enter(next: State): void {
  batch(() => {
    keep({ ...state.value, at: at.value });
    unrolled.value = null;
    noStep.value = '';
    state.value = next;
    begin(next.at);
  });
}

let timer = 0;
effect(() => {
  const shown = state.value;
  // Nothing is shown yet: the page's address may be damaged, and is kept.
  if (shown === firstState) return;
  const fragment = writeFragment(shown);
  clearTimeout(timer);
  // Browsers limit how often a page may write its address.
  timer = window.setTimeout(() => {
    if (fragment !== location.hash) history.replaceState(null, '', fragment);
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
        : `boundgrad ${by} wrote this address, and this page is boundgrad ${version}: numbers may differ.`;
    unrolled.value = null;
    noStep.value = '';
    state.value = read.state;
    begin(read.state.at);
  });
}

// `location` may have been rewritten before the event arrives, so `newURL` is read.
addEventListener('hashchange', ({ newURL }) => load(new URL(newURL).hash));

// A link to the present address changes nothing in the address, so there is no event. The state may differ from the address, which is written later.
addEventListener('click', ({ target, defaultPrevented }) => {
  const link = (target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
  if (link && !defaultPrevented && link.hash === location.hash) load(link.hash);
});
