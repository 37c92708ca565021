// `boundgrad eval`: evaluates the model of a checkpoint on a test set.
import { basename } from 'node:path';
import { BoundgradError } from '../../core/index.js';
import type { AnyDataset } from '../../datasets/index.js';
import type { Description } from '../../fit/description.js';
import { type Checkpoint, type Evaluation, evaluate } from '../../fit/index.js';
import { checksumOf, checksumsOf } from '../../fit/settings.js';
import { readText } from '../../node/tables.js';
import { augmentKeys } from '../augmentations.js';
import { chooseBackend } from '../backend.js';
import { loadTrained, readRun } from '../checkpoint.js';
import { dataKeys, loadPrepared, loadTest } from '../datasets.js';
import { type About, evaluationText } from '../evaluationText.js';
import { refuse } from '../failure.js';
import { farNote } from '../farNumbers.js';
import { makeModel, makeOwn, modelKeys, outputsOf } from '../models.js';
import { checkKind, dataDirOption, dataOption, ownDataOptions } from '../options/data.js';
import { path } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { EMBEDDED_TEXT, missingKeys, ownData, partsOf } from '../ownData.js';
import { modelFile } from '../ownModel.js';
import { quote } from '../shell.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

const options = {
  checkpoint: {
    value: 'RUN',
    about: 'a checkpoint file, or the folder of a run or of checkpoints, whose newest is used',
    required: 'see --help',
    parse: path,
  },
  data: {
    ...dataOption,
    about: `csv:FILE, images:DIR, text:FILE, or one of ${dataKeys.join(', ')}; if these are the training's data, only the held-out part is used`,
    shownDefault: "the training's, if their name is enough to find them",
  },
  dataDir: { ...dataDirOption, check: undefined },
  all: { about: 'test on all samples of your own data or of moby-dick, also on the training part' },
  missing: { ...ownDataOptions.missing, default: undefined, shownDefault: 'as in training', check: undefined },
  model: {
    value: 'FILE',
    about: 'the file of your own model, as given to train --model: a checkpoint holds only its name',
    parse: modelFile,
  },
  ...shared.computing,
  json: shared.json,
} satisfies Schema;

export const evaluation = command({
  usage: '--checkpoint RUN [options]',
  examples: [
    'boundgrad eval --checkpoint runs/spirals',
    'boundgrad eval --checkpoint runs/houses --data csv:houses.csv',
    'boundgrad eval --checkpoint runs/photos --data images:more-photos --json',
  ],
  options,
  kept: Object.keys(ownDataOptions),
  run,
});

async function run({ checkpoint: source, json, ...given }: Values<typeof options>): Promise<string[]> {
  await chooseBackend(given.backend, given.threads, given.noWide);
  const read = readRun(source);
  const { checkpoint, path } = read;
  const made = isOfProgram(checkpoint) ? await loadProgram(read, given.model) : null;
  const data = given.data ?? dataOf(checkpoint);
  const [test, part, about] = await testOf(data, checkpoint, path, given);
  const notes = [...(made?.notes ?? read.notes), ...about];
  for (const note of notes) writeLine(process.stderr, `boundgrad: ${note}`);
  const { name, model } = made ?? (await modelOf(checkpoint, path, test, given.model));
  try {
    model.loadStateDict(checkpoint.model);
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--data ${data}: the checkpoint's ${name} is for other data: ${error.message}`, error);
  }
  const { optimizer, steps: step } = checkpoint.optimizer.meta;
  const head = { checkpoint: path, model: name, optimizer, step, ...bestOf(checkpoint), data, part };
  const found = await evaluate(model, test);
  const doubts = [otherNote(data, checkpoint.settings), unitNote(found, test)];
  for (const doubt of doubts) if (doubt) writeLine(process.stderr, `boundgrad: ${data}: ${doubt}`);
  return evaluationText(head, found, checkpoint, test, json);
}

/** A model that always predicts the mean has R2 = 0. Below this the values are probably of another unit. */
const HOPELESS = -10;
/** Fewer samples vary too little for R2. */
const FEW = 10;

