// Requests to stop a command: Ctrl-C, SIGTERM, or an output that cannot be written, such as a closed pipe or a full disk.
import { reasonOf } from '../node/systemError.js';
import { atEnd } from './atEnd.js';
import { EXIT } from './failure.js';
import { writeLine } from './terminal.js';

/** Listens for requests to stop until the call of the command ends. The first request aborts `signal`. A second signal ends the
 *  process immediately. */
export class Stop {
  readonly #abort = new AbortController();
  #name: 'SIGINT' | 'SIGTERM' | 'SIGPIPE' | 'failed' | null = null;
  readonly #onSignal = (name: NodeJS.Signals) => {
    if (this.#name === 'SIGINT' || this.#name === 'SIGTERM') process.exit(this.code);
    this.#name = name as 'SIGINT' | 'SIGTERM';
    this.#abort.abort();
  };
  readonly #onOutputError = (error: NodeJS.ErrnoException) => {
    this.#name ??= error.code === 'EPIPE' ? 'SIGPIPE' : 'failed';
    this.#abort.abort();
  };

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    process.stdout.on('error', this.#onOutputError);
    atEnd(() => {
      process.off('SIGINT', this.#onSignal);
      process.off('SIGTERM', this.#onSignal);
      process.stdout.off('error', this.#onOutputError);
    });
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

let isSaid = false;

/** Sets the exit code when the output cannot be written, and prints why on stderr, except for a closed pipe, such as
 *  `| head -1`. The error may come after the call of the command has ended. */
export function onOutputError(error: NodeJS.ErrnoException): void {
  process.exitCode ||= error.code === 'EPIPE' ? EXIT.SIGPIPE : EXIT.failed;
  if (error.code === 'EPIPE' || isSaid) return;
  isSaid = true;
  writeLine(process.stderr, `boundgrad: cannot write the output: ${reasonOf(error)}`);
}
