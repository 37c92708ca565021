// Parses the words of a command line into the values of a command's options.
import { parseArgs } from 'node:util';
import { type Failure, hint, refuse } from '../failure.js';
import { withoutPasswords } from '../secrets.js';
import { quote } from '../shell.js';
import { givenBefore } from './resume.js';
import { type Given, HELP, isPath, nameOf, type Schema, withoutPath } from './schema.js';

/** The most characters of a word: twice the longest path. parseArgs takes a minute for -aaa.. of 100,000. */
const LONGEST = 8192;

/** The part of a command that parsing needs. */
export interface Parsable {
  name: string;
  options: Schema;
  /** The words that the command takes after its name, as help shows them. A last word such as `INPUT..` stands for any number of
   *  words. */
  operands?: readonly string[];
  /** Options of a training that the command does not take, because a checkpoint has their values. */
  kept?: readonly string[];
  /** Options of other commands that the command does not take, and why. */
  untaken?: { names: readonly string[]; why: string };
}

/** One call of a command. */
export interface Call {
  /** The command line, quoted for a shell, without the passwords of addresses. */
  line: string;
  /** The command line for records. With --private, a word such as DIR, FILE or INPUT replaces each path and address. */
  recorded: string;
  operands: string[];
  given: Given;
  /** The defaults in place of options that were not given, as texts, if they determine a run. */
  defaults: Given;
  /** The values of all options, by their names in the schema. */
  values: Record<string, any>;
}

/** Parses the words after a command's name; null if they ask for help. --resume adds the options of the run that it names.
 *  Throws Failure if an option is unknown, incomplete or contradicts another. */
export function parseCall(command: Parsable, words: string[]): Call | null {
  const { name, options, operands = [], kept, untaken } = command;
  const found: string[] = [];
  const typed = givenOf(words, { ...options, ...HELP }, found, kept, untaken);
  if (typed.help !== undefined) return null;
  const most = operands.at(-1)?.endsWith('..') ? Infinity : operands.length;
  if (found.length > most) throw surplus(found[most], words, command, typed);
  const before = typed.resume === undefined ? { given: {}, defaults: {} } : givenBefore(command, typed);
  const given = { ...before.given, ...typed };
  const lineOf = (typed: string[]) => withoutPasswords(['boundgrad', name, ...typed].map(quote).join(' '));
  return {
    line: lineOf(words),
    recorded: lineOf(given.private === undefined ? words : withoutPaths(words, command, found)),
    operands: found,
    given,
    ...valuesOf(command, given, before.defaults),
  };
}

/** The refusal of a word that is neither an option nor an operand, with the option that it probably belongs to, or the operands. words: all words
 *  of the call. */
function surplus(word: string, words: string[], { name, options, operands = [] }: Parsable, typed: Given): Failure {
  const flag = Object.keys(options).find((key) => `--${nameOf(key)}` === words[words.indexOf(word) - 1]);
  const isData = /^(csv|images|text):|\.csv$/.test(word);
  const value = word.endsWith('.csv') && !word.includes(':') ? `csv:${word}` : word;
  const meant = isData ? ['data', value] : ['checkpoint', word];
  const isOpen = meant[0] in options && !(meant[0] in typed);
  if (!isOpen && operands.length > 0)
    return refuse(`'${word}': one word too many; ${name} takes ${operands.join(' ')}`);
  const why = flag === undefined ? 'options begin with --' : `--${nameOf(flag)} takes no value`;
  const remedy = isOpen ? `did you mean --${meant[0]} ${quote(meant[1])}?` : why;
  return refuse(`'${word}': not an option; ${remedy}`);
}

/** The words, with each path and address replaced by the name of the option's value or of the operand, such as DIR. found: the operands among
 *  the words. */
function withoutPaths(words: string[], { options, operands = [] }: Parsable, found: readonly string[]): string[] {
  const names = new Map(Object.entries(options).map(([key, option]) => [`--${nameOf(key)}`, option]));
  return words.map((word, i) => {
    const [name] = word.split('=', 1);
    const inline = name === word ? undefined : names.get(name);
    if (inline) return `${name}=${withoutPath(inline, word.slice(name.length + 1))}`;
    const option = names.get(words[i - 1]);
    if (option?.value !== undefined) return withoutPath(option, word);
    const at = found.indexOf(word);
    return at < 0 ? word : operands[Math.min(at, operands.length - 1)].replace('..', '');
  });
}

