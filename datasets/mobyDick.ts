// A text that is part of the package, so that a first language model needs no download.
//
//   data/mobydick.gz = gzip(UTF-8 of the text)
//
// `node build.mjs text` writes the file (tools/makeText.ts).
import type { Bytes } from '../core/index.js';
import { gunzip } from './gunzip.js';

/** The number of chapters, and of bytes of the text. */
export const MOBY_DICK = { chapters: 42, bytes: 406_279 } as const;

/** The first 42 of the 135 chapters of Moby-Dick: 405,131 characters, 80 different ones, one paragraph per line.
 *
 *    const train = textDataset(await mobyDickSample(), { context: 64 });
 *
 *  packed: the bytes of data/mobydick.gz, for a page that stores them elsewhere. Default: they are imported, 0.2 MB.
 *  Throws DataError if they are damaged.
 *  Source: Herman Melville 1851, in the public domain. */
export async function mobyDickSample(packed?: Bytes): Promise<string> {
  const bytes = packed ?? (await import('./data/mobydick.js')).default;
  return new TextDecoder().decode(await gunzip('mobyDickSample', bytes, MOBY_DICK.bytes));
}
