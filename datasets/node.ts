// MNIST and Fashion-MNIST from a folder of IDX files, plain or gzipped. Published as `boundgrad/node`.
// The one module of the library that imports Node's modules at load.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError, sameShape, show } from '../core/index.js';
import { parseIdx } from './idx.js';
import type { Augment, ImageDataset } from './images.js';
import { FASHION_MNIST, imagesOf, type Kind, MNIST, SIDE } from './mnist.js';

/** The largest file of either set, 60,000 images. More is refused before it is held in memory. */
const LIMIT = 16 + 60_000 * SIDE * SIDE;

/** dir: the folder with the four IDX files. train: the 60,000 training images (default) or the 10,000 test images. */
export interface FolderOptions {
  dir: string;
  train?: boolean;
  augment?: Augment;
}

/** Fashion-MNIST from a folder: https://github.com/zalandoresearch/fashion-mnist
 *  Throws DataError on a missing, truncated, foreign or inconsistent file, and says which files it wants. */
export function fashionMnist(options: FolderOptions): Promise<ImageDataset> {
  return fromFolder(FASHION_MNIST, options);
}

/** MNIST from a folder. Files and errors as for `fashionMnist`. */
export function mnist(options: FolderOptions): Promise<ImageDataset> {
  return fromFolder(MNIST, options);
}

async function fromFolder(kind: Kind, { dir, train = true, augment }: FolderOptions): Promise<ImageDataset> {
  const prefix = train ? 'train' : 't10k';
  const names = [`${prefix}-images-idx3-ubyte`, `${prefix}-labels-idx1-ubyte`];
  const [images, labels] = await Promise.all(
    names.map(async (name) => {
      const file = (await read(join(dir, name))) ?? (await read(join(dir, `${name}.gz`)));
      if (file) return { ...parseIdx(file.bytes, file.path), path: file.path };
      throw new DataError(
        `${kind.name}: no such file: ${join(dir, name)}, nor with .gz; the folder must hold ${names.join(' and ')}, ` +
          `plain or .gz, from ${kind.source}`,
      );
    }),
  );
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
  return imagesOf(kind, train ? 'train' : 'test', images.data, labels.data, augment);
}

/** The bytes of a file, unpacked where its name ends in .gz; null where there is none. */
async function read(path: string): Promise<{ path: string; bytes: Uint8Array } | null> {
  try {
    const { size } = await stat(path);
    if (size > LIMIT) throw new DataError(`${path}: too large: ${size} bytes, expected at most ${LIMIT}`);
    const bytes = await readFile(path);
    if (!path.endsWith('.gz')) return { path, bytes };
    return { path, bytes: await promisify(gunzip)(bytes, { maxOutputLength: LIMIT }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (error instanceof DataError) throw error;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DataError(`${path}: too large: it unpacks to more than ${LIMIT} bytes, the largest file of the set`);
    }
    throw new DataError(`${path}: cannot be read: ${message}; truncated or damaged?`, { cause: error });
  }
}
