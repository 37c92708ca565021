// Published as `boundgrad/node`: data sets from files, and checkpoints in a folder.

export * from './checkpointFolder.js';
export * from './datasets.js';
