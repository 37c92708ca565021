// What the command prints while it runs: the estimated time, one line for each panel, and the progress between them.
import { VERSION } from '../../fit/index.js';
import { duration } from '../../reports/numbers.js';
import type { Panel, Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import type { Verdict } from '../../reports/poster/verdict.js';

/** Milliseconds between progress lines if stderr is not a terminal, where a line cannot be overwritten. */
const SELDOM = 10_000;
const BAR = 24;

export class Progress {
  #expected = 0;
  #done = 0;
  #workers = 1;
  #began = 0;
  #said = 0;
  #panel = '';
  #drawn = false;
  readonly #isTerminal = process.stderr.isTTY ?? false;

  /** Prints the estimated time. seconds: of each task by itself. */
  begin(seconds: readonly number[], workers: number): void {
    this.#expected = seconds.reduce((sum, s) => sum + s, 0);
    this.#workers = workers;
    this.#began = performance.now();
    this.#said = this.#began;
    if (seconds.length === 0) return this.say('all results are there already');
    const processes = workers === 1 ? 'one process' : `${workers} processes`;
    this.say(
      `boundgrad ${VERSION}: ${seconds.length} runs, about ${duration(this.#expected / workers)} in ${processes}`,
    );
  }

  panel(panel: Panel, tasks: number): void {
    this.#panel = `panel ${panels.indexOf(panel) + 1}, ${panel.title}`;
    if (tasks > 0) this.#draw();
  }

  /** Counts a finished task. seconds: its estimated time. */
  done(seconds: number): void {
    this.#done += seconds;
    this.#draw();
  }

  /** Removes skipped tasks from the estimate. */
  skip(seconds: readonly number[]): void {
    this.#expected -= seconds.reduce((sum, s) => sum + s, 0);
  }

  /** Prints the outcome of a finished panel. */
  through({ panel, tasks, done }: Section, { outcome }: Verdict): void {
    const missing = done.length < tasks.length ? ` (${done.length} of ${tasks.length} runs)` : '';
    this.say(`${panels.indexOf(panel) + 1}  ${panel.title.padEnd(28)} ${outcome}${missing}`);
  }

  say(line: string): void {
    if (this.#drawn) process.stderr.write('\r\x1b[K');
    this.#drawn = false;
    process.stdout.write(`${line}\n`);
  }

  #draw(): void {
    const now = performance.now();
    if (!this.#isTerminal && now - this.#said < SELDOM) return;
    this.#said = now;
    // The ratio of elapsed to estimated time so far scales the rest of the estimate.
    const passed = (now - this.#began) / 1000;
    const [ahead, pace] = [this.#expected - this.#done, this.#done > 0 ? passed / this.#done : 1 / this.#workers];
    const text = `${this.#panel}, ${duration(Math.max(0, ahead * pace))} left`;
    if (!this.#isTerminal) return void process.stdout.write(`   ${text}\n`);
    const filled = Math.min(BAR, Math.round((BAR * this.#done) / this.#expected));
    process.stderr.write(`\r\x1b[K${'━'.repeat(filled)}${'─'.repeat(BAR - filled)} ${text}`);
    this.#drawn = true;
  }
}
