// Room 3, the funnel: a net learns, and the rates of its weights run into the bounds.
import { computed } from '@preact/signals';
import { writeFragment } from '../core/fragment.js';
import { datasets, MOST_NET_STEPS, type NetName, netOf, nets } from '../core/nets.js';
import { netPresets } from '../core/presets.js';
import { entryOf } from '../core/state.js';
import { SelectField, titled } from './fields.js';
import { BatchLossPlot, FunnelPlot, percent, SharesPlot } from './funnelPlot.js';
import { chosen, facts, grownRows, medianOf, net, netNote, rowAt, rows, shownLayer, unit } from './net.js';
import { short } from './numbers.js';
import { asWritten, Questions } from './questions.js';
import { Rules } from './rules.js';
import { BatchField, ComputedBy, DataField, MissingImages, StepsAndSeed } from './runFields.js';
import { catalog, change, computedSteps, hasImages, isDone, problemWith, shownStep } from './state.js';
import { Cell, Table, twentyOf } from './table.js';
import { Transport } from './transport.js';
import { PickButtons, WeightFields, WeightSentence } from './weight.js';

const questions = computed(() => asWritten(netPresets, net.value.stop));

export function FunnelRoom() {
  return (
    <section class="room funnel-room" data-room="funnel" aria-labelledby="funnel-title">
      <div class="intro">
        <h2 id="funnel-title">The funnel</h2>
        <p>
          A net learns here, and every weight has a rate of its own, until the bounds close on it; click a rate to
          follow its weight and to take its step apart.
        </p>
        <Questions list={questions.value} shown={net.value} />
      </div>
      <div class="plane">
        {noImages.value ? (
          <MissingImages instead={<MoonsInstead />} />
        ) : (
          <>
            <FunnelPlot height={380} />
            <Transport />
            <PickButtons />
            <Findings />
          </>
        )}
      </div>
      <div class="plots">
        {!noImages.value && (
          <>
            <SharesPlot />
            <BatchLossPlot />
          </>
        )}
      </div>
      {!noImages.value && <ValuesTable />}
      <div class="controls">
        <WeightCard />
        <NetCard />
        <Rules isOne />
      </div>
    </section>
  );
}

const noImages = computed(() => net.value.data === 'fashion' && !hasImages);

function MoonsInstead() {
  const none = { layer: undefined, index: undefined, at: undefined };
  return <a href={writeFragment({ ...net.value, data: 'moons', net: 'mlp', ...none })}>Train an MLP on moons</a>;
}

function Findings() {
  grownRows.value;
  const problem = problemWith.value;
  if (problem)
    return (
      <p class="findings wrong" role="alert">
        {typeof problem.where === 'number' ? 'The rule cannot run' : 'This run failed'}: {problem.message}
        {rows.value.length > 0 && '. The plots show the last run.'}
      </p>
    );
  if (rows.value.length === 0) return <p class="findings soft">Computing the first step</p>;
  const t = shownStep.value;
  const row = rowAt(t);
  const { title } = entryOf(net.value.rules[0], catalog);
  return (
    <div class="findings">
      {row && <p>{sentenceOf(title, t, row)}</p>}
      {netNote.value && (
        <p class="wrong">
          {title}: {netNote.value}.
        </p>
      )}
      <WeightSentence hasLink />
      {!isDone.value && <p class="note">Computing: {computedSteps.value} steps</p>}
    </div>
  );
}

/** What the clip did at a step. */
function sentenceOf(title: string, t: number, { size, floor, ceiling, lo, hi }: NonNullable<ReturnType<typeof rowAt>>) {
  const where = `of ${shownLayer.value ?? 'the net'}`;
  if (lo === hi) return `At step ${t} every weight ${where} has the same rate, ${short(unit.value * lo, 3)}.`;
  if (lo <= 0 && hi === Infinity) return `${title} has no bounds: every rate ${where} is used as it is.`;
  const free = size - floor - ceiling;
  const parts = [`${percent(free / size)} of the ${size.toLocaleString('en')} rates ${where} are free`];
  if (ceiling) parts.push(`hi lowers ${percent(ceiling / size)} to ${short(unit.value * hi, 3)}`);
  if (floor) parts.push(`lo raises ${percent(floor / size)} to ${short(unit.value * lo, 3)}`);
  return `At step ${t}, ${parts.join('; ')}.`;
}

function WeightCard() {
  return (
    <fieldset class="card">
      <legend>Weight</legend>
      <WeightFields isOptional />
      <Units />
      {chosen.value && (
        <p class="note">
          <button type="button" class="link" onClick={() => change({ layer: undefined, index: undefined })}>
            show the whole net
          </button>
        </p>
      )}
    </fieldset>
  );
}

