// The sums of the files that an archive held. The archive is removed once they are unpacked, so its own sum cannot check them
// later. The list is in the form of md5sum, which checks it too: `md5sum -c cifar-10-binary.md5`.
//
//   # format 1: the files of cifar-10-binary.tar.gz, md5 c32a1d4ab5d03f1284b67883e8d87530
//   0123456789abcdef0123456789abcdef  data_batch_1.bin
import { join } from 'node:path';
import { writeFileAtomic } from '../atomicFile.js';
import { readRegularFile } from '../ownFile.js';
import { attemptRead, attemptWrite } from '../systemError.js';
import { occupied, sizeOf } from './localFiles.js';
import type { RemoteFile } from './sources.js';

/** The largest size of a list in bytes. */
const LARGEST = 2 ** 16;

const pathOf = (dir: string, { name }: RemoteFile) => join(dir, name.replace(/(\.tar)?\.gz$/, '.md5'));
const headOf = ({ name, md5 }: RemoteFile) => `# format 1: the files of ${name}, md5 ${md5}`;

/** The recorded sums of an archive's files by name; null if there is no list, or one of another archive.
 *  Throws DataError if another program's file has the list's name, or if the list cannot be read. */
export async function readSums(dir: string, archive: RemoteFile): Promise<Map<string, string> | null> {
  const path = pathOf(dir, archive);
  if ((await sizeOf(path)) === null) return null;
  const [head, ...lines] = attemptRead(path, () => readRegularFile(path, LARGEST))
    .toString()
    .split('\n');
  if (!head.startsWith('# format ')) throw occupied(path, 'it is not a list of sums');
  if (head !== headOf(archive)) return null;
  const entries = lines.flatMap((line) => {
    const [, sum, file] = /^([0-9a-f]{32}) [ *](.+)$/.exec(line) ?? [];
    return file === undefined ? [] : [[file, sum] as const];
  });
  return new Map(entries);
}

/** Writes the list. Throws DataError if that fails. */
export function writeSums(dir: string, archive: RemoteFile, sums: ReadonlyMap<string, string>): void {
  const lines = [headOf(archive), ...[...sums].map(([file, sum]) => `${sum}  ${file}`), ''];
  const path = pathOf(dir, archive);
  attemptWrite(path, () => writeFileAtomic(path, new TextEncoder().encode(lines.join('\n'))));
}
