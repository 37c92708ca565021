// Writes datasets/data/fashion.gz: `node build.mjs sample --dir <folder of the full Fashion-MNIST>`.
//
// The gzip header holds no time, and its operating system is set to "unknown". So one version of zlib always writes the same
// bytes; another may compress a little differently.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { constants, gzipSync } from 'node:zlib';
import { SIDE } from '../datasets/mnist.js';
import { residualsOf } from '../datasets/residuals.js';
import { fashionMnist } from '../node/datasets.js';
import { fetchable } from '../node/download/sources.js';
import { drawSample } from './drawSample.js';

const TARGET = 'datasets/data/fashion.gz';
const LIMIT = 1_850_000;
/** The byte of a gzip header that names the operating system, and its value for "unknown" (RFC 1952, 2.3.1). */
const [OS, UNKNOWN] = [9, 255];

const { dir } = parseArgs({ options: { dir: { type: 'string' } } }).values;
if (!dir)
  throw new Error(`sample: --dir is missing: the folder of the full data set, from ${fetchable['fashion-mnist'].page}`);
const pixels = drawSample({ train: await fashionMnist({ dir }), test: await fashionMnist({ dir, train: false }) });
const packed = gzipSync(residualsOf(pixels, SIDE), { level: 9, memLevel: 9, strategy: constants.Z_FILTERED });
packed[OS] = UNKNOWN;
if (packed.length > LIMIT) throw new Error(`sample: too large: ${packed.length} bytes of at most ${LIMIT}`);
await writeFile(TARGET, packed);
console.log(`${TARGET}: ${packed.length} bytes, ${pixels.length / SIDE ** 2} images`);
