// Room 1, the surface: rules descend one problem from one start.
import { computed, signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { FormulaError, parseFormula } from '../core/formula.js';
import { readFragment, writeFragment } from '../core/fragment.js';
import { presets } from '../core/presets.js';
import { problems } from '../core/problems.js';
import { MOST_STEPS } from '../core/state.js';
import type { Clip, Track } from '../core/surface.js';
import { NumberField } from './fields.js';
import { looksOf } from './look.js';
import { Equation } from './math.js';
import { short } from './numbers.js';
import { Plot } from './plot.js';
import { Questions } from './questions.js';
import { Rules, Sample } from './rules.js';
import { Stage } from './stage.js';
import {
  at,
  catalog,
  change,
  computedSteps,
  grown,
  isDone,
  isPlaying,
  lastStep,
  pause,
  play,
  playhead,
  problemWith,
  settings,
  show,
  start,
  state,
  stopAtClip,
  surface,
  tracks,
} from './store.js';
import { Transport } from './transport.js';
import { Wide } from './wide.js';

/** Each preset's fragment as this version writes it. Where playing stops is the reader's choice, which a question keeps. */
const questions = computed(() => {
  const { stop } = surface.value;
  return presets.map((preset) => ({
    ...preset,
    fragment: writeFragment({ ...readFragment(preset.fragment, catalog).state, stop }),
  }));
});
export function SurfaceRoom() {
  return (
    <section class="room" data-room="surface" aria-labelledby="surface-title">
      <div class="intro">
        <h2 id="surface-title">Surface</h2>
        <p>
          Rules start at one point and descend; drag the start, change a rate, and see at which step one rule leaves
          another.
        </p>
        <Questions list={questions.value} shown={surface.value} />
      </div>
      <div class="plane">
        <Stage />
        <Transport />
        <Findings />
      </div>
      <div class="plots">
        <LossPlot />
        <Plot
          title="Rate times curvature, as a share of the stability limit"
          of={({ stability }) => stability}
          top={() => 20}
          decades={4}
          limit={{ value: 1, text: 'unstable above' }}
          height={190}
        />
        <Ribbons />
      </div>
      <div class="controls">
        <ProblemCard />
        <Rules />
      </div>
      <ValuesTable />
    </section>
  );
}

/** The smallest loss: the problem's, or for a formula of one's own the lowest of the run. */
const least = computed(() => {
  grown.value;
  const known = problems[surface.value.problem].least?.(settings.value);
  return known ?? tracks.value.reduce((low, { loss }) => loss.reduce((a, b) => Math.min(a, b), low), Infinity);
});

function LossPlot() {
  const isKnown = problems[surface.value.problem].least !== undefined;
  return (
    <Plot
      title={isKnown ? 'Loss above its minimum' : 'Loss above the lowest of this run'}
      of={({ loss }) => loss.map((v) => v - least.value)}
      // A rule that diverges leaves the plot, so that the others can be read.
      top={(shown) => 100 * Math.max(1e-9, ...shown.map(({ loss }) => loss[0] - least.value).filter(Number.isFinite))}
      decades={10}
      height={210}
    />
  );
}

const names = ['x', 'y'] as const;

/** The first step at which a rule's clip changed a rate. */
function firstClip({ clip }: Track): { step: number; of: 0 | 1; how: Clip } | null {
  const steps = clip.map((list) => list.findIndex((c) => c !== 0));
  const found = ([0, 1] as const).filter((j) => steps[j] >= 0).sort((a, b) => steps[a] - steps[b]);
  if (found.length === 0) return null;
  return { step: steps[found[0]], of: found[0], how: clip[found[0]][steps[found[0]]] };
}

/** What happened, in words, each with a button that shows the step. */
const findings = computed(() => {
  grown.value;
  const looks = looksOf(surface.value.rules);
  return tracks.value.slice(0, looks.length).flatMap((track, i) => {
    const title = looks[i].title;
    const list: { step: number; text: string; colour: string; rule: number; of: 'x' | 'y' }[] = [];
    const clip = firstClip(track);
    if (clip) {
      const what = clip.how < 0 ? 'raises' : 'lowers';
      const rate = short(track.rate[clip.of][clip.step], 3);
      const before = clip.step === 1 ? 'from its first step' : `after ${clip.step - 1} free steps`;
      list.push({
        step: clip.step,
        rule: i,
        of: names[clip.of],
        colour: looks[i].colour,
        text: `${title} is clipped ${before}: at step ${clip.step} its bound ${what} the rate of ${names[clip.of]} to ${rate}.`,
      });
    }
    const unstable = track.stability.findIndex((v) => v > 1);
    if (unstable > 0)
      list.push({
        step: unstable,
        rule: i,
        of: 'x',
        colour: looks[i].colour,
        text: `${title} passes the stability limit at step ${unstable}.`,
      });
    if (track.note)
      list.push({
        step: track.x.length - 1,
        rule: i,
        of: 'x',
        colour: looks[i].colour,
        text: `${title}: ${track.note}.`,
      });
    return list;
  });
});

function Findings() {
  const problem = problemWith.value;
  if (problem) {
    const part =
      problem.where === 'formula'
        ? 'The formula cannot be used'
        : problem.where === 'program'
          ? 'This run failed'
          : 'A rule cannot run';
    return (
      <p class="findings wrong" role="alert">
        {part}: {problem.message}. The plot shows the last run.
      </p>
    );
  }
  if (!isDone.value) return <p class="findings soft">Computing: {computedSteps.value} steps</p>;
  if (findings.value.length === 0)
    return <p class="findings soft">No rate was clipped, and every rule stayed below its stability limit.</p>;
  return (
    <ul class="findings" aria-label="What happened">
      {findings.value.map(({ step, text, colour, rule, of }) => (
        <li key={text} style={{ '--colour': `var(--${colour})` }}>
          {text}{' '}
          <button type="button" class="link" onClick={() => show(step)}>
            show step {step}
          </button>{' '}
          <a href={writeFragment({ ...surface.value, room: 'step', rule, of, at: step })}>unroll it</a>
        </li>
      ))}
    </ul>
  );
}

/** Which steps were clipped: two rows for each rule whose rates were. */
function Ribbons() {
  grown.value;
  const looks = looksOf(surface.value.rules);
  const clipped = tracks.value
    .slice(0, looks.length)
    .map((track, i) => ({ track, look: looks[i] }))
    .filter(({ track }) => track.clip.some((list) => list.some((c) => c !== 0)));
  if (clipped.length === 0) return null;
  const last = lastStep.value;
  return (
    <figure class="ribbons">
      <figcaption>
        Rates that the clip changed{' '}
        <span class="keys">
          <i class="raised" /> raised to lo <i class="lowered" /> lowered to hi
        </span>
      </figcaption>
      {clipped.map(({ track, look }) => (
        <div key={look.title} class="ribbon" style={{ '--colour': `var(--${look.colour})` }}>
          <span>{look.title}</span>
          <svg
            viewBox={`0 0 ${last} 22`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${look.title}: ${([0, 1] as const).map((j) => ribbonText(names[j], track.clip[j])).join('; ')}`}
          >
            {([0, 1] as const).flatMap((j) =>
              spans(track.clip[j]).map(({ from, to, how }) => (
                <rect
                  key={`${j} ${from}`}
                  class={how < 0 ? 'raised' : 'lowered'}
                  x={from - 1}
                  width={to - from + 1}
                  y={j * 12}
                  height={10}
                />
              )),
            )}
            <line x1={playhead.value} x2={playhead.value} y1={0} y2={22} vector-effect="non-scaling-stroke" />
          </svg>
          <span class="axis-names" aria-hidden="true">
            <i>x</i>
            <i>y</i>
          </span>
        </div>
      ))}
    </figure>
  );
}

/** Runs of equal clips, without those that are free. */
function spans(clip: readonly Clip[]): { from: number; to: number; how: Clip }[] {
  const found: { from: number; to: number; how: Clip }[] = [];
  clip.forEach((how, t) => {
    if (how === 0) return;
    const open = found.at(-1);
    if (open && open.to === t - 1 && open.how === how) open.to = t;
    else found.push({ from: t, to: t, how });
  });
  return found;
}

function ribbonText(name: string, clip: readonly Clip[]): string {
  const count = (how: Clip) => clip.filter((c) => c === how).length;
  return `${name} raised in ${count(-1)} steps, lowered in ${count(1)}, free in ${count(0) - 1}`;
}

function ProblemCard() {
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

const clipWords: Record<Clip, string> = { [-1]: 'raised', 0: 'free', 1: 'lowered' };

function ValuesTable() {
  grown.value;
  const looks = looksOf(surface.value.rules);
  const shown = tracks.value.slice(0, looks.length);
  return (
    <div class="values">
      <Wide label="Values at the step that is shown">
        <table>
          <caption>Values after step {at.value}</caption>
          <thead>
            <tr>
              {['rule', 'x', 'y', 'loss', 'rate of x', 'rate of y', 'clip of x, y', 'curvature', 'share of limit'].map(
                (head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((track, i) => {
              const t = Math.min(at.value, track.x.length - 1);
              const cells = [track.x[t], track.y[t], track.loss[t], track.rate[0][t], track.rate[1][t]];
              return (
                <tr key={looks[i].title}>
                  <th scope="row">
                    <Sample look={looks[i]} /> {looks[i].title}
                    {t < at.value && <span class="note"> stopped at {t}</span>}
                  </th>
                  {cells.map((value, j) => (
                    <td key={j} data-value={value}>
                      {short(value)}
                    </td>
                  ))}
                  <td>{t === 0 ? '–' : `${clipWords[track.clip[0][t]]}, ${clipWords[track.clip[1][t]]}`}</td>
                  <td data-value={track.sharpness[t]}>{short(track.sharpness[t], 3)}</td>
                  <td data-value={track.stability[t]}>{short(track.stability[t], 3)}</td>
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
      <Keys />
    </div>
  );
}

/** The plots' numbers at some twenty steps. */
function StepsTable() {
  const looks = looksOf(surface.value.rules);
  const last = computedSteps.value;
  const every = Math.max(1, Math.ceil(last / 20));
  const steps = Array.from({ length: Math.floor(last / every) + 1 }, (_, i) => i * every);
  if (steps.at(-1) !== last) steps.push(last);
  const shown = tracks.value.slice(0, looks.length);
  return (
    <Wide label="The plots as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">step</th>
            {looks.flatMap(({ title }) =>
              ['loss', 'share of limit'].map((what) => (
                <th key={`${title} ${what}`} scope="col">
                  {title}: {what}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {steps.map((t) => (
            <tr key={t}>
              <th scope="row">{t}</th>
              {shown.flatMap(({ loss, stability }, i) => [
                <td key={`${looks[i].title} loss`}>{t < loss.length ? short(loss[t]) : '–'}</td>,
                <td key={`${looks[i].title} share`}>{t < loss.length ? short(stability[t], 3) : '–'}</td>,
              ])}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Keys() {
  return (
    <details>
      <summary>Keys</summary>
      <dl>
        <dt>Space</dt>
        <dd>play or pause, unless a control has the focus</dd>
        <dt>, and .</dt>
        <dd>one step back, one step on</dd>
        <dt>c</dt>
        <dd>playing stops at the first clip, or does not</dd>
        <dt>start, focused</dt>
        <dd>arrow keys move it, with Shift farther</dd>
        <dt>plane, focused</dt>
        <dd>arrow keys move the view, + and − zoom, 0 resets it; so does the wheel</dd>
      </dl>
      <p class="note">A click on the plane sets the start; dragging the plane moves the view; two fingers zoom it.</p>
    </details>
  );
}

addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, button, a, summary'))
    return;
  const acts: Record<string, () => void> = {
    ' ': () => (isPlaying.value ? pause() : play()),
    ',': () => show(at.value - 1),
    '.': () => show(at.value + 1),
    c: () => stopAtClip(state.value.stop === undefined),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
});
