// Room 2, one step unrolled: each equation of step.ts with its numbers and its lines of code.
import { computed, effect } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { entryOf } from '../core/state.js';
import { Letters } from './equation.js';
import { FunnelPlot } from './funnelPlot.js';
import { looksOf } from './look.js';
import { chosen } from './net.js';
import { short } from './numbers.js';
import { Sample } from './rules.js';
import { askUnrolled } from './runs.js';
import { codeOf } from './source.js';
import { Stage } from './stage.js';
import {
  at,
  catalog,
  change,
  computedSteps,
  isPlaying,
  lastStep,
  noStep,
  problemWith,
  showsNet,
  state,
  surface,
  unrolled,
} from './state.js';
import { Cell, Table } from './table.js';
import { Transport } from './transport.js';
import { PickButtons, WeightFields, WeightSentence } from './weight.js';

/** The unrolled step: the one that led to the shown point. */
const step = computed(() => Math.max(1, Math.min(at.value, lastStep.value)));
const place = computed(() => (showsNet.value ? 0 : Math.min(surface.value.rule ?? 0, surface.value.rules.length - 1)));
/** The unrolled coordinate or weight. */
const subject = computed(() => {
  if (!showsNet.value) return surface.value.of ?? 'x';
  return chosen.value ? `${chosen.value.layer}[${chosen.value.index}]` : 'a weight';
});

export function StepRoom() {
  useEffect(
    () =>
      effect(() => {
        // The signals that the step depends on.
        const { at: _, stop: __, ...rest } = state.value;
        void [rest, chosen.value];
        // A net can go back only to steps that it has taken.
        if (!isPlaying.value && (!showsNet.value || computedSteps.value >= step.value)) {
          const { title } = entryOf(state.value.rules[place.value], catalog);
          askUnrolled(step.value, { title, subject: subject.value });
        }
      }),
    [],
  );
  return (
    <section class="room step-room" data-room="step" aria-labelledby="step-title">
      <div class="intro">
        <h2 id="step-title">One step, unrolled</h2>
        <p>
          {showsNet.value
            ? 'Choose a weight of the net and a step to see each equation with its numbers, beside the code that computes it.'
            : 'Click a point of a path, or choose a rule, a coordinate and a step, to see each equation with its numbers, beside the code that computes it.'}
        </p>
      </div>
      {showsNet.value ? (
        <div class="plane">
          <FunnelPlot height={280} />
          <Transport />
          <PickButtons />
          <WeightFields isOptional={false} />
          <WeightSentence hasLink={false} />
        </div>
      ) : (
        <div class="plane">
          <Stage />
          <Transport />
          <Choice />
        </div>
      )}
      <div class="derivation">
        <Derivation />
      </div>
    </section>
  );
}

