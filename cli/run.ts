// One call of `boundgrad`: finds the command, runs it, and turns errors into one line and an exit code.
import { BoundgradError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import { undoAll } from './atEnd.js';
import { loadCommand } from './commands/command.js';
import { commands } from './commands/table.js';
import { choose, EXIT, Failure, oneLine, refuse } from './failure.js';
import { commandHelp, generalHelp } from './help.js';
import { showWarnings, writeLine } from './terminal.js';

export { onOutputError } from './stop.js';

/** Runs the command that the words name. Returns the exit code. The call leaves the process as it was. */
export async function run(words: string[]): Promise<number> {
  try {
    return await runToEnd(words);
  } finally {
    await undoAll();
  }
}

/** The same for a process that ends with the command. It still listens for signals: a Ctrl-C that comes after the work was stopped, and
 *  before the process has ended, exits with the code of the stop too. */
export async function runToEnd(words: string[]): Promise<number> {
  showWarnings();
  try {
    return await call(words);
  } catch (error) {
    if (error instanceof Failure || error instanceof BoundgradError) {
      writeLine(process.stderr, `boundgrad: ${oneLine(error.message)}`);
      return error instanceof Failure ? error.code : EXIT.failed;
    }
    // Any other error is a bug: its stack trace is shown.
    const trace = String((error as Error | null)?.stack ?? error);
    for (const line of trace.split('\n')) writeLine(process.stderr, line);
    return EXIT.failed;
  }
}

async function call([name, ...words]: string[]): Promise<number> {
  if (name === undefined) return print(generalHelp(commands));
  const isHelp = (word: string) => ['help', '--help', '-h'].includes(word);
  if (isHelp(name) || name === '--version') {
    const extra = words[isHelp(name) ? 1 : 0];
    if (extra !== undefined) throw refuse(`${name}: one word too many: '${extra}'`);
    if (name === '--version') return print([VERSION]);
    // `help train` and `--help train` are `train --help`.
    return words.length === 0 || isHelp(words[0]) ? call([]) : call([words[0], '--help']);
  }
  const names = commands.map(({ name }) => name);
  const entry = commands[names.indexOf(choose('command', name, names))];
  // A start takes half the time if it loads only what the call needs.
  const [command, { parseCall }] = await Promise.all([loadCommand(entry), import('./options/parse.js')]);
  // A command with operands, such as `data`, shows its help if it is called without words.
  const parsed = command.operands && words.length === 0 ? null : parseCall(command, words);
  const outcome = parsed === null ? commandHelp(command) : await command.run(parsed.values, parsed);
  return typeof outcome === 'number' ? outcome : print(outcome);
}

function print(lines: readonly string[]): number {
  for (const line of lines) writeLine(process.stdout, line);
  return EXIT.ok;
}
