// What the plane and the plots of a surface show, as tables.
import type { Clip } from '../core/surface.js';
import { Keys } from './keys.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { Sample } from './rules.js';
import { at, computedSteps, grown, trackedRules, tracks } from './state.js';
import { Cell, Table, twentyOf } from './table.js';

const clipWords: Record<Clip, string> = { [-1]: 'raised', 0: 'free', 1: 'lowered' };

export function ValuesTable() {
  grown.value;
  const looks = looksOf(trackedRules.value);
  const shown = tracks.value;
  return (
    <div class="values">
      <Table
        label="Values at the step that is shown"
        caption={`Values after step ${at.value}`}
        heads={['rule', 'x', 'y', 'loss', 'rate of x', 'rate of y', 'clip of x, y', 'curvature', 'share of limit']}
      >
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
                <Cell key={j} value={value} />
              ))}
              <td>{t === 0 ? '–' : `${clipWords[track.clip[0][t]]}, ${clipWords[track.clip[1][t]]}`}</td>
              <Cell value={track.sharpness[t]} digits={3} />
              <Cell value={track.stability[t]} digits={3} />
            </tr>
          );
        })}
      </Table>
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
  const looks = looksOf(trackedRules.value);
  const shown = tracks.value;
  return (
    <Table
      label="The plots as a table"
      heads={['step', ...looks.flatMap(({ title }) => [`${title}: loss`, `${title}: share of limit`])]}
    >
      {twentyOf(computedSteps.value + 1).map((t) => (
        <tr key={t}>
          <th scope="row">{t}</th>
          {shown.flatMap(({ loss, stability }, i) => [
            <td key={`${looks[i].title} loss`}>{t < loss.length ? short(loss[t]) : '–'}</td>,
            <td key={`${looks[i].title} share`}>{t < loss.length ? short(stability[t], 3) : '–'}</td>,
          ])}
        </tr>
      ))}
    </Table>
  );
}
