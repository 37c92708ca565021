// Requests to stop a command: Ctrl-C, SIGTERM, or a closed pipe behind its output.
import { EXIT } from './failure.js';

/** Listens for requests to stop. The first request aborts `signal`. A second one ends the process immediately. */
export class Stop {
  readonly #abort = new AbortController();
  #name: 'SIGINT' | 'SIGTERM' | 'SIGPIPE' | null = null;
  readonly #onSignal = (name: NodeJS.Signals) => {
    if (this.#name === 'SIGINT' || this.#name === 'SIGTERM') process.exit(this.code);
    this.#name = name as 'SIGINT' | 'SIGTERM';
    this.#abort.abort();
  };
  readonly #onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    this.#name ??= 'SIGPIPE';
    this.#abort.abort();
  };

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    process.stdout.on('error', this.#onOutputError);
  }

  /** The first request aborts it. A run then ends at its next step. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  /** Whether a request has arrived. */
  get requested(): boolean {
    return this.#name !== null;
  }

  /** The exit code of the request; 0 if there was none. */
  get code(): number {
    return this.#name === null ? EXIT.ok : EXIT[this.#name];
  }
}
