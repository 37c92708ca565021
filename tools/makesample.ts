// Makes data/fashion.gz: `node build.mjs sample --dir <folder of the full Fashion-MNIST>`. A tool, no part of the library.
//
// Z_RLE and memLevel 9 pack the residuals best (measured: 1.79 MB; without Paeth's filter 1.97 MB). The header holds no time
// and, set here, no operating system, so one build of zlib always gives the same bytes; another may pack a little
// differently.

import { drawSample } from '../datasets/draw.js';
import { FASHION_MNIST, SIDE } from '../datasets/mnist.js';
import { filterPaeth } from '../datasets/paeth.js';
import { fashionMnist } from '../node/datasets.js';

const { parseArgs } = await import('node:util');
const { writeFile } = await import('node:fs/promises');
const { constants, gzipSync } = await import('node:zlib');

const TARGET = 'datasets/data/fashion.gz';
const LIMIT = 1_950_000;

const { dir } = parseArgs({ options: { dir: { type: 'string' } } }).values;
if (!dir) throw new Error(`sample: --dir is missing: the folder of the full set, from ${FASHION_MNIST.source}`);
const pixels = drawSample({ train: await fashionMnist({ dir }), test: await fashionMnist({ dir, train: false }) });
const packed = gzipSync(filterPaeth(pixels, SIDE, SIDE), { level: 9, memLevel: 9, strategy: constants.Z_RLE });
packed[9] = 255;
if (packed.length > LIMIT) throw new Error(`sample: too large: ${packed.length} bytes of at most ${LIMIT}`);
await writeFile(TARGET, packed);
console.log(`${TARGET}: ${packed.length} bytes, ${pixels.length / SIDE ** 2} images`);
