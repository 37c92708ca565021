// The tables of room `theorems`.
import { boundOf, mapRows, shownAt } from '../core/theoremShown.js';
import { short } from './numbers.js';
import { Sample } from './rules.js';
import { at, theorem, theoremRun } from './store.js';
import { lossName, signed } from './theoremFindings.js';
import { theoremLooks } from './theoremLooks.js';
import { Wide } from './wide.js';

/** The courses of the rules that are shown, with their looks. */
function rows() {
  const looks = theoremLooks();
  return (theoremRun.value?.courses ?? []).slice(0, looks.length).map((course, i) => ({ course, look: looks[i] }));
}

const isRefuted = () => theorem.value.theorem === 'theorem4';

function Head({ names }: { names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name, i) => (
          <th key={i} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function RegretTable() {
  const run = theoremRun.value;
  if (!run) return null;
  const step = Math.max(1, at.value);
  return (
    <Wide label="Regret and bounds">
      <table>
        <caption>
          After step {run.courses[0] ? shownAt(run.courses[0], step).t : step}; any points have a regret of at most D G
          = <span data-value={run.trivial}>{short(run.trivial)}</span> per step
        </caption>
        <Head
          names={[
            'rule',
            'x',
            'regret per step',
            isRefuted() ? 'theorem 4’s bound' : 'its bound',
            'vacuous until',
            'regret at the end',
            'raised',
            'lowered',
            '1/n fell',
          ]}
        />
        <tbody>
          {rows().map(({ course, look }) => {
            const shown = shownAt(course, step);
            const { x, average, vacuous, regret, raised, lowered, falls } = shown;
            const cells = [x, average, boundOf(shown, isRefuted()), vacuous, regret, raised, lowered, falls];
            return (
              <tr key={look.title}>
                <th scope="row">
                  <Sample look={look} /> {look.title}
                </th>
                {cells.map((value, i) => (
                  <td key={i} data-value={value}>
                    {i === 3 && value === Infinity ? 'always' : short(value)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Wide>
  );
}

export function PeriodTable() {
  const [first] = rows();
  if (!first) return null;
  const step = Math.max(1, at.value);
  const { from, to, parts } = shownAt(first.course, step);
  const losses = parts.map(({ slope, count }) => `${count} × ${lossName(slope)}`);
  return (
    <Wide label="What the losses did">
      <table>
        <caption>
          Steps {from} to {to}, loss by loss: the mean rate, and the moves of x added up
        </caption>
        <Head names={['rule', ...losses.flatMap((loss) => [`${loss}: rate`, 'moves']), 'together']} />
        <tbody>
          {rows().map(({ course, look }) => {
            const { parts, moved } = shownAt(course, step);
            return (
              <tr key={look.title}>
                <th scope="row">
                  <Sample look={look} /> {look.title}
                </th>
                {parts.flatMap(({ slope, rate, move }) => [
                  <td key={`${slope} rate`} data-value={rate}>
                    {short(rate)}
                  </td>,
                  <td key={`${slope} move`} data-value={move}>
                    {signed(move)}
                  </td>,
                ])}
                <td class="total" data-value={moved}>
                  {signed(moved)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Wide>
  );
}

export function MapTable() {
  const map = theoremRun.value?.map;
  if (!map) return <p class="note">Theorem 4 is not about Adam, so it has no map.</p>;
  return (
    <Wide label="The map as a table">
      <table>
        <Head names={['C', 'Adam goes the wrong way up to β2 of', 'proved up to β2 of']} />
        <tbody>
          {mapRows(map).map(({ C, wrong, proved }) => (
            <tr key={C}>
              <th scope="row">{short(C)}</th>
              <td data-value={wrong}>{short(wrong)}</td>
              <td data-value={proved}>{short(proved)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** The plots' numbers at some twenty steps. */
export function StepsTable() {
  const all = rows();
  const t = all[0]?.course.t ?? [];
  const every = Math.max(1, Math.ceil(t.length / 20));
  const places = t.map((_, i) => i).filter((i) => i % every === 0 || i === t.length - 1);
  return (
    <Wide label="The plots as a table">
      <table>
        <Head names={['step', ...all.flatMap(({ look }) => [`${look.title}: x`, `${look.title}: regret per step`])]} />
        <tbody>
          {places.map((i) => (
            <tr key={t[i]}>
              <th scope="row">{t[i]}</th>
              {all.flatMap(({ course, look }) => [
                <td key={`${look.title} x`}>{short(course.x[i])}</td>,
                <td key={`${look.title} regret`}>{short(course.average[i])}</td>,
              ])}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
