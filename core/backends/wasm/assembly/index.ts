// Everything that the module exports.
export { heapBase, useAreas, areaBytes, finite, copy, copyBytes } from './memory';
export { matmul, matmulWork, matmulPack, matmulPackBytes, matmulPacked, matmulPackedWork } from './matmul';
export { conv2d, conv2dWork } from './conv';
export { conv2dInput, conv2dInputWork, turn } from './convinput';
export { conv2dWeight, conv2dWeightWork } from './convweight';
export { winograd, winogradFilter, winogradFilterBytes, winogradWork } from './winograd';
export { winogradWeight, winogradWeightWork } from './winogradweight';
export { maxPool2d, maxUnpool2d, avgPool2d, avgUnpool2d } from './pool';
export { neg, abs, sqrt, square, relu, reluGrad, add, sub, mul, div } from './map';
export { exp, log, tanh, sigmoid, softplus, erf } from './approx';
export { sum } from './reduce';
export { softmax, logSoftmax } from './softmax';
export { batchNorm, batchNormGrad } from './norm';
export { equal, notEqual, less, lessEqual, where, toInt, toFloat, widen, widenToFloat, nonZero } from './select';
export { rows, place, fill, inRange, gather, scatterAdd, indexSelect, indexAdd } from './move';
export { boundedStep, countNonFinite } from './step';
