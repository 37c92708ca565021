#!/usr/bin/env node
// The command `boundgrad`: finds the command, runs it, and turns errors into one line and an exit code.
import { BoundgradError } from '../core/index.js';
import { VERSION } from '../fit/index.js';
import { commands } from './commands/table.js';
import { choose, EXIT, Failure } from './failure.js';
import { commandHelp, generalHelp } from './help.js';
import { parseCall } from './options/parse.js';

async function main([name, ...words]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') return print(generalHelp(commands));
  if (name === 'help') return main(words.length > 0 ? [words[0], '--help'] : []);
  if (name === '--version') return print(VERSION);
  const names = commands.map(({ name }) => name);
  const command = commands[names.indexOf(choose('command', name, names))];
  // A command with operands, as `data`, shows its help if it is called alone.
  const call = command.operands && words.length === 0 ? null : parseCall(command, words);
  const outcome = call === null ? commandHelp(command) : await command.run(call.values, call);
  return typeof outcome === 'string' ? print(outcome) : outcome;
}

function print(text: string): number {
  // A reader that has closed the pipe is not an error: `boundgrad --help | head -1`.
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
  // Any other error is a bug: its stack trace is shown.
  if (!(error instanceof Failure || error instanceof BoundgradError)) throw error;
  process.stderr.write(`boundgrad: ${error.message.replace(/\s+/g, ' ')}\n`);
  process.exitCode = error instanceof Failure ? error.code : EXIT.failed;
}
