// The declaration of an option, from which parsing (parse.ts), --help (help.ts) and --resume (resume.ts) are derived.
import { kebab } from '../../reports/format.js';

/** An option without a value, such as --json. It parses to a boolean: whether it was given. */
interface Flag {
  value?: undefined;
}

/** An option with a value, such as --epochs 20. */
interface Valued<T> {
  /** The name of the value in help, such as N or DIR. */
  value: string;
  /** Returns the value of a text, or throws Failure. option: its name for the message, such as `--epochs`. */
  parse(text: string, option: string): T;
  /** The text to parse if the option is not given, or a function that derives it from the values of earlier options. Without a
   *  default the value is undefined. */
  default?: string | ((earlier: any) => string);
  /** The default as help shows it, if `default` is not a text: it is a function, or the command derives the value itself. */
  shownDefault?: string;
  /** The option must be given; this text ends the message if it is not. */
  required?: string;
}

/** Whether --resume restores an option:
 *
 *    'fixed'    yes; another value is refused, because it would make another run (default)
 *    'free'     yes, unless another value is given: what a run computes on, its length and its tests may change
 *    'never'    no, it concerns one call only
 *    'refused'  no, and it cannot be given together with --resume */
export type OnResume = 'fixed' | 'free' | 'never' | 'refused';

/** One option, with everything that parsing, help and resuming use. */
export type Option<T = unknown> = (Flag | Valued<T>) & {
  /** What it does, for help. A function is called with all options of the command. */
  about: string | ((options: Schema) => string);
  /** The heading in help, see `grouped`. */
  group?: string;
  /** Whether help leaves it out. */
  isHidden?: boolean;
  onResume?: OnResume;
  /** The text of a value with another path in place of the one in it. change: returns that path; `kind` stands for it with --private.
   *  Default: a value of the kind DIR, FILE or URL is a path, and others have none. */
  changePath?(text: string, change: (path: string, kind: string) => string): string;
  /** Whether a value names a file of code to run. Anyone may have written the run's folder, so --resume does not take this value from
   *  there: it must be given again. */
  namesCode?(text: string): boolean;
  /** Throws Failure if the value contradicts other options. */
  check?(values: any, isGiven: boolean): void;
};

/** The options of a command, by name in camelCase: `batchSize` declares --batch-size. Help lists them in this order. */
export type Schema = Record<string, Option>;

/** The values of a schema's options. */
export type Values<S extends Schema> = { [K in keyof S]: ValueOf<S[K]> };

type ValueOf<O> = O extends { parse(text: string, option: string): infer T }
  ? O extends { default: unknown } | { required: string }
    ? T
    : T | undefined
  : boolean;

/** The options that were given: texts by name, as typed but without dashes. The text of a flag is ''. */
export type Given = Record<string, string>;

/** Whether the value of an option is a path or an address. */
export function isPath({ value = '' }: Option): boolean {
  return ['DIR', 'FILE', 'URL'].includes(value);
}

/** The text of an option's value, with the kind of value in place of each path and address. */
export function withoutPath(option: Option, text: string): string {
  if (isPath(option)) return option.value!;
  return option.changePath?.(text, (_, kind) => kind) ?? text;
}

const names = new Map<string, string>();

/** Returns the name of an option as typed, without dashes: adabound.finalLr -> adabound.final-lr. */
export function nameOf(key: string): string {
  let name = names.get(key);
  if (name === undefined) names.set(key, (name = kebab(key)));
  return name;
}

/** Returns the options with a heading for help. */
export function grouped<S extends Schema>(group: string, options: S): S {
  const entries = Object.entries(options).map(([key, option]) => [key, { ...option, group }]);
  return Object.fromEntries(entries) as S;
}

/** The option that every command has. */
export const HELP = { help: { about: 'print this', onResume: 'never' } } satisfies Schema;
