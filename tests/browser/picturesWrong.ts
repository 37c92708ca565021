// The two pictures of pictures.ts as Node decodes them, and the largest difference that a page may have.
import { writeResized } from '../../datasets/pictures/resize.js';
import { loadModel, type Prediction } from '../../index.js';
import { decodePicture } from '../../node/pictures/readPicture.js';
import { jpegs, png } from '../pictures/encode.js';
import { type Decoded, SIZE } from './pictures.js';
import { bytesOf } from './predict.js';

const samples = Array.from({ length: 3 * 20 * 13 }, (_, i) => (i * 29) % 256);
const FILES = { png: png({ width: 20, height: 13, samples }), jpeg: jpegs().baseline.file };

/** The files in base64, for the address of the page. */
export const files = {
  png: FILES.png.toString('base64url'),
  jpeg: FILES.jpeg.toString('base64url'),
};

/** The largest differences of bytes 0..255 and of probabilities. A PNG is decoded exactly, but other engines round exp differently in
 *  the last digit. In a JPEG the colours have half the resolution: Chromium interpolates them, and Node repeats them. Chromium also rounds
 *  the cosine transform differently. On this picture, after resizing, the differences were 1 and 0.001. */
const BOUNDS = { png: { bytes: 0, probability: 1e-6 }, jpeg: { bytes: 2, probability: 0.005 } };

/** Compares the bytes and the predictions of a page with Node's. Returns the first difference beyond the bounds; empty if there is none. */
export async function picturesWrong(found: Decoded, checkpoint: string): Promise<string> {
  const net = await loadModel(bytesOf(checkpoint));
  const size = SIZE.size ** 2;
  for (const [i, kind] of (['png', 'jpeg'] as const).entries()) {
    const picture = await decodePicture(FILES[kind], kind);
    const pixels = new Uint8Array(size);
    writeResized(picture, [SIZE.channels, SIZE.size, SIZE.size], pixels);
    const theirs = found.pixels.slice(i * size, (i + 1) * size);
    const bytes = Math.max(...theirs.map((p, k) => Math.abs(p - pixels[k])));
    if (!(theirs.length === size && bytes <= BOUNDS[kind].bytes))
      return `${kind}: bytes differ by ${bytes}, at most ${BOUNDS[kind].bytes}: ${theirs}, in Node ${pixels}`;
    const [expected] = await net.predict(picture);
    const off = difference(found.predictions[i], expected);
    if (!(off <= BOUNDS[kind].probability))
      return `${kind}: probabilities differ by ${off}, at most ${BOUNDS[kind].probability}`;
  }
  return '';
}

function difference(one: Prediction, other: Prediction): number {
  const names = Object.keys(other.probabilities!);
  return Math.max(...names.map((name) => Math.abs(one.probabilities![name] - other.probabilities![name])));
}
