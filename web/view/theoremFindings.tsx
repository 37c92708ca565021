// The findings of room `theorems` as text: the demands of the theorem with their numbers, and what each rule does in a period.
import { Fragment } from 'preact';
import { theoremOf, theoremSettings, treeOf } from '../core/theoremProblems.js';
import { boundOf, shownAt } from '../core/theoremShown.js';
import { Equation, tree } from './math.js';
import { short } from './numbers.js';
import { at, problemWith, ranTheorem, theoremRun } from './state.js';
import { theoremLooks } from './theoremLooks.js';

const signs = { '<': '<', '<=': '≤', '=': '=', '>': '>', '>=': '≥' } as const;

/** A loss by its slope: 2x, −x. */
export const lossName = (slope: number) => (slope === 0 ? '0' : `${short(slope).replace(/^(−?)1$/, '$1')}x`);

/** A number with its sign. */
export const signed = (x: number) => (x > 0 ? `+${short(x, 3)}` : short(x, 3));

/** The demands of the theorem, each with both sides as numbers, and what follows. */
export function Demands() {
  const run = theoremRun.value;
  const { claim, title } = theoremOf(ranTheorem.value.theorem);
  if (!run) return null;
  const holds = run.demands.every((demand) => demand.holds || demand.isOfProof);
  const all = run.demands.some(({ isOfProof }) => isOfProof) ? 'Its own conditions hold' : 'All hold';
  return (
    <fieldset class="card demands">
      <legend>What {title.replace(/^T/, 't').replace(', refuted', '')} demands</legend>
      <ul>
        {run.demands.map(({ text, left, sign, right, leftValue, rightValue, holds, isOfProof }) => (
          <li key={left}>
            <span class="equation">
              <Equation
                of={treeOf(right)}
                sign={signs[sign]}
                left={text ? <mtext>{text}</mtext> : tree(treeOf(left))}
              />
            </span>
            <span class="note">
              {isOfProof && 'the proof needs '}
              <b data-value={leftValue}>{short(leftValue, 3)}</b> {signs[sign]}{' '}
              <b data-value={rightValue}>{short(rightValue, 3)}</b>
            </span>
            <b class={holds ? 'verdict' : 'verdict no'}>{holds ? 'holds' : 'does not hold'}</b>
          </li>
        ))}
      </ul>
      <p aria-live="polite">
        {holds ? `${all}: ${claim}.` : 'Not all hold, so the theorem says nothing about these values.'}
      </p>
      <Ranges />
    </fieldset>
  );
}

/** For which β2 and C Adam goes the wrong way. */
function Ranges() {
  const { theorem: name } = ranTheorem.value;
  const { C, b1 } = theoremSettings(ranTheorem.value);
  const ranges = theoremRun.value?.ranges;
  if (!ranges) return null;
  const { wrong, proved, leastC, drift } = ranges;
  const isRandom = theoremOf(name).period === undefined;
  const range = ([from, to]: readonly [number, number]) =>
    from === to ? (
      <>
        β2 = <b data-value={from}>{short(from)}</b>
      </>
    ) : (
      <>
        {from > 0.0011 && (
          <>
            <b data-value={from}>{short(from, 3)}</b> ≤{' '}
          </>
        )}
        β2 ≤ <b data-value={to}>{short(to, 3)}</b>
      </>
    );
  return (
    <p class="ranges">
      In the long run, at C = {short(C)} and β1 = {short(b1)}, Adam{' '}
      {Number.isNaN(wrong[0]) ? (
        'goes the right way for every β2'
      ) : (
        <>goes the wrong way for {range(wrong)}, and the right way for every other β2</>
      )}
      {!Number.isNaN(proved[0]) && <>; the theorem proves the wrong way for {range(proved)}</>}.{' '}
      {Number.isNaN(leastC) ? (
        'At this β2 it goes the right way for every C of the map.'
      ) : (
        <>
          At this β2 the wrong way begins at C = <b data-value={leastC}>{short(leastC)}</b>.
        </>
      )}{' '}
      <span class="note">
        Adam’s moves −m/√v add up to <b data-value={drift}>{signed(drift)}</b>{' '}
        {isRandom ? 'a step, estimated from 20,000 draws' : 'a period'}.
      </span>
    </p>
  );
}

/** What each rule does in the shown period, and what its bound is worth. */
export function Findings() {
  const problem = problemWith.value;
  const run = theoremRun.value;
  if (problem)
    return (
      <p class="findings wrong" role="alert">
        {typeof problem.where === 'number' ? 'A rule cannot run' : 'This run failed'}: {problem.message}.
        {run && ' The plots show the last run.'}
      </p>
    );
  if (!run) return <p class="findings soft">Computing</p>;
  const { theorem: name, steps } = ranTheorem.value;
  const looks = theoremLooks();
  const isRefuted = name === 'theorem4';
  return (
    <ul class="findings" aria-label="What happens">
      {run.courses.map((course, i) => {
        const shown = shownAt(course, Math.max(1, at.value));
        const { from, to, parts, moved, vacuous } = shown;
        const bound = boundOf(shown, isRefuted);
        const way = moved > 0 ? 'up, the wrong way' : moved < 0 ? 'down, towards −1' : 'nowhere';
        return (
          <li key={looks[i].title} style={{ '--colour': `var(--${looks[i].colour})` }}>
            {looks[i].title} moves {way}: in steps {from} to {to},{' '}
            {parts
              .filter(({ slope }) => slope !== 0)
              .map(({ slope, count, move }, k) => (
                <Fragment key={slope}>
                  {k > 0 && ' and '}
                  {count === 1 ? 'the loss' : `${count} losses`} {lossName(slope)} {count === 1 ? 'moves' : 'move'} it
                  by <b data-value={move}>{signed(move)}</b>
                </Fragment>
              ))}
            , together <b data-value={moved}>{signed(moved)}</b>.
            {isRefuted && bound < shown.average && (
              <>
                {' '}
                Its regret per step, <b data-value={shown.average}>{short(shown.average, 3)}</b>, exceeds the bound of
                theorem 4, <b data-value={bound}>{short(bound, 3)}</b>.
              </>
            )}
            {!isRefuted && !Number.isNaN(vacuous) && (
              <>
                {' '}
                Its regret bound is vacuous{' '}
                {vacuous === Infinity ? (
                  'at every step, because β1 does not fall'
                ) : (
                  <>
                    until step <b data-value={vacuous}>{vacuous.toLocaleString('en')}</b>
                    {vacuous > steps && ', which this run does not reach'}
                  </>
                )}
                .
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
