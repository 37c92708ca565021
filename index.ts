export * from './core/index.js';
export * from './datasets/index.js';
export * from './fit/index.js';
export * from './models/index.js';
export * from './nn/index.js';
export * from './optim/index.js';
