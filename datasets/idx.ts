// IDX, the format of MNIST's files: the shape of an array, then its numbers. All integers are big-endian.
//
//   offset 0  two zero bytes
//   offset 2  type of the numbers; only 0x08, unsigned byte, is supported
//   offset 3  number of axes d
//   offset 4  d sizes, 32-bit unsigned
//   4 + 4 d   the numbers, row-major, to the end of the file
//
// Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "The IDX file format".
import { DataError, describeValue, show, sizeOf } from '../core/index.js';

/** Reads an IDX file of unsigned bytes: images begin with 0x00000803, labels with 0x00000801.
 *  name: the file's name in errors. No memory is allocated from sizes that the header states.
 *  Throws DataError if the file has another format, is truncated or has trailing bytes. */
export function parseIdx(
  bytes: Uint8Array,
  name: string,
): {
  /** The sizes of the axes: [n, rows, columns] for images, [n] for labels. */
  shape: number[];
  /** The numbers in row-major order: a view of `bytes`, not a copy. */
  data: Uint8Array;
} {
  if (!(bytes instanceof Uint8Array)) throw new DataError(`parseIdx: takes a Uint8Array: got ${describeValue(bytes)}`);
  if (bytes.length < 8)
    throw new DataError(`${name}: truncated: found ${bytes.length} bytes, an IDX header has at least 8`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = header.getUint32(0);
  const axes = bytes[3];
  if (magic >>> 8 !== 0x08 || axes === 0) {
    const found = magic.toString(16).padStart(8, '0');
    throw new DataError(
      `${name}: not an IDX file of unsigned bytes: it begins 0x${found}; expected 0x00000803 for images, 0x00000801 for labels`,
    );
  }
  const start = 4 + 4 * axes;
  if (bytes.length < start) {
    throw new DataError(`${name}: truncated: found ${bytes.length} bytes, the header of ${axes} axes has ${start}`);
  }
  const shape = Array.from({ length: axes }, (_, i) => header.getUint32(4 + 4 * i));
  const expected = start + sizeOf(shape);
  if (bytes.length !== expected) {
    const what = bytes.length < expected ? 'truncated' : 'trailing bytes';
    throw new DataError(`${name}: ${what}: found ${bytes.length} bytes, expected ${expected} for shape ${show(shape)}`);
  }
  return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start) };
}
