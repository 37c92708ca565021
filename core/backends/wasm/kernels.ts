// What the module exports, as TypeScript sees it.

/** What wasm/index.ts exports. Addresses are in bytes and counts in elements, as 32-bit integers; some take a float64. */
export type Kernels = Record<
  | 'heapBase'
  | 'useAreas'
  | 'areaBytes'
  | 'finite'
  | 'copy'
  | 'copyBytes'
  | 'matmul'
  | 'matmulWork'
  | 'matmulPack'
  | 'matmulPackBytes'
  | 'matmulPacked'
  | 'matmulPackedWork'
  | 'conv2d'
  | 'conv2dWork'
  | 'turn'
  | 'conv2dInput'
  | 'conv2dInputWork'
  | 'conv2dWeight'
  | 'conv2dWeightWork'
  | 'winograd'
  | 'winogradFilter'
  | 'winogradFilterBytes'
  | 'winogradWeight'
  | 'winogradWeightWork'
  | 'winogradWork'
  | 'maxPool2d'
  | 'maxUnpool2d'
  | 'avgPool2d'
  | 'avgUnpool2d'
  | 'batchNorm'
  | 'batchNormGrad'
  | 'softmax'
  | 'logSoftmax'
  | 'sum'
  | Unary
  | 'reluGrad'
  | Zip
  | Comparison
  | 'where'
  | 'toInt'
  | 'toFloat'
  | 'widen'
  | 'widenToFloat'
  | 'nonZero'
  | 'rows'
  | 'place'
  | 'fill'
  | 'inRange'
  | 'gather'
  | 'scatterAdd'
  | 'indexSelect'
  | 'indexAdd'
  | 'boundedStep'
  | 'countNonFinite',
  (...args: number[]) => number
>;

export type Unary =
  | 'neg'
  | 'abs'
  | 'sqrt'
  | 'square'
  | 'relu'
  | 'exp'
  | 'log'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'erf';
export type Zip = 'add' | 'sub' | 'mul' | 'div';
export type Comparison = 'equal' | 'notEqual' | 'less' | 'lessEqual';
