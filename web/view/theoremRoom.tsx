// Room 5, the theorems: rules in the paper's form on the problems of the theorems, with the conditions and the bounds beside them.
import { computed } from '@preact/signals';
import { theoremPresets } from '../core/theoremPresets.js';
import {
  defaultSetting,
  MOST_THEOREM_STEPS,
  theoremOf,
  theoremProblems,
  theoremSettings,
} from '../core/theoremProblems.js';
import { NumberField, SelectField, titled } from './fields.js';
import { Keys } from './keys.js';
import { asWritten, Questions } from './questions.js';
import { Rules } from './rules.js';
import { SeedField } from './runFields.js';
import { change, theorem } from './state.js';
import { Demands, Findings } from './theoremFindings.js';
import { theoremGiven } from './theoremLooks.js';
import { DriftMapPlot, PeriodPlot, PointPlot, RegretPlot } from './theoremPlots.js';
import { MapTable, PeriodTable, RegretTable, StepsTable } from './theoremTables.js';
import { Transport } from './transport.js';

const questions = computed(() => asWritten(theoremPresets));

export function TheoremRoom() {
  return (
    <section class="room theorem-room" data-room="theorems" aria-labelledby="theorems-title">
      <div class="intro">
        <h2 id="theorems-title">Theorems</h2>
        <p>
          Losses c x on [−1, 1] arrive one by one, and x should go to −1; move C and β2 to see when Adam goes the other
          way, what the theorem demands, and what its bound is worth.
        </p>
        <Questions list={questions.value} shown={theorem.value} />
      </div>
      <div class="plane">
        <PointPlot />
        <RegretPlot />
        <Transport />
        <Findings />
      </div>
      <div class="plots">
        <PeriodPlot />
        <DriftMapPlot />
      </div>
      <div class="controls">
        <ProblemCard />
        <Demands />
        <Rules given={theoremGiven} />
      </div>
      <div class="values">
        <RegretTable />
        <PeriodTable />
        <details>
          <summary>The map as a table</summary>
          <MapTable />
        </details>
        <details>
          <summary>The plots as a table</summary>
          <StepsTable />
        </details>
        <Keys />
      </div>
    </section>
  );
}

function ProblemCard() {
  const { theorem: name, settings, seed, steps } = theorem.value;
  const { about, settings: parts, slopes, period } = theoremOf(name);
  const values = theoremSettings(theorem.value);
  const set = (setting: string, value: number) => {
    const { [setting]: _, ...others } = settings;
    const isDefault = value === defaultSetting(theorem.value, setting);
    change({ settings: isDefault ? others : { ...others, [setting]: value } });
  };
  return (
    <fieldset class="card">
      <legend>Problem</legend>
      <SelectField
        label="Losses"
        value={name}
        options={titled(theoremProblems)}
        onChange={(theorem) => change({ theorem, settings: {} })}
      />
      <p class="note">{about}</p>
      <dl class="slopes">
        {slopes.map(({ slope, when }) => (
          <>
            <dt key={`${slope} loss`}>
              f(x) = {slope === '0' ? '0' : `${slope.replace('-1', '−').replace('C', 'C ')}x`}
            </dt>
            <dd key={slope}>{when.replace('t mod', 'step t mod')}</dd>
          </>
        ))}
      </dl>
      {Object.entries(parts).map(([setting, { title, min, max, isLog, isWhole }]) =>
        setting === 'falls' ? (
          <label class="check" key={setting}>
            <input
              type="checkbox"
              checked={values.falls === 1}
              onChange={({ currentTarget }) => set('falls', Number(currentTarget.checked))}
            />
            {title}, which the regret bound requires
          </label>
        ) : (
          <NumberField
            key={`${name} ${setting}`}
            label={title}
            value={values[setting]}
            min={min}
            max={max}
            isWhole={isWhole}
            slider={isLog ? 'log' : 'linear'}
            onChange={(v) => set(setting, v)}
          />
        ),
      )}
      <NumberField
        label="steps"
        value={steps}
        min={1}
        max={MOST_THEOREM_STEPS}
        isWhole
        slider="log"
        from={100}
        to={100_000}
        onChange={(v) => change({ steps: v })}
      />
      {!period && <SeedField seed={seed} />}
      <p class="note">
        All rules run in the paper’s form: no bias correction, no eps, rates divided by √t, each step projected onto
        [−1, 1].
      </p>
    </fieldset>
  );
}
