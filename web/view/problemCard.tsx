// The card that chooses the problem of room 1: the loss with its settings or a formula of one's own, the start, steps and seed.
import { signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { FormulaError, parseFormula } from '../core/formula.js';
import { problems } from '../core/problems.js';
import { MOST_STEPS } from '../core/state.js';
import { NumberField } from './fields.js';
import { Equation } from './math.js';
import { change, settings, start, surface } from './store.js';

export function ProblemCard() {
  const id = useId();
  const { problem, formula, seed, steps } = surface.value;
  const { title, about, settings: parts, formula: built } = problems[problem];
  const [x, y] = start.value;
  const set = (name: string) => (value: number) => change({ settings: { ...surface.value.settings, [name]: value } });
  return (
    <fieldset class="card">
      <legend>Problem</legend>
      <div class="field">
        <label for={id}>Loss</label>
        <select
          id={id}
          value={problem}
          onChange={({ currentTarget }) =>
            change({ problem: currentTarget.value, settings: {}, start: undefined, view: undefined })
          }
        >
          {Object.entries(problems).map(([key, each]) => (
            <option key={key} value={key}>
              {each.title}
            </option>
          ))}
        </select>
      </div>
      <p class="note">{about}</p>
      {built ? (
        <p class="equation">
          <Equation of={parseFormula(built, ['x', 'y', ...Object.keys(parts), 'c', 's'])} left={<mi>f</mi>} />
        </p>
      ) : (
        <OwnFormula formula={formula} />
      )}
      {Object.entries(parts).map(([name, setting]) => (
        <NumberField
          key={`${problem} ${name}`}
          label={setting.title}
          value={settings.value[name]}
          min={setting.min}
          max={setting.max}
          slider={setting.isLog ? 'log' : 'linear'}
          onChange={set(name)}
        />
      ))}
      <div class="row">
        <NumberField
          label="start x"
          value={x}
          min={-1e5}
          max={1e5}
          onChange={(v) => change({ start: [v, start.value[1]] })}
        />
        <NumberField
          label="start y"
          value={y}
          min={-1e5}
          max={1e5}
          onChange={(v) => change({ start: [start.value[0], v] })}
        />
      </div>
      <div class="row">
        <NumberField
          label="steps"
          value={steps}
          min={1}
          max={MOST_STEPS}
          isWhole
          onChange={(v) => change({ steps: v })}
        />
        <NumberField
          label="seed"
          value={seed}
          min={0}
          max={2 ** 32 - 1}
          isWhole
          onChange={(v) => change({ seed: v })}
        />
      </div>
      <span class="visually-hidden">{title}</span>
    </fieldset>
  );
}

/** What is typed, while it differs from the formula that runs. */
const typed = signal<string | null>(null);

function OwnFormula({ formula }: { formula: string }) {
  const id = useId();
  const text = typed.value ?? formula;
  let wrong = '';
  try {
    parseFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    wrong = error.message;
  }
  const set = (next: string) => {
    typed.value = next;
    try {
      parseFormula(next);
      typed.value = null;
      change({ formula: next });
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
    }
  };
  return (
    <div class="field wide">
      <label for={id}>f(x, y) =</label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={text}
        aria-invalid={wrong !== ''}
        aria-describedby={`${id}-note`}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
      {wrong ? (
        <p class="wrong" id={`${id}-note`} role="alert">
          {wrong}
        </p>
      ) : (
        <p class="equation" id={`${id}-note`}>
          <Equation of={parseFormula(text)} left={<mi>f</mi>} />
        </p>
      )}
    </div>
  );
}
