// Computes the missing results of a sweep: asks processes of this machine, or the workers of a queue, for one run after another, several at a time.
import { join } from 'node:path';
import { VERSION } from '../../fit/index.js';
import { optimizers } from '../../optim/index.js';
import type { ResultRecord, RunOutcome } from '../../reports/sweep/record.js';
import { type Job, type Result, sweep } from '../../sweep/sweep.js';
import { Failure } from '../failure.js';
import { Pool } from '../pool.js';
import { shownAddress } from '../queue/address.js';
import { Asker } from '../queue/asker.js';
import { removeCheckpoints, removeEmptyFolder } from '../runFolder.js';
import { program, quote } from '../shell.js';
import { Stop } from '../stop.js';
import type { Answered } from '../worker.js';
import { Progress } from './progress.js';
import type { Results } from './results.js';
import type { Computed, Question } from './run.js';
import { type Settings, taskSettings } from './settings.js';
import { type DataSize, writeResults } from './write.js';

/** The options of `sweep()` that follow from the settings and the stored results. */
export function sweepSettings(settings: Settings, results: Results) {
  const { space, draw, trials, seed, seeds, halving, epochs } = settings;
  const done = results.all as readonly Result<RunOutcome>[];
  return { space, draw, trials, seed, seeds, halving, budget: epochs, settings: taskSettings(settings), done };
}

/** Computes the missing results, writes each of them, then writes sweep.json and the page and prints the results. Returns the exit code. ids: the runs of the sweep. */
export async function compute(
  settings: Settings,
  results: Results,
  ids: ReadonlySet<string>,
  data: DataSize,
): Promise<number> {
  const { out, workers, backend, noWide, dataDir, epochs, engine } = settings;
  const stop = new Stop();
  const folder = (id: string) => join(out, 'checkpoints', id);
  const reached = new Map(results.all.map(({ id, budget }) => [id, budget]));
  const left = [...ids].reduce((sum, id) => sum + epochs - (reached.get(id) ?? 0), 0);
  const progress = new Progress(workers, left);
  const known = [...ids].filter((id) => reached.has(id)).length;
  progress.print(`boundgrad ${VERSION}: ${ids.size} ${ids.size === 1 ? 'run' : 'runs'}, ${known} with a result`);
  const again = `${program()} sweep --resume ${quote(out)}`;
  const pool = await poolOf(settings, `${again} runs the missing ones`, results, progress);
  const more = engine ? `${again} --engine ${shownAddress(engine)}` : again;
  const end = () => pool.stop();
  stop.signal.addEventListener('abort', end);

  const run = async ({ signal: _, ...job }: Job): Promise<RunOutcome | null> => {
    const shared = { settings: taskSettings(settings), dataDir, backend, noWide };
    const { result, seconds, by } = await pool.ask({ job, ...shared, checkpoints: folder(job.id) });
    if (result === null) return null;
    const { id, method, config, seed, budget } = job;
    const { outcome, build } = result;
    results.add({
      kind: 'result',
      id,
      method,
      config,
      seed,
      budget,
      outcome,
      build,
      seconds,
      ...(by && { by }),
    });
    if (budget === epochs || outcome.validation === null) removeCheckpoints(folder(id));
    const score = outcome.test === null ? 'diverged' : `test ${(100 * outcome.test).toFixed(1)} %`;
    progress.workers = pool.slots;
    progress.done(budget - (reached.get(id) ?? 0), seconds, `${optimizers[method].title}: ${score}`);
    reached.set(id, budget);
    return outcome;
  };

  try {
    const found = await sweep({ ...sweepSettings(settings, results), pool: pool.size, signal: stop.signal, run });
    if (found.isComplete) {
      for (const id of ids) removeCheckpoints(folder(id));
      removeEmptyFolder(join(out, 'checkpoints'));
    }
    writeResults(found, settings, results, data, progress);
    if (stop.requested) progress.print(`to resume: ${more}`);
    return stop.code;
  } catch (error) {
    if (!(engine && error instanceof Failure)) throw error;
    throw new Failure(`${error.message}; to go on: ${more}`, error.code);
  } finally {
    stop.signal.removeEventListener('abort', end);
    await pool.close();
  }
}

/** What computes the runs. */
interface Computing {
  /** How many runs to ask for at a time. */
  size: number;
  /** How many of them are computed at a time. */
  slots: number;
  /** Computes a run. by: the worker of a queue that computed it. After `stop` the result is null. */
  ask(question: Question): Promise<Answered<Computed> & Pick<ResultRecord, 'by'>>;
  stop(): void;
  close(): void | Promise<void>;
}

/** Processes here, or the workers of a queue. remedy: what to do if a process ends early. */
async function poolOf(
  { engine, patience, workers }: Settings,
  remedy: string,
  results: Results,
  progress: Progress,
): Promise<Computing> {
  if (engine) return Asker.open(engine, patience, (line) => progress.print(line), results.origins);
  return new Pool<Question, Computed>('sweep', workers, remedy);
}
