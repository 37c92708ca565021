// One kernel call: where its operands lie in linear memory, what was borrowed there for its length, and how it is shared
// out.
import { BackendError } from '../../errors.js';
import { isContiguous, sizeOf } from '../../shape.js';
import { type BufferView, bytesOf, collapse, windowOn } from '../backend.js';
import type { Kernels } from './kernels.js';
import { type Allocator, LinearBuffer } from './memory.js';
import type { Team } from './threads/team.js';

/** Work to be cut into parts. */
export interface Work {
  /** How many units there are: rows, images, elements. */
  count: number;
  /** Parts begin at multiples of it; where it decides which instructions compute an element, results depend on it. */
  grain?: number;
  /** Parts for each thread at most; 4 where left out, so that where one is late, others take more. */
  each?: number;
  /** Nanoseconds that a unit takes on one thread, about. */
  cost: number;
  /** Room for each thread; its address comes as the kernel's last argument. */
  scratch?: Scratch;
}

/** Room for each thread: that of thread i begins at + i bytes. */
export interface Scratch {
  at: number;
  bytes: number;
}

/** Operands and scratch of one call. Addresses are of a view's first element, in bytes. */
export class Call {
  readonly #borrowed: number[] = [];
  readonly #stores: (() => void)[] = [];
  readonly #at: number[] = [];
  readonly #dense: number[] = [];

  constructor(
    readonly name: string,
    readonly allocator: Allocator,
    readonly kernels: Kernels,
    readonly outs: BufferView[],
    readonly ins: BufferView[],
    readonly team: Team | null = null,
  ) {}

  /** Whether work of so many nanoseconds is worth more than one thread. */
  shared(cost: number): boolean {
    return this.team !== null && cost >= 2 * this.team.partCost;
  }

  /** Calls a kernel for all units at once, or for parts of them on several threads. `args` are its arguments for n units
   *  from a first one on. Each unit writes values of its own, so the cut has no influence on any. */
  share(kernel: keyof Kernels, work: Work, args: (from: number, n: number) => number[]): void {
    const { count, grain = 1, each = 4, cost, scratch } = work;
    const grains = Math.ceil(count / grain);
    const most = this.team
      ? Math.min(each * this.team.size, grains, Math.floor((count * cost) / this.team.partCost))
      : 1;
    if (most < 2) {
      this.kernels[kernel](...args(0, count), ...(scratch ? [scratch.at] : []));
      return;
    }
    const parts = Array.from({ length: most }, (_, i) => {
      const [from, to] = [i, i + 1].map((k) => Math.min(count, Math.floor((k * grains) / most) * grain));
      return args(from, to - from);
    });
    this.team!.run(kernel, parts, scratch, this.name);
  }

  /** Room of that many bytes for each thread, until the call ends. */
  scratch(bytes: number): Scratch {
    const rounded = Math.ceil(bytes / 64) * 64;
    return { at: this.work(rounded * (this.team?.size ?? 1)), bytes: rounded };
  }

  /** The address of output i. */
  out(i: number): number {
    const { buffer, shape, offset } = this.outs[i];
    if (buffer instanceof LinearBuffer) return buffer.address + offset * bytesOf(buffer.dtype);
    const length = sizeOf(shape);
    const at = this.work(length * bytesOf(buffer.dtype));
    this.#stores.push(() =>
      buffer.values.set(windowOn(this.allocator.memory.buffer, buffer.dtype, at, length), offset),
    );
    return at;
  }

  /** The address of input i; its strides hold from there. */
  at(i: number): number {
    return (this.#at[i] ??= this.#bring(i));
  }

  #bring(i: number): number {
    const { buffer, shape, stride, offset } = this.ins[i];
    const bytes = bytesOf(buffer.dtype);
    if (buffer instanceof LinearBuffer) return buffer.address + offset * bytes;
    let first = offset;
    let last = offset;
    shape.forEach((d, axis) => {
      if (stride[axis] < 0) first += (d - 1) * stride[axis];
      else last += (d - 1) * stride[axis];
    });
    const at = this.work((last + 1 - first) * bytes);
    const window = windowOn(this.allocator.memory.buffer, buffer.dtype, at, last + 1 - first);
    window.set(buffer.values.subarray(first, last + 1));
    return at + (offset - first) * bytes;
  }

  /** The address of input i in row-major order: itself where it lies so, else a copy. */
  dense(i: number): number {
    return (this.#dense[i] ??= this.#bringDense(i));
  }

  #bringDense(i: number): number {
    const { buffer, shape, stride } = this.ins[i];
    if (isContiguous(shape, stride)) return this.at(i);
    return this.copy(i, this.work(sizeOf(shape) * bytesOf(buffer.dtype)));
  }

  /** Copies input i, of 4-byte or 1-byte elements, to an address, its axes in an order: row-major where left out. */
  copy(i: number, to: number, order?: number[]): number {
    const { buffer, shape, stride } = this.ins[i];
    const [sizes, steps] = order ? [shape, stride].map((s) => order.map((axis) => s[axis])) : [shape, stride];
    const axes = collapse(sizes, steps);
    const kernel = bytesOf(buffer.dtype) === 1 ? 'copyBytes' : 'copy';
    this.kernels[kernel](to, this.at(i), this.axes(axes), Math.max(1, axes.length));
    return to;
  }

  /** Axes [size, stride] for a kernel to read: the sizes, then the strides. */
  axes(axes: number[][]): number {
    const list = axes.length ? axes : [[1, 1]];
    return this.words([...list.map(([size]) => size), ...list.map(([, stride]) => stride)]);
  }

  /** Integers for a kernel to read, as 32-bit words. */
  words(values: number[]): number {
    const at = this.work(values.length * 4);
    new Int32Array(this.allocator.memory.buffer, at, values.length).set(values);
    return at;
  }

  /** A word that a kernel may have written. */
  word(at: number): number {
    return new Int32Array(this.allocator.memory.buffer, at, 1)[0];
  }

  /** The same as 64-bit floats. */
  doubles(values: number[]): number {
    const at = this.work(values.length * 8);
    new Float64Array(this.allocator.memory.buffer, at, values.length).set(values);
    return at;
  }

  /** Scratch until the call ends. Throws BackendError where there is none. */
  work(bytes: number): number {
    try {
      const at = this.allocator.alloc(bytes);
      this.#borrowed.push(at);
      return at;
    } catch (cause) {
      throw new BackendError(`${this.name}: no room to work in: ${(cause as Error).message}`, { cause });
    }
  }

  /** Brings outputs to buffers that do not live in linear memory. */
  store(): void {
    for (const store of this.#stores) store();
  }

  /** Gives the scratch back. */
  release(): void {
    for (const at of this.#borrowed) this.allocator.free(at);
  }
}
