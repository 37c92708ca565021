export {
  atMost,
  checkChoice,
  checkCount,
  checkFiniteNumber,
  checkFlag,
  checkIndex,
  checkInteger,
  checkJson,
  checkOptions,
  checkRandom,
  checkTensor,
  describeValue,
  got,
  isDetached,
  isRecord,
  must,
  pairOf,
  showValue,
  unassignable,
} from './arguments.js';
export type * from './backends/attributes.js';
export type { Backend, Buffer, BufferView, Kernel, Lifetime, Values, View } from './backends/backend.js';
export { backend, currentBackend, runtime, type Signal, setBackend, setThreads, threads } from './backends/current.js';
export { type BackwardOptions, backward, grad } from './backward.js';
export { isCallable } from './callable.js';
export * from './create.js';
export { checkedOp as op, checkedOps as ops, customOp, isRecomputing, rematerialize } from './customOp.js';
export { type Bytes, type DType, isFloat, promote } from './dtype.js';
export * from './errors.js';
export { type GradcheckOptions, gradcheck } from './gradcheck.js';
export { freeGrad, markListed, replaceGrad, warnSummed, warnUnlisted } from './gradients.js';
export { addPendingCheck, type Node, noGrad } from './graph.js';
export type { TensorMethods, TensorOperations } from './methods.js';
export { nearestName } from './names.js';
export { fromNdarray, toNdarray } from './ndarray.js';
export {
  type Definition,
  type Op,
  type Operation,
  type Operations,
  runInPlace,
  type Sample,
  type Thunks,
} from './op.js';
export { checkFunction } from './operands.js';
export * from './ops/index.js';
export { checkOverwrite, overwrite } from './overwrite.js';
export type { TensorData } from './print.js';
export { defaultRandom, Random, type RandomState, Stream, type StreamState, seed, useRandom } from './random.js';
export { parseSafetensors, serializeSafetensors } from './safetensors/safetensors.js';
export { isScopePending, keep, persist, type Scope, type Storage, scope } from './scope.js';
export { isContiguous, kindOf, type Shape, sameShape, show, sizeOf } from './shape.js';
export { type Axes, type Operand, Tensor } from './tensor.js';
export { VERSION } from './version.js';
