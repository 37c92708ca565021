// Room 3, the funnel: a net learns, and the rates of its weights run into the bounds.
import { computed } from '@preact/signals';
import { useId } from 'preact/hooks';
import { readFragment, writeFragment } from '../core/fragment.js';
import { type DataName, datasets, MOST_BATCH, MOST_NET_STEPS, type NetName, netOf, nets } from '../core/nets.js';
import { netPresets } from '../core/presets.js';
import { entryOf } from '../core/state.js';
import { NumberField } from './fields.js';
import { BatchLossPlot, FunnelPlot, percent, SharesPlot } from './funnelPlot.js';
import { chosen, facts, grownRows, medianOf, net, netNote, rowAt, rows, shownLayer, unit } from './net.js';
import { short } from './numbers.js';
import { Questions } from './questions.js';
import { Rules } from './rules.js';
import { catalog, change, computedSteps, hasImages, isDone, problemWith, shownStep } from './store.js';
import { Transport } from './transport.js';
import { PickButtons, WeightFields, WeightSentence } from './weight.js';
import { Wide } from './wide.js';

/** The presets that this page can run, as this version writes them. */
const questions = computed(() =>
  netPresets
    .map((preset) => ({ ...preset, state: readFragment(preset.fragment, catalog).state }))
    .map(({ state, ...preset }) => ({ ...preset, fragment: writeFragment({ ...state, stop: net.value.stop }) })),
);

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
          <NoImages />
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

/** What stands in place of the plots if the page has no images. */
function NoImages() {
  const moons = writeFragment({
    ...net.value,
    data: 'moons',
    net: 'mlp',
    layer: undefined,
    index: undefined,
    at: undefined,
  });
  return (
    <div class="missing">
      <p>
        This page was written without the images, so it cannot train on them. <a href={moons}>Train an MLP on moons</a>,
        or write a page that has them: <code>npx boundgrad lab --out lab.html</code>
      </p>
    </div>
  );
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
  const id = useId();
  const units = facts.value?.units;
  const isOff = facts.value !== null && units === null;
  return (
    <>
      <div class="field">
        <label for={id}>Rates in units of</label>
        <select
          id={id}
          value={net.value.units ?? ''}
          disabled={isOff}
          onChange={({ currentTarget }) => change({ units: currentTarget.value === 'heavy' ? 'heavy' : undefined })}
        >
          <option value="">an averaged m</option>
          <option value="heavy">a heavy ball</option>
        </select>
      </div>
      <p class="note">
        {isOff
          ? 'The direction of this rule is not m, so its rates have no other units.'
          : `An averaged m is 1 − β1 of a heavy ball, so SGDM’s lr and AdaBound’s finalLr differ by that factor${units ? `, ${short(units.heavy / units.averaged, 3)}` : ''}.`}
      </p>
    </>
  );
}

function NetCard() {
  const [dataId, netId] = [useId(), useId()];
  const { data, net: name, batch, steps, seed } = net.value;
  const none = { layer: undefined, index: undefined };
  return (
    <fieldset class="card">
      <legend>Net and data</legend>
      <div class="field">
        <label for={dataId}>Data</label>
        <select
          id={dataId}
          value={data}
          onChange={({ currentTarget }) => {
            const next = currentTarget.value as DataName;
            const fits = datasets[next].kind === 'images' || nets[name].about.points;
            change({ data: next, net: fits ? name : netOf(next), ...none });
          }}
        >
          {Object.entries(datasets).map(([key, { title, kind }]) => (
            <option key={key} value={key}>
              {title}
              {kind === 'images' && !hasImages && ' (not in this page)'}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={netId}>Net</label>
        <select
          id={netId}
          value={name}
          onChange={({ currentTarget }) => change({ net: currentTarget.value as NetName, ...none })}
        >
          {Object.entries(nets).map(([key, each]) => (
            <option key={key} value={key} disabled={datasets[data].kind === 'points' && !each.about.points}>
              {each.title}
            </option>
          ))}
        </select>
      </div>
      <p class="note">
        {datasets[data].about} {nets[name].about[datasets[data].kind]}
      </p>
      <NumberField
        label="batch"
        value={batch}
        min={1}
        max={MOST_BATCH}
        isWhole
        slider="log"
        onChange={(v) => change({ batch: v })}
      />
      <div class="row">
        <NumberField
          label="steps"
          value={steps}
          min={1}
          max={MOST_NET_STEPS}
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
      {facts.value && (
        <p class="note">
          Computed by {facts.value.via}, one thread.
          {facts.value.via === 'loops' && ' Without WebAssembly the last digits differ from Node’s.'}
        </p>
      )}
    </fieldset>
  );
}

function ValuesTable() {
  grownRows.value;
  const t = shownStep.value;
  const row = rowAt(t);
  const parts = facts.value?.parts ?? [];
  if (!row) return <div class="values" />;
  const heads = ['', 'weights', 'lo', 'hi', 'raised', 'free', 'lowered', 'median'];
  const cells = (r: NonNullable<typeof row>) => {
    const values = [r.size, unit.value * r.lo, unit.value * r.hi, r.floor, r.size - r.floor - r.ceiling, r.ceiling];
    return (
      <>
        {[...values, unit.value * medianOf(r)].map((value, i) => (
          <td key={i} data-value={value}>
            {short(value, Number.isInteger(value) ? 6 : 4)}
          </td>
        ))}
      </>
    );
  };
  const shownName = shownLayer.value ?? 'the whole net';
  return (
    <div class="values">
      <p class="loss-line">
        Loss of the batch of step {t}: <b data-value={rows.value[t - 1].loss}>{short(rows.value[t - 1].loss)}</b>
      </p>
      <Wide label="Rates at the step that is shown">
        <table>
          <caption>Rates at step {t}; the median is before the clip</caption>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head || <span class="visually-hidden">layer</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </Wide>
      <details>
        <summary>The plots as a table</summary>
        <StepsTable />
      </details>
    </div>
  );
}

/** The plots' numbers at some twenty steps. */
function StepsTable() {
  const last = computedSteps.value;
  const every = Math.max(1, Math.ceil(last / 20));
  const steps = Array.from({ length: Math.ceil(last / every) }, (_, i) => 1 + i * every);
  if (steps.at(-1) !== last) steps.push(last);
  return (
    <Wide label="The plots as a table">
      <table>
        <caption>The median is before the clip</caption>
        <thead>
          <tr>
            {['step', 'loss', 'lo', 'hi', 'raised', 'free', 'lowered', 'median'].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((t) => {
            const row = rowAt(t);
            return (
              <tr key={t}>
                <th scope="row">{t}</th>
                <td>{short(rows.value[t - 1].loss)}</td>
                {row && [row.lo, row.hi].map((v, i) => <td key={i}>{short(unit.value * v, 3)}</td>)}
                {row &&
                  [row.floor, row.size - row.floor - row.ceiling, row.ceiling].map((v, i) => (
                    <td key={i}>{percent(v / row.size)}</td>
                  ))}
                {row && <td>{short(unit.value * medianOf(row), 3)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Wide>
  );
}