function Choice() {
  const looks = looksOf(state.value.rules);
  const id = useId();
  const of = surface.value.of ?? 'x';
  return (
    <div class="choice">
      <fieldset>
        <legend>Rule</legend>
        {looks.map((look, i) => (
          <label key={look.title} style={{ color: `var(--${look.colour})` }}>
            <input
              type="radio"
              name={`${id}-rule`}
              checked={i === place.value}
              onChange={() => change({ rule: i, of })}
            />
            <Sample look={look} /> {look.title}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Coordinate</legend>
        {(['x', 'y'] as const).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name={`${id}-of`}
              checked={name === of}
              onChange={() => change({ rule: place.value, of: name })}
            />
            <i>{name}</i>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

/** What a line computes. */
const words: Readonly<Record<string, string>> = {
  g: 'the gradient, with coupled weight decay',
  m: 'the direction: past gradients, averaged or summed',
  v: 'the second moment: how large gradients were',
  u: 'the largest second moment so far',
  r: 'the rate before the clip',
  h: 'the average of the rates so far, a ceiling on r',
  n: 'the rate after the clip and the schedule',
  d: 'the direction of this step',
  x: 'the new value',
};

function Derivation() {
  const seen = unrolled.value;
  if (problemWith.value) return <p class="wrong">{problemWith.value.message}</p>;
  if (noStep.value) return <p class="wrong">{noStep.value}</p>;
  if (!seen)
    return (
      <p class="soft" aria-live="polite">
        {isPlaying.value ? 'Pause at a step to see its equations.' : `Computing: ${computedSteps.value} steps`}
      </p>
    );
  if (seen.why)
    return (
      <p>
        Step {seen.step} of {seen.title} has no equations here: {seen.why}.
      </p>
    );
  const hasSecond = seen.lines.some(({ letter }) => letter === 'v');
  return (
    <>
      <h3>
        {seen.title}, {seen.subject}, step <span data-value={seen.step}>{seen.step}</span>: from{' '}
        <span data-value={seen.before}>{short(seen.before, 6)}</span> to{' '}
        {short(seen.lines.at(-1)?.value ?? Number.NaN, 6)}
      </h3>
      <ol class="lines">
        {seen.lines.map(({ letter, formula, numbers, value, note }, i) => {
          const isCeiling = letter === 'r' && formula.startsWith('min');
          const code = codeOf(letter, hasSecond, isCeiling);
          return (
            <li key={i}>
              <p class="what">{words[letter]}</p>
              <p class="formula">
                <Letters left={letter} text={formula} />
              </p>
              <p class="numbers">
                = {numbers.replaceAll('-', '−')} = <b data-value={value}>{short(value, 6)}</b>
                {note && <span class="tag"> {note}</span>}
              </p>
              {code && (
                <pre>
                  <span class="note">step.ts:{code.line}</span>
                  <code>{code.code}</code>
                </pre>
              )}
              {letter === 'n' && <RateAxis />}
            </li>
          );
        })}
      </ol>
      <Alternatives />
    </>
  );
}

/** r, lo, hi and n on a logarithmic axis: what the clip did. */
function RateAxis() {
  const seen = unrolled.value!;
  const r = seen.lines.filter(({ letter }) => letter === 'r').at(-1)!.value;
  const [own] = seen.alternatives;
  const clipped = Math.min(Math.max(r, seen.lo), seen.hi);
  const finite = [r, seen.lo, seen.hi, clipped].filter((v) => v > 0 && v < 1e12).map(Math.log10);
  const [from, to] = [Math.floor(Math.min(...finite) - 0.3), Math.ceil(Math.max(...finite) + 0.3)];
  const at = (v: number) => (v <= 0 ? 0 : v > 1e12 ? 600 : (600 * (Math.log10(v) - from)) / (to - from));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter(
    (power) => power % Math.ceil((to - from) / 6) === 0,
  );
  const label = `Before the clip the rate is ${short(r, 3)}; the bounds are ${short(seen.lo, 3)} and ${short(seen.hi, 3)}; the step uses ${short(own.n, 3)}.`;
  return (
    <figure class="rate-axis">
      <svg viewBox="-30 4 660 62" role="img" aria-label={label}>
        <rect class="band" x={at(seen.lo)} width={Math.max(2, at(seen.hi) - at(seen.lo))} y={14} height={22} />
        {ticks.map((power) => (
          <g key={power}>
            <line x1={at(10 ** power)} x2={at(10 ** power)} y1={36} y2={40} />
            <text x={at(10 ** power)} y={54}>
              {short(10 ** power)}
            </text>
          </g>
        ))}
        <line x1={0} x2={600} y1={36} y2={36} />
        {r !== clipped && <line class="moved" x1={at(r)} x2={at(clipped)} y1={25} y2={25} />}
        <circle class="before" cx={at(r)} cy={25} r={6} />
        <circle class="after" cx={at(clipped)} cy={25} r={6} />
      </svg>
      <figcaption class="note">
        The band is [lo, hi] = [<span data-value={seen.lo}>{short(seen.lo, 3)}</span>,{' '}
        <span data-value={seen.hi}>{short(seen.hi, 3)}</span>]; the ring is r, the dot is r after the clip.
      </figcaption>
    </figure>
  );
}

const kinds = {
  own: 'its own',
  free: 'none, as in Adam',
  fixed: 'both at a*, as in SGD',
} as const;

/** The same step from the same state, with other bounds. */
function Alternatives() {
  const seen = unrolled.value!;
  return (
    <Table
      label="The same step with other bounds"
      caption="The same step from the same state"
      heads={['bounds', 'lo', 'hi', 'rate', 'change', `next ${showsNet.value ? 'value' : seen.subject}`]}
    >
      {seen.alternatives.map(({ kind, lo, hi, n, x }) => (
        <tr key={kind}>
          <th scope="row">{kinds[kind]}</th>
          {[lo, hi, n, x - seen.before, x].map((value, i) => (
            <Cell key={i} value={value} />
          ))}
        </tr>
      ))}
    </Table>
  );
}
