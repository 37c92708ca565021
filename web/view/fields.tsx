// Inputs for numbers and texts. A value that cannot be used is kept in the input and explained below it; the state keeps the last one.
import { useEffect, useId, useState } from 'preact/hooks';

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

/** An input for a number, optionally with a slider. */
export function NumberField({ label, value, min, max, isWhole, slider, from = min, to = max, onChange }: NumberProps) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState('');
  // Another value from outside replaces what was typed.
  useEffect(() => {
    setText(null);
    setWrong('');
  }, [value]);
  const set = (typed: string) => {
    const given = typed.trim().replace('−', '-');
    const next = given === '' ? Number.NaN : Number(given);
    let why = '';
    if (!Number.isFinite(next)) why = `not a number: '${typed}'`;
    else if (min !== undefined && next < min) why = `at least ${min}: ${typed}`;
    else if (max !== undefined && next > max) why = `at most ${max}: ${typed}`;
    else if (isWhole && !Number.isInteger(next)) why = `a whole number: ${typed}`;
    setWrong(why);
    setText(typed);
    if (!why && next !== value) onChange(next);
  };
  const isLog = slider === 'log';
  const scale = (v: number) => (isLog ? Math.log10(v) : v);
  return (
    <div class={slider ? 'field with-slider' : 'field'}>
      <label for={id}>{label}</label>
      {slider && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          aria-valuetext={String(value)}
          min={scale(from!)}
          max={scale(to!)}
          // A whole number must change with one press of a key.
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
        id={id}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        value={text ?? String(value)}
        aria-invalid={wrong !== ''}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={({ currentTarget }) => set(currentTarget.value)}
        onBlur={() => !wrong && setText(null)}
      />
      {wrong && (
        <p class="wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}
