// Shows the progress of a training: a bar in a terminal, and a line for each epoch.
import { checkFunction, checkOptions } from '../../core/index.js';
import type { Callback, EpochReport, StepReport, Training } from '../callback.js';

/** Characters of the bar. */
const BAR = 24;
/** Milliseconds between redraws. */
const REDRAW = 100;

/** Where `progress` writes. */
export interface ProgressOptions {
  /** Called with each line, without a line break; no bar is drawn. Default: stderr in Node, with a bar if it is a terminal;
   *  the console in a page. */
  write?: (line: string) => void;
}

/** The part of process.stderr that is used. */
interface Terminal {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Returns a callback that writes a line after each epoch, `epoch 2/10: loss 0.4213, accuracy 84.1 %, ..`. In a terminal it also draws
 *  a bar of the whole training. Throws ValueError if an option is unknown or `write` is not a function. */
export function progress(options: ProgressOptions = {}): Callback {
  checkOptions('progress', options, ['write']);
  const { write } = options;
  if (write !== undefined) checkFunction('progress: write', write, 'it is called with each line');
  const { process } = globalThis as { process?: { stderr?: Terminal } };
  const terminal = write ? undefined : process?.stderr;
  const bar = terminal?.isTTY ? terminal : undefined;
  const print =
    write ?? (terminal ? (line: string) => terminal.write(`${line}\n`) : (line: string) => console.log(line));
  let drawnAt = 0;
  const erase = () => {
    if (drawnAt > 0) bar?.write('\r\x1b[K');
    drawnAt = 0;
  };
  return {
    onResume: ({ step, notes }, { steps }) => {
      print(`continues after step ${step} of ${steps}`);
      for (const note of notes) print(note);
    },
    onStep(report, training) {
      const now = performance.now();
      if (!bar || now - drawnAt < REDRAW) return;
      drawnAt = now;
      const done = Math.floor((BAR * report.step) / training.steps);
      const line = `${'━'.repeat(done)}${'─'.repeat(BAR - done)}  ${stepText(report, training)}`;
      // A longer line would wrap, and could not be erased. A terminal of unknown width has 0 columns.
      bar.write(`\r\x1b[K${line.slice(0, (bar.columns || 80) - 1)}`);
    },
    onEpoch(report, training) {
      erase();
      print(epochText(report, training));
    },
    onEnd({ outcome, note }) {
      erase();
      if (note) print(`${outcome}: ${note}`);
    },
  };
}

function stepText({ epoch, meanLoss, accuracy, samplesPerSecond }: StepReport, { epochs }: Training): string {
  const share = accuracy === null ? '' : `  ${percent(accuracy)}`;
  return `epoch ${epoch}/${epochs}  loss ${figure(meanLoss)}${share}  ${Math.round(samplesPerSecond)}/s`;
}

/** `epoch 2/10: loss 0.4213, accuracy 84.1 %, test loss 0.4511, test accuracy 83.2 %, mae 0.12, lr 0.001, 3.2 s` */
function epochText(e: EpochReport, { epochs, standardized }: Training): string {
  const parts = [
    `loss ${figure(e.loss)}${standardized ? ' (of standardized values)' : ''}`,
    e.accuracy !== null && `accuracy ${percent(e.accuracy)}`,
    e.testLoss !== null && `test loss ${figure(e.testLoss)}`,
    e.testAccuracy !== null && `test accuracy ${percent(e.testAccuracy)}`,
    ...Object.entries(e.metrics ?? {}).map(
      ([name, value]) => `${name} ${value === null ? 'not finite' : figure(value)}`,
    ),
    e.lr !== null && `lr ${figure(e.lr)}`,
    `${e.seconds.toFixed(1)} s`,
  ];
  return `epoch ${e.epoch}/${epochs}: ${parts.filter(Boolean).join(', ')}`;
}

/** Four significant digits. */
function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
