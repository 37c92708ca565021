// Requests to stop a command: Ctrl-C, SIGTERM, or an output that cannot be written, as a closed pipe or a full disk.
import { reasonOf } from '../node/systemError.js';
import { EXIT } from './failure.js';
import { writeLine } from './terminal.js';

/** Listens for requests to stop. The first request aborts `signal`. A second one ends the process immediately. */
export class Stop {
  readonly #abort = new AbortController();
  #name: 'SIGINT' | 'SIGTERM' | 'SIGPIPE' | 'failed' | null = null;
  readonly #onSignal = (name: NodeJS.Signals) => {
    if (this.#name === 'SIGINT' || this.#name === 'SIGTERM') process.exit(this.code);
    this.#name = name as 'SIGINT' | 'SIGTERM';
    this.#abort.abort();
  };
  readonly #onOutputError = (error: NodeJS.ErrnoException) => {
    if (!this.requested) sayUnwritten(error);
    this.#name ??= error.code === 'EPIPE' ? 'SIGPIPE' : 'failed';
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

/** Prints on stderr that the output cannot be written. A closed pipe, as of `| head`, is not an error. */
export function sayUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') writeLine(process.stderr, `boundgrad: cannot write the output: ${reasonOf(error)}`);
}
