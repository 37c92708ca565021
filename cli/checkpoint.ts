// The checkpoint that a command line names: a file, a folder of checkpoints, or the folder of a run.
import { DataError } from '../core/index.js';
import { readCheckpoint } from '../node/checkpointFolder.js';
import { checkpointsOf } from '../node/loadModelFile.js';
import { refuse } from './failure.js';
import { quote } from './shell.js';

/** Reads the newest checkpoint of what --checkpoint names. Throws Failure if there is none, or if there are several runs. */
export function readRun(path: string): ReturnType<typeof readCheckpoint> {
  const folders = checkpointsOf(path);
  if (folders.length > 1) {
    const names = folders.map((folder) => `--checkpoint ${quote(folder)}`).join(', ');
    throw refuse(`--checkpoint: '${path}' holds ${folders.length} runs; choose one: ${names}`);
  }
  try {
    return readCheckpoint(folders[0]);
  } catch (error) {
    if (error instanceof DataError) throw refuse(`--checkpoint: ${error.message}`, error);
    throw error;
  }
}
