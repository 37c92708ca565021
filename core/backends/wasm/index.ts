// Everything that the module exports.
export { heapBase, finite, copy } from './memory';
export { matmul, matmulWork } from './matmul';
export { conv2d, conv2dWork } from './conv';
export { conv2dInput, conv2dInputWork, turn } from './convinput';
export { conv2dWeight, conv2dWeightWork } from './convweight';
export { maxPool2d, maxUnpool2d } from './pool';
export { neg, abs, sqrt, square, relu, reluGrad, add, sub, mul, div } from './map';
export { sum } from './reduce';
