// sweep.json, made from the trials and their settings.
import { judge } from '../../sweep/judge.js';
import type { RunTrial } from '../../sweep/sweep.js';
import type { Build, RunOutcome, SweepFile } from './record.js';

/** The content of sweep.json. builds: those of the results. */
export function sweepFile(
  trials: readonly RunTrial<RunOutcome>[],
  about: Pick<SweepFile, 'boundgrad' | 'sweep' | 'classes' | 'testSamples' | 'isComplete'>,
  builds: readonly Build[],
): SweepFile {
  const { boundgrad, sweep, classes, testSamples, isComplete } = about;
  const options = { worst: 1 / classes, resolution: 1 / testSamples };
  return {
    format: 1,
    boundgrad,
    sweep,
    classes,
    testSamples,
    builds: [...new Set(builds.map(describeBuild))].sort(),
    isComplete,
    trials: trials.map(({ method, number, config, budget, tasks, results }) => ({
      method,
      number,
      config,
      budget,
      runs: tasks.map(({ id, seed }, i) => {
        const { validation = null, test = null, note = '' } = results[i]?.outcome ?? {};
        return { id, seed, validation, test, note };
      }),
    })),
    judgement: trials.some(({ results }) => results.length > 0) ? judge(trials, options) : null,
  };
}

/** The text of sweep.json: an entry a line, and within the trials a trial a line. */
export function formatSweepFile({ trials, ...rest }: SweepFile): string {
  const { judgement, ...before } = rest;
  const lines = Object.entries(before).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const each = trials.map((trial) => `  ${JSON.stringify(trial)}`).join(',\n');
  return `{\n${lines.join('\n')}\n "trials": [\n${each}\n ],\n "judgement": ${JSON.stringify(judgement)}\n}\n`;
}

/** wasm: conv2d by wasm simd fma, matmul by wasm simd fma */
export function describeBuild({ backend, via }: Build): string {
  const kernels = Object.entries(via).map(([kernel, how]) => `${kernel} by ${how}`);
  return `${backend}: ${kernels.sort().join(', ')}`;
}
