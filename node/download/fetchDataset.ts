// Downloads a data set into a folder. A file gets its name only when it is complete: until its MD5 sum is right, its bytes
// are in a file whose name ends in .part. So a download that is interrupted at any moment continues where it stopped.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, readSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  checkFunction,
  checkOptions,
  DataError,
  describeValue,
  must,
  type Signal,
  ValueError,
} from '../../core/index.js';
import { makeFolder } from '../atomicFile.js';
import { lockFolder } from '../lock.js';
import { openOwnFile, readRegularFile } from '../ownFile.js';
import { type FilePath, pathOf } from '../path.js';
import { attemptRead, attemptWrite } from '../systemError.js';
import { removeUnfinished } from '../unfinished.js';
import { type DownloadOptions, download } from './http.js';
import { md5Of, occupied, placeFile, sizeOf, writeAt } from './localFiles.js';
import { fetchable, type Remote, type RemoteFile } from './sources.js';
import { readSums, writeSums } from './sums.js';
import { untar } from './tar.js';

/** The first bytes of a .gz file: its magic number, and deflate as its method. (RFC 1952) */
const GZIP = Buffer.of(0x1f, 0x8b, 8);

/** The options of `fetchDataset`. */
export interface FetchOptions {
  /** The folder for the files, made if it is missing: a path or a file: URL. */
  dir: FilePath;
  /** The address of a folder with the same files, such as a mirror. Default: the official address. */
  from?: FilePath;
  /** Stops the download when aborted; bytes that have arrived are kept. */
  signal?: Signal;
  /** Called for each piece that arrives: the file's name, its bytes on the disk so far, and its length. */
  onProgress?: (at: { file: string; received: number; bytes: number }) => void;
}

/** The names of the data set's files in the folder. */
export interface Fetched {
  /** Files that this call downloaded. */
  downloaded: string[];
  /** Files that existed before, and were not changed. */
  present: string[];
}

/** Downloads the data set `cifar10`, `mnist` or `fashion-mnist`. Skips files that exist, continues interrupted downloads, and
 *  checks each file against its published MD5 sum. `cifar10` is unpacked, with the archive in memory: about 350 MB; the sums of
 *  its files are kept in cifar-10-binary.md5, so that a later call can check them.
 *  Throws ValueError for another name, or an address that is not http(s). Throws DataError if the server cannot be reached or
 *  has different files, if the folder holds different files of those names, or if it cannot be written. Throws the
 *  signal's reason if the signal is aborted. */
export function fetchDataset(name: string, options: FetchOptions): Promise<Fetched> {
  const names = Object.keys(fetchable);
  if (!names.includes(name)) {
    const shown = typeof name === 'string' ? name : describeValue(name);
    throw new ValueError(`fetchDataset: unknown: ${shown}; one of ${names.join(', ')}`);
  }
  checkOptions('fetchDataset', options, ['dir', 'from', 'signal', 'onProgress']);
  const { signal, onProgress } = options;
  must(signal === undefined || typeof signal?.aborted === 'boolean', 'fetchDataset: signal', 'an AbortSignal', signal);
  if (onProgress !== undefined) checkFunction('fetchDataset: onProgress', onProgress, 'it is called for each piece');
  return fetchFiles(fetchable[name], options);
}

/** Like `fetchDataset`, for any files. `silence` and `pause`: see `DownloadOptions`. */
export async function fetchFiles(
  remote: Remote,
  options: FetchOptions & Pick<DownloadOptions, 'silence' | 'pause'>,
): Promise<Fetched> {
  const dir = pathOf('fetchDataset: dir', options.dir);
  const folder = addressOf(options.from ?? remote.from);
  const found: Fetched = { downloaded: [], present: [] };
  attemptWrite(dir, () => makeFolder(dir));
  let unlock: (() => void) | null = null;
  try {
    for (const file of remote.files) {
      const names = file.holds ? Object.keys(file.holds) : [file.name];
      let present = await isPresent(dir, file);
      if (!present && unlock === null) {
        // Two downloads into one folder would write the same .part file. Another download may have ended since the first check.
        unlock = lockFolder(dir);
        present = await isPresent(dir, file);
      }
      if (present) {
        found.present.push(...names);
        continue;
      }
      const part = join(dir, `${file.name}.part`);
      await receive(new URL(file.name, folder).href, part, file, options);
      if (file.holds) await unpack(part, file, dir);
      else await attemptWrite(part, () => rename(part, join(dir, file.name)));
      found.downloaded.push(...names);
    }
    return found;
  } finally {
    unlock?.();
  }
}

/** The address of a folder. Throws ValueError if it is not one of http or https, or has a password or a query. The message
 *  does not repeat a password or a query, which may be secret. */
