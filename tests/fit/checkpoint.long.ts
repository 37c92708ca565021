// The endurance test of checkpoint.test.ts.
import { subject } from '../spec.js';
import { checkpointFile, readOrRefuse } from './damagedFiles.js';

const hostile = subject('Checkpoint, hostile files');
const file = await checkpointFile();

hostile('each of 4000 files with random damage and the right checksum is read or refused with DataError', () =>
  readOrRefuse(file, 4000),
);
