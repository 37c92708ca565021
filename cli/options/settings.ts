// From the words of the command line to the settings of a run.

import type { Hyper } from '../../reports/record.js';
import { type Augmentation, dataKeys, pointKeys } from '../datasets.js';
import { choose, refuse } from '../failure.js';
import { modelKeys } from '../models.js';
import { assignHyper, hyperOptions } from './hyper.js';
import { BACKENDS, type Command, OPTIONS } from './options.js';
import { askedAgain, type Given } from './resume.js';
import * as read from './values.js';
import { readInteger, readWords } from './words.js';

/** Everything that a run is determined by. */
export interface Settings {
  command: Command;
  /** The command line that was given, to be typed again. */
  line: string;
  /** What was given, and the folder of the run if it is to go on. */
  given: Given;
  resume: boolean;
  model: string;
  data: string;
  dataDir: string | undefined;
  trainBatches: number[] | undefined;
  augment: Augmentation[];
  optim: string[];
  /** By optimizer, what was given; the rest is as the optimizer has it. */
  hyper: Record<string, Hyper>;
  schedule: string;
  /** Epochs, rising; empty where the schedule is by name. */
  milestones: number[];
  lrDecay: number;
  labelSmoothing: number;
  epochs: number;
  maxSteps: number | undefined;
  batchSize: number;
  evalEvery: number;
  seed: number;
  out: string;
  /** In minutes. */
  checkpointEvery: number;
  backend: (typeof BACKENDS)[number];
  threads: number;
  json: boolean;
}

/** Reads the options after the command's name; null where help is asked for. Throws the refusal of what cannot be used. */
export function readSettings(command: Command, words: string[], now = new Date()): Settings | null {
  const hyper = Object.fromEntries(hyperOptions().map((name) => [name, { value: 'X' }]));
  const known = { ...hyper, ...OPTIONS };
  const { help, resume, ...given } = Object.fromEntries(readWords(words, known)) as Given;
  if (help !== undefined) return null;
  const line = ['boundgrad', command, ...words].map(quote).join(' ');
  if (resume === undefined) return settle(command, line, given, now);
  if (given.out !== undefined) throw refuse(`--out: a run goes on where it is, in '${resume}'; leave it out`);
  const again = askedAgain(command, resume, given, Object.keys(known));
  return { ...settle(command, line, again, now), out: resume, resume: true };
}

function settle(command: Command, line: string, given: Given, now: Date): Settings {
  const get = (name: string): string => {
    const { fallback = '' } = OPTIONS[name];
    return given[name] ?? (typeof fallback === 'string' ? fallback : fallback[command]);
  };
  const data = choose('--data', get('data'), dataKeys);
  const model = choose('--model', given.model ?? (pointKeys.includes(data) ? 'mlp' : get('model')), modelKeys);
  const optim = read.optim(command, get('optim'));
  const hyper = new Map(Object.entries(given).filter(([name]) => !(name in OPTIONS)));
  return {
    command,
    line,
    given,
    resume: false,
    model,
    data,
    dataDir: read.dataDir(data, given['data-dir']),
    trainBatches: read.trainBatches(data, given['train-batches']),
    augment: read.augment(data, given.augment),
    optim,
    hyper: assignHyper(optim, hyper),
    ...read.schedule(get, given),
    labelSmoothing: read.share('label-smoothing', get('label-smoothing')),
    epochs: readInteger('epochs', get('epochs'), 1),
    maxSteps: given['max-steps'] === undefined ? undefined : readInteger('max-steps', given['max-steps'], 1),
    batchSize: readInteger('batch-size', get('batch-size'), 1),
    evalEvery: readInteger('eval-every', get('eval-every'), 1),
    seed: readInteger('seed', get('seed')),
    out: given.out ?? `runs/${model}-${data}-${stamp(now)}`,
    checkpointEvery: read.positive('checkpoint-every', get('checkpoint-every')),
    backend: choose('--backend', get('backend'), BACKENDS),
    threads: readInteger('threads', get('threads'), 1),
    json: given.json !== undefined,
  };
}

/** A word as a POSIX shell takes it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** 20250131-235959, local time. */
function stamp(now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join('');
  return `${date}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('')}`;
}
