// The options of `poster`.
import { panels } from '../../reports/poster/panels.js';
import { full, quick, type Recipe } from '../../reports/poster/recipe.js';
import { refuse } from '../failure.js';
import { isTokenModel, modelKeys } from '../models.js';
import type { Call } from '../options/parse.js';
import { integer, oneOf, path, setOf } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import { type BackendName, computing, isPrivate, workers } from '../options/shared.js';
import { workerOption } from '../worker.js';

const keys = panels.map(({ key }) => key);

export const posterOptions = {
  out: {
    value: 'DIR',
    about: 'the folder of poster.html and its records; tasks with a result there are not run again',
    default: 'runs/poster',
    parse: path,
  },
  quick: {
    about: 'minutes: small nets on the images that come with the package (default)',
    check({ quick, full }: { quick: boolean; full: boolean }) {
      if (quick && full) throw refuse('--quick and --full: give one of the two');
    },
  },
  full: { about: "the paper's experiments on CIFAR-10 from --data-dir: days for each net on a processor" },
  panels: {
    value: 'NAMES',
    about: `run only these of ${keys.join(', ')}`,
    default: keys.join(),
    shownDefault: 'all',
    parse: setOf(oneOf(keys)),
  },
  model: {
    value: 'NAMES',
    about: 'nets to train in place of the default ones, for example resnet8,densenet_bc_40_12',
    parse: setOf(oneOf(modelKeys.filter((name) => !isTokenModel(name)))),
  },
  epochs: { value: 'N', about: 'the number of epochs (6 with --quick, 200 with --full)', parse: integer(1) },
  seeds: {
    value: 'N',
    about: 'the number of seeds (3); with fewer than 2 no difference can be tested',
    parse: integer(1),
  },
  dataDir: {
    value: 'DIR',
    about: 'the folder of CIFAR-10 in its binary layout, for --full',
    parse: path,
    check({ full, dataDir }: { full: boolean; dataDir?: string }) {
      if (full && dataDir === undefined) throw refuse('--full: --data-dir DIR must name the folder of CIFAR-10');
      if (full || dataDir === undefined) return;
      throw refuse(`--data-dir: --quick reads no files: '${dataDir}'; leave it out`);
    },
  },
  reference: { value: 'FILE', about: 'published curves to draw over the test accuracies, as JSON', parse: path },
  workers,
  backend: computing.backend,
  noWide: computing.noWide,
  private: isPrivate,
  ...workerOption,
} satisfies Schema;

export interface Settings {
  /** The command line, quoted for a shell. */
  line: string;
  /** The command line for records. With --private it holds no paths. */
  recorded: string;
  private: boolean;
  out: string;
  recipe: Recipe;
  panels: string[];
  dataDir: string | undefined;
  reference: string | undefined;
  workers: number;
  backend: BackendName;
  noWide: boolean;
}

/** The settings of a call. */
export function settingsOf(values: Values<typeof posterOptions>, { line, recorded }: Call): Settings {
  const { seeds, epochs, model: models, full: isFull, ...others } = values;
  return { ...others, line, recorded, recipe: (isFull ? full : quick)({ seeds, epochs, models }) };
}
