// The computing side of a queue: runs each task in a child process, so that this process stays free to renew the locks of its runs.
import { join } from 'node:path';
import type { Job } from 'bullmq';
import { BoundgradError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import { machine } from '../../node/machine.js';
import { optimizers } from '../../optim/index.js';
import { EXIT, Failure, oneLine } from '../failure.js';
import { Pool } from '../pool.js';
import { removeCheckpoints } from '../runFolder.js';
import { Stop } from '../stop.js';
import { type Computed, isInUse, type Question } from '../sweep/run.js';
import { writeLine } from '../terminal.js';
import type { Address } from './address.js';
import { connect, QUEUE, sayErrors } from './server.js';
import { jobIdOf, type QueuedResult, type QueuedTask, taskOf } from './task.js';

/** Milliseconds for which a run belongs to this process; after half of them the time is renewed. A run whose worker is lost is given to another one after
 *  this time and at most STALLED more. */
const LOCK = 60_000;
const STALLED = 30_000;
/** How often a run may lose its worker before it fails. */
const MOST_LOST = 10;
/** BullMQ's message for a job that no longer belongs to this worker. */
const LOST = /^(?:Missing lock|Lock mismatch|Missing key|could not renew lock) for job ([\w-]+)/;
/** The message of a run if the disk of this machine is full or damaged. */
const OWN_DISK = /^cannot (?:read|write) '|': cannot be locked: |^no checkpoint can be read: /;
/** Milliseconds before a run that was put back may be taken again. */
const BACK = 1000;

export interface TakerOptions {
  concurrency: number;
  dataDir?: string;
  /** The folder of checkpoints. */
  out: string;
  /** Seconds to wait for a lost server. */
  patience: number;
  /** Whether results leave out the processor's model and the system's release. */
  private: boolean;
}

/** Takes runs until the command is stopped. Returns the exit code. Throws Failure if the server cannot be used or is lost, or if this machine cannot
 *  compute a run, for example because its data are missing. */
export async function takeRuns(address: Address, options: TakerOptions): Promise<number> {
  const { concurrency, dataDir, out, patience } = options;
  const say = (line: string) => writeLine(process.stdout, oneLine(line));
  const server = await connect(address, patience);
  const stop = new Stop();
  const pool = new Pool<Question, Computed>('sweep', concurrency, 'does this machine have enough memory?');
  const by = { boundgrad: VERSION, device: machine({ isPrivate: options.private }) };
  const { bull } = server;
  // Why this machine cannot compute a run, although another worker may.
  let unable: Failure | null = null;
  let end = (_: unknown) => {};
  const ended = new Promise<unknown>((resolve) => {
    end = resolve;
  });

  const putBack = async (job: Job, token?: string) => {
    await job.moveToDelayed(Date.now() + BACK, token);
    return new bull.DelayedError();
  };
  // A computer that slept has lost its locks. It may then get a run again that it still computes: both jobs get the one result.
  const running = new Map<string, ReturnType<typeof pool.ask>>();
  const ask = (task: QueuedTask) => {
    const id = jobIdOf(task);
    const found = running.get(id) ?? pool.ask({ ...task, dataDir, checkpoints: folderOf(task, out) });
    running.set(id, found);
    return found.finally(() => running.delete(id));
  };
  const compute = async (job: Job, token?: string): Promise<QueuedResult> => {
    let task: QueuedTask;
    try {
      task = taskOf(job.data);
    } catch (error) {
      if (!(error instanceof BoundgradError)) throw error;
      say(`a task was refused: ${error.message}`);
      throw new bull.UnrecoverableError(error.message);
    }
    try {
      const { result, seconds } = await ask(task);
      // Stopped: the run goes back, and continues from its checkpoint if this worker takes it again.
      if (result === null) throw await putBack(job, token);
      return { ...result, seconds, by };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Another process on this machine still computes it.
      if (isInUse(error)) say(`${task.job.id}: put back: ${error.message}`);
      else if (error.code === EXIT.refused || OWN_DISK.test(error.message)) {
        unable ??= new Failure(error.message, EXIT.refused);
        end(null);
        void worker.close();
      } else throw error; // The run failed, which counts as an attempt.
      throw await putBack(job, token);
    }
  };
  const worker = new bull.Worker<unknown, QueuedResult>(QUEUE, compute, {
    ...server.options,
    name: String(concurrency),
    concurrency,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    maxStalledCount: MOST_LOST,
  });
  worker.on('completed', ({ data }, { outcome, seconds }) => {
    const task = data as QueuedTask;
    const { id, method, budget, whole } = task.job;
    const score = outcome.test === null ? 'diverged' : `test ${(100 * outcome.test).toFixed(1)} %`;
    say(`${id} ${optimizers[method].title}: ${score}, ${seconds.toFixed(1)} s`);
    try {
      if (budget === whole || outcome.validation === null) removeCheckpoints(folderOf(task, out));
    } catch (error) {
      say(`the checkpoints stay: ${(error as Error).message}`);
    }
  });
  worker.on('failed', (job, { message }) => say(`${job?.id}: failed: ${message}`));
  const sayError = sayErrors(server.shown, say);
  worker.on('error', (error) => {
    const [, id] = LOST.exec(error.message) ?? [];
    const taken = 'given to another worker, or removed from the queue, while this worker did not answer';
    sayError(id === undefined ? error : new Error(`${id}: ${taken}`));
  });
  let isLost = false;
  const setLost = (now: boolean) => (line: string) => {
    isLost = now;
    say(line);
  };
  void server.watch(setLost(true), setLost(false)).catch(end);
  stop.signal.addEventListener('abort', () => end(null));
  say(`boundgrad ${VERSION}: waits for runs at ${server.shown}, ${concurrency} at a time`);
  const error = await ended;
  pool.stop();
  // Runs in progress write a checkpoint and go back to the queue, unless the server is lost.
  if (error === null && !isLost)
    await Promise.race([worker.close(), new Promise((resolve) => setTimeout(resolve, 30_000).unref())]);
  pool.close();
  await server.close({ close: () => worker.close(true) });
  if (unable !== null) throw unable;
  if (error !== null) throw error;
  return stop.code;
}

/** The folder of a run's checkpoints. The id was compared with the task, so it is `run-` and hexadecimal digits. Another version,
 *  engine or backend has another folder: it would continue with other bits. */
function folderOf({ job, backend }: QueuedTask, out: string): string {
  return join(out, 'checkpoints', `${job.id}-${VERSION}-${backend}-${process.version}`);
}
