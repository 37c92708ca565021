// The lines of boundedStep, as they stand in optim/step.ts, by the equation in the comment over them.
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
const blocks: { equation: string; block: Block }[] = [];
body.split('\n').forEach((line, i) => {
  const equation = /^\s*\/\/ ((\w)_t = .*)$/.exec(line)?.[1];
  const last = blocks.at(-1);
  if (equation) blocks.push({ equation, block: { line: firstLine + i + 1, code: '' } });
  else if (last && line.trim() && !/^[\s})]*$/.test(line)) last.block.code += `${line.trim()}\n`;
});

/** Returns the code that computes a letter. hasSecond: whether the rule has a second moment. isCeiling: whether h limits r. */
export function codeOf(letter: string, hasSecond: boolean, isCeiling: boolean): Block | undefined {
  const wanted = letter === 'r' ? (isCeiling ? 'h_t' : hasSecond ? 'r_t = a / ' : 'r_t = a,') : `${letter}_t = `;
  return blocks.find(({ equation }) => equation.startsWith(wanted))?.block;
}
