// The options of `sweep`, and the settings that they make.

import type { TaskSettings } from '../../reports/sweep/record.js';
import { DRAWS } from '../../sweep/draw.js';
import type { Range, Space, Value } from '../../sweep/space.js';
import { checkRange, sizeOfSpace } from '../../sweep/space.js';
import { augmentDefaults, dataKeys, isText, pointKeys } from '../datasets.js';
import { refuse } from '../failure.js';
import { isTokenModel, modelKeys } from '../models.js';
import { checkHyper, givenHyper, settable, withHyperparameters } from '../options/hyperparameters.js';
import type { Call } from '../options/parse.js';
import { integer, numberWhere, oneOf, path } from '../options/parsers.js';
import { aboutResume } from '../options/resume.js';
import { grouped, nameOf, type Schema, type Values } from '../options/schema.js';
import { computing, isPrivate, workers } from '../options/shared.js';
import { steps } from '../options/steps.js';
import { modelAndData, training } from '../options/training.js';
import { ownData } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { engine } from '../queue/options.js';
import { workerOption } from '../worker.js';

export const dataNames = dataKeys.filter((name) => !isText(name));
export const modelNames = modelKeys.filter((name) => !isTokenModel(name));

/** A parser of names. isOwn: whether a text names a user's own data or net, which a sweep does not take. */
function ofLibrary(
  names: readonly string[],
  isOwn: (text: string) => boolean,
): (text: string, option: string) => string {
  return (text, option) => {
    if (names.includes(text) || !isOwn(text)) return oneOf(names)(text, option);
    const remedy = `give one of ${names.join(', ')}, or write a program with sweep() of boundgrad/sweep`;
    throw refuse(`${option}: a sweep takes data sets and nets of the library: '${text}'; ${remedy}`);
  };
}

const compared = {
  optim: {
    ...training.optim,
    about: `the optimizers to compare: ${training.optim.about}`,
    default: 'sgdm,adam,adabound',
  },
  trials: {
    value: 'N',
    about: 'the number of configurations of each optimizer; each is run with every seed',
    default: '20',
    parse: integer(1, 10_000),
  },
  seeds: {
    value: 'N',
    about: 'seeds 1 to N of initial weights and batches; A-B: seeds A to B',
    default: '3',
    parse: seedsOf,
  },
  seed: { value: 'N', about: 'determines the trials', default: '7', parse: integer() },
  draw: {
    value: 'NAME',
    about:
      'random: independent draws; halton: draws that cover the ranges more evenly; grid: every combination, with as many points of a range as --trials permits',
    default: 'random',
    parse: oneOf(DRAWS),
  },
  halving: {
    value: 'N',
    about: 'end hopeless trials early: an N-th of them goes on to N times as many epochs, in rounds up to --epochs',
    parse: integer(2),
    check({ halving, epochs }: { halving?: number; epochs: number }) {
      if (halving !== undefined && epochs < 2) throw refuse(`--halving: nothing can end early: --epochs is ${epochs}`);
    },
  },
} satisfies Schema;

const trained = {
  data: {
    ...modelAndData.data,
    value: 'NAME',
    about: dataNames.join(', '),
    withoutPath: undefined,
    parse: ofLibrary(dataNames, (text) => ownData(text) !== null),
  },
  dataDir: modelAndData.dataDir,
  trainBatches: modelAndData.trainBatches,
  augment: { ...modelAndData.augment, shownDefault: `${augmentDefaults.join(', ')}, else none` },
  model: {
    ...modelAndData.model,
    value: 'NAME',
    about: modelNames.join(', '),
    shownDefault: `lenet; mlp for ${pointKeys.join(', ')}`,
    withoutPath: undefined,
    namesCode: undefined,
    parse: ofLibrary(modelNames, isOwnModel),
  },
  val: {
    value: 'X',
    about: 'the share of the training samples on which trials are chosen; the test set is only reported',
    default: '0.2',
    parse: numberWhere((x) => x > 0 && x < 1, 'lie between 0 and 1'),
  },
  epochs: { ...training.epochs, onResume: 'fixed', shownDefault: '10; 100 for points, whose epochs are short' },
  batchSize: training.batchSize,
  schedule: training.schedule,
  milestones: training.milestones,
  lrDecay: { ...training.lrDecay, about: 'the factor at the milestones' },
  labelSmoothing: training.labelSmoothing,
  clipNorm: steps.clipNorm,
} satisfies Schema;

const output = {
  file: {
    value: 'FILE',
    about:
      'a description of the sweep as JSON; --schema prints its form; options of the command line replace its entries',
    onResume: 'refused',
    parse: path,
  },
  schema: { about: 'print the JSON schema of --file and nothing else', onResume: 'never' },
  list: {
    about:
      'print a command line for each run, for a cluster or GNU parallel, and run nothing; --collect gathers the results',
    onResume: 'never',
    check({ list, halving }: { list: boolean; halving?: number }) {
      if (list && halving !== undefined)
        throw refuse('--list: with --halving the results decide which runs go on; leave one of the two out');
    },
  },
  collect: {
    about: 'take the results of the folders DIR.. that runs of --list wrote, and run nothing',
    onResume: 'never',
    check({ list, collect }: { list: boolean; collect: boolean }) {
      if (list && collect) throw refuse('--list and --collect: give one of the two');
    },
  },
  resume: { value: 'DIR', about: aboutResume, onResume: 'never', parse: path },
  out: {
    value: 'DIR',
    about: 'the folder of sweep.html, sweep.json and results.jsonl',
    onResume: 'refused',
    default: ({ resume }: { resume?: string }) => resume ?? 'sweeps/sweep',
    shownDefault: 'sweeps/sweep',
    parse: path,
  },
  private: isPrivate,
  ...workerOption,
} satisfies Schema;

