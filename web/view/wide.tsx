import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watchScrolling } from '../../reports/charts/scrolling.js';

/** A table that scrolls sideways, and says so, if it is wider than the page. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => watchScrolling(ref.current!), []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it.
    <section class="wide" tabIndex={0} aria-label={label} ref={ref}>
      {children}
    </section>
  );
}
