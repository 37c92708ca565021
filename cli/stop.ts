// Asking a run to end: Ctrl-C, SIGTERM, or a reader of the output that has gone away.

import { EXIT } from './failure.js';

/** Remembers the first request. The second ends the process at once. */
export class Stop {
  readonly #abort = new AbortController();
  #name: 'SIGINT' | 'SIGTERM' | 'SIGPIPE' | null = null;
  readonly #listen = (name: NodeJS.Signals) => {
    if (this.#name === 'SIGINT' || this.#name === 'SIGTERM') process.exit(this.code);
    this.#name = name as 'SIGINT' | 'SIGTERM';
    this.#abort.abort();
  };
  readonly #broken = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    this.#name ??= 'SIGPIPE';
    this.#abort.abort();
  };

  constructor() {
    process.on('SIGINT', this.#listen);
    process.on('SIGTERM', this.#listen);
    process.stdout.on('error', this.#broken);
  }

  /** Aborted by the first request: the run ends at its next step. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get requested(): boolean {
    return this.#name !== null;
  }

  /** The exit code: 128 and the signal's number, as a shell gives it; 0 where nothing was requested. */
  get code(): number {
    return this.#name === null ? EXIT.ok : EXIT[this.#name];
  }
}
