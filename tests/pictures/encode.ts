// Small encoders of pictures for the tests.
import { deflateSync } from 'node:zlib';
import { crc32 } from '../../fit/crc32.js';
import { fixture } from '../fixtures.js';

/** A PNG to write. */
export interface Png {
  width: number;
  height: number;
  /** 0 grey, 2 colours, 3 palette, 4 grey and alpha, 6 colours and alpha. */
  type?: number;
  depth?: number;
  /** Samples [height, width, channels], in 0..2^depth - 1. */
  samples: ArrayLike<number>;
  interlaced?: boolean;
  /** The filters of the rows, used in turn. Default: none. */
  filters?: readonly number[];
  palette?: readonly number[];
  transparency?: readonly number[];
}

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A chunk with its length and checksum. */
export function chunk(type: string, data: ArrayLike<number> = []): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(data)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The IHDR chunk. */
export function ihdr(width: number, height: number, depth: number, type: number, interlace = 0): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, type, 0, 0, interlace], 8);
  return chunk('IHDR', data);
}

/** The bytes of a PNG file. */
export function png({ width, height, type = 2, depth = 8, interlaced = false, ...png }: Png): Buffer {
  const channels = CHANNELS[type];
  const { samples, filters = [0], palette, transparency } = png;
  const rows: number[] = [];
  // A pass: every pixel with x = x0 mod dx and y = y0 mod dy.
  const passes = interlaced ? ADAM7 : [[0, 0, 1, 1]];
  for (const [x0, y0, dx, dy] of passes) {
    let above: number[] = [];
    for (let y = y0, n = 0; y < height && x0 < width; y += dy, n++) {
      let bits = '';
      for (let x = x0; x < width; x += dx)
        for (let c = 0; c < channels; c++)
          bits += samples[(y * width + x) * channels + c].toString(2).padStart(depth, '0');
      const line = (bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? []).map((b) => parseInt(b, 2));
      const filter = filters[n % filters.length];
      const bpp = Math.ceil((depth * channels) / 8);
      rows.push(filter, ...line.map((v, i) => (v - predicted(filter, line, above, i, bpp)) & 255));
      above = line;
    }
  }
  return Buffer.concat([
    SIGNATURE,
    ihdr(width, height, depth, type, Number(interlaced)),
    ...(palette ? [chunk('PLTE', palette)] : []),
    ...(transparency ? [chunk('tRNS', transparency)] : []),
    chunk('tEXt', Buffer.from('Comment\0of a test')),
    chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    chunk('IEND'),
  ]);
}

// The pass of each pixel of an 8 x 8 square, as PNG's specification draws it in 8.2.
const SQUARE = [
  ...['16462646', '77777777', '56565656', '77777777', '36463646', '77777777', '56565656', '77777777'],
].map((row) => [...row].map(Number));
const ADAM7 = Array.from({ length: 7 }, (_, k) => {
  const cells = SQUARE.flatMap((row, y) => row.flatMap((pass, x) => (pass === k + 1 ? [[x, y]] : [])));
  const [xs, ys] = [0, 1].map((i) => [...new Set(cells.map((cell) => cell[i]))].sort((a, b) => a - b));
  return [xs[0], ys[0], (xs[1] ?? xs[0] + 8) - xs[0], (ys[1] ?? ys[0] + 8) - ys[0]];
});

function predicted(filter: number, line: number[], above: number[], i: number, bpp: number): number {
  const [a, b, c] = [line[i - bpp] ?? 0, above[i] ?? 0, above[i - bpp] ?? 0];
  if (filter < 4) return [0, a, b, Math.floor((a + b) / 2)][filter];
  const p = a + b - c;
  return [a, b, c].sort((x, y) => Math.abs(p - x) - Math.abs(p - y))[0];
}

/** A JPEG file that libjpeg-turbo wrote, and the pixels that it decodes from it. */
export interface Jpeg {
  file: Buffer;
  rgb: Buffer;
}

/** Width and height of the pictures in `jpegs`. */
export const JPEG_SIZE = { width: 20, height: 13 };

/** The pictures of tests/fixtures/jpegs.json by name. */
export function jpegs(): Record<string, Jpeg> {
  const { pictures } = fixture<{ pictures: Record<string, { file: string; rgb?: string }> }>('jpegs.json');
  const decoded = Object.entries(pictures).map(([name, { file, rgb = '' }]) => {
    return [name, { file: Buffer.from(file, 'base64'), rgb: Buffer.from(rgb, 'base64') }];
  });
  return Object.fromEntries(decoded);
}

/** A JPEG with an EXIF segment of this orientation after its first marker. */
export function withOrientation(file: Uint8Array, orientation: number, little: boolean): Buffer {
  const tiff = Buffer.alloc(26);
  const [short, long] = little
    ? (['writeUInt16LE', 'writeUInt32LE'] as const)
    : (['writeUInt16BE', 'writeUInt32BE'] as const);
  tiff.write(little ? 'II' : 'MM');
  tiff[short](42, 2);
  tiff[long](8, 4);
  tiff[short](1, 8);
  tiff[short](0x0112, 10);
  tiff[short](3, 12);
  tiff[long](1, 14);
  tiff[short](orientation, 18);
  const data = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  return Buffer.concat([file.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, data.length + 2]), data, file.subarray(2)]);
}

/** The offset of the first segment with a marker, counted to the 0xff of that marker. */
export function segment(file: Uint8Array, marker: number): number {
  for (let at = 2; ; at += 2 + ((file[at + 2] << 8) | file[at + 3])) {
    if (file[at + 1] === marker) return at;
    if (file[at] !== 0xff || file[at + 1] === 0xda) throw new Error(`no marker ${marker}`);
  }
}
