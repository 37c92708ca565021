// Sentences about what happened to the rules on a surface, each with a button that shows the step.
import { computed } from '@preact/signals';
import { writeFragment } from '../core/fragment.js';
import type { Clip, Track } from '../core/surface.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { show } from './playback.js';
import { computedSteps, grown, isDone, problemWith, surface, trackedRules, tracks } from './state.js';

const names = ['x', 'y'] as const;

/** The first step at which a rule's clip changed a rate. */
function firstClip({ clip }: Track): { step: number; of: 0 | 1; how: Clip } | null {
  const steps = clip.map((list) => list.findIndex((c) => c !== 0));
  const found = ([0, 1] as const).filter((j) => steps[j] >= 0).sort((a, b) => steps[a] - steps[b]);
  if (found.length === 0) return null;
  return { step: steps[found[0]], of: found[0], how: clip[found[0]][steps[found[0]]] };
}

const findings = computed(() => {
  grown.value;
  const looks = looksOf(trackedRules.value);
  return tracks.value.flatMap((track, i) => {
    const title = looks[i].title;
    const list: { step: number; text: string; colour: string; rule: number; of: 'x' | 'y' }[] = [];
    const clip = firstClip(track);
    if (clip) {
      const what = clip.how < 0 ? 'raises' : 'lowers';
      const rate = short(track.rate[clip.of][clip.step], 3);
      const free = clip.step - 1;
      const before = free === 0 ? 'from its first step' : `after ${free} free ${free === 1 ? 'step' : 'steps'}`;
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

export function Findings() {
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
    return <p class="findings soft">No rate was clipped, and no rule passed a stability limit.</p>;
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
