// `boundgrad eval`: evaluates the model of a checkpoint on a test set.
import { BoundgradError } from '../../core/index.js';
import type { AnyDataset } from '../../datasets/index.js';
import { type Checkpoint, type Evaluation, evaluate } from '../../fit/index.js';
import { count, fixed, percent } from '../../reports/format.js';
import { alignColumns } from '../../reports/run/results.js';
import { chooseBackend } from '../backend.js';
import { readRun } from '../checkpoint.js';
import { dataKeys, loadPrepared, loadTest, ownData } from '../datasets.js';
import { refuse } from '../failure.js';
import { classificationText, regressionText } from '../measures.js';
import { makeModel, makeOwn, modelFile, modelKeys, outputsOf } from '../models.js';
import { integer, path } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

const { missing, val } = shared.ownDataOptions;
const options = {
  checkpoint: {
    value: 'FILE',
    about: 'a checkpoint file, or the folder of a run or of checkpoints, whose newest is used',
    required: 'see --help',
    parse: path,
  },
  data: {
    ...shared.data,
    about: `the data: csv:FILE or images:DIR, all of it; of ${dataKeys.join(', ')} the test set`,
    required: 'see --help',
  },
  dataDir: shared.dataDir,
  missing,
  val: {
    ...val,
    about: 'of csv:FILE and images:DIR, only the share that train held out with this --val and --seed',
    shownDefault: 'all samples',
  },
  seed: {
    value: 'N',
    about: 'the seed of the training that held out --val',
    default: '7',
    parse: integer(),
    check({ val }: { val?: number }, isGiven: boolean) {
      if (isGiven && val === undefined) throw refuse('--seed: it chooses the part that --val holds out: give both');
    },
  },
  model: {
    value: 'FILE',
    about: 'the file of a model of your own, as train took it: a checkpoint only names it',
    parse: modelFile,
  },
  ...shared.computing,
  json: shared.json,
} satisfies Schema;

export const evaluation = command({
  name: 'eval',
  about: 'test the model of a checkpoint: of classes accuracy, F1, AUC and confusion; of values MAE, RMSE and R2',
  usage: '--checkpoint FILE --data DATA [options]',
  examples: [
    'boundgrad eval --checkpoint runs/spirals --data spirals',
    'boundgrad eval --checkpoint runs/houses --data csv:houses.csv --val 0.2',
    'boundgrad eval --checkpoint runs/photos --data images:more-photos --json',
  ],
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

async function run({ data, dataDir, checkpoint: source, json, ...given }: Values<typeof options>): Promise<string[]> {
  await chooseBackend(given.backend, given.threads);
  const { checkpoint, path, notes } = readRun(source);
  for (const note of notes) writeLine(process.stderr, `boundgrad: ${note}`);
  const test = ownData(data)
    ? await loadPrepared(data, descriptionOf(checkpoint, path), given)
    : await loadTest(data, dataDir);
  const { name, model } = await modelOf(checkpoint, path, test, given.model);
  try {
    model.loadStateDict(checkpoint.model);
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--data ${data}: the checkpoint's ${name} is for other data: ${error.message}`, error);
  }
  const { optimizer, steps: step } = checkpoint.optimizer.meta;
  const about = { checkpoint: path, model: name, optimizer, step, data };
  const found = await evaluate(model, test);
  if (found.regression) return valuesOf(about, found, test, json);
  return json ? [asJson(about, found)] : asText(about, found);
}

/** What the checkpoint says of its data. Throws Failure if it says nothing. */
function descriptionOf({ description }: Checkpoint, path: string) {
  if (!description)
    throw refuse(`--checkpoint: '${path}' does not say how its data were prepared: an earlier version wrote it`);
  return { ...description, classes: description.classes ?? [], shape: description.shapes[0] };
}

/** The model that the checkpoint names, and its name. A file of a model is run only if the caller names it. */
async function modelOf({ settings }: Checkpoint, path: string, data: AnyDataset, own: string | undefined) {
  const { model: name } = settings;
  if (typeof name !== 'string')
    throw refuse(
      `--checkpoint: '${path}' names no model of boundgrad: it was not written by boundgrad train or compare`,
    );
  if (modelKeys.includes(name)) {
    if (own !== undefined) throw refuse(`--model: the checkpoint's model is ${name}, of boundgrad; leave it out`);
    return { name, model: await makeModel(name, data, 0) };
  }
  if (own === undefined)
    throw refuse(`--checkpoint: '${path}' is of a model of your own, ${name}: --model FILE must name its file`);
  return { name, model: await makeOwn(own, data.shape, outputsOf(data), 0) };
}

/** The errors of predicted values, in their own units. */
function valuesOf(about: About, found: Evaluation, test: AnyDataset, json: boolean): string[] {
  const { samples, loss, regression } = found;
  const names = test.preparation?.table?.target ?? [];
  if (json) return [JSON.stringify({ ...about, samples, loss, ...regression })];
  return [headOf(about, samples), `loss ${fixed(loss, 4)}`, ...regressionText(regression!, names)];
}

function headOf({ model, step, optimizer, data }: About, samples: number): string {
  return `${model} after step ${count(step)} of ${optimizer}, on ${count(samples)} samples of ${data}`;
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
    headOf(about, found.samples),
    `accuracy ${percent(found.accuracy!)}, loss ${fixed(found.loss, 4)}`,
    ...classificationText(found.classification!),
    '',
    ...alignColumns(cells),
    '',
    'rows: the true class, whose accuracy is its recall; columns: the predicted class',
  ];
}
