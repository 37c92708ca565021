// The interface of a backend, which owns buffers and runs kernels in order. Operations use only this interface.
import { ValueError } from '../errors.js';
import { type Shape, sizeOf } from '../strides.js';

/** The type of a tensor's elements. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool';
/** A typed array that holds elements of a dtype. */
export type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A view of values, in ndarray's convention: element (i, j, ..) is at offset + i stride[0] + j stride[1] + .. */
export interface View {
  /** The values, of which the view may show a part. */
  data: Values;
  /** The size of each axis. */
  shape: Shape;
  /** For each axis, the distance in elements from one index to the next. */
  stride: Shape;
  /** The position of the first element. */
  offset: number;
}

/** A named computation on buffers, with the plain loop that defines its result. */
export interface Kernel<A = any> {
  /** The name under which a backend may run something faster. */
  name: string;
  /** Computes the outputs. It accumulates in float64 and rounds on store; scatterAdd, indexAdd, maxUnpool2d and avgUnpool2d round after
   *  each addition. Outputs are contiguous; inputs may have any strides. */
  loop(out: View[], ins: View[], attrs: A): void;
}

/** Values held by a backend. */
export interface Buffer {
  /** The type of the elements. */
  readonly dtype: DType;
  /** The number of elements. */
  readonly length: number;
  /** The values. Read this at each access: a backend's memory may move when it grows. */
  readonly values: Values;
}

/** A view of a buffer: an operand of a kernel call. */
export interface BufferView {
  /** The buffer, of which the view may show a part. */
  buffer: Buffer;
  /** The size of each axis. */
  shape: Shape;
  /** For each axis, the distance in elements from one index to the next. */
  stride: Shape;
  /** The position of the first element. */
  offset: number;
}

/** How long a buffer lives. `owned`: until it is freed; kernels use it in place. `collected`: until the garbage collector frees it. */
export type Lifetime = 'owned' | 'collected';

/** Owns buffers and runs kernels on them in order. */
export interface Backend {
  /** The name, for messages. */
  readonly name: string;
  /** Returns a buffer of `length` elements: zeros if `zeroed`, else any values. */
  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer;
  /** Returns a buffer of existing values, without a copy if the backend can. The caller must not use the values afterwards. */
  adopt(dtype: DType, values: Values): Buffer;
  /** Frees a buffer, after the calls queued before. */
  free(buffer: Buffer): void;
  /** Queues a kernel call and returns at once. Calls run in order. */
  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void;
  /** Resolves to a copy of the values at the time of the call. Only reads wait. */
  read(buffer: Buffer): Promise<Values>;
  /** Returns a copy of the values. Missing on a backend that cannot wait synchronously. */
  readSync?(buffer: Buffer): Values;
  /** Returns what runs the kernel of this name: 'loop', 'wasm simd', .. */
  via(kernel: string): string;
  /** The number of threads. Default: 1. */
  readonly threads?: number;
  /** Why it does not run as requested, for example on fewer threads; else empty or missing. */
  readonly note?: string;
  /** Why the requested build of the kernels does not run; empty if it does. */
  readonly buildNote?: string;
  /** Changes the number of threads. If there are fewer than requested, `threads` is the number and `note` the reason. */
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

/** A typed array of `length` elements in a memory, from an address in bytes on. */
export function windowOn(buffer: ArrayBuffer, dtype: DType, address: number, length: number): Values {
  return new arrays[dtype](buffer, address, length);
}

/** The dtype of a typed array, or undefined for anything else. */
export function dtypeOf(values: unknown): DType | undefined {
  return (Object.keys(arrays) as DType[]).find((dtype) => values instanceof arrays[dtype]);
}

/** The view that a kernel's loop reads and writes. */
export function viewOf(b: BufferView): View {
  return { data: b.buffer.values, shape: b.shape, stride: b.stride, offset: b.offset };
}

/** Runs a kernel's loop. Throws ValueError if int32 does not hold a result. Stored, it would wrap around without an error, and a
 *  product would not even be right modulo 2^32, because it is rounded to float64 first. */
export function runLoop<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
  const xs = ins.map(viewOf);
  const ys = out.map((b) => {
    const y = viewOf(b);
    if (!(y.data instanceof Int32Array) || !sizeOf(y.shape)) return { y, span: null };
    // Only the values from the first to the last element are copied, not the whole buffer.
    const length = y.shape.reduce((sum, d, i) => sum + (d - 1) * y.stride[i], 1);
    const span = y.data.subarray(y.offset, y.offset + length);
    return { y: { ...y, data: new Float64Array(span), offset: 0 }, span };
  });
  kernel.loop(
    ys.map(({ y }) => y),
    xs,
    attrs,
  );
  for (const { y, span } of ys) {
    if (!span) continue;
    checkInt32(kernel.name, y.data);
    span.set(y.data);
  }
}

/** Throws ValueError if int32 does not hold a value: a fraction, NaN, or a number outside its range. */
export function checkInt32(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++)
    if (values[i] - (values[i] | 0) !== 0)
      throw new ValueError(`${what}: not an int32: ${values[i]} at ${i}; use float64`);
}

/** Merges neighbouring axes if every list of strides allows it. Returns the fewest axes, each as [size, ...strides], that visit the
 *  same elements in the same order. */
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
