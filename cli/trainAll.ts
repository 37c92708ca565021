// The training runs of one folder: one for each optimizer in turn, each with a journal and checkpoints, and the report of all.
import { join } from 'node:path';
import { BoundgradError } from '../core/index.js';
import { hasCheckpoint } from '../node/checkpointFolder.js';
import type { LineRecord, Run, RunRecord } from '../reports/record.js';
import { reportPage } from '../reports/run/page.js';
import { dataChecksums } from './dataChecksums.js';
import { batchSizeOf, type Split } from './datasets.js';
import { renewTable } from './epochsTable.js';
import { refuse } from './failure.js';
import { Journal } from './journal.js';
import { writeGiven } from './options/resume.js';
import type { Settings } from './options/settings.js';
import { trainingOptions } from './options/training.js';
import { ownData } from './ownData.js';
import { historyIn, openCheckpoints, replacePage } from './runFolder.js';
import { computing, isRunOf } from './runRecord.js';
import { Screen } from './screen.js';
import type { Stop } from './stop.js';
import { writeLine } from './terminal.js';
import { type Place, trainOne } from './trainOne.js';

/** Trains with each optimizer in turn, and writes the report. */
export async function trainAll(settings: Settings, data: Split, stop: Stop): Promise<Run[]> {
  const { out, optim } = settings;
  const report = join(out, 'report.html');
  const screen = new Screen(settings.json, optim.length, stepsOf(settings, data));
  const runs: Run[] = [];
  for (const key of optim) {
    if (stop.requested) break;
    const run = await runOne(key, settings, data, stop, screen);
    if (run) runs.push(run);
  }
  if (runs.length === 0) return runs;
  writeReport(out, runs);
  screen.table(runs);
  screen.record({ kind: 'report', path: report });
  return runs;
}

/** Records the number of epochs of a finished run in place of a smaller one that a resume was given. */
function recordEpochs(settings: Settings, epochs: number): void {
  const { out, command, given } = settings;
  const options = trainingOptions[command];
  writeGiven(out, { name: command, options }, { ...settings, given: { ...given, epochs: String(epochs) } });
}

/** Runs or resumes the training of one optimizer, and skips one that is complete. Null if it was stopped before it began. */
async function runOne(key: string, settings: Settings, data: Split, stop: Stop, screen: Screen): Promise<Run | null> {
  const journal = new Journal(join(settings.out, `${key}.jsonl`), settings.resume !== undefined);
  try {
    if (journal.opening && !isRunOf(journal.opening, settings, data)) journal.rejectOpening();
    if (journal.opening && ownData(settings.data)) await refuseChanged(journal.opening, settings, data);
    if (journal.isDone(stepsOf(settings, data), historyIn(join(settings.out, key)))) {
      const run = journal.run()!;
      screen.skip(run, settings.epochs);
      // Otherwise the message of a later --resume would name an --epochs that the user did not give.
      if (settings.epochs < run.epochs.length && !settings.folds && !settings.seeds)
        recordEpochs(settings, run.epochs.length);
      const place = join(settings.out, key);
      if (run.end.outcome === 'finished' && !hasCheckpoint(place))
        writeLine(
          process.stderr,
          `boundgrad: '${place}': no checkpoint: the net cannot predict, and with more --epochs it starts over`,
        );
      return run;
    }
    await trainInto(journal, key, settings, data, stop, screen);
    return journal.run();
  } finally {
    journal.close();
  }
}

/** Throws Failure if the user's own data are not those with which the run began. */
async function refuseChanged({ data: { checksums } }: RunRecord, { data: name }: Settings, data: Split): Promise<void> {
  const now = checksums && (await dataChecksums(data));
  if (!now || (now.train === checksums.train && now.test === checksums.test)) return;
  const part = now.train === checksums.train ? 'test' : 'training';
  throw refuse(
    `--resume: --data ${name}: other ${part} samples than when the run began; give the same data, or begin a new run`,
  );
}

async function trainInto(
  journal: Journal,
  key: string,
  settings: Settings,
  data: Split,
  { signal }: Stop,
  screen: Screen,
): Promise<void> {
  const checkpoints = openCheckpoints(join(settings.out, key));
  const place: Place = {
    record(r: LineRecord) {
      journal.append(r);
      screen.record(r);
    },
    restore: (history, step) => journal.restore(history, step),
    step: (at) => screen.step(at),
    checkpoints,
    begun: journal.opening !== null,
    signal,
  };
  try {
    const note = hasCheckpoint(checkpoints.path) ? null : journal.startOver();
    if (note) writeLine(process.stderr, `boundgrad: ${note}`);
    if (journal.opening) screen.begin({ ...journal.opening, ...computing() });
    await trainOne(key, settings, data, place);
  } catch (error) {
    // `fit` refuses a checkpoint that cannot resume, before anything is changed.
    const [, why] = /^fit: (the checkpoint .*)$/s.exec(error instanceof BoundgradError ? error.message : '') ?? [];
    if (why === undefined) throw error;
    throw refuse(`--resume: ${why.replace('into another folder', 'into another --out folder')}`, error);
  } finally {
    checkpoints.close();
  }
}

/** Writes the report, and renews the table beside it. */
export function writeReport(folder: string, runs: readonly Run[]): void {
  replacePage(join(folder, 'report.html'), reportPage(runs));
  const note = renewTable(folder, runs);
  if (note) writeLine(process.stderr, `boundgrad: ${note}`);
}

/** The steps of one run. */
export function stepsOf(settings: Settings, data: Split): number {
  const { epochs, accumulate, maxSteps = Infinity } = settings;
  const batches = Math.ceil(data.train.length / batchSizeOf(settings, data));
  return Math.min(maxSteps, epochs * Math.ceil(batches / accumulate));
}
