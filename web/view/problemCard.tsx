// The card that chooses the problem of a surface: the loss with its settings or the user's formula, the start, steps and seed.
import { parseFormula } from '../core/formula.js';
import { problems } from '../core/problems.js';
import { MOST_STEPS } from '../core/state.js';
import { FormulaInput, NumberField, SelectField, titled } from './fields.js';
import { Equation } from './math.js';
import { StepsAndSeed } from './runFields.js';
import { change, settings, start, surface } from './state.js';

const limits = { min: -1e5, max: 1e5 };

export function ProblemCard() {
  const { problem, formula, seed, steps } = surface.value;
  const { title, about, settings: parts, formula: built } = problems[problem];
  const [x, y] = start.value;
  return (
    <fieldset class="card">
      <legend>Problem</legend>
      <SelectField
        label="Loss"
        value={problem}
        options={titled(problems)}
        onChange={(problem) => change({ problem, settings: {}, start: undefined, view: undefined })}
      />
      <p class="note">{about}</p>
      {built ? (
        <p class="equation">
          <Equation of={parseFormula(built, ['x', 'y', ...Object.keys(parts), 'c', 's'])} left={<mi>f</mi>} />
        </p>
      ) : (
        <FormulaInput
          label="f(x, y) ="
          left="f"
          value={formula}
          parse={parseFormula}
          onChange={(formula) => change({ formula })}
        />
      )}
      {Object.entries(parts).map(([name, { title, min, max, isLog }]) => (
        <NumberField
          key={`${problem} ${name}`}
          label={title}
          value={settings.value[name]}
          min={min}
          max={max}
          slider={isLog ? 'log' : 'linear'}
          onChange={(value) => change({ settings: { ...surface.value.settings, [name]: value } })}
        />
      ))}
      <div class="row">
        <NumberField label="start x" value={x} {...limits} onChange={(v) => change({ start: [v, start.value[1]] })} />
        <NumberField label="start y" value={y} {...limits} onChange={(v) => change({ start: [start.value[0], v] })} />
      </div>
      <StepsAndSeed steps={steps} seed={seed} most={MOST_STEPS} />
      <span class="visually-hidden">{title}</span>
    </fieldset>
  );
}
