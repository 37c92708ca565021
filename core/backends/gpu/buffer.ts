// A buffer of the gpu backend. Its values are in a buffer of the CPU backend, in an array on the device, or in both. Until the
// first call that uses it runs, they are in neither.
import { BackendError } from '../../errors.js';
import type { Buffer, DType, Values } from '../backend.js';
import type { Resident } from './gpujs/engine.js';

/** A buffer whose values may be on the device, or not computed yet. */
export class GpuBuffer implements Buffer {
  /** The buffer of the CPU backend. */
  inner: Buffer | null = null;
  /** The values on the device. */
  array: Resident | null = null;
  /** Whether only the device has the values. */
  away = false;
  /** The error of the call that should have computed its values; null if there was none. */
  error: unknown = null;

  constructor(
    readonly dtype: DType,
    readonly length: number,
    /** Makes the buffer of the CPU backend. */
    public make: () => Buffer,
    /** Whether a scope owns it. Only then may its values stay on the device: the garbage collector would free them too late, and
     *  adopted values may be written by other code. */
    readonly owned = false,
  ) {}

  get values(): Values {
    throw new BackendError(`gpu: values cannot be read synchronously: ${this.length} ${this.dtype}; await read()`);
  }

  /** The buffer of the CPU backend, made at the first call. */
  cpuBuffer(): Buffer {
    this.inner ??= this.make();
    return this.inner;
  }
}
