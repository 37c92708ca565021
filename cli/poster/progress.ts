// What the command prints while it runs: an estimate of the time, a line for each finished panel, and a progress bar.
import { VERSION } from '../../fit/index.js';
import { duration } from '../../reports/format.js';
import type { Panel, Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import type { Verdict } from '../../reports/poster/verdict.js';
import { ProgressLine } from '../progressLine.js';
import { writeLine } from '../terminal.js';

/** Milliseconds between lines of progress if stderr is not a terminal. */
const SELDOM_MS = 10_000;

export class Progress {
  readonly #line = new ProgressLine();
  /** Estimated seconds of all tasks and of the finished ones, as if one process ran them. */
  #expected = 0;
  #done = 0;
  #workers = 1;
  #began = 0;
  #printedAt = 0;
  #panel = '';

  /** Prints how long the tasks will take. seconds: the estimate of each task. */
  begin(seconds: readonly number[], workers: number): void {
    this.#expected = seconds.reduce((sum, s) => sum + s, 0);
    this.#workers = workers;
    this.#began = performance.now();
    this.#printedAt = this.#began;
    if (seconds.length === 0) return this.print('all results exist already');
    const processes = workers === 1 ? 'one process' : `${workers} processes`;
    const estimate = duration(this.#expected / workers);
    const runs = seconds.length === 1 ? 'one run' : `${seconds.length} runs`;
    this.print(`boundgrad ${VERSION}: ${runs}, about ${estimate} in ${processes}`);
  }

  /** Sets the panel of the next tasks. */
  panel(panel: Panel, tasks: number): void {
    this.#panel = `panel ${panels.indexOf(panel) + 1}, ${panel.title}`;
    if (tasks > 0) this.#draw();
  }

  /** Counts a finished task. seconds: its estimate. */
  done(seconds: number): void {
    this.#done += seconds;
    this.#draw();
  }

  /** Removes tasks that will not run. seconds: their estimates. */
  skip(seconds: readonly number[]): void {
    this.#expected -= seconds.reduce((sum, s) => sum + s, 0);
  }

  /** Prints the verdict of a finished panel. */
  finished({ panel, tasks, done }: Section, { outcome }: Verdict): void {
    const missing = done.length < tasks.length ? ` (${done.length} of ${tasks.length} runs)` : '';
    this.print(`${panels.indexOf(panel) + 1}  ${panel.title.padEnd(28)} ${outcome}${missing}`);
  }

  /** Prints a line on stdout. */
  print(line: string): void {
    this.#line.clear();
    writeLine(process.stdout, line);
  }

  #draw(): void {
    if (this.#line.isShown) {
      this.#line.draw(() => ({ share: this.#done / this.#expected, texts: [this.#panel, this.#left()] }));
    } else if (performance.now() - this.#printedAt >= SELDOM_MS) {
      this.#printedAt = performance.now();
      this.print(`   ${this.#panel}, ${this.#left()}`);
    }
  }

  /** The remaining time: the estimates of the remaining tasks, times the passed time divided by the estimates of the finished tasks. */
  #left(): string {
    const passed = (performance.now() - this.#began) / 1000;
    const pace = this.#done > 0 ? passed / this.#done : 1 / this.#workers;
    return `${duration(Math.max(0, (this.#expected - this.#done) * pace))} left`;
  }
}
