// `train` and `compare`: one optimizer after another, each from the same initialization over the same batches.
import { join } from 'node:path';
import { BoundgradError, setBackend } from '../core/index.js';
import { buildModel } from './architecture.js';
import { loadData } from './data.js';
import { rowOf } from './describe.js';
import { Failure, refuse } from './failure.js';
import { Lines, prepareFolder, replaceFile } from './files.js';
import type { Settings } from './options.js';
import type { LineRecord, Run } from './record.js';
import { reportPage } from './report/page.js';
import { Stop } from './stop.js';
import { Screen } from './terminal.js';
import { train } from './train.js';

/** Runs what the settings say and returns the exit code. Everything that can be refused is refused before the first step. */
export async function compare(settings: Settings): Promise<number> {
  const { out, optim, epochs, batchSize } = settings;
  await chooseBackend(settings.backend);
  const data = await loadData(settings.data, settings.dataDir);
  buildModel(settings.model, data.train.shape, data.train.classes.length, settings.seed).dispose();
  const report = join(out, 'report.html');
  prepareFolder(out, ['report.html', ...optim.map((key) => `${key}.jsonl`)]);

  const stop = new Stop();
  const screen = new Screen(settings.json, optim.length * epochs * Math.ceil(data.train.length / batchSize));
  const runs: Run[] = [];
  for (const key of optim) {
    if (stop.requested) break;
    const lines = new Lines(join(out, `${key}.jsonl`));
    const record = (r: LineRecord) => {
      lines.append(r);
      screen.record(r);
    };
    runs.push(await train(key, settings, data, stop, { record, step: (at) => screen.step(at) }));
    lines.close();
  }
  if (runs.length === 0) return stop.code;
  replaceFile(report, reportPage(runs));
  screen.table(runs.map(rowOf));
  screen.record({ kind: 'report', path: report });
  if (stop.requested) return stop.code;
  if (runs.every(({ end }) => end.outcome === 'diverged')) throw new Failure('no optimizer finished; see the table', 1);
  return 0;
}

async function chooseBackend(name: Settings['backend']): Promise<void> {
  try {
    await setBackend(name);
  } catch (error) {
    if (error instanceof BoundgradError) throw refuse(`--backend ${name}: ${error.message}`, error);
    throw error;
  }
}
