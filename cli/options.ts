// From the words of the command line to the settings of a run.
import { parseArgs } from 'node:util';
import { modelKeys } from './architecture.js';
import { dataKeys, dataSources, fileKeys } from './data.js';
import { choose, refuse } from './failure.js';
import { assignHyper, type Hyper, hyperOptions, optimizerKeys, unknownOption } from './hyper.js';

export const COMMANDS = ['train', 'compare'] as const;
export type Command = (typeof COMMANDS)[number];
export const BACKENDS = ['wasm', 'reference'] as const;

/** An option that is no hyper-parameter, as --help shows it. A flag takes no value. */
export interface Option {
  value?: string;
  fallback?: string | Record<Command, string>;
  about: string;
}

export const OPTIONS: Record<string, Option> = {
  model: { value: 'NAME', fallback: 'lenet', about: modelKeys.join(', ') },
  data: { value: 'NAME', fallback: 'fashion-mnist-sample', about: dataKeys.join(', ') },
  'data-dir': { value: 'DIR', about: `the folder of a data set that is read from files: ${fileKeys.join(', ')}` },
  optim: {
    value: 'NAMES',
    fallback: { train: 'adabound', compare: 'sgdm,adam,amsgrad,adabound,amsbound' },
    about: optimizerKeys.join(', '),
  },
  epochs: { value: 'N', fallback: '10', about: 'passes over the training data' },
  'batch-size': { value: 'N', fallback: '64', about: 'images a step' },
  seed: { value: 'N', fallback: '7', about: 'of the initialization and of the order of the batches' },
  out: {
    value: 'DIR',
    fallback: 'runs/MODEL-DATA-TIME',
    about: 'where the results go; an earlier run there is replaced',
  },
  backend: { value: 'NAME', fallback: 'wasm', about: BACKENDS.join(', ') },
  json: { about: 'print the records as JSON lines and nothing else' },
  help: { about: 'print this' },
};

/** Everything that a run is determined by. */
export interface Settings {
  command: Command;
  /** The command line that was given, to be typed again. */
  line: string;
  model: string;
  data: string;
  dataDir: string | undefined;
  optim: string[];
  /** By optimizer, what was given; the rest is as the optimizer has it. */
  hyper: Record<string, Hyper>;
  epochs: number;
  batchSize: number;
  seed: number;
  out: string;
  backend: (typeof BACKENDS)[number];
  json: boolean;
}

/** Reads the options after the command's name; null where help is asked for. Throws the refusal of what cannot be used. */
export function readSettings(command: Command, words: string[], now = new Date()): Settings | null {
  const given = readOptions(words);
  if (given.has('help')) return null;
  const get = (name: string): string => {
    const { fallback = '' } = OPTIONS[name];
    return given.get(name) ?? (typeof fallback === 'string' ? fallback : fallback[command]);
  };
  const model = choose('--model', get('model'), modelKeys);
  const data = choose('--data', get('data'), dataKeys);
  const optim = readOptim(command, get('optim'));
  const dataDir = given.get('data-dir');
  if (dataSources[data].files && dataDir === undefined) {
    throw refuse(`--data ${data}: it is read from files: --data-dir DIR must name their folder`);
  }
  if (!dataSources[data].files && dataDir !== undefined) {
    throw refuse(`--data-dir: ${data} is not read from files: '${dataDir}'; leave it out`);
  }
  const hyper = new Map([...given].filter(([name]) => !(name in OPTIONS)));
  return {
    command,
    line: ['boundgrad', command, ...words].map(quote).join(' '),
    model,
    data,
    dataDir,
    optim,
    hyper: assignHyper(optim, hyper),
    epochs: readInteger('epochs', get('epochs'), 1),
    batchSize: readInteger('batch-size', get('batch-size'), 1),
    seed: readInteger('seed', get('seed')),
    out: given.get('out') ?? `runs/${model}-${data}-${stamp(now)}`,
    backend: choose('--backend', get('backend'), BACKENDS),
    json: given.has('json'),
  };
}

/** The options by name. Flags have the value ''. */
function readOptions(words: string[]): Map<string, string> {
  const names = [...Object.keys(OPTIONS), ...hyperOptions()];
  const isFlag = (name: string) => OPTIONS[name] !== undefined && OPTIONS[name].value === undefined;
  const options = Object.fromEntries(
    names.map((name) => [name, isFlag(name) ? { type: 'boolean' as const } : { type: 'string' as const }]),
  );
  Object.assign(options.help, { short: 'h' });
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw refuse(`'${token.value}': not an option; options begin with --`);
    const { name, value = '', inlineValue } = token;
    if (!names.includes(name)) {
      throw token.rawName.startsWith('--')
        ? unknownOption(name, names)
        : refuse(`${token.rawName}: unknown option; options begin with --, see --help`);
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

function readOptim(command: Command, text: string): string[] {
  const keys = text.split(',').map((name) => choose('--optim', name.trim(), optimizerKeys));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice) throw refuse(`--optim: ${twice} is listed twice`);
  if (command === 'train' && keys.length > 1) {
    throw refuse(`--optim: train takes one optimizer: '${text}'; boundgrad compare takes several`);
  }
  return keys;
}

function readInteger(name: string, text: string, least?: number): number {
  const n = Number(text);
  if (/^[-+]?\d+$/.test(text) && Number.isSafeInteger(n) && (least === undefined || n >= least)) return n;
  throw refuse(`--${name}: must be an integer${least === undefined ? '' : ` of at least ${least}`}: '${text}'`);
}

/** A word as a POSIX shell takes it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** 20250131-235959, local time. */
function stamp(now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join('');
  return `${date}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('')}`;
}
