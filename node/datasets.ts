// Data sets from files in a folder: MNIST and Fashion-MNIST in IDX files, plain or gzipped; CIFAR-10 in its binary layout.
// download/ downloads them. Each function warns if images of the set are of one value, such as black, or if test images equal training images
// that were read from the same folder.
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  checkFlag,
  checkFunction,
  checkOptions,
  DataError,
  must,
  sameShape,
  show,
  showValue,
  ValueError,
} from '../core/index.js';
import { cifarImages, ENTRY_BYTES, parseCifar10 } from '../datasets/cifar.js';
import { parseIdx } from '../datasets/idx.js';
import type { Augment, ImageDataset } from '../datasets/images.js';
import { FASHION_MNIST, MNIST, type MnistFormat, mnistImages, SIDE } from '../datasets/mnist.js';
import { fetchable } from './download/sources.js';
import { blankDoubt, copiesDoubt } from './imageDoubts.js';
import { readRegularFile } from './ownFile.js';
import { type FilePath, pathOf } from './path.js';
import { reasonOf } from './systemError.js';

export { type Fetched, type FetchOptions, fetchDataset } from './download/fetchDataset.js';

/** Bytes of the largest file of MNIST, with 60,000 images. A larger file is refused before it is read into memory. */
const LIMIT = 16 + 60_000 * SIDE * SIDE;
/** Bytes of all of CIFAR-10 in one file. */
const CIFAR_LIMIT = 60_000 * ENTRY_BYTES;

/** The first labels of the official files. They tell MNIST from Fashion-MNIST, whose files have the same names, and the parts of each. */
const FIRST: readonly [set: string, part: string, labels: string][] = [
  ['MNIST', 'train', '5 0 4 1 9 2 1 3 1 4 3 5 3 6 1 7 2 8 6 9'],
  ['MNIST', 't10k', '7 2 1 0 4 1 4 9 5 9 0 6 9 0 1 5 9 7 3 4'],
  ['Fashion-MNIST', 'train', '9 0 0 3 0 2 7 2 5 5 0 9 5 5 7 9 1 0 6 4'],
  ['Fashion-MNIST', 't10k', '9 2 1 1 6 1 4 6 5 7 4 5 7 3 4 1 2 4 8 0'],
];

/** Where a data set's files are, and which part to load. */
export interface FolderOptions {
  /** The folder with the files, as `fetchDataset` leaves them: a path or a file: URL. */
  dir: FilePath;
  /** true: the training images; false: the test images. Default: true. */
  train?: boolean;
  /** Random changes of each training batch: `randomCrop`, `randomFlip`, `cutout`, or several by `compose`. Default: none. */
  augment?: Augment;
}

/** Loads Fashion-MNIST from the two IDX files of a part, plain or .gz: 60,000 training or 10,000 test images, each (1,28,28), of 10
 *  classes. Throws DataError if a file is missing, truncated, too large or of another format, if images and labels differ
 *  in number, or if the labels are those of MNIST or of the other part. Source: https://github.com/zalandoresearch/fashion-mnist */
export function fashionMnist(options: FolderOptions): Promise<ImageDataset> {
  return fromFolder(FASHION_MNIST, 'fashionMnist', options);
}

/** Loads MNIST, handwritten digits, from the two IDX files of a part, plain or .gz: 60,000 training or 10,000 test images, each
 *  (1,28,28), of 10 classes. Throws as `fashionMnist` does.
 *  Source: LeCun, Cortes and Burges; https://ossci-datasets.s3.amazonaws.com/mnist/ */
export function mnist(options: FolderOptions): Promise<ImageDataset> {
  return fromFolder(MNIST, 'mnist', options);
}

/** Loads CIFAR-10 from data_batch_1.bin to data_batch_5.bin or test_batch.bin: 50,000 training or 10,000 test images, each
 *  (3,32,32), of 10 classes. `batches`: the numbers of the training files to load. Default: all five. A file may have any
 *  number of images; official files have 10,000.
 *  Throws DataError if a file is missing or has another layout; ValueError if `batches` is empty, repeats or is out of 1..5, or
 *  if it is given for the test images. Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version" */
export async function cifar10(options: FolderOptions & { batches?: readonly number[] }): Promise<ImageDataset> {
  const { dir, train, augment } = checkFolder('cifar10', options, ['batches']);
  const { batches } = options;
  const all = [1, 2, 3, 4, 5];
  must(batches === undefined || Array.isArray(batches), 'cifar10: batches', 'a list', batches);
  if (batches && !(train && batches.length && batches.every((b, i) => all.includes(b) && batches.indexOf(b) === i))) {
    throw new ValueError(
      `cifar10: batches must be distinct numbers in 1..5, with train: true: [${batches.map(showValue)}], train: ${train}`,
    );
  }
  const names = train ? (batches ?? all).map((b) => `data_batch_${b}.bin`) : ['test_batch.bin'];
  const files = [];
  for (const name of names) files.push(await readBatch(dir, name));
  const { pixels, labels } = parseCifar10(files);
  const part = train ? (batches ? `train, batches ${batches.join(', ')}` : 'train') : 'test';
  return examined('cifar10', dir, train, cifarImages(`CIFAR-10 ${part}`, pixels, labels, augment));
}

