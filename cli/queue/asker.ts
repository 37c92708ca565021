// The asking side of a queue: adds the runs of a sweep and waits for their results. It replaces the pool of local processes.
//
// The state of the server decides. Its events only report results and failures early: `#look` finds them every ten seconds and after each
// interruption, and adds a task again that has vanished.
import type { Queue, QueueEvents } from 'bullmq';
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import type { ResultRecord } from '../../reports/sweep/record.js';
import { EXIT, Failure } from '../failure.js';
import { originOf } from '../sweep/results.js';
import type { Computed, Question } from '../sweep/run.js';
import type { Answered } from '../worker.js';
import type { Address } from './address.js';
import { connect, PREFIX, QUEUE, reasonOf, type Server, sayErrors } from './server.js';
import { jobIdOf, type QueuedTask, resultOf } from './task.js';

/** Milliseconds between looks at the workers, and at every task. */
const WORKERS_MS = 2000;
const TASKS_MS = 10_000;
/** Seconds for which the server keeps a result or a failure. A sweep that was stopped reads them when it resumes. */
const KEPT = 14 * 86_400;
/** A run whose process ends is tried again, after 5 s and 10 s. */
const ATTEMPTS = { attempts: 3, backoff: { type: 'exponential', delay: 5000 } };

type Answer = Answered<Computed> & { by?: ResultRecord['by'] };
interface Waiting {
  task: QueuedTask;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class Asker {
  /** The most runs that are on the queue at a time. */
  readonly size = 1000;
  /** How many runs the workers compute at a time; 0 if there is no worker. */
  slots = 0;
  readonly #waiting = new Map<string, Waiting>();
  readonly #origins = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #said = '';
  #isStopped = false;
  #isLost = false;
  #isLooking = false;

  private constructor(
    private readonly server: Server,
    private readonly queue: Queue,
    private readonly events: QueueEvents,
    private readonly print: (line: string) => void,
  ) {}

  /** Connects. patience: seconds to wait for a lost server. print: gets a line for each change that a user should know. origins: what
   *  computed earlier results. Throws Failure if the server cannot be used. */
  static async open(
    address: Address,
    patience: number,
    print: (line: string) => void,
    origins: readonly string[],
  ): Promise<Asker> {
    const server = await connect(address, patience);
    const { bull, options } = server;
    const asker = new Asker(server, new bull.Queue(QUEUE, options), new bull.QueueEvents(QUEUE, options), print);
    for (const origin of origins) asker.#origins.add(origin);
    asker.#start();
    return asker;
  }

  /** Puts a run on the queue and waits for its result. Throws Failure if it failed on every attempt, if its result cannot be used, or if the
   *  server stays lost. After `stop` the result is null. */
  async ask({ job, settings, backend, noWide }: Question): Promise<Answer> {
    const task: QueuedTask = { job, settings, backend, noWide };
    if (this.#isStopped) return STOPPED;
    return new Promise((resolve, reject) => {
      const id = jobIdOf(task);
      this.#waiting.set(id, { task, resolve, reject });
      this.#look(id, true).catch((error) => this.#fail(error));
    });
  }

  /** Removes from the queue the runs that no worker has begun. Runs in progress continue, and the server keeps their results. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const ids = [...this.#waiting.keys()];
    const remove = async (id: string) => {
      const job = await this.queue.getJob(id);
      if (job && ['waiting', 'delayed', 'prioritized'].includes(await job.getState())) await job.remove();
    };
    // A worker may take a run at this moment, which then cannot be removed.
    const all = this.#isLost ? [] : ids.map((id) => remove(id).catch(() => {}));
    const within = new Promise((resolve) => this.#timers.push(setTimeout(resolve, 5000)));
    Promise.race([Promise.all(all), within]).then(() => {
      for (const { resolve } of this.#waiting.values()) resolve(STOPPED);
      this.#waiting.clear();
    });
  }

  /** Disconnects. */
  async close(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.server.close(this.queue, this.events);
  }

  #start(): void {
    const { queue, events, server } = this;
    const sayError = sayErrors(server.shown, this.print);
    queue.on('error', sayError);
    events.on('error', sayError);
    events.on('completed', ({ jobId, returnvalue }) => this.#settle(jobId, returnvalue));
    events.on('failed', ({ jobId, failedReason }) => this.#refused(jobId, failedReason));
    const lost = server.watch(
      (line) => {
        this.#isLost = true;
        this.print(line);
      },
      (line) => {
        this.#isLost = false;
        this.print(line);
        void this.#lookAtAll();
      },
    );
    lost.catch((error) => {
      this.#isLost = true;
      this.#fail(error);
    });
    this.#timers.push(setInterval(() => void this.#lookAtAll(), TASKS_MS));
    this.#timers.push(setInterval(() => void this.#countWorkers(), WORKERS_MS));
    void this.#countWorkers();
  }

  async #lookAtAll(): Promise<void> {
    if (this.#isLooking || this.#isLost || this.#isStopped) return;
    this.#isLooking = true;
    try {
      for (const id of [...this.#waiting.keys()]) await this.#look(id, false);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Finds what has become of a task, and adds it if the server does not have it. isNew: whether this sweep asks for the task for the first
   *  time. Then a failure or an unusable result on the server is from an earlier sweep, and the task is tried again. */
  async #look(id: string, isNew: boolean): Promise<void> {
    const waiting = this.#waiting.get(id);
    if (!waiting || this.#isStopped) return;
    const found = await this.#jobOf(id);
    if (found && !found.finishedOn) return;
    if (found) {
      const { failedReason, returnvalue } = found;
      const fault = failedReason ? '' : faultOf(waiting.task, returnvalue);
      if (fault === null || !isNew)
        return failedReason ? this.#refused(id, failedReason) : this.#settle(id, returnvalue);
      if (fault !== '') this.print(`${fault}; the run is computed again`);
      // If the job cannot be removed, another sweep has replaced it, and a worker has begun the new one.
      if (!(await this.queue.remove(id))) return;
    }
    const kept = { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } };
    if (!this.#isStopped) await this.queue.add('run', waiting.task, { jobId: id, ...ATTEMPTS, ...kept });
  }

  /** The job on the server. A job whose data are not JSON is removed, unless a worker has it now. */
  async #jobOf(id: string) {
    try {
      return await this.queue.getJob(id);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await this.queue.remove(id);
    }
  }

  /** Takes a result; a second result of the same task changes nothing. */
  #settle(id: string, value: unknown): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    try {
      const { outcome, build, seconds, by } = resultOf(waiting.task, value);
      this.#sayOrigin(originOf(build, by.device));
      waiting.resolve({ result: { outcome, build }, seconds, by });
    } catch (error) {
      waiting.reject(error instanceof DataError ? new Failure(error.message, EXIT.failed) : error);
      this.stop();
    }
  }

  #refused(id: string, reason: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    const why = `${waiting.task.job.id} (${waiting.task.job.method}): failed on its last attempt: ${reason.slice(0, 500)}`;
    waiting.reject(new Failure(why, EXIT.failed));
    this.stop();
  }

  /** Ends all questions with an error. */
  #fail(error: unknown): void {
    const isOurs = error instanceof Failure;
    if (this.#isStopped && !isOurs) return;
    this.#isStopped = true;
    const shown = isOurs ? error : new Failure(`${this.server.shown}: ${reasonOf(error)}`, EXIT.failed);
    for (const { reject } of this.#waiting.values()) reject(shown);
    this.#waiting.clear();
  }

  #sayOrigin(origin: string): void {
    if (this.#origins.size > 0 && !this.#origins.has(origin))
      this.print(
        `another build or engine computes too: ${origin}; before: ${[...this.#origins].join('; ')}: results may differ in their last bits`,
      );
    this.#origins.add(origin);
  }

  /** Counts the workers by the names of their connections, and says when that changes. */
  async #countWorkers(): Promise<void> {
    if (this.#isLost || this.#isStopped) return;
    let list: string;
    try {
      list = (await this.server.client.client('LIST')) as string;
    } catch {
      return; // Some hosts do not permit it.
    }
    // The sweep may have been stopped meanwhile. Then the line that says how to resume it must stay the last.
    if (this.#isStopped) return;
    const found = workersIn(list, this.server.database);
    const own = found.filter(({ queue }) => queue === QUEUE);
    const others = [
      ...new Set(found.filter(({ queue }) => queue !== QUEUE).map(({ queue }) => queue.replace(/^runs-/, ''))),
    ];
    this.slots = own.reduce((sum, { slots }) => sum + slots, 0);
    const wrong = others.length ? `; workers of boundgrad ${others.join(', ')} take no runs of ${VERSION}` : '';
    const none = `no worker yet: on each machine run boundgrad worker ${this.server.shown}`;
    const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
    const some = `${counted(own.length, 'worker')}, ${counted(this.slots, 'run')} at a time`;
    const line = `${own.length === 0 ? none : some}${wrong}`;
    if (line !== this.#said) this.print(line);
    this.#said = line;
  }
}

const STOPPED: Answer = { result: null, seconds: 0 };

/** The workers among the connections of a server. Their names are boundgrad:<queue in base64>:w:<runs at a time>. A server has several
 *  databases, and a worker takes the runs of one. */
export function workersIn(list: string, database: number): { queue: string; slots: number }[] {
  return list.split('\n').flatMap((line) => {
    const [, queue, slots] = new RegExp(` name=${PREFIX}:([A-Za-z0-9+/=]+):w:(\\d{1,3}) `).exec(line) ?? [];
    const isHere = queue !== undefined && line.includes(` db=${database} `);
    return isHere ? [{ queue: Buffer.from(queue, 'base64').toString(), slots: Number(slots) }] : [];
  });
}

/** Why a result cannot be used; null if it can. */
function faultOf(task: QueuedTask, value: unknown): string | null {
  try {
    resultOf(task, value);
    return null;
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
}
