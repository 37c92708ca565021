// A pool of worker processes. Each process runs one question at a time. A worker is this program again, started as `boundgrad COMMAND --worker`.
import { type ChildProcess, fork } from 'node:child_process';
import { reasonOf } from '../node/systemError.js';
import { EXIT, Failure } from './failure.js';
import type { Answer, Answered } from './worker.js';

/** The option that starts a command as a worker. */
const WORKER = '--worker';
/** The environment variable that marks a worker process. A worker process starts no worker processes. */
export const IS_WORKER = 'BOUNDGRAD_WORKER';

/** Runs questions of type Q, which are JSON, in worker processes. R: the type of a result, JSON too. */
export class Pool<Q extends object, R> {
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();
  #stopped = false;

  /** command: the command that serves the questions. size: the largest number of processes of `run`. remedy: what the message says after a
   *  process ended early. A process starts when it is first needed. */
  constructor(
    readonly command: string,
    readonly size: number,
    readonly remedy = 'the same command runs the missing tasks',
  ) {}

  /** How many questions are answered at a time. */
  get slots(): number {
    return this.size;
  }

  /** Runs questions, `size` at a time. `next` returns the next question, or null if there is none; `done` is called with each
   *  answer. After the first failure, of a worker or of `done`, stops the running tasks and rejects with that error. */
  async run(next: () => Q | null, done: (question: Q, answer: Answered<R>) => void): Promise<void> {
    const one = async () => {
      for (let question = next(); question && !this.#stopped; question = next())
        done(question, await this.ask(question));
    };
    const failures: unknown[] = [];
    const guarded = () =>
      one().catch((error) => {
        failures.push(error);
        this.stop();
      });
    await Promise.all(Array.from({ length: this.size }, guarded));
    if (failures.length > 0) throw failures[0];
  }

  /** Runs one question in an idle process, or in a new one. Throws Failure for what the worker refused, and if its process ends;
   *  Error for a bug in the worker, with its stack trace. After `stop` the result is null. */
  async ask(question: Q): Promise<Answered<R>> {
    if (this.#stopped) return { result: null, seconds: 0 };
    const answer = await this.#send(question);
    if ('failed' in answer) throw new Error(answer.failed);
    if ('refused' in answer) throw new Failure(answer.refused, answer.code);
    return answer;
  }

  /** Stops the running tasks. A task with checkpoints writes one first. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#all) if (child.connected) child.send('stop');
  }

  /** Ends the processes: each exits when its channel closes. */
  close(): void {
    for (const child of this.#all) if (child.connected) child.disconnect();
  }

  #send(question: Q): Promise<Answer<R>> {
    const child = this.#idle.filter(({ connected }) => connected).at(-1) ?? this.#start();
    this.#idle.splice(0, this.#idle.length, ...this.#idle.filter((other) => other !== child));
    return new Promise((resolve) => {
      // A worker that was stopped may exit without an answer; that is not an error.
      const end = (why: string) => {
        const refused = `${this.command}: a worker process ${why}; ${this.remedy}`;
        resolve(this.#stopped ? { result: null, seconds: 0 } : { refused, code: EXIT.failed });
      };
      const gone = (code: number | null, signal: string | null) => end(`ended: ${signal ?? `code ${code}`}`);
      const broken = (error: Error) => end(`cannot be started or reached: ${reasonOf(error)}`);
      child.once('exit', gone);
      child.once('error', broken);
      child.once('message', (answer: Answer<R>) => {
        child.off('exit', gone).off('error', broken);
        this.#idle.push(child);
        resolve(answer);
      });
      child.send(question);
    });
  }

  /** Starts this process's program again, as a worker. Without the check a program that does not read WORKER would start itself forever. */
  #start(): ChildProcess {
    const program = process.argv[1];
    const { command } = this;
    if (process.env[IS_WORKER]) {
      throw new Failure(
        `${command}: a worker process starts no others: ${program} does not serve '${command} ${WORKER}'; run boundgrad's own program`,
        EXIT.failed,
      );
    }
    const env = { ...process.env, [IS_WORKER]: '1' };
    const child = fork(program, [command, WORKER], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#all.add(child);
    child.on('exit', () => this.#all.delete(child));
    // Without a listener, an error of an idle or stopped worker would end this process.
    child.on('error', () => this.#all.delete(child));
    return child;
  }
}