/** The axis in units of an averaged direction or of a heavy ball. */
function Units() {
  const units = facts.value?.units;
  const isOff = facts.value !== null && units === null;
  return (
    <>
      <SelectField
        label="Rates in units of"
        value={net.value.units ?? ''}
        options={[
          ['', 'an averaged m'],
          ['heavy', 'a heavy ball'],
        ]}
        disabled={isOff}
        onChange={(next) => change({ units: next || undefined })}
      />
      <p class="note">
        {isOff
          ? 'The direction of this rule is not m, so its rates have no other units.'
          : `An averaged m is 1 − β1 times a heavy ball’s, so SGDM’s lr and AdaBound’s finalLr differ by that factor${units ? `, ${short(units.heavy / units.averaged, 3)}` : ''}.`}
      </p>
    </>
  );
}

function NetCard() {
  const { data, net: name, batch, steps, seed } = net.value;
  const { about, kind } = datasets[data];
  const none = { layer: undefined, index: undefined };
  const takes = (net: NetName, kind: 'images' | 'points') => kind === 'images' || nets[net].about.points !== undefined;
  return (
    <fieldset class="card">
      <legend>Net and data</legend>
      <DataField
        value={data}
        of={datasets}
        onChange={(next) => change({ data: next, net: takes(name, datasets[next].kind) ? name : netOf(next), ...none })}
      />
      <SelectField
        label="Net"
        value={name}
        options={titled(nets)}
        isOff={(net) => !takes(net, kind)}
        onChange={(net) => change({ net, ...none })}
      />
      <p class="note">
        {about} {nets[name].about[kind]}
      </p>
      <BatchField batch={batch} />
      <StepsAndSeed steps={steps} seed={seed} most={MOST_NET_STEPS} />
      {facts.value && <ComputedBy via={facts.value.via} />}
    </fieldset>
  );
}

function ValuesTable() {
  grownRows.value;
  const t = shownStep.value;
  const row = rowAt(t);
  const parts = facts.value?.parts ?? [];
  if (!row) return <div class="values" />;
  const heads = [
    <span key="layer" class="visually-hidden">
      layer
    </span>,
    ...['weights', 'lo', 'hi', 'raised', 'free', 'lowered', 'median'],
  ];
  const cells = (r: NonNullable<typeof row>) => (
    <>
      <Cell value={r.size} text={r.size.toLocaleString('en')} />
      <Cell value={unit.value * r.lo} digits={3} />
      <Cell value={unit.value * r.hi} digits={3} />
      {[r.floor, r.size - r.floor - r.ceiling, r.ceiling].map((count, i) => (
        <Cell key={i} value={count} text={percent(count / r.size)} />
      ))}
      <Cell value={unit.value * medianOf(r)} digits={3} />
    </>
  );
  const shownName = shownLayer.value ?? 'the whole net';
  return (
    <div class="values">
      <p class="loss-line">
        Loss of the batch of step {t}: <b data-value={rows.value[t - 1].loss}>{short(rows.value[t - 1].loss)}</b>
      </p>
      <Table
        label="Rates at the step that is shown"
        caption={`Rates at step ${t}; the median is before the clip`}
        heads={heads}
      >
        <tr>
          <th scope="row">{shownName}</th>
          {cells(row)}
        </tr>
        {!shownLayer.value &&
          parts.map(({ name, size }, i) => {
            const part = rows.value[t - 1].parts[i];
            return (
              <tr key={name}>
                <th scope="row">
                  <button type="button" class="link" onClick={() => change({ layer: name, index: undefined })}>
                    {name}
                  </button>
                </th>
                {part && cells({ ...part, size })}
              </tr>
            );
          })}
      </Table>
      <details>
        <summary>The plots as a table</summary>
        <StepsTable />
      </details>
    </div>
  );
}

/** The plots' numbers at some twenty steps. */
function StepsTable() {
  return (
    <Table
      label="The plots as a table"
      caption="The median is before the clip"
      heads={['step', 'loss', 'lo', 'hi', 'raised', 'free', 'lowered', 'median']}
    >
      {twentyOf(computedSteps.value).map((place) => {
        const t = place + 1;
        const row = rowAt(t);
        return (
          <tr key={t}>
            <th scope="row">{t}</th>
            <td>{short(rows.value[place].loss)}</td>
            {row && [row.lo, row.hi].map((v, i) => <td key={i}>{short(unit.value * v, 3)}</td>)}
            {row &&
              [row.floor, row.size - row.floor - row.ceiling, row.ceiling].map((v, i) => (
                <td key={i}>{percent(v / row.size)}</td>
              ))}
            {row && <td>{short(unit.value * medianOf(row), 3)}</td>}
          </tr>
        );
      })}
    </Table>
  );
}
