// Room 1, the surface: rules descend one problem from one start.
import { computed } from '@preact/signals';
import { presets } from '../core/presets.js';
import { problems } from '../core/problems.js';
import { Plot } from './plot.js';
import { ProblemCard } from './problemCard.js';
import { asWritten, Questions } from './questions.js';
import { Ribbons } from './ribbons.js';
import { Rules } from './rules.js';
import { Stage } from './stage.js';
import { grown, settings, surface, tracks } from './state.js';
import { Findings } from './surfaceFindings.js';
import { ValuesTable } from './surfaceTables.js';
import { Transport } from './transport.js';

const questions = computed(() => asWritten(presets, surface.value.stop));

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

/** The smallest loss: the problem's, or for the user's formula the lowest of the run. */
const least = computed(() => {
  grown.value;
  const known = problems[surface.value.problem].least?.(settings.value);
  return known ?? tracks.value.reduce((low, { loss }) => loss.reduce((a, b) => Math.min(a, b), low), Infinity);
});

export function LossPlot() {
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
