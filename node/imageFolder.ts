// A data set of pictures in folders: one folder for each class.
//
//   photos/cat/1.jpg  photos/cat/2.png  photos/dog/1.jpg      classes: cat, dog
//
// Classes and files are in the order of the codes of their names' characters, so every machine has the same data set.
import { createHash } from 'node:crypto';
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkOptions, DataError, must } from '../core/index.js';
import { type Augment, channelMoments, ImageDataset } from '../datasets/images.js';
import { type PictureOptions, pictureShape, writeResized } from '../datasets/pictures/resize.js';
import { blankDoubt, copiesDoubt } from './imageDoubts.js';
import { type FilePath, pathOf } from './path.js';
import { decodePicture, pictureFile } from './pictures/readPicture.js';
import { reasonOf } from './systemError.js';

/** The size of the images, and what else a data set of pictures has. */
export interface ImageFolderOptions extends PictureOptions {
  /** The names of the classes, in order. Give the training set's for a folder that may lack some of them. Default: the names of
   *  the folders. */
  classes?: readonly string[];
  /** The mean of each channel, of pixels scaled to 0..1; for a test set, that of the training set. Default: the mean of these pictures. */
  mean?: readonly number[];
  /** The standard deviation of each channel, of pixels scaled to 0..1; for a test set, that of the training set. Default: the deviation of these pictures. */
  std?: readonly number[];
  /** Random changes of each training batch: `randomCrop`, `randomFlip`, `cutout`, or several by `compose`. Default: none. */
  augment?: Augment;
  /** The name of the data set in messages and reports. Default: the name of the folder. */
  name?: string;
}

/** The file name extensions of pictures that are read. */
const READ = /\.(png|jpe?g)$/i;
/** The file name extensions of other kinds of pictures, which are refused. */
const OTHER = /\.(gif|webp|bmp|tiff?|heic|heif|avif|jxl|jp2|svg|ico)$/i;

/** Loads PNG and JPEG pictures from a folder that has a folder for each class, as bytes [n, channels, rows, columns]. The pictures are
 *  decoded one at a time and resized to `size`.
 *
 *    const train = await imageFolder('photos/train', { size: 32 });
 *    const { mean, std } = train.preparation.pixels!;
 *    const test = await imageFolder('photos/test', { size: 32, classes: train.classes, mean, std });
 *
 *  `__MACOSX`, names that begin with a dot, and files without the extension of a picture are skipped. Transparent
 *  pixels are laid over white; EXIF's orientation is applied; gamma and colour profiles are not.
 *  Prints a warning if several pictures are of one value, such as black, or equal those of the data set whose `classes` are given; without
 *  `classes` also if the folders have the names of parts, such as train and test, if a picture equals one of another class, or if many
 *  pictures repeat others.
 *  Throws DataError if a picture is damaged, over 64 megapixels, in CMYK colours, or of a kind that is not decoded; for links, pipes,
 *  pictures that are in no class's folder, folders in a class's folder, folders that are not in `classes`, and classes without pictures. */
export async function imageFolder(from: FilePath, options: ImageFolderOptions): Promise<ImageDataset> {
  const { data, doubt } = await readFolder(from, options);
  if (doubt !== null) console.warn(`${data.name}: ${doubt}`);
  return data;
}

/** The data set of `imageFolder`, and why its pictures are doubtful; null if they are not. */
export async function readFolder(
  from: FilePath,
  options: ImageFolderOptions,
): Promise<{ data: ImageDataset; doubt: string | null }> {
  const all = ['size', 'channels', 'classes', 'mean', 'std', 'augment', 'name'];
  checkOptions('imageFolder', options, all);
  const dir = pathOf('imageFolder: dir', from);
  const shape = pictureShape('imageFolder', options);
  const { name = basename(resolve(dir)) || 'images', augment } = options;
  const found = classFolders(dir);
  const classes = options.classes ?? found;
  const areNames = Array.isArray(classes) && classes.length > 0 && classes.every((c) => typeof c === 'string');
  must(areNames, 'imageFolder: classes', 'a list of names', classes);
  const unknown = found.find((folder) => !classes.includes(folder));
  if (unknown !== undefined)
    throw new DataError(`${join(dir, unknown)}: not one of the classes ${classes.join(', ')}; rename or move it`);
  const files = found.flatMap((folder) =>
    picturesIn(join(dir, folder)).map((path) => ({ path, label: classes.indexOf(folder) })),
  );
  const size = shape[0] * shape[1] * shape[2];
  const pixels = allocate(files.length * size, dir, files.length, shape);
  for (const [i, { path }] of files.entries()) {
    const picture = await decodePicture(pictureFile(path, { follow: false }), path);
    writeResized(picture, shape, pixels.subarray(i * size, (i + 1) * size));
  }
  const own = options.mean && options.std ? null : channelMoments(pixels, shape);
  const { mean = own!.mean, std = own!.std } = options;
  const labels = Int32Array.from(files, ({ label }) => label);
  const data = new ImageDataset({ name, pixels, labels, shape, classes, mean, std, augment });
  // A test set gets the classes of its training set.
  const train = trainedBy.get(classes);
  const copies = train && train.dir !== resolve(dir) ? copiesDoubt(train.data, data) : null;
  trainedBy.set(data.classes, { data, dir: resolve(dir) });
  return { data, doubt: blankDoubt(data) ?? copies ?? (options.classes ? null : doubtOf(files, classes, pixels)) };
}

