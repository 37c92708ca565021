// Files that the command line names. If one cannot be used, the command ends with a Failure, exit code 2.
import { DataError } from '../core/index.js';
import { readRegularFile } from '../node/ownFile.js';
import { attemptRead } from '../node/systemError.js';
import { refuse } from './failure.js';

/** Returns the bytes of a file. what: the option or the command that takes its name, as `--csv`. most: the largest size in bytes.
 *  Default: 1 GiB. Throws Failure if it cannot be read or is larger. */
export function readNamed(what: string, path: string, most = 2 ** 30): Buffer {
  try {
    return attemptRead(path, () => readRegularFile(path, most));
  } catch (error) {
    throw error instanceof DataError ? refuse(`${what}: ${error.message}`, error) : error;
  }
}

/** Returns the value of a file of JSON, which may begin with a byte order mark. Throws as `readNamed` does, and Failure if it is not JSON. */
export function readNamedJson(what: string, path: string, most?: number): unknown {
  const text = readNamed(what, path, most)
    .toString()
    .replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`${what}: '${path}': ${(error as Error).message}`, error);
  }
}
