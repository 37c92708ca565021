// What the plane and the plots of room 1 show, as tables.
import type { Clip } from '../core/surface.js';
import { Keys } from './keys.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { Sample } from './rules.js';
import { at, computedSteps, grown, surface, tracks } from './store.js';
import { Wide } from './wide.js';

const clipWords: Record<Clip, string> = { [-1]: 'raised', 0: 'free', 1: 'lowered' };

export function ValuesTable() {
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
