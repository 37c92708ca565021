// One kernel call: the addresses of its operands in linear memory, memory borrowed until it ends, and its split into parts.
import { BackendError } from '../../errors.js';
import { isContiguous, sizeOf } from '../../strides.js';
import { type BufferView, bytesOf, collapse, windowOn } from '../backend.js';
import type { Kernels } from './assembly/exports.js';
import { type Allocator, LinearBuffer } from './memory.js';
import { PARTS, type WorkerPool } from './threads/workerPool.js';

/** Names of the compiled functions that take these arguments. */
export type KernelOf<Args extends number[]> = {
  [K in keyof Kernels]: Parameters<Kernels[K]> extends Args ? (Args extends Parameters<Kernels[K]> ? K : never) : never;
}[keyof Kernels];

/** The arguments of a compiled function. */
export type Arguments<K extends keyof Kernels> = Parameters<Kernels[K]>;
/** The arguments of a compiled function without the last one, which is the address of scratch memory. */
export type WithoutLast<T extends number[]> = T extends [...infer Head extends number[], number] ? Head : never;

/** Work that can be split into parts. */
export interface Work {
  /** Number of units: rows, images, elements. */
  count: number;
  /** Parts begin at multiples of this number of units, for example the width of a vector. Then the split does not change which
   *  instructions compute a unit, and results have the same bits for any split. Default: 1. */
  grain?: number;
  /** The largest number of parts for each thread. Default: 4, so that other threads can take over parts of a slow one. */
  partsPerThread?: number;
  /** The approximate time of one thread for a unit, in nanoseconds. */
  cost: number;
}

/** Nanoseconds for an element that is copied. */
export const COPIED = 0.1;

/** Scratch memory for each thread. The memory of thread i begins at `at + i * bytes`. */
export interface Scratch {
  at: number;
  bytes: number;
  /** Whether there is memory for one thread only, which then runs all parts. */
  isForOne?: boolean;
}

/** The operands of one call and the memory that it borrows. An address is the byte at which a view's first element begins. */
export class Call {
  readonly #borrowed: number[] = [];
  readonly #copiesOut: (() => void)[] = [];
  readonly #inputs: number[] = [];
  readonly #contiguous: number[] = [];

  constructor(
    /** The kernel's name, for errors. */
    readonly name: string,
    readonly allocator: Allocator,
    /** The compiled functions, as this thread calls them. */
    readonly kernels: Kernels,
    readonly outs: BufferView[],
    readonly ins: BufferView[],
    /** The workers; null on one thread. */
    readonly workers: WorkerPool | null = null,
    /** The side of the blocks of outputs that Winograd's form computes at once. */
    readonly winograd: 2 | 4 = 4,
    /** Whether optimizers step in float64. */
    readonly exactStep = false,
  ) {}

  /** Whether work of `cost` nanoseconds is worth a second thread. */
  isWorthSplitting(cost: number): boolean {
    return this.workers !== null && cost >= 2 * this.workers.partCost;
  }

  /** Calls a kernel once for all units, or once for each part on several threads. `args(from, count)` returns the kernel's
   *  arguments for `count` units from `from` on. Each unit writes values of its own, so results do not depend on the split. */
  split<K extends keyof Kernels>(kernel: K, work: Work, args: (from: number, count: number) => Arguments<K>): void {
    this.#split(kernel, work, args);
  }

  /** `split` for a kernel whose last argument is the address of scratch memory, which differs from thread to thread. */
  splitWithScratch<K extends keyof Kernels>(
    kernel: K,
    work: Work,
    scratch: Scratch,
    args: (from: number, count: number) => WithoutLast<Arguments<K>>,
  ): void {
    this.#split(kernel, work, args, scratch);
  }

  /** Calls a kernel once for each part with the part's arguments. The parts are the same for any number of threads, also for one. So even
   *  a sum that depends on the parts has the same bits for any number of threads. The last argument is the address of the
   *  thread's scratch memory. cost: the approximate time of one thread for all parts, in nanoseconds. */
  eachPart<K extends keyof Kernels>(
    kernel: K,
    parts: WithoutLast<Arguments<K>>[],
    cost: number,
    scratch: Scratch,
  ): void {
    this.#run(kernel, parts, parts.length > 1 && this.isWorthSplitting(cost), scratch);
  }

