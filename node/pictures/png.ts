// Decodes PNG: every colour type, 1 to 16 bits, interlaced or not. It unpacks the data with Node's zlib.
//
//   file     signature, chunks of (length, type, data, CRC-32): IHDR, PLTE?, tRNS?, IDAT.., IEND
//   pixels   rows of bytes, each after the number of its filter, which predicts a byte from the one to its left (a), above (b) and
//            above left (c); 7 passes of fewer pixels if interlaced (Adam7)
//
// Transparent pixels are laid over white. 16 bits are rounded to 8. Gamma and colour profiles are not applied.
// Source: PNG, W3C 2003, 6.1 (types), 7.2 (samples), 8.2 (Adam7), 9.2 (filters), 11 (chunks).
import { inflateSync } from 'node:zlib';
import { DataError } from '../../core/index.js';
import { type PictureHeader, truncated, viewOf } from '../../datasets/pictures/header.js';
import type { Picture } from '../../datasets/pictures/resize.js';
import { crc32 } from '../../fit/crc32.js';

/** Channels and allowed bits of a sample, by colour type. */
const TYPES: Record<number, { channels: number; depths: readonly number[] }> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
/** First column, first row, and steps of the passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
const WHOLE = [[0, 0, 1, 1]];

/** How the samples are stored, and what they mean. */
interface Format {
  type: number;
  depth: number;
  channels: number;
  /** The data of PLTE and of tRNS. */
  palette?: Uint8Array;
  transparency?: Uint8Array;
}

