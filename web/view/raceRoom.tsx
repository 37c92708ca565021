// Room 4, nets: two to four rules race from the same weights and on the same batches.
import { computed } from '@preact/signals';
import { readFragment, writeFragment } from '../core/fragment.js';
import { racePresets } from '../core/racePresets.js';
import { MOST_RACERS } from '../core/raceTasks.js';
import { funnelOf } from '../core/state.js';
import { Boundaries } from './boundaries.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { Questions } from './questions.js';
import {
  grownRace,
  losses,
  marks,
  measuredAt,
  race,
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
import { SliceView } from './sliceView.js';
import { catalog, computedSteps, hasImages, isDone, problemWith, shownStep } from './store.js';
import { Transport } from './transport.js';
import { Wide } from './wide.js';
import { WrittenTexts } from './writtenTexts.js';
import { WrongImages } from './wrongImages.js';

/** The presets, as this version writes them. */
const questions = computed(() =>
  racePresets.map((preset) => ({ ...preset, fragment: writeFragment(readFragment(preset.fragment, catalog).state) })),
);

export function RaceRoom() {
  useDrop();
  const isMissing = race.value.data === 'fashion' && !hasImages;
  const Shown = { points: Boundaries, images: WrongImages, text: WrittenTexts, table: () => null }[raceKind.value];
  return (
    <section class="room race-room" data-room="nets" aria-labelledby="nets-title">
      <div class="intro">
        <h2 id="nets-title">Nets</h2>
        <p>
          The same net learns once for each rule, from the same weights and on the same batches; change a rate in
          mid-run and see which rule it helps.
        </p>
        <Questions list={questions.value} shown={race.value} />
      </div>
      <div class="plane">
        {isMissing ? (
          <div class="missing">
            <p>
              This page was written without the images, so it cannot train on them. Choose other data, or write a page
              that has them: <code>npx boundgrad lab --out lab.html</code>
            </p>
          </div>
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

function Findings() {
  grownRace.value;
  const problem = problemWith.value;
  if (problem)
    return (
      <p class="findings wrong" role="alert">
        {typeof problem.where === 'number' ? 'A rule cannot run' : 'This race cannot run'}: {problem.message}
        {computedSteps.value > 0 && '. The plots show the last race.'}
      </p>
    );
  if (marks.value.length === 0) return <p class="findings soft">Making the nets</p>;
  const looks = looksOf(raceRules.value);
  const step = marks.value.filter((mark) => mark.step <= shownStep.value).at(-1)!.step;
  const order = looks
    .map(({ title }, i) => ({ title, found: measuredAt(shownStep.value, i)! }))
    .sort((a, b) => b.found.measured.score - a.found.measured.score);
  return (
    <div class="findings">
      <p>
        After step {step}, {scoreName.value} on the test samples:{' '}
        {order.map(({ title, found }) => `${title} ${shownScore(found.measured.score)}`).join(', ')}.
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

/** Links to the funnel of each rule: the same net, weight by weight. It has no changes in mid-run. */
function FunnelLinks() {
  const funnels = race.value.changes.length > 0 ? [] : race.value.rules.map((_, i) => funnelOf(race.value, i));
  const looks = looksOf(race.value.rules);
  if (funnels.length === 0 || funnels.includes(null)) return null;
  return (
    <p class="note">
      The rates of every weight, in the funnel of{' '}
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
      <Wide label="Values at the step that is shown">
        <table>
          <caption>Step {step}, and the last test before it</caption>
          <thead>
            <tr>
              {['rule', 'loss of the batch', 'tested after step', 'test loss', scoreName.value].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {looks.map((look, i) => {
              const loss = losses.value[i]?.[step - 1];
              const found = measuredAt(step, i);
              return (
                <tr key={look.title}>
                  <th scope="row">
                    <Sample look={look} /> {look.title}
                  </th>
                  {[loss, found?.step, found?.measured.loss, found?.measured.score].map((value, j) => (
                    <td key={j} data-value={value}>
                      {value === undefined ? '–' : short(value)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
      <details>
        <summary>The plots as a table</summary>
        <Wide label="The plots as a table">
          <table>
            <caption>After each test: loss of the test samples and {scoreName.value}</caption>
            <thead>
              <tr>
                <th scope="col">step</th>
                {looks.flatMap(({ title }) =>
                  ['loss', scoreName.value].map((what) => (
                    <th key={`${title} ${what}`} scope="col">
                      {title}: {what}
                    </th>
                  )),
                )}
              </tr>
            </thead>
            <tbody>
              {marks.value.map(({ step, rules }) => (
                <tr key={step}>
                  <th scope="row">{step}</th>
                  {rules.flatMap((measured, i) => [
                    <td key={`${i} loss`}>{measured ? short(measured.loss) : '–'}</td>,
                    <td key={`${i} score`}>{measured ? short(measured.score) : '–'}</td>,
                  ])}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </details>
    </div>
  );
}