/** A note that the values to predict are probably in another unit than those of the training; null if they are not. */
function unitNote({ samples, regression }: Evaluation, { preparation }: AnyDataset): string | null {
  const { table, targets } = preparation ?? {};
  if (!regression || samples < FEW || !targets || regression.r2 === null || regression.r2 > HOPELESS) return null;
  const means = targets.mean.map((mean, i) => `${table?.target[i] ?? 'the values'} ${Number(mean.toPrecision(4))}`);
  return `R2 is far below 0: are the values in the unit of the training, whose mean was: ${means.join(', ')}?`;
}

/** Samples that are read at a time. */
const BATCH = 100;

/** A note that an evaluation uses samples of the training; null if it uses none. */
async function seenNote(set: AnyDataset, data: string, { samples: seen }: Description): Promise<string | null> {
  if (!seen) return `${data}: all samples are evaluated: the checkpoint does not say which of them the training used`;
  const missing = new Set(seen);
  for (let from = 0; from < set.length; from += BATCH) {
    const n = Math.min(BATCH, set.length - from);
    const found = await checksumsOf(
      set,
      Int32Array.from({ length: n }, (_, i) => from + i),
    );
    for (const sum of found) missing.delete(sum);
  }
  const kept = new Set(seen).size;
  if (missing.size === kept) return null;
  return (
    `${data}: the training used samples of these data: ${kept - missing.size} of the ${kept} that the checkpoint remembers are among them; ` +
    'the figures are better than they would be for new data'
  );
}

/** Whether a program saved the checkpoint with `fit`: the command line keeps the name of the model in the settings. */
function isOfProgram({ settings, description }: Checkpoint): boolean {
  return typeof settings.model !== 'string' && description !== undefined;
}

/** The model that a program trained, and its name. Throws Failure if the model or its data cannot be made again. */
async function loadProgram(read: ReturnType<typeof readRun>, file: string | undefined) {
  const { model: made, preparation } = read.checkpoint.description!;
  if (preparation.custom)
    throw refuse(
      `--checkpoint: '${read.path}': a function of the program prepared its data: call evaluate() in the program`,
    );
  const { model, notes } = await loadTrained(read, file);
  return { name: made && 'name' in made ? made.name : basename(file!), model, notes };
}

/** The data set that a checkpoint names. Throws Failure if the name does not say where the data are. */
function dataOf({ settings, description }: Checkpoint): string {
  const { dataset } = settings;
  const isKept = dataset === EMBEDDED_TEXT || !isOwn(settings);
  if (typeof dataset === 'string' && dataKeys.includes(dataset) && isKept) return dataset;
  const { table, text } = description?.preparation ?? {};
  const kind = table ? 'csv' : text ? 'text' : isOwn(settings) ? 'images' : null;
  const option = kind ? `--data ${kind}:${kind === 'images' ? 'DIR' : 'FILE'}` : '--data DATA';
  const why =
    typeof dataset === 'string' ? `was trained on ${dataset}, whose folder it does not keep` : 'names no data set';
  const remedy =
    kind && typeof dataset === 'string' ? `; give --data ${quote(`${kind}:${dataset}`)}, with its path` : '';
  throw refuse(`eval: ${option} is missing: the checkpoint ${why}${remedy}`);
}

/** Whether a checkpoint's model was trained on a user's own data, of which a part was held out. */
function isOwn(settings: Checkpoint['settings']): boolean {
  return Object.hasOwn(settings, 'held out');
}