/** The options among the words; -h is --help. operands: gets the other words. kept, untaken: as in Parsable.
 *  Throws Failure if an option is unknown, incomplete, or given twice with different values. */
function givenOf(
  words: string[],
  options: Schema,
  operands: string[],
  kept: readonly string[] = [],
  untaken?: Parsable['untaken'],
): Given {
  const long = words.find(({ length }) => length > LONGEST);
  if (long) throw refuse(`'${long.slice(0, 20)}..': a word of ${long.length} characters; at most ${LONGEST}`);
  const named = new Map(Object.entries(options).map(([key, option]) => [nameOf(key), option]));
  const types = [...named].map(([name, { value }]) => {
    return [
      name,
      { type: value === undefined ? 'boolean' : 'string', ...(name === 'help' && { short: 'h' }) },
    ] as const;
  });
  const config = { args: words, options: Object.fromEntries(types) };
  const { tokens } = parseArgs({ ...config, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      operands.push(token.value);
      continue;
    }
    const { name, rawName, value = '', inlineValue } = token;
    const option = named.get(name);
    if (!option) {
      if (!rawName.startsWith('--')) throw refuse(`${rawName}: unknown option; options begin with --, see --help`);
      if (kept.some((key) => nameOf(key) === name))
        throw refuse(`--${name}: unknown option; the checkpoint has the value of the training: leave it out`);
      if (untaken?.names.some((key) => nameOf(key) === name)) throw refuse(`--${name}: ${untaken.why}`);
      if (name === 'checkpoint' && named.has('resume'))
        throw refuse('--checkpoint: unknown option; --resume DIR continues a run');
      throw refuse(`--${name}: unknown option${hint(name, [...named.keys()], '--') || '; see --help'}`);
    }
    if (option.value === undefined) {
      if (inlineValue) throw refuse(`--${name}: takes no value: '${value}'`);
    } else if (value === '' || (!inlineValue && value.startsWith('--'))) {
      const isOption = value === '' || named.has(value.slice(2).split('=', 1)[0]);
      const remedy = isOption ? '' : `; if it is ${quote(value)}, write ${quote(`--${name}=${value}`)}`;
      throw refuse(`--${name}: a value is missing: --${name} ${option.value}${remedy}`);
    }
    const earlier = given.get(name) ?? value;
    if (earlier !== value) throw refuse(`--${name}: given twice: '${earlier}' and '${value}'`);
    given.set(name, value);
  }
  return Object.fromEntries(given);
}

/** The values of all options, given or by default, and the defaults as texts. before: the defaults with which a run that resumes was started;
 *  an earlier version may have had others. Throws Failure at the first value that cannot be used. */
function valuesOf(
  { name: command, options }: Parsable,
  given: Given,
  before: Given,
): Pick<Call, 'values' | 'defaults'> {
  const values: Record<string, unknown> = {};
  const defaults: Given = {};
  const isGiven = (key: string) => Object.hasOwn(given, nameOf(key));
  for (const [key, option] of Object.entries(options)) {
    const name = nameOf(key);
    if (option.value === undefined) {
      values[key] = isGiven(key);
      continue;
    }
    if (option.required && !isGiven(key)) {
      throw refuse(`${command}: --${name} ${option.value} is missing; ${option.required}`);
    }
    const byDefault = before[name] ?? (typeof option.default === 'function' ? option.default(values) : option.default);
    const text = given[name] ?? byDefault;
    const { onResume = 'fixed' } = option;
    const determines = (onResume === 'fixed' || onResume === 'free') && !isPath(option);
    if (determines && !isGiven(key) && byDefault !== undefined) defaults[name] = byDefault;
    values[key] = text === undefined ? undefined : option.parse(text, `--${name}`);
  }
  for (const [key, option] of Object.entries(options)) option.check?.(values, isGiven(key));
  return { values, defaults };
}