  #split(kernel: keyof Kernels, work: Work, args: (from: number, count: number) => number[], scratch?: Scratch): void {
    const { count, grain = 1, partsPerThread = 4, cost } = work;
    const grains = Math.ceil(count / grain);
    const threads = this.workers?.threads ?? 1;
    let most = this.workers
      ? Math.min(partsPerThread * threads, PARTS, grains, Math.floor((count * cost) / this.workers.partCost))
      : 1;
    // A multiple of the threads: one part more would run alone while the other threads wait.
    if (most > threads) most -= most % threads;
    if (most < 2) {
      this.#run(kernel, [args(0, count)], false, scratch);
      return;
    }
    const parts = Array.from({ length: most }, (_, i) => {
      const [from, to] = [i, i + 1].map((k) => Math.min(count, Math.floor((k * grains) / most) * grain));
      return args(from, to - from);
    });
    this.#run(kernel, parts, true, scratch);
  }

  #run(kernel: keyof Kernels, parts: number[][], onAllThreads: boolean, scratch?: Scratch): void {
    if (onAllThreads && !scratch?.isForOne) {
      this.workers!.run(kernel, parts, scratch, this.name);
      return;
    }
    const run = this.kernels[kernel] as (...args: number[]) => unknown;
    for (const args of parts) run(...args, ...(scratch ? [scratch.at] : []));
  }

  /** The address of output i. */
  output(i: number): number {
    const { buffer, shape, offset } = this.outs[i];
    if (buffer instanceof LinearBuffer) return buffer.address + offset * bytesOf(buffer.dtype);
    const length = sizeOf(shape);
    const at = this.borrow(length * bytesOf(buffer.dtype));
    this.#copiesOut.push(() =>
      buffer.values.set(windowOn(this.allocator.memory.buffer, buffer.dtype, at, length), offset),
    );
    return at;
  }

  /** The address of input i, with the view's strides. */
  input(i: number): number {
    return (this.#inputs[i] ??= this.#copyIn(i));
  }

  #copyIn(i: number): number {
    const { buffer, shape, stride, offset } = this.ins[i];
    const bytes = bytesOf(buffer.dtype);
    if (buffer instanceof LinearBuffer) return buffer.address + offset * bytes;
    let first = offset;
    let last = offset;
    shape.forEach((d, axis) => {
      if (stride[axis] < 0) first += (d - 1) * stride[axis];
      else last += (d - 1) * stride[axis];
    });
    const at = this.borrow((last + 1 - first) * bytes);
    const window = windowOn(this.allocator.memory.buffer, buffer.dtype, at, last + 1 - first);
    window.set(buffer.values.subarray(first, last + 1));
    return at + (offset - first) * bytes;
  }

  /** The address of input i in row-major order: of the input itself if it is contiguous, else of a copy. */
  contiguous(i: number): number {
    return (this.#contiguous[i] ??= this.#makeContiguous(i));
  }

  #makeContiguous(i: number): number {
    const { buffer, shape, stride } = this.ins[i];
    if (isContiguous({ shape, stride })) return this.input(i);
    return this.copyTo(this.borrow(sizeOf(shape) * bytesOf(buffer.dtype)), i);
  }

  /** Copies input i, of 4-byte or 1-byte elements, to an address and returns the address. `order`: the axes from the outermost
   *  to the innermost. Default: row-major order. */
  copyTo(to: number, i: number, order?: number[]): number {
    const { buffer, shape, stride } = this.ins[i];
    const [sizes, steps] = order ? [shape, stride].map((s) => order.map((axis) => s[axis])) : [shape, stride];
    const [[size, step] = [1, 1], ...inner] = collapse(sizes, steps);
    const from = this.input(i);
    const bytes = bytesOf(buffer.dtype);
    const each = sizeOf(inner.map(([n]) => n));
    // Parts of neighbouring values end where a cache line ends.
    const work = { count: size, grain: step === 1 || !inner.length ? 64 / bytes : 1, cost: each * COPIED };
    this.split(bytes === 1 ? 'copyBytes' : 'copy', work, (first, count) => [
      to + first * each * bytes,
      from + first * step * bytes,
      this.writeAxes([[count, step], ...inner]),
      1 + inner.length,
    ]);
    return to;
  }

  /** Writes axes [size, stride] for a kernel to read, first the sizes and then the strides, and returns the address. */
  writeAxes(axes: number[][]): number {
    const list = axes.length ? axes : [[1, 1]];
    return this.writeInts([...list.map(([size]) => size), ...list.map(([, stride]) => stride)]);
  }

  /** Writes 32-bit integers for a kernel to read and returns the address. */
  writeInts(values: number[]): number {
    const at = this.borrow(values.length * 4);
    new Int32Array(this.allocator.memory.buffer, at, values.length).set(values);
    return at;
  }

  /** Reads a 32-bit integer that a kernel may have written. */
  readInt(at: number): number {
    return new Int32Array(this.allocator.memory.buffer, at, 1)[0];
  }

  /** Scratch memory of at least `bytes` for each thread, until the call ends. If there is too little for all threads, it is for one.
   *  Results do not depend on this. Throws BackendError if there is too little for one. */
  scratch(bytes: number): Scratch {
    const rounded = Math.ceil(bytes / 64) * 64;
    const threads = this.workers?.threads ?? 1;
    try {
      return { at: this.borrow(rounded * threads), bytes: rounded };
    } catch (error) {
      if (threads === 1) throw error;
      return { at: this.borrow(rounded), bytes: rounded, isForOne: true };
    }
  }

  /** The address of memory that is free again when the call ends. Throws BackendError if there is none. */
  borrow(bytes: number): number {
    try {
      const at = this.allocator.alloc(bytes);
      this.#borrowed.push(at);
      return at;
    } catch (cause) {
      throw new BackendError(`${this.name}: no scratch memory: ${(cause as Error).message}`, { cause });
    }
  }

  /** Copies outputs to buffers outside linear memory. */
  copyOut(): void {
    for (const copy of this.#copiesOut) copy();
  }

  /** Frees the borrowed memory. */
  release(): void {
    for (const at of this.#borrowed) this.allocator.free(at);
  }
}
