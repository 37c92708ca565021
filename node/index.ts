// Published as `boundgrad/node`: data sets from files of images and tables, downloads, and checkpoints in a folder.

export { type CheckpointFolder, checkpointFolder, readCheckpoint } from './checkpointFolder.js';
export {
  cifar10,
  type Fetched,
  type FetchOptions,
  type FolderOptions,
  fashionMnist,
  fetchDataset,
  mnist,
} from './datasets.js';
export type { FilePath } from './path.js';
export { csvFile } from './tables.js';
