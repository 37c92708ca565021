// All operations. An operation has the name of its kernel; if the public function of that name is a wrapper that prepares the
// operands, the operation itself is called `<name>Op`: conv2d checks its options and calls conv2dOp, whose kernel is 'conv2d'.
export * from './broadcast.js';
export * from './cast.js';
export * from './conv.js';
export * from './cumsum.js';
export * from './einsum.js';
export * from './fill.js';
export * from './gather.js';
export * from './map.js';
export * from './matmul.js';
export * from './move.js';
export * from './norm.js';
export * from './pool.js';
export * from './products.js';
export * from './recurrent.js';
export * from './reduce.js';
export * from './repeat.js';
export * from './slice.js';
export * from './softmax.js';
export * from './sort.js';
export * from './triangle.js';
export * from './view.js';
export * from './where.js';
export * from './zip.js';
