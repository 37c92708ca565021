// What `sweep` prints while it runs: the number of runs that have ended, the time left and the last score, as a progress bar, or as a line
// every ten seconds if stderr is not a terminal.
import { duration } from '../../reports/format.js';
import { ProgressLine } from '../progressLine.js';
import { writeLine } from '../terminal.js';

/** Milliseconds between lines of progress if stderr is not a terminal. */
const SELDOM_MS = 10_000;

export class Progress {
  readonly #line = new ProgressLine();
  readonly #began = performance.now();
  #printedAt = performance.now();
  /** Epochs that were trained in this call, and the seconds that they took in one process. */
  #epochs = 0;
  #seconds = 0;
  #runs = 0;

  /** left: the epochs that are left, at most. */
  constructor(
    public workers: number,
    private left: number,
  ) {}

  /** Counts a run that trained some epochs. */
  done(epochs: number, seconds: number, text: string): void {
    this.#runs++;
    this.#epochs += epochs;
    this.#seconds += seconds;
    this.left -= epochs;
    const left = (this.left * this.#seconds) / Math.max(1, this.#epochs) / Math.max(1, this.workers);
    const [count, time] = [
      `${this.#runs} ${this.#runs === 1 ? 'run' : 'runs'}`,
      `at most ${duration(Math.max(0, left))} left`,
    ];
    const passed = (performance.now() - this.#began) / 1000;
    if (this.#line.isShown) {
      const share = passed / Math.max(1e-9, passed + left);
      this.#line.draw(() => ({ share, texts: [count, time, text] }));
    } else if (performance.now() - this.#printedAt >= SELDOM_MS) {
      this.#printedAt = performance.now();
      this.print(`   ${count}, ${time}; ${text}`);
    }
  }

  /** Prints a line on stdout. */
  print(line: string): void {
    this.#line.clear();
    writeLine(process.stdout, line);
  }
}
