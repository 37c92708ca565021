// Whether the page is dark or light: canvases are drawn again when it changes.
import { signal } from '@preact/signals';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** The colour scheme of the page. */
export const scheme = signal<'dark' | 'light'>(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => {
  scheme.value = dark.matches ? 'dark' : 'light';
});
