// Asking a run to end: Ctrl-C, SIGTERM, or a reader of the output that has gone away.

/** Remembers the first request. The second ends the process at once. */
export class Stop {
  #signal: 'SIGINT' | 'SIGTERM' | 'SIGPIPE' | null = null;
  readonly #listen = (signal: NodeJS.Signals) => {
    if (this.#signal === 'SIGINT' || this.#signal === 'SIGTERM') process.exit(this.code);
    this.#signal = signal as 'SIGINT' | 'SIGTERM';
  };
  readonly #broken = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    this.#signal ??= 'SIGPIPE';
  };

  constructor() {
    process.on('SIGINT', this.#listen);
    process.on('SIGTERM', this.#listen);
    process.stdout.on('error', this.#broken);
  }

  /** Whether the run should end at its next step. */
  get requested(): boolean {
    return this.#signal !== null;
  }

  /** The exit code: 128 and the signal's number, as a shell gives it; 0 where nothing was requested. */
  get code(): number {
    return this.#signal === null ? 0 : { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 }[this.#signal];
  }

  /** Lets signals and timers through. Training never waits for anything else, so they would not be seen otherwise. */
  async breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
