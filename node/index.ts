// Published as `boundgrad/node`: data sets from files of images and tables, downloads, checkpoints in a folder, and trained models from them.

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
export { type ImageFolderOptions, imageFolder } from './imageFolder.js';
export { loadModelFile } from './loadModelFile.js';
export type { FilePath } from './path.js';
export { readPicture } from './pictures/readPicture.js';
export { csvFile } from './tables.js';
