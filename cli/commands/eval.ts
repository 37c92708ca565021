// `boundgrad eval`: evaluates the model of a checkpoint on a test set.
import { BoundgradError } from '../../core/index.js';
import { type Checkpoint, type Evaluation, evaluate } from '../../fit/index.js';
import { count, fixed, percent } from '../../reports/format.js';
import { alignColumns } from '../../reports/run/results.js';
import { chooseBackend } from '../backend.js';
import { readRun } from '../checkpoint.js';
import { dataKeys, loadTest } from '../datasets.js';
import { refuse } from '../failure.js';
import { classificationText } from '../measures.js';
import { buildModel, modelKeys } from '../models.js';
import { text } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

const options = {
  checkpoint: {
    value: 'FILE',
    about: 'a checkpoint file, or the folder of a run or of checkpoints, whose newest is used',
    required: 'see --help',
    parse: text,
  },
  data: {
    ...shared.data,
    about: `the data set whose test set is used: ${dataKeys.join(', ')}`,
    required: 'see --help',
  },
  dataDir: shared.dataDir,
  ...shared.computing,
  json: shared.json,
} satisfies Schema;

export const evaluation = command({
  name: 'eval',
  about: 'test the model of a checkpoint: accuracy, precision, F1, AUC, calibration, confusion matrix',
  usage: '--checkpoint FILE --data NAME [options]',
  options,
  run,
});

/** The model that is evaluated. */
interface About {
  checkpoint: string;
  model: string;
  optimizer: string;
  step: number;
  data: string;
}

async function run({ data, dataDir, checkpoint: source, json, ...on }: Values<typeof options>): Promise<string[]> {
  await chooseBackend(on.backend, on.threads);
  const { checkpoint, path, notes } = readRun(source);
  for (const note of notes) writeLine(process.stderr, `boundgrad: ${note}`);
  const test = await loadTest(data, dataDir);
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
  return json ? [asJson(about, found)] : asText(about, found);
}

function modelOf({ settings }: Checkpoint, path: string): string {
  const { model } = settings;
  if (typeof model === 'string' && modelKeys.includes(model)) return model;
  throw refuse(`--checkpoint: '${path}' names no model of boundgrad: it was not written by boundgrad train or compare`);
}

/** Samples, accuracy and measures of each class. */
function perClass({ confusion, classification }: Evaluation) {
  return classification!.perClass.map(({ name, samples, recall, precision, f1, auc }, i) => {
    return { name, samples, right: confusion![i][i], accuracy: recall, precision, f1, auc };
  });
}

function asJson(about: About, found: Evaluation): string {
  const { samples, loss, accuracy, confusion } = found;
  const { perClass: _, ...means } = found.classification!;
  return JSON.stringify({ ...about, samples, loss, accuracy, classes: perClass(found), confusion, ...means });
}

/** Loss, accuracy and measures, and the confusion matrix with a row for each class. */
function asText(about: About, found: Evaluation): string[] {
  const confusion = found.confusion!;
  const rows = perClass(found).map(({ name, samples, ...of }, i) => {
    const shares = [of.accuracy, of.precision, of.f1].map((share) => percent(share ?? NaN));
    return [`${i} ${name}`, count(samples), ...shares, ...confusion[i].map(count)];
  });
  const cells = [['class', 'samples', 'accuracy', 'precision', 'F1', ...confusion.map((_, i) => String(i))], ...rows];
  return [
    `${about.model} after step ${count(about.step)} of ${about.optimizer}, on ${count(found.samples)} samples of ${about.data}`,
    `accuracy ${percent(found.accuracy!)}, loss ${fixed(found.loss, 4)}`,
    ...classificationText(found.classification!),
    '',
    ...alignColumns(cells),
    '',
    'rows: the true class, whose accuracy is its recall; columns: the predicted class',
  ];
}
