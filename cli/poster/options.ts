// The options of `poster`.
import { availableParallelism } from 'node:os';
import { panels } from '../../reports/poster/panels.js';
import { full, quick, type Recipe, type Scale } from '../../reports/poster/recipe.js';
import { choose, refuse } from '../failure.js';
import { briefHelp } from '../help.js';
import { modelKeys } from '../models.js';
import { BACKENDS, type Option } from '../options/options.js';
import { quote } from '../options/settings.js';
import { readInteger, readWords } from '../options/words.js';

const keys = panels.map(({ key }) => key);

const OPTIONS: Record<string, Option> = {
  out: {
    value: 'DIR',
    about: 'where poster.html and its data go; what is there already is not run again (runs/poster)',
  },
  quick: { about: 'minutes, small nets on the images that come with the package; what is done where neither is given' },
  full: { about: 'the experiments of the paper on CIFAR-10 from --data-dir: days for each net on a processor' },
  panels: { value: 'NAMES', about: `some of ${keys.join(', ')}` },
  model: { value: 'NAMES', about: 'other nets, as resnet8,densenet_bc_40_12' },
  epochs: { value: 'N', about: 'other than 6 and 200' },
  seeds: { value: 'N', about: 'how many (3); with fewer than 2 no optimizer is told from another' },
  'data-dir': { value: 'DIR', about: 'the folder of CIFAR-10 in its binary layout' },
  reference: { value: 'FILE', about: 'published curves to draw over the test accuracies, as JSON' },
  workers: { value: 'N', about: 'processes that train at the same time (one a core, 8 at most)' },
  backend: { value: 'NAME', about: `${BACKENDS.join(', ')} (wasm)` },
  help: { about: 'print this' },
};

export interface Settings {
  /** The command line, to be typed again. */
  line: string;
  out: string;
  recipe: Recipe;
  panels: string[];
  dataDir: string | undefined;
  reference: string | undefined;
  workers: number;
  backend: (typeof BACKENDS)[number];
}

/** Reads the options; null where help is asked for. Throws the refusal of what cannot be used. */
export function readSettings(words: string[]): Settings | null {
  const given = readWords(words, OPTIONS);
  if (given.has('help')) return null;
  if (given.has('quick') && given.has('full')) throw refuse('--quick and --full: give one of the two');
  const dataDir = given.get('data-dir');
  const isFull = given.has('full');
  if (isFull && dataDir === undefined) throw refuse('--full: --data-dir DIR must name the folder of CIFAR-10');
  if (!isFull && dataDir !== undefined) throw refuse(`--data-dir: --quick needs none: '${dataDir}'; leave it out`);
  const number = (name: string) => (given.has(name) ? readInteger(name, given.get(name)!, 1) : undefined);
  const names = (name: string, allowed: readonly string[]) =>
    given
      .get(name)
      ?.split(',')
      .map((word) => choose(`--${name}`, word, allowed));
  const scale: Scale = { seeds: number('seeds'), epochs: number('epochs'), models: names('model', modelKeys) };
  return {
    line: ['boundgrad', 'poster', ...words].map(quote).join(' '),
    out: given.get('out') ?? 'runs/poster',
    recipe: isFull ? full(scale) : quick(scale),
    panels: names('panels', keys) ?? keys,
    dataDir,
    reference: given.get('reference'),
    workers: number('workers') ?? Math.min(8, availableParallelism()),
    backend: choose('--backend', given.get('backend') ?? 'wasm', BACKENDS),
  };
}

export function help(): string {
  return briefHelp('poster', '[--out DIR] [--quick | --full] [options]', OPTIONS);
}
