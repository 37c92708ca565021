// `boundgrad eval`: how well the model of a checkpoint does on a test set.
import { BoundgradError, DataError } from '../../core/index.js';
import { type Checkpoint, type Evaluation, evaluate } from '../../fit/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { count, fixed, percent } from '../../reports/numbers.js';
import { chooseBackend } from '../backend.js';
import { dataKeys, loadTest } from '../datasets.js';
import { choose, refuse } from '../failure.js';
import { briefHelp } from '../help.js';
import { buildModel, modelKeys } from '../models.js';
import { BACKENDS, type Option } from '../options/options.js';
import { dataDir } from '../options/values.js';
import { readInteger, readWords } from '../options/words.js';

const OPTIONS: Record<string, Option> = {
  checkpoint: { value: 'FILE', about: 'a checkpoint, or a folder of them, of which the newest is taken' },
  data: { value: 'NAME', about: `on whose test set: ${dataKeys.join(', ')}` },
  'data-dir': { value: 'DIR', about: 'the folder of a data set that is read from files' },
  backend: { value: 'NAME', about: `${BACKENDS.join(', ')} (wasm)` },
  threads: { value: 'N', about: 'how many share the work (1)' },
  json: { about: 'print one JSON object and nothing else' },
  help: { about: 'print this' },
};

/** What is known of the model that is looked at. */
interface About {
  checkpoint: string;
  model: string;
  optimizer: string;
  step: number;
  data: string;
}

/** Runs `boundgrad eval` with the words after it. Returns what is to be printed. */
export async function evalOf(words: string[]): Promise<string> {
  const given = readWords(words, OPTIONS);
  if (given.has('help')) return briefHelp('eval', '--checkpoint FILE --data NAME [options]', OPTIONS);
  for (const name of ['checkpoint', 'data']) {
    if (!given.has(name)) throw refuse(`eval: --${name} ${OPTIONS[name].value} is missing; see --help`);
  }
  const data = choose('--data', given.get('data')!, dataKeys);
  const dir = dataDir(data, given.get('data-dir'));
  const threads = readInteger('threads', given.get('threads') ?? '1', 1);
  await chooseBackend(choose('--backend', given.get('backend') ?? 'wasm', BACKENDS), threads);
  const { checkpoint, path, notes } = load(given.get('checkpoint')!);
  for (const note of notes) process.stderr.write(`boundgrad: ${note}\n`);
  const test = await loadTest(data, dir);
  const name = modelOf(checkpoint, path);
  const model = buildModel(name, test.shape, test.classes.length, 0);
  try {
    model.loadStateDict(checkpoint.model);
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--data ${data}: the checkpoint's ${name} is for other data: ${error.message}`, error);
  }
  const { optimizer, steps: step } = checkpoint.optimizer.meta;
  const about = { checkpoint: path, model: name, optimizer, step, data };
  const found = await evaluate(model, test);
  return given.has('json') ? asJson(about, found, test.classes) : asText(about, found, test.classes);
}

function load(path: string): ReturnType<typeof readCheckpoint> {
  try {
    return readCheckpoint(path);
  } catch (error) {
    if (error instanceof DataError) throw refuse(`--checkpoint: ${error.message}`, error);
    throw error;
  }
}

function modelOf({ settings }: Checkpoint, path: string): string {
  const { model } = settings;
  if (typeof model === 'string' && modelKeys.includes(model)) return model;
  throw refuse(`--checkpoint: '${path}' does not say which model it is of; it is of a program, not of boundgrad train`);
}

/** Of each class: how many samples, and how many were given it. */
function perClass(confusion: number[][], names: readonly string[]) {
  return confusion.map((row, i) => {
    const samples = row.reduce((sum, n) => sum + n, 0);
    return { name: names[i], samples, right: row[i], accuracy: samples ? row[i] / samples : null };
  });
}

function asJson(about: About, { samples, loss, accuracy, confusion }: Evaluation, names: readonly string[]): string {
  return JSON.stringify({ ...about, samples, loss, accuracy, classes: perClass(confusion!, names), confusion });
}

/** The figures, and a row for each class: its share of right answers, and how often each class was the answer. */
function asText(about: About, found: Evaluation, names: readonly string[]): string {
  const confusion = found.confusion!;
  const rows = perClass(confusion, names).map(({ name, samples, accuracy }, i) => {
    return [`${i} ${name}`, count(samples), percent(accuracy ?? NaN), ...confusion[i].map(count)];
  });
  const cells = [['class', 'samples', 'accuracy', ...confusion.map((_, i) => String(i))], ...rows];
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return [
    `${about.model} after step ${count(about.step)} of ${about.optimizer}, on ${count(found.samples)} samples of ${about.data}`,
    `accuracy ${percent(found.accuracy!)}, loss ${fixed(found.loss, 4)}`,
    '',
    ...cells.map((row) => row.map((c, i) => (i ? c.padStart(widths[i]) : c.padEnd(widths[0]))).join('  ')),
    '',
    'a row for each class as it is, a column for each answer that was given',
  ].join('\n');
}
