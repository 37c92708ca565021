export * from './charLstm.js';
export * from './densenet.js';
export * from './gpt.js';
export type { ImageOptions } from './imageClassifier.js';
export * from './lenet.js';
export * from './mlp.js';
export * from './registry.js';
export * from './resnet.js';
