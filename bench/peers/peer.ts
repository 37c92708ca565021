// A client of a peer's process. It sends one request at a time, kills the process if an answer takes too long, and starts it again for
// the next request.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Recipe } from './recipes.js';

/** A measurement, or the reason why it failed. */
export type Answer = { samples: number[] } | { error: string };

/** The first line that a peer prints. */
export interface Greeting {
  about: string;
  /** The numbers of threads that it can run with. */
  threads: number[];
}

/** The client of one peer. */
export class Peer {
  #child: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;
  #errors = '';

  constructor(
    readonly recipe: Recipe,
    /** Seconds to wait for an answer. */
    readonly limit: number,
  ) {}

  /** Starts the process. Throws if it does not answer. */
  async start(): Promise<Greeting> {
    const { command, args, env } = this.recipe;
    const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    this.#errors = '';
    child.on('error', (error) => {
      this.#errors += error.message;
    });
    child.stderr.on('data', (piece) => {
      this.#errors = (this.#errors + piece).slice(-4000);
    });
    // Writing to a process that has ended fails. Reading its answer reports that.
    child.stdin.on('error', () => {});
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return (await this.#read()) as Greeting;
  }

  /** Measures a work for about `time` milliseconds. Returns the milliseconds of single runs, or why there are none. Never throws. */
  async ask(work: string, threads: number, time: number): Promise<Answer> {
    try {
      if (!this.#child) await this.start();
      this.#child!.stdin!.write(`${JSON.stringify({ work, threads, time })}\n`);
      return (await this.#read()) as Answer;
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  /** The next line that is an object; libraries print too. */
  async #read(): Promise<object> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), 1000 * this.limit);
    });
    try {
      for (;;) {
        const line = await Promise.race([this.#lines!.next(), late]);
        if (line === 'late') throw new Error(`no answer in ${this.limit} s`);
        if (line.done) throw new Error(`it ended: ${lastWords(this.#errors)}`);
        if (line.value.startsWith('{')) return JSON.parse(line.value);
      }
    } catch (error) {
      this.end();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/** The line of a process's stderr that describes the error. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((l) => l.trim());
  return lines.filter((l) => /Error|error:/.test(l)).at(-1) ?? lines.at(-1) ?? 'without a message';
}
