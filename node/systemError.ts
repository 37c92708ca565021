// Turns errors of the operating system into a DataError with the file and the reason.
import { DataError } from '../core/errors.js';

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would exceed the size limit',
  ENOENT: 'the file or its folder has vanished',
  EACCES: 'permission denied',
  EADDRINUSE: 'another program uses it',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is a file of that name',
  EISDIR: 'there is a folder of that name',
  ELOOP: 'it is a symbolic link',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOMEM: 'there is no memory left',
  ENXIO: 'it is a pipe, a socket or a device, not a file',
  ERR_FS_EISDIR: 'there is a folder of that name',
  ENAMETOOLONG: 'the name is too long',
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
};

/** Why the system refused: a short English phrase for the common codes, else the system's own message. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Runs a function, synchronous or not, that writes `path`. Throws DataError `cannot write 'path': reason` if it fails. */
export function attemptWrite<T>(path: string, write: () => T): T {
  return rethrow(write, (error) => new DataError(`cannot write '${path}': ${reasonOf(error)}`, { cause: error }));
}

/** Runs a function, synchronous or not, that reads `path`. Throws DataError `cannot read 'path': reason` if it fails. */
export function attemptRead<T>(path: string, read: () => T): T {
  return rethrow(read, (error) => {
    // While reading, ENOENT means that the file never existed, not that it vanished.
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : reasonOf(error);
    return new DataError(`cannot read '${path}': ${why}`, { cause: error });
  });
}

function rethrow<T>(run: () => T, translate: (error: unknown) => DataError): T {
  const fail = (error: unknown): never => {
    throw translate(error);
  };
  try {
    const result = run();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}
