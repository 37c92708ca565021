// Pictures: PNG with right checksums and wrong contents, JPEG with damaged segments and codes, and folders of pictures.
import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageFolder } from '../../../node/imageFolder.js';
import { decodePicture } from '../../../node/pictures/readPicture.js';
import { chunk, ihdr, jpegs, png, SIGNATURE } from '../../pictures/encode.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';

async function decodes(bytes: Uint8Array): Promise<void> {
  const { width, height, rgb, orientation } = await decodePicture(bytes, 'a picture');
  right(width > 0 && height > 0 && rgb.length === 3 * width * height, 'it has three bytes for each pixel');
  right(
    Array.from(rgb).every((v) => Number.isInteger(v) && v >= 0 && v <= 255),
    'its pixels are bytes',
  );
  right(orientation >= 1 && orientation <= 8, 'its orientation is one of eight');
}

/** The chunks of a PNG, each with its name and data. */
function chunksOf(file: Buffer): { type: string; data: Buffer }[] {
  const found = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    found.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return found;
}

function pngFile(draw: Draw): Buffer {
  const [type, depth] = draw.pick([
    [0, 1],
    [0, 2],
    [0, 16],
    [2, 8],
    [2, 16],
    [3, 1],
    [3, 4],
    [3, 8],
    [4, 8],
    [6, 8],
    [6, 16],
  ]);
  const [width, height] = [1 + draw.below(12), 1 + draw.below(12)];
  const samples = Array.from({ length: 4 * width * height }, () => draw.below(2 ** depth));
  const palette = type === 3 ? Array.from({ length: 3 * 2 ** depth }, () => draw.below(256)) : undefined;
  const filters = [0, 1, 2, 3, 4].map(() => draw.below(5));
  return png({ width, height, type, depth, samples, palette, filters, interlaced: draw.chance(0.5) });
}

const pngs: Format = {
  name: 'png',
  prepare: () => async (draw) => {
    const file = pngFile(draw);
    if (draw.chance(0.1)) return decodes(file);
    if (draw.chance(0.3)) return decodes(draw.damage(file));
    // Chunks that are damaged, doubled, left out or added, with right checksums.
    const chunks = chunksOf(file);
    const at = draw.below(chunks.length);
    const { type, data } = chunks[at];
    if (draw.chance(0.6)) chunks[at] = { type, data: Buffer.from(draw.damage(data)) };
    else if (draw.chance(0.5)) chunks.splice(draw.below(chunks.length), 0, { type, data });
    else chunks.splice(at, 1);
    if (draw.chance(0.1)) chunks.splice(1, 0, { type: 'tRNS', data: Buffer.alloc(draw.below(9), draw.below(256)) });
    const begin = draw.chance(0.1)
      ? [SIGNATURE, ihdr(...draw.pick(SIZES), draw.pick([1, 8, 16]), draw.pick([0, 2]))]
      : [SIGNATURE];
    return decodes(Buffer.concat([...begin, ...chunks.map((c) => chunk(c.type, c.data))]));
  },
};

const SIZES: readonly [number, number][] = [
  [0, 1],
  [2 ** 31, 2],
  [8000, 8000],
  [1, 60_000_000],
  [65535, 65535],
];

const jpeg: Format = {
  name: 'jpeg',
  prepare: () => {
    const files = Object.values(jpegs()).map(({ file }) => file);
    return async (draw) => {
      const file = Buffer.from(draw.pick(files));
      if (draw.chance(0.4)) return decodes(draw.damage(file));
      // A few bytes of the headers, or of the codes.
      for (let left = draw.few(); left > 0; left--)
        file[2 + draw.below(file.length - 4)] = draw.pick([0, 1, 0xff, draw.below(256)]);
      return decodes(file);
    };
  },
};

/** Names of files and folders: pictures, other files, and names that a reader may take for something else. */
const NAMES = [
  'a.png',
  'B.JPG',
  'c.jpeg',
  'd.gif',
  'e.txt',
  '.hidden.png',
  '__proto__',
  'a\nb.png',
  '\u001b[2J.png',
  'é',
  '..png',
];

const imageFolders: Format = {
  name: 'image-folder',
  prepare(folder) {
    const small = png({ width: 2, height: 3, samples: new Uint8Array(18).fill(9) });
    const outside = join(folder, 'outside.png');
    writeFileSync(outside, small);
    return async (draw) => {
      const dir = join(folder, 'photos');
      mkdirSync(dir);
      try {
        let count = 0;
        const fill = (name: string, depth: number) => {
          const path = join(dir, name);
          if (lstatSync(path, { throwIfNoEntry: false })) return;
          const kind = draw.chance(0.95)
            ? depth === 0 || draw.chance(0.02)
              ? 'folder'
              : 'file'
            : draw.pick(['link', 'file']);
          if (kind === 'link') symlinkSync(draw.pick([outside, '.', 'nowhere', '/dev/zero']), path);
          else if (kind === 'file') {
            writeFileSync(path, draw.chance(0.05) ? draw.damage(small) : small);
            count++;
          } else {
            mkdirSync(path);
            for (let left = depth === 0 ? draw.few() : 1; left > 0; left--) {
              const inner = draw.chance(0.8) ? `${left}.png` : draw.pick(NAMES);
              fill(join(name, inner), depth + 1);
            }
          }
        };
        for (let left = draw.few(); left > 0; left--) fill(draw.chance(0.7) ? `class ${left}` : draw.pick(NAMES), 0);
        const options = { size: draw.pick([1, 3, [2, 5] as const]), channels: draw.pick([1, 3] as const) };
        const set = await imageFolder(dir, draw.chance(0.2) ? draw.alter(options) : options);
        right(set.length > 0 && set.length <= count, 'it has only pictures of the folder');
        right(
          set.labels.every((label) => label < set.classes.length),
          'each picture has a class',
        );
        right(set.pixels.length === set.length * set.shape.reduce((a, b) => a * b), 'it has the pixels of each');
      } finally {
        rmSync(dir, { recursive: true });
      }
    };
  },
};

export const pictures = [pngs, jpeg, imageFolders];
