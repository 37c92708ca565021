// Worker processes, each of which runs one task after another.
import { type ChildProcess, fork } from 'node:child_process';
import type { Result } from '../../reports/poster/task.js';
import { EXIT, Failure } from '../failure.js';
import type { Answer, Question } from './worker.js';

/** The option that makes a process of this command a worker. */
export const WORKER = '--worker';

/** The result of a task, and the seconds that it took. */
export interface Answered {
  result: Result | null;
  seconds: number;
}

/** Runs tasks in worker processes. */
export class Pool {
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();
  #stopped = false;

  /** size: the largest number of processes. They are started when they are needed. */
  constructor(readonly size: number) {}

  /** Runs questions, `size` at a time. `next` returns the next question, or null if there is none; `done` is called with each
   *  answer. After the first failure no question is started; rejects with it once those under way have ended. */
  async run(next: () => Question | null, done: (question: Question, answer: Answered) => void): Promise<void> {
    const one = async () => {
      for (let question = next(); question && !this.#stopped; question = next()) {
        const answer = await this.#ask(question);
        if ('result' in answer) done(question, answer);
        else this.#stopped = true;
        if ('failed' in answer) throw new Error(answer.failed);
        if ('refused' in answer) throw new Failure(answer.refused, answer.code);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: this.size }, one));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  /** Stops the running tasks; tasks with checkpoints save one first. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#all) if (child.connected) child.send('stop');
  }

  /** Ends the processes. */
  close(): void {
    for (const child of this.#all) if (child.connected) child.disconnect();
  }

  #ask(question: Question): Promise<Answer> {
    const child = this.#idle.filter(({ connected }) => connected).at(-1) ?? this.#start();
    this.#idle.splice(0, this.#idle.length, ...this.#idle.filter((other) => other !== child));
    return new Promise((resolve) => {
      const gone = (code: number | null, signal: string | null) => {
        const why = this.#stopped
          ? { result: null, seconds: 0 }
          : {
              refused: `poster: a worker process ended: ${signal ?? `code ${code}`}; the same command runs the missing tasks`,
              code: EXIT.failed,
            };
        resolve(why);
      };
      const broken = ({ message }: Error) => resolve({ failed: `poster: a worker cannot be reached: ${message}` });
      child.once('exit', gone);
      child.once('error', broken);
      child.once('message', (answer: Answer) => {
        child.off('exit', gone).off('error', broken);
        this.#idle.push(child);
        resolve(answer);
      });
      child.send(question);
    });
  }

  #start(): ChildProcess {
    const child = fork(process.argv[1], ['poster', WORKER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#all.add(child);
    child.on('exit', () => this.#all.delete(child));
    return child;
  }
}
