// Which steps on a surface were clipped: a ribbon for each rule, with a row for each coordinate.
import type { Clip } from '../core/surface.js';
import { looksOf } from './look.js';
import { grown, lastStep, playhead, trackedRules, tracks } from './state.js';

const names = ['x', 'y'] as const;

/** The ribbons of the rules whose rates were clipped. */
export function Ribbons() {
  grown.value;
  const looks = looksOf(trackedRules.value);
  const clipped = tracks.value
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
