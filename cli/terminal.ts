// What a run shows: a bar while it trains where stderr is a terminal, a line an epoch, a table at the end.
import { performance } from 'node:perf_hooks';
import { styleText } from 'node:util';
import type { StepReport } from '../fit/index.js';
import { count, duration, fixed, percent } from '../reports/numbers.js';
import type { EndRecord, EpochRecord, LineRecord, ResumeRecord, Run, RunRecord } from '../reports/record.js';
import type { Row } from '../reports/run/results.js';

type Style = Parameters<typeof styleText>[0];

const BAR = 24;
const REDRAW_MS = 100;

/** Writes records as lines for people, or as JSON lines and nothing else. */
export class Screen {
  readonly #json: boolean;
  readonly #bar: boolean;
  #run: RunRecord | null = null;
  #opened = false;
  /** Steps of the runs before this one; steps taken in this session, and since when. */
  #before = 0;
  #taken = 0;
  #began = 0;
  #drawn = 0;

  /** runs: how many there will be, of so many steps each. */
  constructor(
    json: boolean,
    readonly runs: number,
    readonly steps: number,
  ) {
    this.#json = json;
    this.#bar = !json && process.stderr.isTTY;
  }

  /** A line on stdout, for people. */
  say(line: string): void {
    if (this.#json) return;
    this.#clear();
    process.stdout.write(`${line}\n`);
  }

  record(record: LineRecord | { kind: 'report'; path: string }): void {
    if (this.#json) {
      process.stdout.write(`${JSON.stringify(record)}\n`);
      return;
    }
    if (record.kind === 'run') this.open(record);
    if (record.kind === 'epoch') this.say(epochLine(this.#run!, record));
    if (record.kind === 'resume') this.#resume(record);
    if (record.kind === 'end') this.#close(record);
    if (record.kind === 'report') this.say(`\nreport: ${record.path}`);
  }

  /** Says what is trained, once. run: of which the next records are. */
  open(run: RunRecord): void {
    this.#run = run;
    this.#began ||= performance.now();
    if (this.#opened) return;
    this.#opened = true;
    const { model, parameters, data, seed, backend, via } = run;
    const kernels = Object.entries(via).map(([kernel, how]) => `${kernel} ${how}`);
    if (run.threads > 1) kernels.push(`${run.threads} threads`);
    this.say(
      `${model} (${count(parameters)} parameters) on ${data.name}, ${count(data.train)} + ${count(data.test)} samples`,
    );
    this.say(paint('dim', `seed ${seed}, batches of ${run.batchSize}, ${backend} (${kernels.join(', ')})`));
    this.say('');
  }

  /** Says that a run is as it was, since nothing of it is left to do. */
  kept(run: Run): void {
    this.open(run.run);
    this.say(`${run.run.title} is done: ${run.epochs.length} epochs, ${run.end.outcome}`);
    this.#before += this.steps;
  }

  #resume({ step, epochs, notes }: ResumeRecord): void {
    this.#run = { ...this.#run!, epochs };
    this.say(`${this.#run.title} goes on after step ${count(step)}`);
    for (const note of notes) this.say(`note: ${note}`);
  }

  #close({ outcome, note }: EndRecord): void {
    if (outcome !== 'finished') this.say(`${this.#run!.title} ${outcome}: ${note}`);
    this.#before += this.steps;
    this.#clear();
  }

  /** Draws the bar, at most ten times a second. */
  step(at: StepReport & { title: string }): void {
    this.#taken++;
    const now = performance.now();
    if (!this.#bar || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const [done, all] = [this.#before + at.step, this.runs * this.steps];
    const filled = Math.floor((BAR * done) / all);
    const left = duration((((now - this.#began) / 1000) * (all - done)) / this.#taken);
    const bar = '━'.repeat(filled) + paint('dim', '─'.repeat(BAR - filled), process.stderr);
    const figures = [
      `${at.title} epoch ${at.epoch}`,
      `loss ${at.meanLoss.toFixed(3)}`,
      `${count(Math.round(at.samplesPerSecond))} images/s`,
      `${left} left`,
    ];
    // A line longer than the terminal is wide would wrap and could not be erased. A terminal of unknown width says 0.
    const room = (process.stderr.columns || 80) - BAR - 1;
    const text = figures.reduce((line, f) => (line.length + f.length + 2 <= room ? `${line}  ${f}` : line), '');
    process.stderr.write(`\r\x1b[K${bar}${text}`);
  }

  #clear(): void {
    if (this.#bar && this.#drawn > 0) process.stderr.write('\r\x1b[K');
    this.#drawn = 0;
  }

  /** The final table, one row an optimizer. */
  table(rows: Row[]): void {
    const head = ['optimizer', 'loss', 'train', 'test', 'best test', 'seconds', 'hyper-parameters'];
    const cells = rows.map((r) => [
      r.title,
      fixed(r.loss, 3),
      percent(r.trainAccuracy),
      percent(r.testAccuracy),
      Number.isNaN(r.best) ? '–' : `${percent(r.best)} (${r.bestEpoch})`,
      r.seconds.toFixed(1),
      r.hyper + (r.note ? `  ${r.note}` : ''),
    ]);
    const widths = head.map((h, i) => Math.max(h.length, ...cells.map((row) => row[i].length)));
    const last = head.length - 1;
    const line = (row: string[]) =>
      row.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : i === last ? c : c.padStart(widths[i]))).join('   ');
    this.say(`\n${paint('dim', line(head))}`);
    for (const row of cells) this.say(line(row));
    this.say(paint('dim', 'train: running over the last epoch; test: after it; best test: its epoch in brackets'));
  }
}

function epochLine({ title, epochs }: RunRecord, e: EpochRecord): string {
  const figures = [
    `loss ${e.loss.toFixed(4)}`,
    `train ${percent(e.trainAccuracy)}`,
    `test ${percent(e.testAccuracy ?? NaN)}`,
    `${count(e.imagesPerSecond).padStart(6)} images/s`,
    `${e.seconds.toFixed(1)} s`,
  ];
  const epoch = `${String(e.epoch).padStart(String(epochs).length)}/${epochs}`;
  return `${title.padEnd(9)} epoch ${epoch}   ${figures.join('   ')}`;
}

function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return stream.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
