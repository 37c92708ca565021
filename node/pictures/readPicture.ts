// Pictures from files: PNG and JPEG, by their first bytes, whatever the file's name.
import { atMost } from '../../core/index.js';
import { readHeader } from '../../datasets/pictures/header.js';
import type { Picture } from '../../datasets/pictures/resize.js';
import { readRegularFile } from '../ownFile.js';
import { type FilePath, pathOf } from '../path.js';
import { attemptRead } from '../systemError.js';
import { decodePng } from './png.js';

/** The largest file of a picture in bytes. */
const LIMIT = 128 * 1024 * 1024;

/** Reads a PNG or JPEG file by path or file: URL, at its own size, for `net.predict`. Transparent pixels are laid over white; gamma and
 *  colour profiles are not applied; EXIF's orientation is in the result.
 *  Throws DataError if it cannot be read, is over 128 MiB or 64 megapixels, damaged, or of a kind that is not decoded. */
export async function readPicture(from: FilePath): Promise<Picture> {
  atMost(1, 'readPicture', arguments);
  const path = pathOf('readPicture', from);
  return decodePicture(pictureFile(path), path);
}

/** The bytes of the file of a picture. follow: also through a symbolic link. Throws DataError if it cannot be read. */
export function pictureFile(path: string, { follow = true } = {}): Uint8Array {
  return attemptRead(path, () => readRegularFile(path, LIMIT, { follow }));
}

/** Decodes the bytes of a PNG or JPEG file. name: the file's, for messages. Throws as `readPicture` does. */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  const header = readHeader(bytes, name);
  if (header.kind === 'png') return decodePng(bytes, header, name);
  // Loaded with the first JPEG: 90 kB.
  const { decodeJpeg } = await import('./jpeg.js');
  return decodeJpeg(bytes, header, name);
}
