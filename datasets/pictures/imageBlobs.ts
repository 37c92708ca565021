// A data set of pictures in a page: files that a user chose or dropped, decoded by the browser.
import { checkOptions, DataError, must, Tensor, ValueError } from '../../core/index.js';
import { type Augment, channelMoments, ImageDataset } from '../images.js';
import { readHeader } from './header.js';
import { type Picture, type PictureOptions, pictureShape, writeResized } from './resize.js';

/** A Blob or File of a page. */
export interface PictureBlob {
  /** The number of its bytes. */
  readonly size: number;
  /** The file's name, if it is a File. */
  readonly name?: string;
  /** Its bytes. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Options of `imageBlobs`: the size of the images, their normalization and augmentation, and a name. */
export interface ImageBlobsOptions extends PictureOptions {
  /** The mean of each channel, of pixels scaled to 0..1; for a test set, that of the training set. Default: the mean of these pictures. */
  mean?: readonly number[];
  /** The standard deviation of each channel, of pixels scaled to 0..1; for a test set, that of the training set. Default: the deviation of these pictures. */
  std?: readonly number[];
  /** Random changes of each training batch: `randomCrop`, `randomFlip`, `cutout`, or several by `compose`. Default: none. */
  augment?: Augment;
  /** The name of the data set in messages and reports. Default: 'images'. */
  name?: string;
}

/** Makes a data set of pictures in a page, from the files of each class: the counterpart of `imageFolder`, with the browser's decoders
 *  and the same resizing. It takes PNG and JPEG, which `imageFolder` reads too. Pictures are decoded one at a time.
 *
 *    const data = await imageBlobs({ cat: catInput.files, dog: dogInput.files }, { size: 32 });
 *
 *  Throws DataError if a picture is damaged, over 64 megapixels, or of another kind; ValueError outside a page. */
export async function imageBlobs(
  classes: Readonly<Record<string, ArrayLike<PictureBlob>>>,
  options: ImageBlobsOptions,
): Promise<ImageDataset> {
  checkOptions('imageBlobs', options, ['size', 'channels', 'mean', 'std', 'augment', 'name']);
  const shape = pictureShape('imageBlobs', options);
  const { name = 'images', augment } = options;
  must(typeof classes === 'object' && classes !== null, 'imageBlobs: classes', 'lists of files by class', classes);
  const names = Object.keys(classes);
  const blobs = names.flatMap((key, label) => {
    const files = classes[key] instanceof Tensor ? [] : (classes[key] ?? []);
    const list: PictureBlob[] = Array.prototype.slice.call(files);
    if (list.length === 0) throw new DataError(`imageBlobs: a class without pictures: ${key}`);
    return list.map((blob, i) => ({ blob, label, at: blob.name || `${key}[${i}]` }));
  });
  if (blobs.length === 0) throw new DataError('imageBlobs: no pictures: give { name: files } for each class');
  const size = shape[0] * shape[1] * shape[2];
  const pixels = new Uint8Array(blobs.length * size);
  for (const [i, { blob, at }] of blobs.entries())
    writeResized(await decodeBlob('imageBlobs', blob, at), shape, pixels.subarray(i * size, (i + 1) * size));
  const own = options.mean && options.std ? null : channelMoments(pixels, shape);
  const { mean = own!.mean, std = own!.std } = options;
  const labels = Int32Array.from(blobs, ({ label }) => label);
  return new ImageDataset({ name, pixels, labels, shape, classes: names, mean, std, augment });
}

/** The picture of a PNG or JPEG file in a page, for `net.predict`; decoded by the browser, upright, over white.
 *  Throws DataError if it is damaged, over 64 megapixels, or of another kind; ValueError outside a page. */
export async function pictureOf(blob: PictureBlob): Promise<Picture> {
  return decodeBlob('pictureOf', blob, blob?.name || 'picture');
}

async function decodeBlob(what: string, blob: PictureBlob, name: string): Promise<Picture> {
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function')
    throw new ValueError(`${what}: no decoder: this is not a page; boundgrad/node has imageFolder and readPicture`);
  must(typeof blob?.arrayBuffer === 'function', `${what}: ${name}`, 'a Blob or File', blob);
  readHeader(new Uint8Array(await blob.arrayBuffer()), name);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob as Blob, { colorSpaceConversion: 'none', imageOrientation: 'from-image' });
  } catch (cause) {
    throw new DataError(`${name}: damaged: ${(cause as Error).message}`, { cause });
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * 4 + (i % 3)];
  return { width, height, rgb, orientation: 1 };
}
