// The words of a command line, as options by name.
import { parseArgs } from 'node:util';
import { hint, refuse } from '../failure.js';

/** Reads words against the options that there are, by name without dashes: one with a `value` takes a value, any other is a
 *  flag and has the value ''. -h is --help. Throws the refusal of what is unknown, missing, given twice or no option. */
export function readWords(words: string[], known: Record<string, { value?: string }>): Map<string, string> {
  const isFlag = (name: string) => known[name].value === undefined;
  const options = Object.fromEntries(
    Object.keys(known).map((name) => [name, isFlag(name) ? { type: 'boolean' as const } : { type: 'string' as const }]),
  );
  Object.assign(options.help, { short: 'h' });
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw refuse(`'${token.value}': not an option; options begin with --`);
    const { name, rawName, value = '', inlineValue } = token;
    if (!Object.hasOwn(known, name)) {
      if (!rawName.startsWith('--')) throw refuse(`${rawName}: unknown option; options begin with --, see --help`);
      throw refuse(`--${name}: unknown option${hint(name, Object.keys(known), '--') || '; see --help'}`);
    }
    if (isFlag(name)) {
      if (inlineValue) throw refuse(`--${name}: takes no value: '${value}'`);
    } else if (value === '' || (!inlineValue && value.startsWith('--'))) {
      throw refuse(`--${name}: a value is missing`);
    }
    if (given.has(name) && given.get(name) !== value) {
      throw refuse(`--${name}: given twice: '${given.get(name)}' and '${value}'`);
    }
    given.set(name, value);
  }
  return given;
}

/** An integer, of at least `least` where given. Throws the refusal of anything else. */
export function readInteger(name: string, text: string, least?: number): number {
  const n = Number(text);
  if (/^[-+]?\d+$/.test(text) && Number.isSafeInteger(n) && (least === undefined || n >= least)) return n;
  throw refuse(`--${name}: must be an integer${least === undefined ? '' : ` of at least ${least}`}: '${text}'`);
}
