// Room 4, nets: up to four rules race from the same weights and on the same batches.
import { computed } from '@preact/signals';
import { writeFragment } from '../core/fragment.js';
import type { Measured } from '../core/race.js';
import { racePresets } from '../core/racePresets.js';
import { kindOfData, MOST_RACERS } from '../core/raceTasks.js';
import { funnelOf } from '../core/state.js';
import { Boundaries } from './boundaries.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { asWritten, Questions } from './questions.js';
import {
  grownRace,
  losses,
  marks,
  measuredAt,
  race,
  raced,
  raceKind,
  raceNotes,
  raceRules,
  scoreName,
  shownScore,
} from './race.js';
import { RaceCard, useDrop } from './raceCard.js';
import { ChangesCard, ChangesList } from './raceChanges.js';
import { RaceLossPlot, ScorePlot } from './racePlots.js';
import { Rules, Sample } from './rules.js';
import { MissingImages } from './runFields.js';
import { SliceView } from './sliceView.js';
import { computedSteps, hasImages, isDone, problemWith, shownStep } from './state.js';
import { Cell, Table } from './table.js';
import { Transport } from './transport.js';
import { WrittenTexts } from './writtenTexts.js';
import { WrongImages } from './wrongImages.js';

const questions = computed(() => asWritten(racePresets));

export function RaceRoom() {
  useDrop();
  const isMissing = race.value.data === 'fashion' && !hasImages;
  // The figures fit the shown results, which may still be those of other data.
  const kind = raced.value ? kindOfData(raced.value.data) : raceKind.value;
  const Shown = { points: Boundaries, images: WrongImages, text: WrittenTexts, table: () => null }[kind];
  return (
    <section class="room race-room" data-room="nets" aria-labelledby="nets-title">
      <div class="intro">
        <h2 id="nets-title">Nets</h2>
        <p>
          The same net learns once for each rule, from the same weights and on the same batches; change a rate during
          the run and see which rule it helps.
        </p>
        <Questions list={questions.value} shown={race.value} />
      </div>
      <div class="plane">
        {isMissing ? (
          <MissingImages instead="Choose other data" />
        ) : (
          <>
            <Transport />
            <Findings />
            <Shown />
          </>
        )}
      </div>
      <div class="plots">
        <ScorePlot />
        <RaceLossPlot />
        <SliceView />
      </div>
      <ValuesTable />
      <div class="controls">
        <RaceCard />
        <Rules most={MOST_RACERS} />
        <ChangesCard />
      </div>
    </section>
  );
}

/** The score by which the rules are sorted: one that is not finite comes last. */
const rank = ({ found }: { found: { measured: Measured } }) =>
  Number.isFinite(found.measured.score) ? found.measured.score : -1e300;

function Findings() {
  grownRace.value;
  const problem = problemWith.value;
  if (problem)
    return (
      <p class="findings wrong" role="alert">
        {typeof problem.where === 'number' ? 'A rule cannot run' : 'This race cannot run'}: {problem.message}.
        {computedSteps.value > 0 && ' The plots show the last race.'}
      </p>
    );
  if (marks.value.length === 0) return <p class="findings soft">Making the nets</p>;
  const looks = looksOf(raceRules.value);
  const step = marks.value.filter((mark) => mark.step <= shownStep.value).at(-1)!.step;
  const order = looks
    .map(({ title }, i) => ({ title, found: measuredAt(shownStep.value, i)! }))
    .sort((a, b) => rank(b) - rank(a));
  return (
    <div class="findings">
      <p>
        After step {step}, {scoreName.value} on the test samples:{' '}
        {order.map(({ title, found }) => `${title}: ${shownScore(found.measured.score)}`).join(', ')}.
      </p>
      {raceNotes.value.map(
        (note, i) =>
          note && (
            <p class="wrong" key={i}>
              {looks[i].title}: {note}.
            </p>
          ),
      )}
      <ChangesList />
      <FunnelLinks />
      {!isDone.value && <p class="note">Computing: {computedSteps.value} steps</p>}
    </div>
  );
}

/** Links to the funnel of each rule: the same net, weight by weight. None for a race with changes, which the funnel cannot make. */
function FunnelLinks() {
  const funnels = race.value.changes.length > 0 ? [] : race.value.rules.map((_, i) => funnelOf(race.value, i));
  const looks = looksOf(race.value.rules);
  if (funnels.length === 0 || funnels.includes(null)) return null;
  return (
    <p class="note">
      The rate of each weight, in the funnel:{' '}
      {funnels.map((state, i) => (
        <span key={looks[i].title}>
          {i > 0 && ', '}
          <a href={writeFragment(state!)}>{looks[i].title}</a>
        </span>
      ))}
    </p>
  );
}

function ValuesTable() {
  grownRace.value;
  const step = shownStep.value;
  const looks = looksOf(raceRules.value);
  if (marks.value.length === 0) return <div class="values" />;
  return (
    <div class="values">
      <Table
        label="Values at the step that is shown"
        caption={`Step ${step}, and the last test up to it`}
        heads={['rule', 'batch loss', 'tested at', 'test loss', scoreName.value]}
      >
        {looks.map((look, i) => {
          const found = measuredAt(step, i);
          return (
            <tr key={look.title}>
              <th scope="row">
                <Sample look={look} /> {look.title}
              </th>
              <Cell value={losses.value[i]?.[step - 1]} />
              <Cell value={found?.step} />
              <Cell value={found?.measured.loss} />
              <Cell value={found?.measured.score} />
            </tr>
          );
        })}
      </Table>
      <details>
        <summary>The plots as a table</summary>
        <Table
          label="The plots as a table"
          caption={`After each test: loss of the test samples and ${scoreName.value}`}
          heads={['step', ...looks.flatMap(({ title }) => [`${title}: loss`, `${title}: ${scoreName.value}`])]}
        >
          {marks.value.map(({ step, rules }) => (
            <tr key={step}>
              <th scope="row">{step}</th>
              {rules.flatMap((measured, i) => [
                <td key={`${i} loss`}>{measured ? short(measured.loss) : '–'}</td>,
                <td key={`${i} score`}>{measured ? short(measured.score) : '–'}</td>,
              ])}
            </tr>
          ))}
        </Table>
      </details>
    </div>
  );
}
