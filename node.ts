// Published as `boundgrad/node`: data sets from files, and checkpoints in a folder.
export * from './datasets/node.js';
export * from './fit/folder.js';
