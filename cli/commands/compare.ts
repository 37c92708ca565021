// `train` and `compare`: one optimizer after another, each from the same initialization over the same batches.
import { join } from 'node:path';
import { checkpointFolder } from '../../node/checkpointFolder.js';
import type { LineRecord, Run } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';
import { rowOf } from '../../reports/run/results.js';
import { chooseBackend } from '../backend.js';
import { loadData, type Split } from '../datasets.js';
import { computing } from '../describe.js';
import { EXIT, Failure } from '../failure.js';
import { Stop } from '../interrupt.js';
import { Journal } from '../journal.js';
import { buildModel } from '../models.js';
import { writeAsked } from '../options/resume.js';
import type { Settings } from '../options/settings.js';
import { clearFolder, openFolder, replaceFile } from '../runFolder.js';
import { Screen } from '../terminal.js';
import { train } from '../train.js';

/** Runs what the settings say and returns the exit code. Everything that can be refused is refused before the first step. */
export async function compare(settings: Settings): Promise<number> {
  const { out, optim, command, given, resume, dataDir: dir, augment, trainBatches: batches } = settings;
  await chooseBackend(settings.backend, settings.threads);
  const data = await loadData(settings.data, { dir, augment, batches });
  buildModel(settings.model, data.train.shape, data.train.classes.length, settings.seed).dispose();
  openFolder(out);
  if (!resume) clearFolder(out);
  writeAsked(out, command, given);

  const stop = new Stop();
  const screen = new Screen(settings.json, optim.length, stepsOf(settings, data));
  const runs: Run[] = [];
  for (const key of optim) {
    if (stop.requested) break;
    const run = await runOne(key, settings, data, stop, screen);
    if (run) runs.push(run);
  }
  if (runs.length === 0) return stop.code;
  const report = join(out, 'report.html');
  replaceFile(report, reportPage(runs));
  screen.table(runs.map(rowOf));
  screen.record({ kind: 'report', path: report });
  if (stop.requested) {
    screen.say(`to go on: boundgrad ${command} --resume ${out}`);
    return stop.code;
  }
  if (runs.every(({ end }) => end.outcome === 'diverged'))
    throw new Failure('no optimizer finished; see the table', EXIT.failed);
  return EXIT.ok;
}

/** Trains one optimizer, goes on with it, or leaves it as it is where it is done. Null where it was stopped before it
 *  began. */
async function runOne(key: string, settings: Settings, data: Split, stop: Stop, screen: Screen): Promise<Run | null> {
  const journal = new Journal(join(settings.out, `${key}.jsonl`), settings.resume);
  try {
    if (journal.isDone(stepsOf(settings, data))) {
      screen.kept(journal.run()!);
      return journal.run();
    }
    await trainInto(journal, key, settings, data, stop, screen);
    return journal.run();
  } finally {
    journal.close();
  }
}

async function trainInto(
  journal: Journal,
  key: string,
  settings: Settings,
  data: Split,
  { signal }: Stop,
  screen: Screen,
): Promise<void> {
  const checkpoints = checkpointFolder(join(settings.out, key));
  const begun = journal.opening !== null;
  if (journal.opening) screen.open({ ...journal.opening, ...computing() });
  const record = (r: LineRecord) => {
    journal.append(r);
    screen.record(r);
  };
  try {
    await train(key, settings, data, { record, step: (at) => screen.step(at), checkpoints, begun, signal });
  } finally {
    checkpoints.close();
  }
}

/** Steps of one optimizer's run. */
function stepsOf({ epochs, batchSize, maxSteps = Infinity }: Settings, { train }: Split): number {
  return Math.min(maxSteps, epochs * Math.ceil(train.length / batchSize));
}
