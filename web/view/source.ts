// The lines of boundedStep in optim/step.ts, by the equation in the comment over them.
import text from '../../optim/step.ts?text';

/** Lines of code with their numbers in the file. */
export interface Block {
  /** The number of the first line, from 1. */
  line: number;
  code: string;
}

const start = text.indexOf('export function boundedStep');
const body = text.slice(start, text.indexOf('\n}\n', start));
const firstLine = text.slice(0, start).split('\n').length;

/** The code under each comment that begins with an equation. */
const blocks: { equation: string; line: number; lines: string[] }[] = [];
body.split('\n').forEach((line, i) => {
  const equation = /^\s*\/\/ ((\w)_t = .*)$/.exec(line)?.[1];
  if (equation) blocks.push({ equation, line: firstLine + i + 1, lines: [] });
  else blocks.at(-1)?.lines.push(line);
});

/** Removes the lines at the end that close an earlier block, and the common indentation. */
function own(lines: readonly string[]): string {
  const count = (list: readonly string[], brace: string) => list.join('').split(brace).length - 1;
  let end = lines.length;
  while (end > 0 && (!lines[end - 1].trim() || count(lines.slice(0, end), '}') > count(lines.slice(0, end), '{')))
    end--;
  const kept = lines.slice(0, end);
  const indent = Math.min(...kept.map((line) => line.search(/\S/)).filter((at) => at >= 0));
  return kept.map((line) => line.slice(indent)).join('\n');
}

/** Returns the code that computes a letter. hasSecond: whether the rule has a second moment. isCeiling: whether h limits r. */
export function codeOf(letter: string, hasSecond: boolean, isCeiling: boolean): Block | undefined {
  const wanted = letter === 'r' ? (isCeiling ? 'h_t' : hasSecond ? 'r_t = a / ' : 'r_t = a,') : `${letter}_t = `;
  const found = blocks.find(({ equation }) => equation.startsWith(wanted));
  return found && { line: found.line, code: own(found.lines) };
}