/** The samples to evaluate on, what they are, and notes on them. Throws Failure if options do not fit the data. */
async function testOf(
  data: string,
  checkpoint: Checkpoint,
  path: string,
  { dataDir, all, missing }: Pick<Values<typeof options>, 'dataDir' | 'all' | 'missing'>,
): Promise<[AnyDataset, About['part'], notes: readonly string[]]> {
  dataDirOption.check({ data, dataDir });
  if (missing) checkKind('csv', 'missing', data);
  if (all) checkKind('own', 'all', data);
  if (!ownData(data)) {
    const set = await loadTest(data, dataDir);
    if (isOfProgram(checkpoint)) checkPrepared(set, data, checkpoint.description!);
    return [set, 'test', []];
  }
  const { settings } = checkpoint;
  const description = descriptionOf(checkpoint, path);
  // The table has values for missing cells only if the training filled them.
  const filled = description.preparation.table?.columns.some(({ fill }) => fill !== undefined) ? 'fill' : undefined;
  const how = missing ?? missingKeys.find((known) => known === settings.missing) ?? filled;
  const { data: set, notes } = await loadPrepared(data, description, {
    missing: how,
    augment: augmentKeys.filter((key) => `${settings.augment}`.split(',').includes(key)),
  });
  const { kind, path: file } = ownData(data)!;
  const far = kind === 'csv' && how !== 'drop' ? await farNote(readText(file), description) : null;
  if (far) notes.push(`${data}: ${far}`);
  const held = all ? null : await heldOut(set, settings);
  if (held) return [held, 'held out', notes];
  const seen = await seenNote(set, data, description);
  return [set, 'all', seen ? [...notes, seen] : notes];
}

/** A note that a model is tested on another data set of the library than that of its training; null for a sample of the same set. */
function otherNote(data: string, settings: Checkpoint['settings']): string | null {
  const trained = `${settings.dataset}`;
  const isSame = isOwn(settings) || data.startsWith(trained) || trained.startsWith(data);
  return isSame || !dataKeys.includes(trained) ? null : `the training was on ${trained}`;
}

/** Throws Failure unless a test set of the library has the preparation and the classes of a program's training data. */
function checkPrepared(set: AnyDataset, data: string, { preparation, classes }: Description): void {
  const same = [
    [set.preparation ?? {}, preparation],
    [set.targetShape ? null : set.classes.map(String), classes],
  ].every(([a, b]) => JSON.stringify(a) === JSON.stringify(b));
  if (same) return;
  throw refuse(`--data ${data}: the program prepared its data in another way: call evaluate() in the program`);
}

/** The part of the data that a training held out; null if these are not the data of the training. */
async function heldOut(set: AnyDataset, settings: Checkpoint['settings']): Promise<AnyDataset | null> {
  const { 'held out': part, 'split seed': seed, samples, 'data checksum': sum } = settings;
  const [, fold, folds] = /^fold (\d+) of (\d+)$/.exec(`${part}`) ?? [];
  const how = folds ? { fold: Number(fold), folds: Number(folds) } : { val: Number(part) };
  const isKnown = folds ? how.fold! >= 1 && how.fold! <= how.folds! : how.val! > 0 && how.val! < 1;
  if (!isKnown || !Number.isSafeInteger(seed)) return null;
  try {
    const [train, test] = partsOf(set, { ...how, seed: seed as number });
    return train.length === samples && (await checksumOf(train)) === sum ? test : null;
  } catch (error) {
    // Data of another size, which cannot be split in this way.
    if (error instanceof BoundgradError) return null;
    throw error;
  }
}

/** The description of the data in a checkpoint. Throws Failure if it has none. */
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
    if (own !== undefined) throw refuse(`--model: the checkpoint holds boundgrad's ${name}: leave out --model`);
    return { name, model: await makeModel(name, data, 0) };
  }
  if (own === undefined)
    throw refuse(`--checkpoint: '${path}' holds a model of your own, from ${name}: name that file with --model FILE`);
  return { name, model: await makeOwn(own, data.shape, outputsOf(data), 0, data.labelShape) };
}

/** The epoch whose weights --keep-best saved, if it did. */
function bestOf({ callbacks: { keepBest } }: Checkpoint): { epoch?: number } {
  const epoch = (keepBest as { epoch?: unknown } | undefined)?.epoch;
  return Number.isSafeInteger(epoch) && (epoch as number) > 0 ? { epoch: epoch as number } : {};
}
