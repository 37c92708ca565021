// `boundgrad eval`: evaluates the model of a checkpoint on a test set.
import { basename } from 'node:path';
import { BoundgradError } from '../../core/index.js';
import type { AnyDataset } from '../../datasets/index.js';
import { type Checkpoint, evaluate } from '../../fit/index.js';
import { chooseBackend } from '../backend.js';
import { changesOf, loadTrained, readRun } from '../checkpoint.js';
import { dataKeys } from '../datasets.js';
import { dataOf, isOfProgram, otherNote, testOf, unitNote } from '../evaluatedData.js';
import { evaluationText } from '../evaluationText.js';
import { refuse } from '../failure.js';
import { makeModel, makeOwn, modelKeys, outputsOf } from '../models.js';
import { dataDirOption, dataOption, ownDataOptions } from '../options/data.js';
import { path } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { modelFile } from '../ownModel.js';
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
    shownDefault: "the training's, if boundgrad can find or make them by their name",
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
  const loaded = isOfProgram(checkpoint) ? await loadProgram(read, given.model) : null;
  const data = given.data ?? dataOf(checkpoint);
  const [test, part, dataNotes] = await testOf(data, checkpoint, path, given);
  const notes = [...(loaded?.notes ?? read.notes), ...dataNotes];
  for (const note of notes) writeLine(process.stderr, `boundgrad: ${note}`);
  const { name, model } = loaded ?? (await modelOf(checkpoint, path, test, given.model));
  try {
    model.loadStateDict(checkpoint.model);
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    if (given.model === undefined)
      throw refuse(`--data ${data}: the checkpoint's ${name} is for other data: ${error.message}`, error);
    const why = `for these data it makes another model than the checkpoint's: ${error.message}`;
    throw refuse(`--model ${given.model}: ${why}; give the file and the data of the training`, error);
  }
  // The notes of `loadTrained` contain the changes of a program's checkpoint.
  const changes = loaded || given.model === undefined ? [] : changesOf(given.model, checkpoint, model);
  for (const note of changes) writeLine(process.stderr, `boundgrad: ${note}`);
  const { optimizer, steps: step } = checkpoint.optimizer.meta;
  const head = { checkpoint: path, model: name, optimizer, step, ...bestOf(checkpoint), data, part };
  const found = await evaluate(model, test);
  const doubts = [otherNote(data, checkpoint.settings), unitNote(found, test)];
  for (const doubt of doubts) if (doubt) writeLine(process.stderr, `boundgrad: ${data}: ${doubt}`);
  return evaluationText(head, found, checkpoint, test, json);
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
