// What the command shows while it runs: how long it will take, a line a panel, and between them how far it has come.
import { VERSION } from '../../fit/index.js';
import { duration } from '../../reports/numbers.js';
import type { Panel } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import type { Verdict } from '../../reports/poster/verdict.js';
import type { Filled } from './runner.js';

/** Milliseconds between lines where they cannot be written over. */
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

  /** Says how long it will take: seconds of each task, one at a time. */
  begin(seconds: readonly number[], workers: number): void {
    this.#expected = seconds.reduce((sum, s) => sum + s, 0);
    this.#workers = workers;
    this.#began = performance.now();
    this.#said = this.#began;
    if (seconds.length === 0) return this.say('everything is there already');
    const processes = workers === 1 ? 'one process' : `${workers} processes`;
    this.say(
      `boundgrad ${VERSION}: ${seconds.length} runs, about ${duration(this.#expected / workers)} in ${processes}`,
    );
  }

  panel(panel: Panel, tasks: number): void {
    this.#panel = `panel ${panels.indexOf(panel) + 1}, ${panel.title}`;
    if (tasks > 0) this.#draw();
  }

  /** A task is through that was expected to take so long. */
  done(seconds: number): void {
    this.#done += seconds;
    this.#draw();
  }

  /** Tasks that are left out. */
  skip(seconds: readonly number[]): void {
    this.#expected -= seconds.reduce((sum, s) => sum + s, 0);
  }

  /** A panel is through. */
  through({ panel, tasks, done }: Filled, { outcome }: Verdict): void {
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
    // What it has taken so far, by what was expected, corrects the rest; before anything is done there is the estimate
    // alone.
    const passed = (now - this.#began) / 1000;
    const [ahead, pace] = [this.#expected - this.#done, this.#done > 0 ? passed / this.#done : 1 / this.#workers];
    const text = `${this.#panel}, ${duration(Math.max(0, ahead * pace))} left`;
    if (!this.#isTerminal) return void process.stdout.write(`   ${text}\n`);
    const filled = Math.min(BAR, Math.round((BAR * this.#done) / this.#expected));
    process.stderr.write(`\r\x1b[K${'━'.repeat(filled)}${'─'.repeat(BAR - filled)} ${text}`);
    this.#drawn = true;
  }
}
