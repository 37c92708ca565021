// Inputs with their labels. A value that cannot be used stays in its input, and the reason is below it; the state keeps the last value that
// could be used.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { type Formula, FormulaError } from '../core/formula.js';
import { Equation } from './math.js';

/** Attributes of an input for names and formulas, which a browser must not correct. */
export const plainText = { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: false } as const;

/** Attributes of an input whose value may be wrong. The note below the input has the id `noteId(id)`. */
export const judged = (id: string, why: string) => ({
  id,
  'aria-invalid': why !== '',
  'aria-describedby': why ? noteId(id) : undefined,
});
export const noteId = (id: string) => `${id}-note`;

/** Why the value of an input cannot be used. Shows nothing if it can. */
export function Wrong({ of, why }: { of: string; why: string }) {
  if (!why) return null;
  return (
    <p class="wrong" id={noteId(of)} role="alert">
      {why}
    </p>
  );
}

interface NumberProps {
  label: string;
  value: number;
  min?: number;
  max?: number;
  isWhole?: boolean;
  /** Adds a slider: linear or logarithmic. Its range: `from` to `to`. */
  slider?: 'linear' | 'log';
  from?: number;
  to?: number;
  onChange(value: number): void;
}

/** The number that a text holds; NaN if it holds none. */
function numberOf(typed: string): number {
  const text = typed.trim().replace('−', '-');
  return text === '' ? Number.NaN : Number(text);
}

/** An input for a number, optionally with a slider. */
export function NumberField({ label, value, min, max, isWhole, slider, from = min, to = max, onChange }: NumberProps) {
  const id = useId();
  const why = (text: string) => {
    const next = numberOf(text);
    if (!Number.isFinite(next)) return `not a number: '${text}'`;
    if (min !== undefined && next < min) return `must be at least ${min}: ${text}`;
    if (max !== undefined && next > max) return `must be at most ${max}: ${text}`;
    return isWhole && !Number.isInteger(next) ? `must be a whole number: ${text}` : '';
  };
  const { text, isTyped, set, forget } = useTyped(value, why, numberOf);
  const wrong = isTyped ? why(text) : '';
  const isLog = slider === 'log';
  const scale = (v: number) => (isLog ? Math.log10(v) : v);
  return (
    <div class={slider ? 'field with-slider' : 'field'}>
      <label for={id}>{label}</label>
      {slider && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          aria-valuetext={String(Number(value.toPrecision(4)))}
          min={scale(from!)}
          max={scale(to!)}
          // A whole number must change at each press of a key.
          step={Math.max((scale(to!) - scale(from!)) / 200, isWhole && !isLog ? 1 : 0)}
          value={scale(Math.min(Math.max(value, from!), to!))}
          onInput={({ currentTarget }) => {
            const raw = Number(currentTarget.value);
            const next = Number((isLog ? 10 ** raw : raw).toPrecision(3));
            onChange(isWhole ? Math.round(next) : next);
          }}
        />
      )}
      <input
        {...judged(id, wrong)}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => set(currentTarget.value, onChange)}
        onBlur={() => !wrong && forget()}
      />
      <Wrong of={id} why={wrong} />
    </div>
  );
}

/** Values for a list to choose from, each with its title. */
export type Options<K extends string> = readonly (readonly [value: K, title: string])[];

/** The keys of a record with their titles. */
export const titled = <K extends string>(record: Readonly<Record<K, { readonly title: string }>>): Options<K> =>
  Object.entries<{ readonly title: string }>(record).map(([key, { title }]) => [key as K, title]);

/** Words that are their own titles. */
export const words = <K extends string>(list: readonly K[]): Options<K> => list.map((word) => [word, word]);

interface SelectProps<K extends string> {
  label: string;
  value: K;
  options: Options<K>;
  /** Whether an option cannot be chosen. Default: each can. */
  isOff?(value: K): boolean;
  disabled?: boolean;
  onChange(value: K): void;
}

/** A list to choose from. It shows `value`, also after a choice that leaves `value` as it is. */
export function SelectField<K extends string>({ label, onChange, ...list }: SelectProps<K>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <Select id={id} {...list} onChange={onChange} />
    </div>
  );
}

/** The list without its label. */
export function Select<K extends string>({
  value,
  options,
  isOff,
  onChange,
  ...attributes
}: Omit<SelectProps<K>, 'label'> & { id: string; 'data-field'?: string }) {
  return (
    <select
      {...attributes}
      value={value}
      onChange={({ currentTarget }) => {
        const next = currentTarget.value as K;
        currentTarget.value = value;
        onChange(next);
      }}
    >
      {options.map(([key, title]) => (
        <option key={key} value={key} disabled={isOff?.(key)}>
          {title}
        </option>
      ))}
    </select>
  );
}

/**
 * What was typed into an input. A typed text belongs to the value that the state has after it, and is shown as long as the state has that
 * value; another value from outside replaces it at once.
 *
 * @param why Why a text cannot be used; empty if it can.
 * @param read Converts a text to the state's form.
 */
export function useTyped<T extends string | number>(
  value: T,
  why: (text: string) => string,
  read: (text: string) => T,
) {
  const [typed, setTyped] = useState<{ text: string; value: T } | null>(null);
  const isTyped = typed !== null && typed.value === value;
  const text = isTyped ? typed.text : String(value);
  const set = (next: string, onChange: (value: T) => void) => {
    const after = why(next) ? value : read(next);
    setTyped({ text: next, value: after });
    if (after !== value) onChange(after);
  };
  return { text, isTyped, wrong: why(text), set, forget: () => setTyped(null) };
}

interface TextProps {
  label: string;
  value: string;
  /** Why a text cannot be used; empty if it can. */
  why(text: string): string;
  onChange(text: string): void;
}

/** An input for a name. */
export function TextField({ label, value, why, onChange }: TextProps) {
  const id = useId();
  const { text, wrong, set } = useTyped(value, why, String);
  return (
    <div class="field name-field">
      <label for={id}>{label}</label>
      <input
        {...plainText}
        {...judged(id, wrong)}
        value={text}
        onInput={({ currentTarget }) => set(currentTarget.value, onChange)}
      />
      <Wrong of={id} why={wrong} />
    </div>
  );
}

interface FormulaProps {
  /** The left side of the equation below the input. */
  left: string;
  label: ComponentChildren;
  title?: string;
  name?: string;
  value: string;
  /** The tree of a text. Throws FormulaError. */
  parse(text: string): Formula;
  /** Converts a text to the state's form. */
  read?(text: string): string;
  onChange(text: string): void;
}

/** An input for a formula, with the formula as an equation below it. */
export function FormulaInput({ left, label, title, name, value, parse, read = String, onChange }: FormulaProps) {
  const id = useId();
  const why = (text: string) => {
    try {
      parse(text);
      return '';
    } catch (error) {
      if (error instanceof FormulaError) return error.message;
      throw error;
    }
  };
  const { text, wrong, set } = useTyped(value, why, read);
  const tree = wrong ? null : parse(text);
  return (
    <div class="field wide">
      <label for={id} title={title}>
        {label}
      </label>
      <input
        {...plainText}
        {...judged(id, wrong)}
        aria-describedby={noteId(id)}
        data-field={name}
        value={text}
        onInput={({ currentTarget }) => set(currentTarget.value, onChange)}
      />
      <Wrong of={id} why={wrong} />
      {tree && (
        <p class="equation" id={noteId(id)}>
          {tree.kind !== 'number' && <Equation of={tree} left={<mi>{left}</mi>} />}
        </p>
      )}
    </div>
  );
}
