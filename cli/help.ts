// The text of --help, derived from the declarations of the options.
import { VERSION } from '../core/version.js';
import type { Command, Entry } from './commands/command.js';
import { HELP, nameOf, type Option, type Schema } from './options/schema.js';
import { program } from './shell.js';

/** The fewest and the most columns of the text. */
const [NARROWEST, WIDEST] = [60, 100];

/** The columns of the terminal, or the variable COLUMNS if the output is not a terminal. */
function terminalWidth(): number {
  const columns = process.stdout.columns ?? (Number(process.env.COLUMNS) || WIDEST);
  return Math.min(WIDEST, Math.max(NARROWEST, columns));
}

type Rows = [left: string, right: string][];

/** The help of the program: its commands. */
export function generalHelp(commands: readonly Entry[], width = terminalWidth()): string[] {
  return [
    `boundgrad ${VERSION}: adaptive gradient methods as one bounded step`,
    '',
    ...columns(
      commands.map(({ name, operands = [], about }) => [[name, ...operands].join(' '), about]),
      width,
    ),
    ...examplesOf(
      ['boundgrad train --data spirals', 'boundgrad train --data csv:houses.csv --target price', 'boundgrad compare'],
      width,
    ),
    '',
    ...wrapped(
      'boundgrad COMMAND --help, or boundgrad help COMMAND, lists the options; boundgrad --version prints the version.',
      width,
    ),
  ];
}

/** The help of a command: its options by group, with their defaults, and its notes. */
export function commandHelp(command: Command, width = terminalWidth()): string[] {
  const { name, about, usage, options, notes = [], examples = [] } = command;
  const listed = Object.entries({ ...options, ...HELP } as Schema).filter(([, { isHidden }]) => !isHidden);
  const titles = [...new Set(listed.map(([, { group = '' }]) => group))];
  // Options without a group come first, without a heading.
  titles.sort((a, b) => Number(a !== '') - Number(b !== ''));
  const sections = titles.map((title) => {
    const members = listed.filter(([, { group = '' }]) => group === title);
    return { title, rows: members.map(([key, option]): Rows[0] => [leftOf(key, option), rightOf(option, options)]) };
  });
  const left = Math.max(...sections.flatMap(({ rows }) => rows.map(([text]) => text.length)));
  return [
    ...wrapped(`boundgrad ${name}: ${about}`, width),
    '',
    ...wrapped(`usage: boundgrad ${name} ${usage}`, width),
    'defaults are in brackets',
    ...examplesOf(examples, width),
    ...[...sections, ...notes].flatMap(({ title, rows }) => [
      '',
      ...(title ? [...wrapped(`${title}:`, width), ''] : []),
      ...columns(rows, width, left),
    ]),
    '',
    ...wrapped(
      'Exit code: 0 done; 1 failed while running; 2 refused: the options, or a file they name, cannot be used.',
      width,
    ),
    ...wrapped(
      'Stopped early, with all finished work saved: 130 by Ctrl-C, 143 by SIGTERM, 141 by a closed pipe.',
      width,
    ),
  ];
}

function leftOf(key: string, { value = '' }: Option): string {
  return `--${nameOf(key)} ${value}`;
}

function rightOf(option: Option, options: Schema): string {
  const about = typeof option.about === 'string' ? option.about : option.about(options);
  if (option.value === undefined) return about;
  const shown = option.shownDefault ?? option.default;
  return typeof shown === 'string' ? `${about} (${shown})` : about;
}

function examplesOf(examples: readonly string[], width: number): string[] {
  if (examples.length === 0) return [];
  const lines = examples.map((line) => line.replace(/^boundgrad/, program()));
  return ['', 'Examples:', '', ...lines.flatMap((line) => wrapped(line, width - 2, 4).map((part) => `  ${part}`))];
}

/** Two columns, the right one wrapped between words. If the right one would have less than half of the width, its text is below the left
 *  one. */
function columns(rows: Rows, width: number, least = 0): string[] {
  const left = Math.max(least, ...rows.map(([text]) => text.length)) + 4;
  const isStacked = left > width / 2;
  return rows.flatMap(([name, text]) => {
    const lines = wrapped(text, width - (isStacked ? 6 : left));
    if (isStacked) return [`  ${name}`.trimEnd(), ...lines.map((line) => `      ${line}`)];
    return lines.map((line, i) => ((i === 0 ? `  ${name}` : '').padEnd(left) + line).trimEnd());
  });
}

/** A text in lines of at most `width` characters, cut between words; the ones after the first are indented. */
function wrapped(text: string, width: number, indent = 0): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line.trim() && line.length + 1 + word.length > width) lines.push(' '.repeat(indent) + word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
