import type { ComponentChildren } from 'preact';

/** A table that scrolls sideways if it is wider than the page. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it.
    <section class="wide" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
