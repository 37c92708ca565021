// Every format that boundgrad reads from outside.
import type { Format } from '../format.js';
import { checkpoints } from './checkpoints.js';
import { dataFiles } from './dataFiles.js';
import { labStates } from './labStates.js';
import { pictures } from './pictures.js';
import { records } from './records.js';
import { runFolder } from './runFolder.js';
import { servers } from './servers.js';
import { sweeps } from './sweeps.js';
import { tables } from './tables.js';
import { tensors } from './tensors.js';
import { texts } from './texts.js';
import { trainedModels } from './trainedModels.js';

export const formats: readonly Format[] = [
  ...tensors,
  ...checkpoints,
  ...trainedModels,
  ...records,
  ...sweeps,
  ...runFolder,
  ...dataFiles,
  ...tables,
  ...texts,
  ...pictures,
  ...servers,
  ...labStates,
];
