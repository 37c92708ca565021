// Room 6, a custom rule: its declaration in fields, and its run beside other rules.

import { computed } from '@preact/signals';
import type uPlot from 'uplot';
import { powersAxis } from '../../reports/charts/logAxis.js';
import { writeFragment } from '../core/fragment.js';
import { type FormulaField, formulaFields, formulaValues, numbersOf, OWN } from '../core/ownRule.js';
import {
  firstNet,
  firstPoints,
  firstRace,
  firstState,
  firstTheorem,
  type RuleChoice,
  type State,
} from '../core/state.js';
import { rulePresets } from '../core/theoremPresets.js';
import { ink, looksOf } from './look.js';
import { own } from './own.js';
import { Editor } from './ownEditor.js';
import { Chart, lastOf, logScale, positive } from './plot.js';
import { ProblemCard } from './problemCard.js';
import { asWritten, Questions } from './questions.js';
import { Rules } from './rules.js';
import { Stage } from './stage.js';
import { grown, hasImages, shownStep, surface, trackedRules, tracks } from './state.js';
import { Findings } from './surfaceFindings.js';
import { LossPlot } from './surfaceRoom.js';
import { ValuesTable } from './surfaceTables.js';
import { Cell, Table } from './table.js';
import { Transport } from './transport.js';

const questions = computed(() => asWritten(rulePresets, surface.value.stop));

/** The first custom rule among those that run. */
const choice = computed(() => surface.value.rules.find((rule) => rule.own) ?? null);
/** The index of the first custom rule's track. */
const place = computed(() => trackedRules.value.findIndex((rule) => rule.own));
const valuesAt = (rule: RuleChoice, t: number) =>
  formulaValues(rule.own!, { ...numbersOf(rule.own!), ...(rule.hyper as Record<string, number>) }, t);

export function RuleRoom() {
  return (
    <section class="room rule-room" data-room="rule" aria-labelledby="rule-title">
      <div class="intro">
        <h2 id="rule-title">Your rule</h2>
        <p>
          Write the bounds, betas and schedule of a rule as formulas of t, watch it beside others, and take it with you
          as TypeScript.
        </p>
        <Questions list={questions.value} shown={surface.value} />
      </div>
      <div class="plane">
        <BoundsPlot />
        <Transport />
        <Findings />
      </div>
      <div class="plots">
        <LossPlot />
        <Stage />
      </div>
      <div class="controls">
        <Editor />
        <Rooms />
      </div>
      <div class="values">
        <FormulaTable />
        <ValuesTable />
        <div class="pair">
          <ProblemCard />
          <Rules />
        </div>
      </div>
    </section>
  );
}

/** The bounds of the rule, and the rates that it used, by step. */
function BoundsPlot() {
  const rates = () => tracks.value[place.value]?.rate ?? [[], []];
  const bounds = () => {
    const { steps } = surface.value;
    // The room may be left before its plot is removed.
    const list = choice.value ? Array.from({ length: steps }, (_, t) => valuesAt(choice.value!, t + 1)) : [];
    return [list.map(({ lo }) => lo), list.map(({ hi }) => hi)];
  };
  if (!choice.value) return null;
  const look = looksOf(surface.value.rules)[surface.value.rules.indexOf(choice.value)];
  return (
    <Chart
      title={`The funnel of ${choice.value.own!.title}`}
      keys="its bounds, and the rates of x and y that it used"
      height={300}
      first={0}
      depends={() => {
        void [grown.value, tracks.value];
        return JSON.stringify([surface.value.rules, surface.value.steps, place.value]);
      }}
      series={() => [
        { stroke: ink(look.colour), width: 2, points: { show: false } },
        { stroke: ink(look.colour), width: 2, points: { show: false } },
        { stroke: ink('ink'), width: 1.5, points: { show: false } },
        { stroke: ink('ink'), width: 1.5, dash: [4, 3], points: { show: false } },
      ]}
      bands={() => [{ series: [2, 1], fill: `${ink(look.colour)}22` }]}
      values={() => [
        ...bounds().map((row) => [null, ...row.map(positive)]),
        ...rates().map((row) => row.map(positive)),
      ]}
      y={{ scale: spanOf(() => [...rates()[0], ...rates()[1]]), axis: powersAxis }}
      labels={(u) =>
        ['lo(t)', 'hi(t)', 'rate of x', 'rate of y'].map((text, i) => ({
          text,
          colour: ink(i < 2 ? look.colour : 'ink'),
          value: lastOf(u.data[i + 1]),
        }))
      }
      widest={() => ['rate of x']}
    />
  );
}

/** A logarithmic scale around the rates, with a power of ten below and above them. */
function spanOf(rates: () => readonly number[]): uPlot.Scale {
  return {
    ...logScale(() => 1, 1),
    range: () => {
      const used = rates().filter((rate) => rate > 0 && rate < Infinity);
      if (used.length === 0) return [1e-3, 1];
      const [low, high] = [used.reduce((a, b) => Math.min(a, b)), used.reduce((a, b) => Math.max(a, b))];
      return [low / 10, high * 10];
    },
  };
}

/** What the formulas give at the shown step. */
function FormulaTable() {
  if (!choice.value) return null;
  const values = valuesAt(choice.value, shownStep.value);
  const fields = Object.keys(formulaFields) as FormulaField[];
  return (
    <Table
      label="The formulas at the step that is shown"
      caption={`${choice.value.own!.title} at step ${shownStep.value}`}
      heads={fields.map((field) => formulaFields[field].title)}
    >
      <tr>
        {fields.map((field) => (
          <Cell key={field} value={values[field]} />
        ))}
      </tr>
    </Table>
  );
}

/** Links to the other rooms, each with this rule in it. */
function Rooms() {
  const mine: RuleChoice = { key: OWN, hyper: {}, own: own.value };
  const adabound: RuleChoice = { key: 'adabound', hyper: {} };
  const net = hasImages ? firstNet : firstPoints;
  const links: [text: string, state: State][] = [
    [
      'beside AdaBound on Rosenbrock',
      {
        ...firstState,
        problem: 'rosenbrock',
        rules: [
          { ...mine, hyper: { lr: 0.02 } },
          { key: 'adabound', hyper: { lr: 0.02 } },
        ],
        steps: 400,
      },
    ],
    [`in ${hasImages ? 'LeNet’s' : 'an MLP’s'} funnel`, { ...net, rules: [mine] }],
    [
      `beside AdaBound on ${hasImages ? 'LeNet' : 'an MLP'}`,
      { ...firstRace, ...(hasImages && { data: 'fashion', race: 'lenet' }), rules: [mine, adabound], steps: 150 },
    ],
    ['in theorem 1, beside Adam', { ...firstTheorem, rules: [mine, { key: 'adam', hyper: {} }] }],
  ];
  return (
    <fieldset class="card">
      <legend>Elsewhere</legend>
      <ul class="links">
        {links.map(([text, state]) => (
          <li key={text}>
            <a href={writeFragment(state)}>
              {own.value.title} {text}
            </a>
          </li>
        ))}
      </ul>
      <p class="note">Your rule is in the list of rules of every room. Here it runs on the problem below.</p>
    </fieldset>
  );
}
