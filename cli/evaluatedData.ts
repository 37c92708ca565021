// The data that `boundgrad eval` uses, and what makes them doubtful.
import { BoundgradError } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import type { Description } from '../fit/description.js';
import type { Checkpoint, Evaluation } from '../fit/index.js';
import { checksumOf, checksumsOf } from '../fit/settings.js';
import { readText } from '../node/tables.js';
import { augmentKeys } from './augmentations.js';
import { dataKeys, loadPrepared, loadTest } from './datasets.js';
import type { About } from './evaluationText.js';
import { refuse } from './failure.js';
import { farNote } from './farNumbers.js';
import { checkKind, dataDirOption } from './options/data.js';
import { EMBEDDED_TEXT, type Missing, missingKeys, ownData, partsOf } from './ownData.js';
import { quote } from './shell.js';

/** Options that choose the data. */
interface Given {
  dataDir?: string;
  all: boolean;
  missing?: Missing;
}

/** Whether a program saved the checkpoint with `fit`: the command line keeps the name of the model in the settings. */
export function isOfProgram({ settings, description }: Checkpoint): boolean {
  return typeof settings.model !== 'string' && description !== undefined;
}

/** The data set that a checkpoint names. Throws Failure if the name does not say where the data are. */
export function dataOf({ settings, description }: Checkpoint): string {
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

/** Whether a checkpoint's model was trained on a user's own data or the embedded text, of which a part was held out. */
function isOwn(settings: Checkpoint['settings']): boolean {
  return Object.hasOwn(settings, 'held out');
}

/** The samples to evaluate on, what they are, and notes on them. Throws Failure if options do not fit the data. */
export async function testOf(
  data: string,
  checkpoint: Checkpoint,
  path: string,
  { dataDir, all, missing }: Given,
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

/** Samples that are read at a time. */
const BATCH = 100;

/** A note that an evaluation uses samples of the training, or that the checkpoint does not say which these are; null if it uses none. */
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

/** A note that a model is tested on another data set of the library than that of its training; null for a sample of the same set. */
export function otherNote(data: string, settings: Checkpoint['settings']): string | null {
  const trained = `${settings.dataset}`;
  const isSame = isOwn(settings) || data.startsWith(trained) || trained.startsWith(data);
  return isSame || !dataKeys.includes(trained) ? null : `the training was on ${trained}`;
}

/** A model that always predicts the mean has R2 = 0. Below this the values are probably of another unit. */
const HOPELESS = -10;
/** Fewer samples vary too little for R2. */
const FEW = 10;

/** A note that the values to predict are probably in another unit than those of the training; null if they are not. */
export function unitNote({ samples, regression }: Evaluation, { preparation }: AnyDataset): string | null {
  const { table, targets } = preparation ?? {};
  if (!regression || samples < FEW || !targets || regression.r2 === null || regression.r2 > HOPELESS) return null;
  const means = targets.mean.map((mean, i) => `${table?.target[i] ?? 'the values'} ${Number(mean.toPrecision(4))}`);
  return `R2 is far below 0: are the values in the unit of the training, whose mean was: ${means.join(', ')}?`;
}
