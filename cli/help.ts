// The text of --help. Options and defaults are those that the parser reads; only the words about them are written here.

import { VERSION } from '../fit/index.js';
import { optimizers } from '../optim/index.js';
import { kebab } from '../reports/run/results.js';
import { optimizerKeys, settable } from './options/hyper.js';
import { type Command, OPTIONS, type Option } from './options/options.js';

const WIDTH = 100;

const ABOUT: Record<Command | 'poster' | 'eval' | 'summary' | 'data fetch', string> = {
  train: 'train a net with one optimizer',
  compare: 'train it with several, from the same weights on the same batches, and draw a report',
  poster: 'run each claim of the AdaBound paper, and draw the poster with verdicts from the data',
  eval: 'test the model of a checkpoint: accuracy, also by class, and what was taken for what',
  summary: 'list the layers of a net: shapes, parameters, multiply-accumulates',
  'data fetch': 'download a data set',
};

const HYPER: Record<string, string> = {
  lr: 'the rate',
  betas: 'decay of the first and the second moment',
  eps: 'added to the root of the second moment',
  finalLr: 'where the bounds meet',
  gamma: 'how fast they meet',
  momentum: 'share of the step before that is kept',
  dampening: 'share of the gradient that is left out',
  nesterov: 'look one step ahead',
  averaged: 'average the momentum instead of adding it up',
  weightDecay: 'decay of the weights',
  form: "code: as the authors' program; paper: as the algorithm in print",
  lrDecay: 'the rate at step t is divided by 1 + (t-1) of this',
  initialAccumulatorValue: 'the second moment before the first step',
  alpha: 'decay of the second moment',
  centered: 'divide by the deviation, not by the second moment',
  amsgrad: 'let the second moment never fall',
  amsbound: 'let the second moment never fall',
  decayBy: "scaled by the rate, as AdamW; unscaled, as the authors' program",
};

export function generalHelp(): string {
  const commands = Object.entries(ABOUT).map(([name, about]) => `  boundgrad ${name.padEnd(11)} ${about}`);
  return [
    `boundgrad ${VERSION}: adaptive gradient methods as one bounded step`,
    '',
    ...commands,
    '',
    'boundgrad COMMAND --help lists the options; boundgrad --version prints the version.',
  ].join('\n');
}

/** The help of a command that has these options and no others. more: what follows them. */
export function briefHelp(
  command: keyof typeof ABOUT,
  usage: string,
  options: Record<string, Option>,
  more: { title: string; rows: [string, string][] }[] = [],
): string {
  return [
    `boundgrad ${command}: ${ABOUT[command]}`,
    '',
    `usage: boundgrad ${command} ${usage}`,
    '',
    ...columns(Object.entries(options).map(([name, { value = '', about }]) => [`--${name} ${value}`, about])),
    ...more.flatMap(({ title, rows }) => ['', title, '', ...columns(rows)]),
  ].join('\n');
}

/** The options of a command, with defaults. */
export function commandHelp(command: Command): string {
  const options = Object.entries(OPTIONS).map(([name, { value = '', fallback, about }]): [string, string] => {
    const given = typeof fallback === 'object' ? fallback[command] : fallback;
    return [`--${name} ${value}`, about + (given ? ` (${given})` : '')];
  });
  return [
    `boundgrad ${command}: ${ABOUT[command]}`,
    '',
    `usage: boundgrad ${command} [options]        defaults are in brackets`,
    '',
    ...columns(options),
    '',
    'Hyper-parameters, for each chosen optimizer that has them; --adabound.lr 0.002 sets that of one optimizer only:',
    '',
    ...columns(hyperRows()),
    '',
    'Optimizers:',
    '',
    ...columns(optimizerKeys.map((key) => [key, optimizers[key].about])),
    '',
    'Exit code: 0 done; 1 failed on the way; 2 cannot be run as given; ended early, with what was done written:',
    '130 by Ctrl-C, 143 by SIGTERM, 141 by a pipe that was closed.',
  ].join('\n');
}

/** One row a hyper-parameter: what it is, and which optimizers have it by default at what. */
function hyperRows(): [string, string][] {
  const names = [...new Set(optimizerKeys.flatMap((key) => Object.keys(settable(key))))];
  return names.map((name) => {
    const byDefault = new Map<string, string[]>();
    for (const key of optimizerKeys) {
      const value = settable(key)[name];
      if (value !== undefined) byDefault.set(String(value), [...(byDefault.get(String(value)) ?? []), key]);
    }
    const owners = [...byDefault.values()].flat().map((key) => `${key}.${kebab(name)}`);
    // A general option of that name goes before it.
    const option = kebab(name) in OPTIONS ? owners.join(', --') : kebab(name);
    const defaults = [...byDefault].map(([value, keys]) => `${value}: ${keys.join(' ')}`).join('; ');
    return [`--${option}`, `${HYPER[name] ? `${HYPER[name]} ` : ''}(${defaults})`];
  });
}

/** Two columns, the right one wrapped between words. */
function columns(rows: [string, string][]): string[] {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4;
  return rows.flatMap(([name, text]) => {
    const lines = [''];
    for (const word of text.split(' ')) {
      if (lines.at(-1) && left + lines.at(-1)!.length + word.length >= WIDTH) lines.push('');
      lines.push(`${lines.pop()} ${word}`.trimStart());
    }
    return lines.map((line, i) => ((i === 0 ? `  ${name}` : '').padEnd(left) + line).trimEnd());
  });
}
