// Tables that show rounded numbers, and keep each unrounded number as `data-value`.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watchScrolling } from '../../reports/charts/scrolling.js';
import { short } from './numbers.js';

interface TableProps {
  label: string;
  caption?: ComponentChildren;
  /** The names of the columns. */
  heads: readonly ComponentChildren[];
  /** A text below the table: what the columns mean. */
  note?: string;
  /** The rows. */
  children: ComponentChildren;
}

/** A table that scrolls sideways if it is wider than the page. A note then says that it scrolls. */
export function Table({ label, caption, heads, note, children }: TableProps) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => watchScrolling(ref.current!), []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it.
    <section class="wide" tabIndex={0} aria-label={label} ref={ref}>
      <table>
        {caption && <caption>{caption}</caption>}
        <thead>
          <tr>
            {heads.map((head, i) => (
              <th key={i} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
      {note && <p class="note">{note}</p>}
    </section>
  );
}

/** A cell with a number; undefined is shown as a dash. digits: as in `short`. Default: 4. text: replaces the rounded
 *  number. */
export function Cell({ value, digits, text }: { value: number | undefined; digits?: number; text?: string }) {
  return <td data-value={value}>{text ?? (value === undefined ? '–' : short(value, digits))}</td>;
}

/** At most 21 indices from 0 to `length` - 1, evenly spaced but for the last. */
export function twentyOf(length: number): number[] {
  const every = Math.max(1, Math.ceil((length - 1) / 20));
  return Array.from({ length }, (_, i) => i).filter((i) => i % every === 0 || i === length - 1);
}
