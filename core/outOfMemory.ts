// Errors for tensors that are too large for the memory.
import { bytesOf, type DType } from './backends/backend.js';
import { BackendError } from './errors.js';
import { type Shape, show, sizeOf } from './shape.js';

/** The error to throw if allocating a tensor failed: a BackendError that names the operation and the bytes of the tensor. The
 *  engine's RangeError only reads `Invalid typed array length`. Returns errors of other kinds unchanged. */
export function allocationError(what: string, shape: Shape, dtype: DType, error: unknown): unknown {
  const isBackends = error instanceof BackendError;
  if (!isBackends && !(error instanceof RangeError)) return error;
  const bytes = (sizeOf(shape) * bytesOf(dtype)).toLocaleString('en-US');
  const size = `${show(shape)} in ${dtype} takes ${bytes} bytes`;
  const why = isBackends ? `: ${error.message}` : '; work on smaller parts';
  return new BackendError(`${what}: out of memory: ${size}${why}`, { cause: error });
}

/** Runs a function that allocates a tensor. Throws BackendError if memory is exhausted. */
export function tryAllocate<T>(what: string, shape: Shape, dtype: DType, allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    throw allocationError(what, shape, dtype, error);
  }
}
