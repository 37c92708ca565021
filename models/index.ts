export * from './lenet.js';
export * from './mlp.js';
export * from './table.js';
