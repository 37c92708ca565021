#!/usr/bin/env node
// The command `boundgrad`: finds the subcommand, runs it, and turns what goes wrong into one line and an exit code.
import { BoundgradError } from '../core/index.js';
import { VERSION } from '../fit/index.js';
import { compare } from './commands/compare.js';
import { data } from './commands/data.js';
import { evalOf } from './commands/eval.js';
import { poster } from './commands/poster.js';
import { summaryOf } from './commands/summary.js';
import { choose, EXIT, Failure } from './failure.js';
import { commandHelp, generalHelp } from './help.js';
import type { Command } from './options/options.js';
import { readSettings } from './options/settings.js';

const training = (command: Command) => async (words: string[]) => {
  const settings = readSettings(command, words);
  return settings === null ? commandHelp(command) : compare(settings);
};

/** Each takes the words after its name, and gives an exit code or, for 0, what is to be printed. */
const commands: Record<string, (words: string[]) => Promise<number | string>> = {
  train: training('train'),
  compare: training('compare'),
  poster,
  eval: evalOf,
  summary: summaryOf,
  data,
};

async function main([name, ...words]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') return print(generalHelp());
  if (name === 'help') return main(words.length > 0 ? [words[0], '--help'] : []);
  if (name === '--version') return print(VERSION);
  const outcome = await commands[choose('command', name, Object.keys(commands))](words);
  return typeof outcome === 'string' ? print(outcome) : outcome;
}

function print(text: string): number {
  // A reader that has gone away is no mistake: `boundgrad --help | head -1`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exitCode = EXIT.SIGPIPE;
  });
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Anything else is a mistake of ours, and its stack trace is wanted.
  if (!(error instanceof Failure || error instanceof BoundgradError)) throw error;
  process.stderr.write(`boundgrad: ${error.message.replace(/\s+/g, ' ')}\n`);
  process.exitCode = error instanceof Failure ? error.code : EXIT.failed;
}
