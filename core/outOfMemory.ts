// Tensors that are too large for the memory there is.
import { bytesOf, type DType } from './backends/backend.js';
import { BackendError } from './errors.js';
import { type Shape, show, sizeOf } from './shape.js';

/** The error to throw where allocating a tensor failed: a BackendError that says which operation asked for how much. The
 *  engine's RangeError says only `Invalid typed array length`; a backend's own error says what is in use, and goes on. */
export function allocationError(what: string, shape: Shape, dtype: DType, error: unknown): unknown {
  const isBackends = error instanceof BackendError;
  if (!isBackends && !(error instanceof RangeError)) return error;
  const bytes = (sizeOf(shape) * bytesOf(dtype)).toLocaleString('en-US');
  const size = `${show(shape)} in ${dtype} takes ${bytes} bytes`;
  const why = isBackends ? `: ${error.message}` : '; work on smaller parts';
  return new BackendError(`${what}: no room for it: ${size}${why}`, { cause: error });
}

/** Runs what allocates a tensor. Throws as `allocationError` says. */
export function tryAllocate<T>(what: string, shape: Shape, dtype: DType, allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    throw allocationError(what, shape, dtype, error);
  }
}
