// Errors for tensors that are too large for the memory.
import { bytesOf, type DType } from './backends/backend.js';
import { BackendError } from './errors.js';
import { type Shape, show, sizeOf } from './shape.js';

/** Runs a function that allocates a tensor. Throws a BackendError with the operation and the bytes that it needs if memory is exhausted: the
 *  engine's RangeError only reads `Invalid typed array length`. Errors of other kinds are thrown unchanged. */
export function tryAllocate<T>(what: string, shape: Shape, dtype: DType, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    const isBackends = cause instanceof BackendError;
    if (!isBackends && !(cause instanceof RangeError)) throw cause;
    const bytes = (sizeOf(shape) * bytesOf(dtype)).toLocaleString('en-US');
    const why = isBackends ? `: ${cause.message}` : '; work on smaller parts';
    throw new BackendError(`${what}: out of memory: ${show(shape)} in ${dtype} takes ${bytes} bytes${why}`, { cause });
  }
}
