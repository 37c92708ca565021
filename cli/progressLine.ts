// The progress display of all commands: a bar and texts on one line of stderr, redrawn in place. If stderr is not a terminal,
// nothing is drawn, so that logs stay short.
import { performance } from 'node:perf_hooks';
import { paint, visible } from './terminal.js';

const BAR = 24;
const REDRAW_MS = 100;

/** Draws progress on stderr. */
export class ProgressLine {
  readonly isShown: boolean;
  #drawnAt = 0;

  /** isWanted: whether progress is drawn if stderr is a terminal. Default: true. */
  constructor(isWanted = true) {
    this.isShown = isWanted && process.stderr.isTTY === true;
  }

  /** Draws a bar for a share of the work, and as many of the texts as fit beside it. Calls `state` at most ten times a
   *  second. */
  draw(state: () => { share: number; texts: string[] }): void {
    const now = performance.now();
    if (!this.isShown || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const { share, texts: all } = state();
    const texts = all.map(visible);
    const filled = Math.min(BAR, Math.floor(BAR * share));
    const bar = '━'.repeat(filled) + paint('dim', '─'.repeat(BAR - filled), process.stderr);
    // A line wider than the terminal would wrap, and could not be erased. A terminal of unknown width has 0 columns.
    const room = (process.stderr.columns || 80) - BAR - 1;
    const text = texts.reduce((line, t) => (line.length + t.length + 2 <= room ? `${line}  ${t}` : line), '');
    process.stderr.write(`\r\x1b[K${bar}${text}`);
  }

  /** Erases the line. The next `draw` redraws it immediately. */
  clear(): void {
    if (this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
    this.#drawnAt = 0;
  }
}