/** The options of `sweep` without the hyper-parameters. */
export const options = {
  ...grouped('What is compared', compared),
  ...grouped('What is trained', trained),
  ...grouped('Computing', { workers, backend: computing.backend, noWide: computing.noWide }),
  ...grouped('Computing on other machines', engine),
  ...grouped('Output', output),
};

/** All options of `sweep`, with ranges as hyper-parameters. */
export const sweepOptions = withHyperparameters(options, rangeOf);

/** The options that a description in a file may have in addition to the space. */
export const fileKeys = Object.keys({ ...compared, ...trained }).filter((key) => key !== 'optim' && key !== 'dataDir');

/** 3: seeds 1 to 3; 4-6: seeds 4 to 6. */
function seedsOf(text: string, option: string): number[] {
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(text) ?? [];
  if (first === undefined) {
    const count = integer(1, 1000)(text, option);
    return Array.from({ length: count }, (_, i) => i + 1);
  }
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > 1000)
    throw refuse(`${option}: must be a rising range of at most 1000 seeds, for example 1-3: '${text}'`);
  return Array.from({ length: count }, (_, i) => Number(first) + i);
}

/** Makes the parser of a hyper-parameter's range from the parser of one value: log(a,b), uniform(a,b), integer(a,b), or values with commas between
 *  them; lists are separated by |. */
function rangeOf(
  one: (text: string, option: string) => Value,
  isList: boolean,
): (text: string, option: string) => Range {
  return (text, option) => {
    const [, kind, ends] = /^\s*([a-z]+)\(([^()]*)\)\s*$/i.exec(text) ?? [];
    if (kind === undefined) {
      if (/[()]/.test(text))
        throw refuse(`${option}: not a range: '${text}'; write log(a,b), uniform(a,b), integer(a,b) or a,b,c`);
      const parts = text.split(isList ? '|' : ',').map((part) => part.trim());
      if (parts.includes('')) throw refuse(`${option}: a value is missing: '${text}'`);
      return orRefuse(option, { values: parts.map((part) => one(part, option)) });
    }
    const name = oneOf(['log', 'uniform', 'integer'] as const)(kind.toLowerCase(), option);
    const numbers = ends.split(',').map((part) => one(part.trim(), option));
    return orRefuse(option, { [name]: numbers } as unknown as Range);
  };
}

function orRefuse(option: string, range: Range): Range {
  try {
    checkRange(option, range);
    return range;
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
}

/** The text of a range, as an option takes it. */
export function textOfRange(range: Range): string {
  if ('values' in range)
    return range.values.map((value) => String(value)).join(range.values.some(Array.isArray) ? '|' : ',');
  const [[kind, ends]] = Object.entries(range);
  return `${kind}(${ends.join(',')})`;
}

/** What determines the runs of a sweep, and how they are computed. */
export interface Settings extends Values<typeof options> {
  /** The command line, for records. */
  recorded: string;
  /** The options as texts, by name. */
  given: Call['given'];
  /** The defaults of the others. */
  defaults: Call['defaults'];
  space: Space;
}

/** The settings of a call. Throws Failure if no chosen optimizer can take a range, or if there are fewer configurations than trials. */
export function settingsOf({ values, given, defaults, recorded }: Call): Settings {
  const chosen = values as Values<typeof options>;
  const space = givenHyper<Range>(chosen.optim, values, given, options);
  for (const [key, ranges] of Object.entries(space)) {
    const count = sizeOfSpace(ranges);
    if (chosen.trials === 1 || chosen.draw === 'grid' || count >= chosen.trials) continue;
    const { lr } = settable(key);
    const some = typeof lr === 'number' ? `--${key}.lr 'log(${shown(lr / 100)},${shown(lr * 100)})'` : 'a range';
    const found = count === 1 ? 'one configuration' : `${count} configurations`;
    throw refuse(
      `--trials ${chosen.trials}: ${key} has ${found}; give it ranges, for example ${some}, or --draw grid for lists, or --trials 1`,
    );
  }
  return { ...chosen, recorded, given, defaults, space };
}

const shown = (x: number) => String(Number(x.toPrecision(2)));

/** Throws Failure if a configuration is outside the domain of its optimizer. */
export function checkConfigs(trials: readonly { method: string; config: Readonly<Record<string, Value>> }[]): void {
  for (const { method, config } of trials) {
    try {
      checkHyper(method, config as never);
    } catch (error) {
      const values = Object.entries(config).map(([name, value]) => `${nameOf(name)} ${value}`);
      throw refuse(`${method} with ${values.join(', ')}: ${(error as Error).message}; change the range`, error);
    }
  }
}

/** The settings of all tasks. */
export function taskSettings(settings: Settings): TaskSettings {
  const { model, data, augment, val, epochs, schedule, lrDecay, labelSmoothing } = settings;
  const { trainBatches = null, batchSize = null, milestones = null, clipNorm = null } = settings;
  return {
    ...{ model, data, trainBatches, augment, val, epochs, batchSize, schedule, milestones, lrDecay, labelSmoothing },
    clipNorm,
  };
}
