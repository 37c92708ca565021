// Writes the results of a sweep.
import { join } from 'node:path';
import { VERSION } from '../../fit/index.js';
import { formatSweepFile, sweepFile } from '../../reports/sweep/file.js';
import { sweepPage } from '../../reports/sweep/page.js';
import type { RunOutcome, SweepFile } from '../../reports/sweep/record.js';
import { resultLines } from '../../reports/sweep/text.js';
import type { Sweep } from '../../sweep/sweep.js';
import { refuseForeign } from '../foreignFiles.js';
import { replaceFile, replacePage } from '../runFolder.js';
import type { Progress } from './progress.js';
import type { Results } from './results.js';
import { type Settings, taskSettings } from './settings.js';

/** What the judgement needs in addition to the results. */
export type DataSize = Pick<SweepFile, 'classes' | 'testSamples'>;

/** Writes sweep.json and sweep.html, and prints the results. */
export function writeResults(
  { trials, isComplete }: Sweep<RunOutcome>,
  settings: Settings,
  results: Results,
  data: DataSize,
  progress: Progress,
): void {
  const { out, space, draw, seed, seeds, halving = null } = settings;
  const used = new Set(trials.flatMap(({ tasks }) => tasks.map(({ id }) => id)));
  const builds = results.all.filter(({ id }) => used.has(id)).map(({ build }) => build);
  const about = { space, draw, trials: settings.trials, seeds, seed, halving, settings: taskSettings(settings) };
  const file = sweepFile(trials, { boundgrad: VERSION, sweep: about, ...data, isComplete }, builds);
  for (const name of ['sweep.html', 'sweep.json']) refuseForeign(join(out, name));
  replaceFile(join(out, 'sweep.json'), formatSweepFile(file));
  replacePage(join(out, 'sweep.html'), sweepPage(file));
  for (const line of resultLines(file)) progress.print(line);
  progress.print(`report: ${join(out, 'sweep.html')}`);
}
