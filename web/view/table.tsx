// Tables, in which every number that is not rounded is kept as `data-value`.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watchScrolling } from '../../reports/charts/scrolling.js';
import { short } from './numbers.js';

interface TableProps {
  label: string;
  caption?: ComponentChildren;
  /** The names of the columns. */
  heads: readonly ComponentChildren[];
  /** The rows. */
  children: ComponentChildren;
}

/** A table that scrolls sideways, and says so, if it is wider than the page. */
export function Table({ label, caption, heads, children }: TableProps) {
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
    </section>
  );
}

/** A cell with a number, which is kept whole. Undefined: a dash. text: in place of the rounded number. */
export function Cell({ value, digits, text }: { value: number | undefined; digits?: number; text?: string }) {
  return <td data-value={value}>{text ?? (value === undefined ? '–' : short(value, digits))}</td>;
}

/** Some twenty places of `length`, from 0 to the last. */
export function twentyOf(length: number): number[] {
  const every = Math.max(1, Math.ceil((length - 1) / 20));
  return Array.from({ length }, (_, i) => i).filter((i) => i % every === 0 || i === length - 1);
}
