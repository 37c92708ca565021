// The text of --help, derived from the declarations of the options.
import { VERSION } from '../fit/index.js';
import type { Command } from './commands/command.js';
import { HELP, nameOf, type Option, type Schema } from './options/schema.js';

const WIDTH = 100;

type Rows = [left: string, right: string][];

/** The help of the program: its commands. */
export function generalHelp(commands: readonly Command[]): string[] {
  return [
    `boundgrad ${VERSION}: adaptive gradient methods as one bounded step`,
    '',
    ...columns(commands.map(({ name, operands = [], about }) => [[name, ...operands].join(' '), about])),
    '',
    'boundgrad COMMAND --help, or boundgrad help COMMAND, lists the options; boundgrad --version prints the version.',
  ];
}

/** The help of a command: its options by group, with their defaults, and its notes. */
export function commandHelp({ name, about, usage, options, notes = [] }: Command): string[] {
  const listed = Object.entries({ ...options, ...HELP } as Schema).filter(([, { isHidden }]) => !isHidden);
  const titles = [...new Set(listed.map(([, { group = '' }]) => group))];
  // Options without a group stand first, without a heading.
  titles.sort((a, b) => Number(a !== '') - Number(b !== ''));
  const sections = titles.map((title) => {
    const members = listed.filter(([, { group = '' }]) => group === title);
    return { title, rows: members.map(([key, option]): Rows[0] => [leftOf(key, option), rightOf(option, options)]) };
  });
  const left = Math.max(...sections.flatMap(({ rows }) => rows.map(([text]) => text.length)));
  return [
    `boundgrad ${name}: ${about}`,
    '',
    `usage: boundgrad ${name} ${usage}        defaults are in brackets`,
    ...[...sections, ...notes].flatMap(({ title, rows }) => [
      '',
      ...(title ? [`${title}:`, ''] : []),
      ...columns(rows, left),
    ]),
    '',
    'Exit code: 0 done; 1 failed while running; 2 refused: the options, or a file they name, cannot be used.',
    'Stopped early, with all finished work saved: 130 by Ctrl-C, 143 by SIGTERM, 141 by a closed pipe.',
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

/** Two columns, the right one wrapped between words. */
function columns(rows: Rows, least = 0): string[] {
  const left = Math.max(least, ...rows.map(([text]) => text.length)) + 4;
  return rows.flatMap(([name, text]) => {
    const lines = [''];
    for (const word of text.split(' ')) {
      if (lines.at(-1) && left + lines.at(-1)!.length + word.length >= WIDTH) lines.push('');
      lines.push(`${lines.pop()} ${word}`.trimStart());
    }
    return lines.map((line, i) => ((i === 0 ? `  ${name}` : '').padEnd(left) + line).trimEnd());
  });
}
