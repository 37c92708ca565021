// The folder of a run. What lies in it is whole: a killed run leaves the lines that it finished, and a report appears under
// its name only when it is complete.
import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../core/index.js';
import { makeFolder, reason, writeWhole } from '../node/atomicFile.js';
import { checkpointFolder, readCheckpoint } from '../node/checkpointFolder.js';
import { lockFolder } from '../node/lock.js';
import { Failure, refuse } from './failure.js';
import { Journal } from './journal.js';
import { optimizerKeys } from './options/hyper.js';

const UNFINISHED = /^(report\.html|run\.json)\.\d+\.tmp$/;
/** Minutes of training that are not thrown away in passing. */
const LONG = 10;

/** Takes a folder for a run, made where there is none. Throws the refusal of one that is in use or cannot be used. */
export function openFolder(folder: string): void {
  orRefuse(folder, () => {
    makeFolder(folder);
    const probe = join(folder, '.writable');
    writeFileSync(probe, '');
    rmSync(probe, { force: true });
  });
  try {
    lockFolder(folder);
    // What a run that was killed had begun to write.
    for (const name of readdirSync(folder)) if (UNFINISHED.test(name)) rmSync(join(folder, name));
  } catch (error) {
    if (error instanceof DataError) throw refuse(error.message, error);
    throw error;
  }
}

/** Clears a folder of what an earlier run has left, of whatever optimizers, and of nothing else. Throws the refusal where
 *  that would be the work of more than some minutes, not finished. */
export function clearFolder(folder: string): void {
  for (const key of optimizerKeys) {
    const minutes = Math.floor(unfinished(folder, key) / 60);
    if (minutes < LONG) continue;
    const remedy = `--resume ${folder} goes on with it; remove the folder to begin anew`;
    throw refuse(`--out: '${folder}' holds ${minutes} minutes of a run that is not finished: ${remedy}`);
  }
  const names = ['report.html', 'run.json', ...optimizerKeys.map((key) => `${key}.jsonl`)];
  for (const path of names.map((name) => join(folder, name))) orRefuse(path, () => rmSync(path, { force: true }));
  for (const path of optimizerKeys.map((key) => join(folder, key)).filter(existsSync)) {
    const checkpoints = checkpointFolder(path);
    checkpoints.clear();
    checkpoints.close();
    // Whatever else lies in it stays.
    if (readdirSync(path).length === 0) orRefuse(path, () => rmdirSync(path));
  }
}

/** Seconds of training in the last checkpoint of an optimizer whose run did not come to an end; 0 where there is none. */
function unfinished(folder: string, key: string): number {
  const [lines, checkpoints] = [join(folder, `${key}.jsonl`), join(folder, key)];
  if (![lines, checkpoints, join(folder, 'run.json')].every(existsSync)) return 0;
  try {
    const journal = new Journal(lines, true);
    journal.close();
    return journal.isEnded ? 0 : readCheckpoint(checkpoints).checkpoint.position.seconds;
  } catch {
    // What cannot be read cannot be gone on with.
    return 0;
  }
}

function orRefuse(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw refuse(`--out: cannot write to '${path}': ${reason(error)}`, error);
  }
}

/** Writes a file whole or not at all. */
export function replaceFile(path: string, text: string): void {
  try {
    writeWhole(path, new TextEncoder().encode(text));
  } catch (error) {
    throw new Failure(`cannot write '${path}': ${reason(error)}`, 1, { cause: error });
  }
}
