// What a backend is: it owns buffers and runs kernels in order. Ops know this interface and no backend.
import type { Shape } from '../shape.js';

export type DType = 'float32' | 'float64' | 'int32' | 'bool';
export type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A window on values, in ndarray's convention: element (i, j, ..) lies at offset + i stride[0] + j stride[1] + .. */
export interface View {
  data: Values;
  shape: Shape;
  stride: Shape;
  offset: number;
}

/** An operation's meaning: a plain loop. It accumulates in float64 and rounds on store. Outputs are contiguous; inputs may be
 *  views of any stride. */
export interface Kernel<A = any> {
  name: string;
  loop(out: View[], ins: View[], attrs: A): void;
}

/** Values owned by a backend. `values` is current at every access; kernels' memory may move when it grows. */
export interface Buffer {
  readonly dtype: DType;
  readonly length: number;
  readonly values: Values;
}

/** A window on a buffer, as a kernel call takes it. */
export interface BufferView {
  buffer: Buffer;
  shape: Shape;
  stride: Shape;
  offset: number;
}

/** How long a buffer lives: `scoped` until freed, where kernels use it in place; `collected` until nothing refers to it. */
export type Lifetime = 'scoped' | 'collected';

export interface Backend {
  readonly name: string;
  /** A buffer of that many elements, zeroed where `zeroed` is set, else of any content. */
  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer;
  /** A buffer around values that exist, without a copy where the backend can. The caller gives them away. */
  adopt(dtype: DType, values: Values): Buffer;
  /** Gives a buffer back, after the work queued before. */
  free(buffer: Buffer): void;
  /** Queues a kernel in order and returns at once. */
  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void;
  /** A copy of the values as of the call: the only wait. */
  read(buffer: Buffer): Promise<Values>;
  /** The same at once, where the backend can. */
  readSync?(buffer: Buffer): Values;
  /** What runs under a kernel's name: for tests and benches. */
  via(kernel: string): string;
  /** How many threads share the work; 1 where left out. */
  readonly threads?: number;
  /** Why it does not run as it was asked to; empty or left out where it does. */
  readonly note?: string;
  /** Lets so many threads share the work, as far as it can: `threads` then tells, and `note` why there are fewer. */
  setThreads?(count: number): Promise<void>;
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** A zeroed typed array of a dtype. */
export function allocValues(dtype: DType, length: number): Values {
  return new arrays[dtype](length);
}

/** Values of a dtype in a memory, from an address on. */
export function windowOn(buffer: ArrayBuffer, dtype: DType, address: number, length: number): Values {
  return new arrays[dtype](buffer, address, length);
}

/** The dtype whose values such arrays hold; undefined for anything else. */
export function dtypeOf(values: unknown): DType | undefined {
  return (Object.keys(arrays) as DType[]).find((dtype) => values instanceof arrays[dtype]);
}

/** The view that a kernel's loop reads and writes. */
export function viewOf(b: BufferView): View {
  return { data: b.buffer.values, shape: b.shape, stride: b.stride, offset: b.offset };
}

/** The fewest axes that walk the same elements in the same order under every given stride: [size, ...strides]. */
export function collapse(shape: Shape, ...strides: Shape[]): number[][] {
  const axes: number[][] = [];
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    const inner = axes[0];
    if (inner && strides.every((s, j) => s[i] === inner[j + 1] * inner[0])) inner[0] *= shape[i];
    else axes.unshift([shape[i], ...strides.map((s) => s[i])]);
  }
  return axes;
}
