// What a training prints: a line for each epoch, or for some of many, and a table at the end, or records as JSON lines. Shows a progress bar in
// the meantime.
import { performance } from 'node:perf_hooks';
import type { StepReport } from '../fit/index.js';
import { count, duration } from '../reports/format.js';
import type { EpochRecord, LineRecord, ResumeRecord, Run, RunRecord } from '../reports/record.js';
import { dataName, endText, resultLegend, resultLines, resultNotes, usedKernels } from '../reports/run/results.js';
import { lossOf, scoreOf } from '../reports/run/score.js';
import { ProgressLine } from './progressLine.js';
import { type Style, writeLine, writeText } from './terminal.js';

/** The most epochs that are printed of a run with short epochs. */
const LINES = 15;
/** After this many seconds without a line, the next epoch is printed. */
const QUIET = 5;

/** Prints records as text, or as JSON lines and nothing else. */
export class Screen {
  readonly #line: ProgressLine;
  #run: RunRecord | null = null;
  #isTitled = false;
  /** The steps of the runs that have ended. */
  #before = 0;
  /** The number of steps that this process took. */
  #taken = 0;
  /** When this process began to train. */
  #began = 0;
  /** The last epoch, if it was not printed. */
  #skipped: EpochRecord | null = null;
  /** When an epoch was last printed; null before the first one of a run. */
  #printed: number | null = null;

  /** isJson: whether to print JSON lines. runs: the number of runs. steps: the number of steps of each. */
  constructor(
    readonly isJson: boolean,
    readonly runs: number,
    readonly steps: number,
  ) {
    this.#line = new ProgressLine(!isJson);
  }

  /** Prints a line of text, unless the output is JSON. */
  print(line: string, style?: Style): void {
    if (this.isJson) return;
    this.#line.clear();
    writeLine(process.stdout, line, style);
  }

  /** Prints a record. */
  record(record: LineRecord | { kind: 'report'; path: string }): void {
    if (this.isJson) {
      writeLine(process.stdout, JSON.stringify(record));
      return;
    }
    if (record.kind === 'run') this.begin(record);
    if (record.kind === 'epoch') this.#epoch(record);
    if (record.kind === 'resume') this.#resume(record);
    if (record.kind === 'report') {
      this.print('');
      this.print(`report: ${record.path}`);
    }
    if (record.kind !== 'end') return;
    if (this.#skipped) this.#printEpoch(this.#skipped);
    this.#skipped = null;
    const ended = endText(record);
    if (ended !== '') this.print(`${this.#run!.title} ${ended}${this.#advice(record)}`);
    this.#before += this.steps;
    this.#line.clear();
  }

