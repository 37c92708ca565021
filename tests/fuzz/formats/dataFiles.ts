// Data sets: IDX, gzip, CIFAR-10's layout, tar archives, and the sums of their files.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ENTRY_BYTES, parseCifar10 } from '../../../datasets/cifar.js';
import { parseIdx } from '../../../datasets/idx.js';
import { cifar10, fashionMnist } from '../../../node/datasets.js';
import { readSums, writeSums } from '../../../node/download/sums.js';
import { untar } from '../../../node/download/tar.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';

/** An IDX file of unsigned bytes. */
function idxOf(shape: number[], draw: Draw): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * shape.length;
  const file = new Uint8Array(start + shape.reduce((n, d) => n * d, 1));
  file.set([0, 0, 8, shape.length]);
  shape.forEach((d, i) => new DataView(file.buffer).setUint32(4 + 4 * i, d));
  for (let i = start; i < file.length; i++) file[i] = draw.below(10);
  return file;
}

const idx: Format = {
  name: 'idx',
  prepare: () => (draw) => {
    const good = idxOf(
      Array.from({ length: 1 + draw.below(4) }, () => draw.below(5)),
      draw,
    );
    const file = draw.chance(0.9) ? draw.damage(good) : good;
    const { shape, data } = parseIdx(file, 'file');
    const start = 4 + 4 * file[3];
    const view = new DataView(file.buffer);
    right(file[0] === 0 && file[1] === 0 && file[2] === 8, 'it begins as an IDX file of unsigned bytes');
    right(
      shape.length === file[3] && shape.every((d, i) => d === view.getUint32(4 + 4 * i)),
      "its sizes are the header's",
    );
    right(data.length === shape.reduce((n, d) => n * d, 1), 'it has a byte for each element');
    right(
      data.every((byte, i) => byte === file[start + i]) && start + data.length === file.length,
      'its data are the rest',
    );
  },
};

const gzip: Format = {
  name: 'gzip',
  prepare: (folder) => async (draw) => {
    const n = 1 + draw.below(3);
    const images = idxOf([n, 28, 28], draw);
    const labels = gzipSync(idxOf([n], draw));
    const packed = gzipSync(images);
    // Some unpack to more bytes than the largest file of the set.
    const bomb = draw.chance(0.002) ? gzipSync(Buffer.alloc(60_000_000)) : packed;
    writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), draw.chance(0.9) ? draw.damage(bomb) : bomb);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte.gz'), draw.chance(0.1) ? draw.damage(labels) : labels);
    const set = await fashionMnist({ dir: folder });
    right(set.length === n, 'it has the images of the good file');
    const { inputs } = set.batch(Int32Array.from({ length: n }, (_, i) => i));
    // In the set, equal bytes of the good file have equal normalized pixels.
    const [pairs, bytes] = [new Set<string>(), new Set<number>()];
    inputs.forEach((v, i) => {
      pairs.add(`${images[16 + i]} ${v}`);
      bytes.add(images[16 + i]);
    });
    right(pairs.size === bytes.size, "gzip's checksum lets only the good pixels pass");
  },
};

const cifar: Format = {
  name: 'cifar',
  prepare: (folder) => async (draw) => {
    const n = 1 + draw.below(3);
    const good = new Uint8Array(n * ENTRY_BYTES).map((_, i) => (i % ENTRY_BYTES ? i & 255 : draw.below(10)));
    const file = draw.chance(0.8) ? draw.damage(good) : good;
    const check = ({ pixels, labels }: ReturnType<typeof parseCifar10>) => {
      right(labels.length * ENTRY_BYTES === file.length && labels.length > 0, 'it has one or more whole images');
      right(
        labels.every((label, i) => label < 10 && label === file[i * ENTRY_BYTES]),
        'labels name a class',
      );
      right(pixels.length === 3072 * labels.length && pixels.at(-1) === file.at(-1), 'it has the pixels of each');
    };
    check(parseCifar10([{ bytes: file, name: 'file' }]));
    writeFileSync(join(folder, 'test_batch.bin'), file);
    const set = await cifar10({ dir: folder, train: false });
    right(set.length === file.length / ENTRY_BYTES, 'the data set has the images of the file');
    rmSync(join(folder, 'test_batch.bin'));
  },
};

/** The blocks of one file in an archive. */
function entryOf(name: string, bytes: Uint8Array, type: string, prefix = ''): Uint8Array {
  const blocks = new Uint8Array(512 * (1 + Math.ceil(bytes.length / 512)));
  const put = (text: string, at: number) => blocks.set(Buffer.from(text, 'latin1').subarray(0, 155), at);
  put(name.slice(0, 100), 0);
  put(bytes.length.toString(8).padStart(11, '0'), 124);
  put(type, 156);
  put('ustar\u000000', 257);
  put(prefix, 345);
  blocks.fill(32, 148, 156);
  const sum = blocks.reduce((total, b) => total + b, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  blocks.set(bytes, 512);
  return blocks;
}

/** Three good names, and names that lead out of the folder or that a file system reads in another way. */
const NAMES = [
  'a.bin',
  'folder/b.bin',
  './c',
  '../x',
  '/etc/passwd',
  'a/../../x',
  'a\\..\\x',
  'C:x',
  '..',
  '.',
  'con\n',
  'é',
  '',
];

const tar: Format = {
  name: 'tar',
  prepare: () => (draw) => {
    const entries = Array.from({ length: draw.below(4) }, () => {
      const bytes = new Uint8Array(draw.below(1100)).map(() => draw.below(256));
      const type = draw.chance(0.8) ? '0' : draw.pick(['\0', '1', '2', '3', '5', 'x', 'g', 'L', 'S', '7']);
      return entryOf(draw.chance(0.7) ? draw.pick(NAMES.slice(0, 3)) : draw.pick(NAMES), bytes, type);
    });
    const good = new Uint8Array(Buffer.concat([...entries, new Uint8Array(1024)]));
    const archive = draw.chance(0.7) ? draw.damage(good) : good;
    let total = 0;
    for (const { name, bytes } of untar(archive, 'archive')) {
      const parts = name.split('/');
      const isInside = parts.every((part) => !['', '.', '..'].includes(part) && !/[\\:\p{Cc}]/u.test(part));
      right(isInside, `a name stays in the folder: ${JSON.stringify(name)}`);
      right(bytes.buffer === archive.buffer, 'the bytes of a file are a part of the archive');
      total += bytes.length;
    }
    right(total <= archive.length, 'the files are no longer than the archive');
  },
};

const sums: Format = {
  name: 'sums',
  prepare: (folder) => async (draw) => {
    const archive = { name: 'archive.tar.gz', bytes: 1, md5: '0'.repeat(32) };
    const good = new Map(['a.bin', 'b.bin'].map((name, i) => [name, String(i).repeat(32)]));
    writeSums(folder, archive, good);
    const path = join(folder, 'archive.md5');
    writeFileSync(path, draw.damageText(readFileSync(path, 'latin1')), 'latin1');
    const found = await readSums(folder, archive);
    right(found === null || [...found.values()].every((sum) => /^[0-9a-f]{32}$/.test(sum)), 'a sum has 32 digits');
    rmSync(path);
  },
};

export const dataFiles: Format[] = [idx, gzip, cifar, tar, sums];
