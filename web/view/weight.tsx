// The chosen weight: fields for its layer and its index, and a sentence that says at which step its rate leaves Adam's, and why.
import { computed } from '@preact/signals';
import { writeFragment } from '../core/fragment.js';
import type { Kind } from '../core/funnel.js';
import { entryOf } from '../core/state.js';
import { NumberField, SelectField } from './fields.js';
import { chosen, facts, net, noWeight, rowAt, unbounded, unit, weight } from './net.js';
import { short } from './numbers.js';
import { show } from './playback.js';
import { pick } from './runs.js';
import { catalog, change, isPlaying, shownStep } from './state.js';

/** Chooses the shown layer. */
function LayerField({ isOptional }: { isOptional: boolean }) {
  const parts = facts.value?.parts ?? [];
  return (
    <SelectField
      label="Layer"
      value={net.value.layer ?? (isOptional ? '' : (parts[0]?.name ?? ''))}
      options={[
        ...(isOptional ? [['', 'the whole net'] as const] : []),
        ...parts.map(({ name, shape }) => [name, `${name} [${shape.join(', ')}]`] as const),
      ]}
      onChange={(layer) => change({ layer: layer || undefined, index: isOptional ? undefined : 0 })}
    />
  );
}

/** Chooses the weight by its layer and its index. */
export function WeightFields({ isOptional }: { isOptional: boolean }) {
  const part = facts.value?.parts.find(({ name }) => name === (net.value.layer ?? facts.value?.parts[0].name));
  return (
    <>
      <LayerField isOptional={isOptional} />
      {part && (net.value.layer || !isOptional) && (
        <NumberField
          label={`Weight, 0 to ${part.size - 1}`}
          value={chosen.value?.index ?? 0}
          min={0}
          max={part.size - 1}
          isWhole
          onChange={(index) => change({ layer: part.name, index })}
        />
      )}
    </>
  );
}

const kinds = [
  ['raised', 'raised to lo'],
  ['free', 'free'],
  ['lowered', 'lowered to hi'],
] as const;

/** Buttons for readers without a mouse: each pauses, and chooses a typical weight of a kind at the shown step. */
export function PickButtons() {
  const row = rowAt(shownStep.value);
  const counts = row && { raised: row.floor, free: row.size - row.floor - row.ceiling, lowered: row.ceiling };
  const choose = (kind: Kind) => {
    const step = shownStep.value;
    show(step);
    pick(step, kind);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a toolbar, not a part of a form. */}
      <div class="picks-row" role="group" aria-label="Choose a weight that at this step is">
        <span class="note">Choose a weight that at this step is</span>
        {kinds.map(([kind, title]) => (
          // While the page plays, counts change with each frame. Buttons stay enabled then: one that is disabled for a moment would
          // miss a click.
          <button
            key={kind}
            type="button"
            class="pill"
            disabled={!isPlaying.value && !counts?.[kind]}
            onClick={() => choose(kind)}
          >
            {title}
          </button>
        ))}
      </div>
      {facts.value && facts.value.every > 1 && (
        <p class="note">
          This run is long for its net, so the page keeps each weight’s rate only at one step in {facts.value.every}:
          here a weight is chosen by its rate at step {keptStep.value}, where its dot is drawn.
        </p>
      )}
    </>
  );
}

/** The newest step whose rates are kept, up to the shown step. */
const keptStep = computed(() => {
  const every = facts.value?.every ?? 1;
  return shownStep.value - ((shownStep.value - 1) % every);
});

/** Says at which step the rule leaves Adam for the weight, and why, with a button that shows the step and a link to its equations. */
export function WeightSentence({ hasLink }: { hasLink: boolean }) {
  if (noWeight.value) return <p class="wrong">{noWeight.value}</p>;
  const seen = weight.value;
  if (!chosen.value || !seen) return null;
  const { layer, index, first, raised, lowered, steps } = seen;
  const [rule] = net.value.rules;
  const { title } = entryOf(rule, catalog);
  const name = `${layer}[${index}]`;
  const open = unbounded[rule.key];
  const link = (step: number) => writeFragment({ ...net.value, room: 'step', layer, index, at: step });
  if (!first)
    return (
      <p class="sentence" aria-live="polite">
        <b>{name}</b>: in {steps} steps no bound has changed its rate{open ? `, so ${title} is still ${open}.` : '.'}{' '}
        {hasLink && <a href={link(shownStep.value)}>unroll a step</a>}
      </p>
    );
  const bound = first.how < 0 ? 'lo' : 'hi';
  const value = unit.value * (first.how < 0 ? first.lo : first.hi);
  const moved = first.how < 0 ? 'risen above' : 'fallen below';
  const why =
    first.step === 1
      ? `${bound}(1) = ${short(value, 3)} is ${first.how < 0 ? 'above' : 'below'}`
      : `${bound}(t) has ${moved}`;
  const rate = `${open ? `${open}’s rate for it` : 'its rate before the clip'}, ${short(unit.value * first.rate, 3)}`;
  return (
    <p class="sentence" aria-live="polite">
      <b>{open ? `${title} leaves ${open}` : `${title} is first clipped`}</b> for <b>{name}</b> at step{' '}
      <b data-value={first.step}>{first.step}</b>: {why} {rate}, so the step uses {bound}({first.step}) ={' '}
      <span data-value={value}>{short(value, 3)}</span>. Of {steps} steps, {clips(raised, lowered)}.{' '}
      <button type="button" class="link" onClick={() => show(first.step)}>
        show step {first.step}
      </button>{' '}
      {hasLink && <a href={link(first.step)}>unroll it</a>}
    </p>
  );
}

function clips(raised: number, lowered: number): string {
  if (raised === 0) return `${lowered} lower its rate`;
  return lowered === 0 ? `${raised} raise its rate` : `${lowered} lower its rate and ${raised} raise it`;
}
