// The checkpoint that a command line names: a file, a folder of checkpoints, or the folder of a run.
import { DataError } from '../core/index.js';
import { readCheckpoint } from '../node/checkpointFolder.js';
import { checkpointsOf } from '../node/loadModelFile.js';
import { refuse } from './failure.js';
import { quote } from './shell.js';

/** Reads the newest checkpoint of what --checkpoint names. Throws Failure if there is none, or if there are several runs. */
export function readRun(path: string): ReturnType<typeof readCheckpoint> {
  try {
    return readCheckpoint(checkpointsOf(path, (folder) => `--checkpoint ${quote(folder)}`));
  } catch (error) {
    if (error instanceof DataError) throw refuse(`--checkpoint: ${error.message}`, error);
    throw error;
  }
}
