// The tables of room `theorems`.
import { boundOf, mapRows, shownAt } from '../core/theoremShown.js';
import { short } from './numbers.js';
import { Sample } from './rules.js';
import { at, ranTheorem, theoremRun } from './state.js';
import { Cell, Table, twentyOf } from './table.js';
import { lossName, signed } from './theoremFindings.js';
import { theoremLooks } from './theoremLooks.js';

/** The courses of the shown rules, with their looks. */
function rows() {
  const looks = theoremLooks();
  return (theoremRun.value?.courses ?? []).map((course, i) => ({ course, look: looks[i] }));
}

const isRefuted = () => ranTheorem.value.theorem === 'theorem4';

export function RegretTable() {
  const run = theoremRun.value;
  if (!run) return null;
  const step = Math.max(1, at.value);
  // `vacuous` belongs to the corrected bounds, not to the bound of theorem 4.
  const bound = isRefuted() ? ['theorem 4’s bound'] : ['its bound', 'vacuous until'];
  return (
    <Table
      label="Regret and bounds"
      caption={
        <>
          After step {run.courses[0] ? shownAt(run.courses[0], step).t : step}; no points have a regret above D G ={' '}
          <span data-value={run.trivial}>{short(run.trivial)}</span> per step
        </>
      }
      heads={['rule', 'x', 'regret per step', ...bound, 'regret at the end', 'raised', 'lowered', 'rate rose']}
      note="Raised, lowered: steps whose rate the clip changed. Rate rose: steps whose rate is above that of the step before."
    >
      {rows().map(({ course, look }) => {
        const shown = shownAt(course, step);
        const { x, average, vacuous, regret, raised, lowered, falls } = shown;
        const after = [regret, raised, lowered, falls];
        return (
          <tr key={look.title}>
            <th scope="row">
              <Sample look={look} /> {look.title}
            </th>
            {[x, average, boundOf(shown, isRefuted())].map((value, i) => (
              <Cell key={i} value={value} />
            ))}
            {!isRefuted() && <Cell value={vacuous} text={vacuous === Infinity ? 'always' : undefined} />}
            {after.map((value, i) => (
              <Cell key={i} value={value} />
            ))}
          </tr>
        );
      })}
    </Table>
  );
}

export function PeriodTable() {
  const [first] = rows();
  if (!first) return null;
  const step = Math.max(1, at.value);
  const { from, to, parts } = shownAt(first.course, step);
  const losses = parts.map(({ slope, count }) => `${count} × ${lossName(slope)}`);
  return (
    <Table
      label="What the losses did"
      caption={`Steps ${from} to ${to}, loss by loss: the mean rate, and the moves of x added up`}
      heads={['rule', ...losses.flatMap((loss) => [`${loss}: rate`, 'moves']), 'together']}
    >
      {rows().map(({ course, look }) => {
        const { parts, moved } = shownAt(course, step);
        return (
          <tr key={look.title}>
            <th scope="row">
              <Sample look={look} /> {look.title}
            </th>
            {parts.flatMap(({ slope, rate, move }) => [
              <Cell key={`${slope} rate`} value={rate} />,
              <Cell key={`${slope} move`} value={move} text={signed(move)} />,
            ])}
            <td class="total" data-value={moved}>
              {signed(moved)}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

export function MapTable() {
  const map = theoremRun.value?.map;
  if (!map) return <p class="note">Theorem 4 is not about Adam, so it has no map.</p>;
  return (
    <Table label="The map as a table" heads={['C', 'Adam goes the wrong way for β2 up to', 'proved for β2 up to']}>
      {mapRows(map).map(({ C, wrong, proved }) => (
        <tr key={C}>
          <th scope="row">{short(C)}</th>
          <Cell value={wrong} />
          <Cell value={proved} />
        </tr>
      ))}
    </Table>
  );
}

/** The plots' numbers at some twenty steps. */
export function StepsTable() {
  const all = rows();
  const t = all[0]?.course.t ?? [];
  return (
    <Table
      label="The plots as a table"
      heads={['step', ...all.flatMap(({ look }) => [`${look.title}: x`, `${look.title}: regret per step`])]}
    >
      {twentyOf(t.length).map((i) => (
        <tr key={t[i]}>
          <th scope="row">{t[i]}</th>
          {all.flatMap(({ course, look }) => [
            <td key={`${look.title} x`}>{short(course.x[i])}</td>,
            <td key={`${look.title} regret`}>{short(course.average[i])}</td>,
          ])}
        </tr>
      ))}
    </Table>
  );
}
