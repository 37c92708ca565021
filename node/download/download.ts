// Downloads a data set into a folder of which nothing is ever half there: what arrives lies under a name that ends in .part
// until its md5 sum is right, so a download that was cut short, at any moment, goes on where it ended.
import { constants } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError, ValueError } from '../../core/index.js';
import { foreign, makeFolder, place, sizeOf, sumOf, writeAll, writing } from './files.js';
import { type DownloadOptions, download } from './http.js';
import { fetchable, type Remote, type RemoteFile } from './sources.js';
import { untar } from './tar.js';

export interface FetchOptions {
  /** The folder for the files, made where there is none. */
  dir: string;
  /** The address of a folder that holds the same files; the official one where left out. */
  from?: string;
  /** Ends the download. What has arrived is kept. */
  signal?: AbortSignal;
  /** Called at every piece that arrives. */
  onProgress?: (at: { file: string; received: number; bytes: number }) => void;
}

/** The names of the files in the folder: those that were downloaded now, and those that were there before. */
export interface Fetched {
  downloaded: string[];
  present: string[];
}

/** Downloads `cifar10`, `mnist` or `fashion-mnist`, unless it is there. Takes up what an earlier call has left.
 *  Throws ValueError for another name or address; DataError where the server cannot be reached or has other files, where the
 *  folder has files of those names that are others, or cannot be written; the signal's reason where that was aborted. */
export function fetchDataset(name: string, options: FetchOptions): Promise<Fetched> {
  if (Object.hasOwn(fetchable, name)) return fetchFiles(fetchable[name], options);
  throw new ValueError(`fetchDataset: unknown: ${name}; one of ${Object.keys(fetchable).join(', ')}`);
}

/** The same for any files. silence and pause: how patient it is, see `download`. */
export async function fetchFiles(
  remote: Remote,
  options: FetchOptions & Pick<DownloadOptions, 'silence' | 'pause'>,
): Promise<Fetched> {
  const { dir, from = remote.from } = options;
  const protocol = URL.canParse(from) ? new URL(from).protocol : '';
  if (!/^https?:$/.test(protocol))
    throw new ValueError(`fetch: no address of the web: ${from}; give http://.. or https://..`);
  const found: Fetched = { downloaded: [], present: [] };
  await writing(dir, () => makeFolder(dir));
  for (const file of remote.files) {
    const wanted = file.holds ? Object.keys(file.holds) : [file.name];
    if (await isThere(dir, file)) {
      found.present.push(...wanted);
      continue;
    }
    const part = join(dir, `${file.name}.part`);
    await receive(new URL(file.name, from.replace(/\/?$/, '/')).href, part, file, options);
    if (file.holds) await unpack(part, file.holds, dir);
    else await writing(part, () => rename(part, join(dir, file.name)));
    found.downloaded.push(...wanted);
  }
  return found;
}

/** Whether a file, or all that it holds, is in the folder. Throws DataError where something else has its name. */
async function isThere(dir: string, { name, bytes, md5, holds }: RemoteFile): Promise<boolean> {
  let missing = false;
  for (const [wanted, length] of Object.entries(holds ?? { [name]: bytes })) {
    const path = join(dir, wanted);
    const size = await sizeOf(path);
    if (size === null) missing = true;
    else if (size !== length) throw foreign(path, `${size} bytes, expected ${length}`);
    else if (!holds && (await sumOf(path)) !== md5) throw foreign(path, `its md5 sum is not ${md5}`);
  }
  return !missing;
}

/** Fills `path` until it is the file. Throws DataError, and keeps nothing, where the sum of what one server sent is
 *  wrong. */
async function receive(
  url: string,
  path: string,
  file: RemoteFile,
  options: Omit<DownloadOptions, 'length'> & FetchOptions,
) {
  const handle = await writing(path, () => open(path, constants.O_RDWR | constants.O_CREAT));
  try {
    for (;;) {
      const { size } = await handle.stat();
      const start = size <= file.bytes ? size : 0;
      if (start < file.bytes) {
        for await (const { at, bytes } of download(url, { ...options, length: file.bytes, start })) {
          await writing(path, () => writeAll(handle, bytes, at));
          options.onProgress?.({ file: file.name, received: at + bytes.length, bytes: file.bytes });
        }
      }
      await writing(path, () => handle.truncate(file.bytes));
      const sum = await sumOf(path);
      if (sum === file.md5) return await writing(path, () => handle.sync());
      await handle.truncate(0);
      if (start > 0) continue;
      throw new DataError(
        `${url}: another file, or damaged on the way: md5 ${sum}, expected ${file.md5}; nothing was kept`,
      );
    }
  } finally {
    const { size } = await handle.stat();
    await handle.close();
    if (size === 0) await rm(path, { force: true });
  }
}

/** Puts the wanted files of a .tar.gz into the folder, each at once, and removes the archive. */
async function unpack(archive: string, wanted: Readonly<Record<string, number>>, dir: string): Promise<void> {
  // Each has a header and is filled up to whole blocks; what else there is, is short.
  const limit = Object.values(wanted).reduce((sum, length) => sum + length + 1024, 2 ** 20);
  const missing = new Set(Object.keys(wanted));
  for (const { name, bytes } of untar(await gunzipped(archive, limit), archive)) {
    const file = name.split('/').at(-1)!;
    if (!Object.hasOwn(wanted, file)) continue;
    if (bytes.length !== wanted[file] || !missing.delete(file)) {
      throw new DataError(
        `${archive}: ${file}: ${bytes.length} bytes, expected ${wanted[file]}, once; another archive?`,
      );
    }
    await place(join(dir, file), bytes);
  }
  if (missing.size > 0)
    throw new DataError(`${archive}: it does not hold ${[...missing].join(', ')}; another archive?`);
  await writing(archive, () => rm(archive));
}

async function gunzipped(path: string, maxOutputLength: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(await readFile(path), { maxOutputLength });
  } catch (error) {
    throw new DataError(`${path}: cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
}
