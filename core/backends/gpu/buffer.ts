// A buffer of the gpu backend. Its values are with the CPU's backend, or on the device, or on both; and before its turn comes
// nowhere.
import { BackendError } from '../../errors.js';
import type { Buffer, DType, Values } from '../backend.js';
import type { Resident } from './gpujs/engine.js';

export class Later implements Buffer {
  /** Of the CPU's backend. */
  inner: Buffer | null = null;
  /** The same values on the device, or the only ones. */
  array: Resident | null = null;
  /** Whether the device alone has the values. */
  away = false;
  /** Why it has no values. */
  error: unknown = null;

  constructor(
    readonly dtype: DType,
    readonly length: number,
    public make: () => Buffer,
    /** Whether its values may stay on the device, because somebody will free it. What only the garbage collector frees would
     *  not be freed in time; and values that were adopted may be written elsewhere. */
    readonly owned = false,
  ) {}

  get values(): Values {
    throw new BackendError(`gpu: values cannot be had at once: ${this.length} ${this.dtype}; await read()`);
  }

  /** The CPU's buffer, which is made here if it was not before. */
  home(): Buffer {
    this.inner ??= this.make();
    return this.inner;
  }
}
