// What the nets of a race learn: samples to train and to test on, the net, and the loss.
import {
  BoundgradError,
  charLstm,
  csv,
  DataLoader,
  mlp,
  mse,
  splitDataset,
  standardize,
  subset,
  type Tensor,
  textDataset,
} from '../../index.js';
import { LOOMINGS } from './loomings.js';
import { StateError } from './optimizerOf.js';
import { type CsvFile, checksumOf, delimiterOf, MOST_CSV, type RaceKind } from './raceTasks.js';
import type { RaceState } from './state.js';
import { type Images, imagesOf, netNamed, pointsOf, type Samples, type Task } from './training.js';

/** The number of test images. */
const TEST_IMAGES = 500;
/** The most samples on which a slice of the loss is computed. */
const SLICE_SAMPLES = { points: 400, images: 128, text: 32, table: 400 } as const;
/** The most characters of an input of charLstm. */
const CONTEXT = 32;

/** Samples as tensors. */
export type Batch = readonly [x: Tensor, y: Tensor];

/** What every rule of a race learns. */
export interface RaceTask extends Task {
  kind: RaceKind;
  /** The names of the classes, or the characters. Null: the net predicts numbers. */
  classes: readonly string[] | null;
  test: readonly Batch[];
  /** The samples of a slice of the loss: the first training samples. */
  sliced: readonly Batch[];
  /** The tokens with which generated texts begin. */
  prompt: readonly number[];
  /** Whether a test takes as long as several steps, so that there are fewer tests. */
  isSlow?: boolean;
  /** What the net predicts from what, in words. */
  about: string;
}

/** Returns what the nets of a state learn. file: the CSV file that the page or the command was given. Throws StateError if the images
 *  or the file are missing, or if the file is not the one that the state names or holds no table to learn from. */
export async function raceTaskOf(state: RaceState, images: Images, file: CsvFile | null): Promise<RaceTask> {
  try {
    return await makeTask(state, images, file);
  } catch (error) {
    // The error for a table that cannot be read says why.
    if (error instanceof BoundgradError) throw new StateError(error.message, 'data');
    throw error;
  }
}

async function makeTask(state: RaceState, images: Images, file: CsvFile | null): Promise<RaceTask> {
  const { data, race, seed } = state;
  if (data === 'csv') return tableTask(state, file);
  if (data === 'loomings' || data === 'text') return textTask(data === 'text' ? state.text : LOOMINGS);
  const kind = data === 'fashion' ? 'images' : 'points';
  let train: Samples;
  let test: Samples;
  if (data === 'fashion') {
    const found = await imagesOf(images);
    train = found.train;
    // Image i has class i mod 10, so the first ones are balanced.
    test = subset(
      found.test,
      Int32Array.from({ length: Math.min(TEST_IMAGES, found.test.length) }, (_, i) => i),
    );
  } else {
    train = pointsOf(data, seed);
    // The test points have another seed.
    test = pointsOf(data, (seed ^ 1) >>> 0);
  }
  const { classes } = train;
  const count = `${train.length.toLocaleString('en')} ${kind} train, ${test.length} test`;
  return {
    kind,
    samples: train,
    classes,
    prompt: [],
    about: count,
    makeNet: (random) => netNamed(race === 'charLstm' ? 'mlp' : race, kind, random),
    isSlow: race === 'resnet8',
    ...(await batchesOf(train, test, kind)),
  };
}

async function textTask(text: string): Promise<RaceTask> {
  const characters = [...text];
  const context = Math.min(CONTEXT, Math.floor(characters.length / 10) - 2);
  const { classes } = textDataset(text, { context });
  const cut = Math.floor(0.9 * characters.length);
  const train = textDataset(characters.slice(0, cut).join(''), { context, stride: 4, vocabulary: classes });
  const test = textDataset(characters.slice(cut).join(''), { context, vocabulary: classes });
  return {
    kind: 'text',
    samples: train,
    classes,
    prompt: characters.slice(0, 4).map((c) => classes.indexOf(c)),
    about: `${characters.length.toLocaleString('en')} characters, ${classes.length} different; inputs of ${context}`,
    makeNet: (random) => charLstm({ vocabulary: classes.length, embeddingDim: 16, hiddenSize: 64, random }),
    ...(await batchesOf(train, test, 'text')),
  };
}

async function tableTask({ file: named, seed }: RaceState, file: CsvFile | null): Promise<RaceTask> {
  if (!named) throw new StateError('no file is chosen: drop a CSV file onto the page', 'data');
  if (!file)
    throw new StateError(
      `the address names the file ${named.name} but does not contain it: drop the file onto the page, or give it to the command as --csv FILE`,
      'data',
    );
  if (checksumOf(file.text) !== named.check)
    throw new StateError(`${file.name} is not the file that the address names: its checksum differs`, 'data');
  if (file.text.length > MOST_CSV)
    throw new StateError(`${file.name}: ${file.text.length} characters, at most ${MOST_CSV}`, 'data');
  const options = {
    target: named.target,
    delimiter: delimiterOf(file.text),
    missing: 'fill',
    name: file.name,
  } as const;
  let data = csv(file.text, options);
  // If the target has only a few whole numbers, for example 0 and 1, they are classes.
  if (data.classes.length === 0) {
    const { targets } = data.batch(Int32Array.from({ length: data.length }, (_, i) => i)) as { targets: Float32Array };
    const different = new Set(targets);
    if (different.size >= 2 && different.size <= 10 && targets.every(Number.isInteger))
      data = csv(file.text, { ...options, classes: true });
  }
  if (data.length < 10)
    throw new StateError(`${file.name}: at least 10 rows are needed: it has ${data.length}`, 'data');
  const [first, second] = splitDataset(data, 0.8, { seed });
  const train = standardize(first, { except: data.oneHot });
  const test = standardize(second, { statistics: train.statistics, except: data.oneHot });
  const classes = data.classes.length > 0 ? data.classes : null;
  const inputs = data.features.length;
  const what = classes ? `${classes.length} classes of ${named.target}` : `the number ${named.target}`;
  return {
    kind: 'table',
    samples: train,
    classes,
    prompt: [],
    about: `${what} from ${inputs} inputs; ${train.length} rows train, ${test.length} test`,
    makeNet: (random) => mlp({ sizes: [inputs, 32, 32, classes?.length ?? 1], random }),
    ...(!classes && { loss: (output: Tensor, y: Tensor) => mse(output, y) }),
    ...(await batchesOf(train, test, 'table')),
  };
}

async function batchesOf(train: Samples, test: Samples, kind: RaceKind): Promise<Pick<RaceTask, 'test' | 'sliced'>> {
  const few = Math.min(train.length, SLICE_SAMPLES[kind]);
  const first = subset(
    train as Parameters<typeof subset>[0],
    Int32Array.from({ length: few }, (_, i) => i),
  );
  return { test: await tensorsOf(test), sliced: await tensorsOf(first) };
}

async function tensorsOf(data: Samples): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of new DataLoader(data, { batchSize: 100 })) batches.push(batch);
  return batches;
}