export function addressOf(address: FilePath): string {
  const from = typeof address === 'string' ? address : address?.href;
  if (typeof from !== 'string') throw new ValueError(`fetch: not a web address: ${describeValue(address)}`);
  // URL also reads a password after `http:` with one slash, none, or backslashes.
  const shown = from.replace(/[?#].*$/s, '').replace(/^(\w+:)?.*@/s, '$1//');
  const url = URL.canParse(from) ? new URL(from) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ValueError(`fetch: not a web address: ${shown}; give http://.. or https://..`);
  if (url.username || url.password)
    throw new ValueError(`fetch: an address with a user name or a password: ${shown}; give one without`);
  if (url.search || url.hash)
    throw new ValueError(`fetch: an address with a query or a fragment: ${shown}; give that of a folder`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

/** Whether a file, or each file that an archive holds, is in the folder and has the right sum. Files of an archive whose sums
 *  were not recorded count as missing: the archive is needed to check them.
 *  Throws DataError if a different file has such a name. */
async function isPresent(dir: string, remote: RemoteFile): Promise<boolean> {
  const { name, bytes, md5, holds } = remote;
  const sums = holds ? await readSums(dir, remote) : new Map([[name, md5]]);
  let isWhole = true;
  for (const [file, length] of Object.entries(holds ?? { [name]: bytes })) {
    const path = join(dir, file);
    const [size, sum] = [await sizeOf(path), sums?.get(file)];
    if (size === null || sum === undefined) isWhole = false;
    if (size === null) continue;
    if (size !== length) throw occupied(path, `${size} bytes, expected ${length}`);
    if (sum !== undefined && (await md5Of(path)) !== sum) throw occupied(path, `its md5 sum is not ${sum}`);
  }
  return isWhole;
}

/** Downloads to `path` until it has the file's length and sum. If the sum is wrong, starts over if some of the bytes are from an earlier
 *  download; otherwise keeps nothing and throws DataError. */
async function receive(
  url: string,
  path: string,
  file: RemoteFile,
  options: Omit<DownloadOptions, 'length'> & FetchOptions,
) {
  const part = attemptWrite(path, () => openOwnFile(path));
  try {
    if (file.name.endsWith('.gz') && !beginsGzip(part)) throw occupied(path, 'it does not begin like a .gz file');
    for (;;) {
      const { size } = fstatSync(part);
      const start = size <= file.bytes ? size : 0;
      if (start < file.bytes) {
        for await (const { at, bytes } of download(url, { ...options, length: file.bytes, start })) {
          attemptWrite(path, () => writeAt(part, bytes, at));
          options.onProgress?.({ file: file.name, received: at + bytes.length, bytes: file.bytes });
        }
      }
      attemptWrite(path, () => ftruncateSync(part, file.bytes));
      const sum = await md5Of(path, part);
      if (sum === file.md5) return attemptWrite(path, () => fsyncSync(part));
      attemptWrite(path, () => ftruncateSync(part, 0));
      if (start > 0) continue;
      throw new DataError(
        `${url}: another file, or damaged on the way: md5 ${sum}, expected ${file.md5}; nothing was kept`,
      );
    }
  } finally {
    const { size } = fstatSync(part);
    closeSync(part);
    if (size === 0) await rm(path, { force: true });
  }
}

/** Whether an open file begins as a file of gzip does, or ends before it differs. */
function beginsGzip(file: number): boolean {
  const start = Buffer.alloc(GZIP.length);
  const length = readSync(file, start, 0, start.length, 0);
  return start.subarray(0, length).equals(GZIP.subarray(0, length));
}

/** Writes the expected files of a .tar.gz into the folder, each atomically, then their sums, and removes the archive. */
async function unpack(archive: string, remote: RemoteFile, dir: string): Promise<void> {
  const expected = remote.holds!;
  // For each file its header and padding, and 1 MiB for all others: an archive that unpacks to gigabytes is refused.
  const limit = Object.values(expected).reduce((sum, length) => sum + length + 1024, 2 ** 20);
  const sums = new Map<string, string>();
  for (const { name, bytes } of untar(await gunzipped(archive, limit), archive)) {
    const file = name.split('/').at(-1)!;
    if (!Object.hasOwn(expected, file)) continue;
    if (sums.has(file)) throw new DataError(`${archive}: it holds ${file} twice; another archive?`);
    if (bytes.length !== expected[file])
      throw new DataError(`${archive}: ${file}: ${bytes.length} bytes, expected ${expected[file]}; another archive?`);
    attemptWrite(dir, () =>
      removeUnfinished(dir, (name, start) => name === file && start.equals(bytes.subarray(0, start.length))),
    );
    await placeFile(join(dir, file), bytes);
    sums.set(file, createHash('md5').update(bytes).digest('hex'));
  }
  const missing = Object.keys(expected).filter((file) => !sums.has(file));
  if (missing.length > 0) throw new DataError(`${archive}: it does not hold ${missing.join(', ')}; another archive?`);
  writeSums(dir, remote, sums);
  await attemptWrite(archive, () => rm(archive));
}

async function gunzipped(path: string, maxOutputLength: number): Promise<Uint8Array> {
  const packed = attemptRead(path, () => readRegularFile(path, maxOutputLength));
  try {
    return await promisify(gunzip)(packed, { maxOutputLength });
  } catch (error) {
    throw new DataError(`${path}: cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
}