/** The data sets that were read, each with its folder, by their lists of classes. */
const trainedBy = new WeakMap<readonly string[], { data: ImageDataset; dir: string }>();

/** The names of the classes' folders. */
function classFolders(dir: string): string[] {
  const entries = entriesOf(dir);
  const loose = entries.find((entry) => !entry.isDirectory() && (READ.test(entry.name) || OTHER.test(entry.name)));
  if (loose)
    throw new DataError(
      `${join(dir, loose.name)}: it is in no class's folder; put pictures in a folder for each class`,
    );
  const link = entries.find((entry) => entry.isSymbolicLink());
  if (link) throw refuseLink(join(dir, link.name));
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (folders.length > 0) return folders;
  throw new DataError(`${dir}: no pictures: it must have a folder for each class, with PNG or JPEG files in it`);
}

/** The paths of the pictures of a class. */
function picturesIn(folder: string): string[] {
  const paths: string[] = [];
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) throw new DataError(`${path}: a folder in a class's folder; ${remedyFor(folder)}`);
    if (entry.isSymbolicLink()) throw refuseLink(path);
    if (OTHER.test(entry.name))
      throw new DataError(`${path}: pictures of this kind are not decoded; save it as PNG or JPEG, or move it`);
    if (READ.test(entry.name)) paths.push(path);
  }
  if (paths.length > 0) return paths;
  throw new DataError(`${folder}: a class without pictures: no file ends in .png, .jpg or .jpeg; remove the folder?`);
}

/** Names of folders that hold a part of the data rather than a class. */
const PART = /^(train(ing)?|test(ing)?|val(id(ation)?)?|dev|holdout)$/i;

/** What to do if the folder of a class holds folders. */
function remedyFor(folder: string): string {
  return PART.test(basename(folder)) ? `give '${folder}', which holds the classes` : 'put its pictures beside it';
}

/** Why pictures in folders are doubtful: the folders are parts of the data, or pictures repeat others. Null if they are not. */
function doubtOf(files: readonly { path: string; label: number }[], classes: readonly string[], pixels: Uint8Array) {
  if (classes.length > 1 && classes.every((name) => PART.test(name)))
    return `the classes are ${classes.join(', ')}: parts of the data? each folder is read as a class`;
  const size = pixels.length / files.length;
  const first = new Map<string, number>();
  let copies = 0;
  let torn = '';
  for (const [i, { path, label }] of files.entries()) {
    const key = createHash('sha256')
      .update(pixels.subarray(i * size, (i + 1) * size))
      .digest('base64');
    const at = first.get(key);
    if (at === undefined) first.set(key, i);
    else {
      copies++;
      if (files[at].label !== label) torn ||= `at this size ${path} equals ${files[at].path}, of another class`;
    }
  }
  if (torn) return torn;
  return copies * 5 < files.length || files.length < 10
    ? null
    : `${copies} of ${files.length} pictures repeat others: on copies of training pictures a test looks too good`;
}

function refuseLink(path: string): DataError {
  return new DataError(`${path}: it is a symbolic link; pictures are read from regular files in the folder only`);
}

/** The entries of a folder, sorted by name, without names that begin with a dot, and without the folder that macOS adds to archives. */
function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !/^(\.|__MACOSX$)/.test(name));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such folder' : code === 'ENOTDIR' ? 'it is not a folder' : reasonOf(error);
    throw new DataError(`${folder}: cannot be read: ${why}`, { cause: error });
  }
}

function allocate(bytes: number, dir: string, count: number, shape: readonly number[]): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const what = `${count} pictures of ${shape.join(' x ')} are ${(bytes / 1e9).toFixed(1)} GB`;
    throw new DataError(`${dir}: too large for the memory: ${what}; choose a smaller size`, { cause });
  }
}
