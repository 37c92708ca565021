// <out>/run.json: what a run was asked for, so that it can be asked for again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../fit/index.js';
import { refuse } from '../failure.js';
import { replaceFile } from '../runFolder.js';
import { COMMANDS, type Command, FREE } from './options.js';

/** The options that were given, by name without dashes. */
export type Given = Record<string, string>;

const NAME = 'run.json';

/** Writes what a run was asked for, but for where it is and how it is shown. */
export function writeAsked(folder: string, command: Command, { out: _, json: __, ...options }: Given): void {
  replaceFile(join(folder, NAME), `${JSON.stringify({ boundgrad: VERSION, command, options }, null, 2)}\n`);
}

/** The options of the run in a folder, with those that are given now in their place. Throws the refusal of a folder without
 *  a run, of a run of the other command, and of options that would make it another run. */
export function askedAgain(command: Command, folder: string, now: Given, known: readonly string[]): Given {
  const { command: before, options } = readAsked(folder, known);
  if (before !== command)
    throw refuse(`--resume: the run in '${folder}' is one of ${before}: boundgrad ${before} --resume ${folder}`);
  const others = Object.entries(now).filter(([name, text]) => !FREE.includes(name) && options[name] !== text);
  if (others.length === 0) return { ...options, ...now };
  const list = others.map(([name, text]) => `--${name} ${options[name] ?? '(not given)'} then, ${text} now`).join('; ');
  throw refuse(`--resume: the run in '${folder}' has other settings: ${list}; leave them out, or begin a new run`);
}

function readAsked(folder: string, known: readonly string[]): { command: Command; options: Given } {
  const path = join(folder, NAME);
  let found: { command?: unknown; options?: unknown };
  try {
    found = JSON.parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no ${NAME}` : message;
    throw refuse(`--resume: no run in '${folder}': ${why}`, error);
  }
  const { command, options } = found;
  const names = Object.keys(Object(options));
  const texts = names.every((name) => typeof (options as Given)[name] === 'string');
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined || !texts || !COMMANDS.includes(command as Command)) {
    throw refuse(`--resume: '${path}' is damaged, or of another version${strange ? `: an option ${strange}` : ''}`);
  }
  return { command: command as Command, options: options as Given };
}