  /** Sets the run of the next records. The first call prints what is trained. */
  begin(run: RunRecord): void {
    this.#run = run;
    [this.#skipped, this.#printed] = [null, null];
    this.#began ||= performance.now();
    if (this.#isTitled) return;
    this.#isTitled = true;
    const { model, parameters, data, seed, batchSize, backend, threads, epochs, evalEvery } = run;
    // If the backend runs all kernels in the same way, that way is named once.
    const ways = usedKernels(run);
    const isOne = new Set(ways.map(([, how]) => how)).size === 1;
    const kernels = isOne ? [ways[0][1]] : ways.map(([kernel, how]) => `${kernel} ${how}`);
    const computing = [...kernels, ...(threads > 1 ? [`${threads} threads`] : [])].join(', ');
    this.print(
      `${model} (${count(parameters)} parameters) on ${dataName(run)}: ${count(data.train)} training and ${count(data.test)} test samples`,
    );
    this.print(
      `seed ${seed}, batches of ${batchSize}, backend ${computing.startsWith(backend) ? computing : `${backend} (${computing})`}${strideOf(epochs, evalEvery) > 1 ? '; not every epoch is printed' : ''}`,
      'dim',
    );
    this.print('');
  }

  /** Prints that a run was complete before, so it is skipped. wanted: the epochs of this call. */
  skip({ run, epochs, end }: Run, wanted: number): void {
    this.begin(run);
    const fewer = wanted < epochs.length ? `; --epochs ${wanted} is less than the ${epochs.length} done` : '';
    const more =
      this.runs === 1 && end.outcome === 'finished' && end.note === '' ? fewer || '; give --epochs N to go on' : '';
    const ended = endText(end);
    this.print(
      `${run.title} is complete: ${epochs.length} ${epochs.length === 1 ? 'epoch' : 'epochs'}${ended && `, ${ended}`}${more}`,
    );
    this.#before += this.steps;
  }

  /** Prints an epoch. Of many epochs prints the first, the last, and some at equal distances, or one after `QUIET` seconds. */
  #epoch(record: EpochRecord): void {
    const { epochs, evalEvery } = this.#run!;
    const now = performance.now();
    const isDue = this.#printed === null || now - this.#printed > 1000 * QUIET;
    this.#skipped = record;
    if (!isDue && record.epoch % strideOf(epochs, evalEvery) !== 0) return;
    this.#printEpoch(record);
    [this.#skipped, this.#printed] = [null, now];
  }

  /** Prints the figures of an epoch, and below them the text that the net generated. */
  #printEpoch(record: EpochRecord): void {
    this.print(epochLine(this.#run!, record));
    if (record.sample === undefined) return;
    this.#line.clear();
    writeText(process.stdout, record.sample.trimEnd(), '    ', 'dim');
  }

  #resume({ step, epochs, notes }: ResumeRecord): void {
    this.#run = { ...this.#run!, epochs };
    this.print(`${this.#run.title} resumes after step ${count(step)}`);
    for (const note of notes) this.print(`note: ${note}`);
  }

  /** What to try after a divergence, unless its cause is in the data. */
  #advice({ outcome, where }: Run['end'], { optimizer, hyper } = this.#run!): string {
    if (outcome !== 'diverged' || where === 'the input') return '';
    return `; try a smaller --${this.runs > 1 ? `${optimizer}.` : ''}lr: it was ${hyper.lr}`;
  }

  /** Draws the progress bar after a step. */
  step({ title, step, epoch, meanLoss, samplesPerSecond }: StepReport & { title: string }): void {
    this.#taken++;
    this.#line.draw(() => {
      const loss = lossOf(this.#run!);
      const [done, all] = [this.#before + step, this.runs * this.steps];
      const seconds = (performance.now() - this.#began) / 1000;
      const texts = [
        `${title} epoch ${epoch}`,
        `${loss.name} ${loss.print(loss.of(meanLoss))}`,
        `${count(Math.round(samplesPerSecond))} samples/s`,
        `${duration((seconds * (all - done)) / this.#taken)} left`,
      ];
      return { share: done / all, texts };
    });
  }

  /** Prints the final table, a row for each optimizer. */
  table(runs: readonly Run[]): void {
    const [head, ...rows] = resultLines(runs);
    this.print('');
    this.print(head, 'dim');
    for (const row of rows) this.print(row);
    const ended = runs.length > 1 ? runs.filter(({ end }) => endText(end) !== '') : [];
    for (const { run, end } of ended) this.print(`${run.title} ${endText(end)}${this.#advice(end, run)}`);
    this.print(resultLegend(runs), 'dim');
    for (const note of resultNotes(runs)) this.print(note);
  }
}

/** The distance of the epochs that are printed: 1 for at most `LINES` epochs, else 1, 2, 5, 10, 20, .. times evalEvery. Then at most
 *  `LINES` - 2 epochs lie at this distance, and each of them was evaluated. */
function strideOf(epochs: number, evalEvery: number): number {
  let stride = 1;
  for (let i = 0; epochs > LINES && epochs / (stride * evalEvery) > LINES - 2; i++) stride *= [2, 2.5, 2][i % 3];
  return epochs > LINES ? stride * evalEvery : 1;
}

function epochLine(run: RunRecord, e: EpochRecord): string {
  const { title, epochs } = run;
  const [score, loss] = [scoreOf(run), lossOf(run)];
  const isAccuracy = score.name === 'accuracy';
  // Widths of the usual numbers, so that lines align: 100.0 %, 123456.
  const errors = (
    [
      ['train', e.loss],
      ['test', e.testLoss ?? NaN],
    ] as const
  ).map(([part, x]) => `${part} ${loss.name} ${loss.print(loss.of(x)).padStart(6)}`);
  const share = (x: number) => score.print(x).padStart(7);
  const figures = isAccuracy
    ? [`loss ${loss.print(e.loss)}`, `train ${share(score.train(e))}`, `test ${share(score.test(e))}`]
    : [
        ...errors,
        ...(score.name !== loss.name ? [`test ${score.name} ${score.print(score.test(e)).padStart(6)}`] : []),
      ];
  const speed = `${count(e.imagesPerSecond).padStart(7)} samples/s`;
  const epoch = `${String(e.epoch).padStart(String(epochs).length)}/${epochs}`;
  return [`${title.padEnd(9)} epoch ${epoch}`, ...figures, speed, `${e.seconds.toFixed(2)} s`].join('   ');
}