/** By function and folder, the parts that were read. */
const parts = new Map<string, { train?: WeakRef<ImageDataset>; test?: WeakRef<ImageDataset> }>();

/** Warns of a part of a data set with images of one value, and of a test set with images of the training set of its folder. Returns the
 *  part. */
function examined(what: string, dir: string, isTrain: boolean, data: ImageDataset): ImageDataset {
  const key = `${what} ${resolve(dir)}`;
  const read = { ...parts.get(key), [isTrain ? 'train' : 'test']: new WeakRef(data) };
  parts.set(key, read);
  const [train, test] = [read.train?.deref(), read.test?.deref()];
  for (const doubt of [blankDoubt(data), train && test && copiesDoubt(train, test)])
    if (doubt) console.warn(`${data.name}: ${doubt}`);
  return data;
}

async function readBatch(dir: string, name: string): Promise<{ bytes: Uint8Array; name: string }> {
  const path = join(dir, name);
  const file = await read(path, CIFAR_LIMIT);
  if (file) return { bytes: file.bytes, name: path };
  const remedy = name === 'test_batch.bin' ? '' : '; `batches` selects the files to load';
  throw new DataError(
    `CIFAR-10: no such file: ${path}; the folder must hold data_batch_1.bin to data_batch_5.bin and test_batch.bin, which ` +
      '`boundgrad data fetch cifar10` downloads: the binary version of https://www.cs.toronto.edu/~kriz/cifar.html' +
      remedy,
  );
}

/** Returns the options with the folder's path and the defaults. Throws ValueError if one is missing, unknown or wrong. */
function checkFolder(what: string, options: FolderOptions, more: readonly string[] = []) {
  checkOptions(what, options, ['dir', 'train', 'augment', ...more]);
  const { dir, train = true, augment } = options;
  checkFlag(`${what}: train`, train);
  if (augment !== undefined) checkFunction(`${what}: augment`, augment, 'as cifarAugment() returns');
  return { dir: pathOf(`${what}: dir`, dir), train, augment };
}

async function fromFolder(kind: MnistFormat, what: string, options: FolderOptions): Promise<ImageDataset> {
  const { dir, train, augment } = checkFolder(what, options);
  const prefix = train ? 'train' : 't10k';
  const names = [`${prefix}-images-idx3-ubyte`, `${prefix}-labels-idx1-ubyte`];
  const readOne = async (name: string) => {
    const file = (await read(join(dir, name))) ?? (await read(join(dir, `${name}.gz`)));
    if (file) return { ...parseIdx(file.bytes, file.path), path: file.path };
    const key = kind.name.toLowerCase();
    const { from, page = from } = fetchable[key];
    throw new DataError(
      `${kind.name}: no such file: ${join(dir, name)}, nor with .gz; the folder must hold ${names.join(' and ')}, ` +
        `plain or .gz, from ${page}; \`boundgrad data fetch ${key}\` downloads them`,
    );
  };
  // In order, so that the message always names the first of two bad files.
  const images = await readOne(names[0]);
  const labels = await readOne(names[1]);
  if (!sameShape(images.shape.slice(1), [SIDE, SIDE]) || images.shape[0] === 0) {
    throw new DataError(`${images.path}: not images: shape ${show(images.shape)}; expected (n,${SIDE},${SIDE})`);
  }
  if (labels.shape.length !== 1) {
    throw new DataError(`${labels.path}: not labels: shape ${show(labels.shape)}; expected (n)`);
  }
  if (images.shape[0] !== labels.shape[0]) {
    throw new DataError(
      `${labels.path}: images and labels differ in number: ${labels.shape[0]} labels for the ` +
        `${images.shape[0]} images of ${images.path}`,
    );
  }
  const start = labels.data.subarray(0, 20).join(' ');
  const [set, part] = FIRST.find(([, , first]) => first === start) ?? [kind.name, prefix];
  if (set !== kind.name || part !== prefix)
    throw new DataError(
      `${labels.path}: it holds the ${part} labels of ${set}, not the ${prefix} labels of ${kind.name}`,
    );
  return examined(what, dir, train, mnistImages(kind, train ? 'train' : 'test', images.data, labels.data, augment));
}

/** The bytes of a file, unpacked if its name ends in .gz; null if it does not exist. */
async function read(path: string, limit = LIMIT): Promise<{ path: string; bytes: Uint8Array } | null> {
  try {
    const bytes = readRegularFile(path, limit);
    if (!path.endsWith('.gz')) return { path, bytes };
    return { path, bytes: await promisify(gunzip)(bytes, { maxOutputLength: limit }) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DataError(`${path}: too large: it unpacks to more than ${limit} bytes, the largest file of the set`);
    }
    const damaged = code?.startsWith('Z_') ? '; truncated or damaged?' : '';
    throw new DataError(`${path}: cannot be read: ${reasonOf(error)}${damaged}`, { cause: error });
  }
}
