export * from './densenet.js';
export * from './lenet.js';
export * from './mlp.js';
export type { ImageOptions } from './parts.js';
export * from './resnet.js';
export * from './table.js';