/** Decodes a file whose header was read. Throws DataError if it is truncated or damaged. */
export function decodePng(bytes: Uint8Array, { width, height }: PictureHeader, name: string): Picture {
  const damaged = (why: string, cause?: unknown) => new DataError(`${name}: damaged PNG: ${why}`, { cause });
  const { chunks, pixels } = chunksOf(bytes, name, damaged);
  const [depth, type, compression, filter, interlace] = chunks.IHDR.subarray(8);
  const { channels, depths } = TYPES[type] ?? { channels: 0, depths: [] };
  if (!depths.includes(depth)) throw damaged(`colour type ${type} with ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw damaged(`unknown method: compression ${compression}, filter ${filter}, interlace ${interlace}`);
  const format: Format = { type, depth, channels, palette: chunks.PLTE, transparency: chunks.tRNS };
  if (type === 3 && !chunks.PLTE) throw damaged('no palette');
  const passes = (interlace ? ADAM7 : WHOLE)
    .map(([x, y, across, down]) => {
      const [wide, high] = [Math.ceil((width - x) / across), Math.ceil((height - y) / down)];
      return { x, y, across, down, wide, high, stride: Math.ceil((wide * depth * channels) / 8) };
    })
    .filter(({ wide, high }) => wide > 0 && high > 0);
  const size = passes.reduce((sum, { high, stride }) => sum + high * (stride + 1), 0);
  const data = inflate(pixels, size, name, damaged);
  const rgb = new Uint8Array(3 * width * height);
  const write = writerOf(format, rgb, damaged);
  let at = 0;
  for (const { x, y, across, down, wide, high, stride } of passes) {
    let above: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < high; row++, at += stride + 1) {
      const line = data.subarray(at + 1, at + 1 + stride);
      if (!unfilter(data[at], line, above, Math.ceil((depth * channels) / 8))) throw damaged(`filter ${data[at]}`);
      above = line;
      const start = (y + row * down) * width + x;
      for (let column = 0; column < wide; column++) write(line, column, 3 * (start + column * across));
    }
  }
  return { width, height, rgb, orientation: 1 };
}

type Damaged = (why: string, cause?: unknown) => DataError;

/** The chunks that matter, with the data of all IDAT in `pixels`. Throws DataError if one is cut off, has a wrong checksum, or is
 *  critical and unknown. */
function chunksOf(bytes: Uint8Array, name: string, damaged: Damaged) {
  const chunks: Record<string, Uint8Array> = {};
  const pixels: Uint8Array[] = [];
  const view = viewOf(bytes);
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw truncated(name);
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) throw truncated(name);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged(`no chunk at byte ${at}`);
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) throw damaged(`the checksum of ${type} differs`);
    const data = bytes.subarray(at + 8, end);
    at = end + 4;
    if (type === 'IEND') break;
    if (type === 'IDAT') pixels.push(data);
    else if (['IHDR', 'PLTE', 'tRNS'].includes(type)) {
      if (chunks[type]) throw damaged(`${type} is there twice`);
      chunks[type] = data;
      // A small first letter marks chunks that may be skipped.
    } else if (/^[A-Z]/.test(type)) throw damaged(`unknown chunk ${type}`);
  }
  if (chunks.IHDR.length !== 13) throw damaged(`IHDR of ${chunks.IHDR.length} bytes`);
  if (pixels.length === 0) throw damaged('no pixels');
  return { chunks, pixels: Buffer.concat(pixels) };
}

/** The filtered rows, of `size` bytes. More are not unpacked. */
function inflate(packed: Uint8Array, size: number, name: string, damaged: Damaged): Uint8Array {
  let data: Uint8Array;
  try {
    data = inflateSync(packed, { maxOutputLength: size });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw truncated(name);
    throw damaged(code === 'ERR_BUFFER_TOO_LARGE' ? 'it unpacks to more than its pixels' : message, error);
  }
  if (data.length < size) throw damaged(`pixels are missing: ${data.length} of ${size} bytes`);
  return data;
}

/** Undoes the filter of a row in place. bpp: the bytes of a pixel, at least 1. Returns false if there is no such filter. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, bpp: number): boolean {
  if (filter > 4) return false;
  for (let i = 0; filter > 0 && i < line.length; i++) {
    const a = i < bpp ? 0 : line[i - bpp];
    const b = above[i];
    const c = i < bpp ? 0 : above[i - bpp];
    line[i] += filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c);
  }
  return true;
}

/** The one of a, b and c that is nearest to a + b - c. */
function paeth(a: number, b: number, c: number): number {
  const [toA, toB, toC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
}

/** Returns a function that writes pixel `column` of a row as red, green, blue at an offset of rgb. */
function writerOf({ type, depth, channels, palette, transparency }: Format, rgb: Uint8Array, damaged: Damaged) {
  const largest = 2 ** depth - 1;
  const sample = (line: Uint8Array, i: number) => {
    if (depth === 8) return line[i];
    if (depth === 16) return (line[2 * i] << 8) | line[2 * i + 1];
    const bit = i * depth;
    return (line[bit >> 3] >> (8 - depth - (bit & 7))) & largest;
  };
  const put = (at: number, r: number, g: number, b: number, alpha: number) => {
    rgb[at] = Math.round(255 + alpha * (r - 255));
    rgb[at + 1] = Math.round(255 + alpha * (g - 255));
    rgb[at + 2] = Math.round(255 + alpha * (b - 255));
  };
  if (type === 3) {
    return (line: Uint8Array, column: number, at: number) => {
      const i = sample(line, column);
      if (3 * i + 2 >= palette!.length) throw damaged(`colour ${i} of a palette of ${Math.floor(palette!.length / 3)}`);
      put(at, palette![3 * i], palette![3 * i + 1], palette![3 * i + 2], (transparency?.[i] ?? 255) / 255);
    };
  }
  const hasAlpha = channels % 2 === 0;
  const colours = hasAlpha ? channels - 1 : channels;
  // The one colour that is transparent, if the pixels have no alpha.
  const clear = !hasAlpha && transparency?.length === 2 * colours ? transparency : null;
  const isClear = (line: Uint8Array, first: number) => {
    for (let c = 0; c < colours; c++) if (sample(line, first + c) !== sample16(clear!, c)) return false;
    return true;
  };
  return (line: Uint8Array, column: number, at: number) => {
    const first = column * channels;
    const value = (c: number) => (255 * sample(line, first + c)) / largest;
    const alpha = hasAlpha ? value(colours) / 255 : clear && isClear(line, first) ? 0 : 1;
    const r = value(0);
    put(at, r, colours === 1 ? r : value(1), colours === 1 ? r : value(2), alpha);
  };
}

function sample16(bytes: Uint8Array, i: number): number {
  return (bytes[2 * i] << 8) | bytes[2 * i + 1];
}
