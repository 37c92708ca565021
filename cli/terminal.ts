// What a run shows: a bar while it trains where stderr is a terminal, a line an epoch, a table at the end.
import { performance } from 'node:perf_hooks';
import { styleText } from 'node:util';
import type { Row } from './describe.js';
import { count, fixed, percent } from './numbers.js';
import type { EndRecord, EpochRecord, LineRecord, RunRecord } from './record.js';

type Style = Parameters<typeof styleText>[0];

const BAR = 24;
const REDRAW_MS = 100;

/** Writes records as lines for people, or as JSON lines and nothing else. */
export class Screen {
  readonly #json: boolean;
  /** Of all optimizers together. */
  readonly #steps: number;
  readonly #bar: boolean;
  #run: RunRecord | null = null;
  #runs = 0;
  #done = 0;
  #began = 0;
  #drawn = 0;

  constructor(json: boolean, steps: number) {
    this.#json = json;
    this.#steps = steps;
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
    if (record.kind === 'run') this.#open(record);
    if (record.kind === 'epoch') this.say(epochLine(this.#run!, record));
    if (record.kind === 'end') this.#close(record);
    if (record.kind === 'report') this.say(`\nreport: ${record.path}`);
  }

  #open(run: RunRecord): void {
    this.#run = run;
    this.#began ||= performance.now();
    if (this.#runs++ > 0) return;
    const { model, parameters, data, seed, backend, via } = run;
    const kernels = Object.entries(via).map(([kernel, how]) => `${kernel} ${how}`);
    this.say(
      `${model} (${count(parameters)} parameters) on ${data.name}, ${count(data.train)} + ${count(data.test)} samples`,
    );
    this.say(paint('dim', `seed ${seed}, batches of ${run.batchSize}, ${backend} (${kernels.join(', ')})`));
    this.say('');
  }

  #close({ outcome, note }: EndRecord): void {
    if (outcome !== 'finished') this.say(`${this.#run!.title} ${outcome}: ${note}`);
    this.#clear();
  }

  /** Draws the bar, at most ten times a second. */
  step(at: { title: string; epoch: number; loss: number; imagesPerSecond: number }): void {
    this.#done++;
    const now = performance.now();
    if (!this.#bar || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const share = this.#done / this.#steps;
    const filled = Math.floor(BAR * share);
    const left = duration(((now - this.#began) / 1000) * (1 / share - 1));
    const bar = '━'.repeat(filled) + paint('dim', '─'.repeat(BAR - filled), process.stderr);
    const figures = [
      `${at.title} epoch ${at.epoch}`,
      `loss ${at.loss.toFixed(3)}`,
      `${count(at.imagesPerSecond)} images/s`,
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
    `test ${percent(e.testAccuracy)}`,
    `${count(e.imagesPerSecond).padStart(6)} images/s`,
    `${e.seconds.toFixed(1)} s`,
  ];
  const epoch = `${String(e.epoch).padStart(String(epochs).length)}/${epochs}`;
  return `${title.padEnd(9)} epoch ${epoch}   ${figures.join('   ')}`;
}

function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return stream.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

function duration(seconds: number): string {
  const s = Math.round(seconds);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
}
