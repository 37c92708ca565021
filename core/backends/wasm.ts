// The wasm backend: kernels in WebAssembly SIMD, one thread. Source of the kernels: wasm/*.ts, in AssemblyScript.
//
// Scoped buffers live in the kernels' linear memory and are used in place. Collected ones are ordinary typed arrays:
// they are copied into that memory for the length of a call, and outputs are copied back. A kernel that the table in
// wasm.plans.ts does not hold, or whose plan declines the shapes, runs its own loop.
import { BackendError } from '../errors.js';
import { isContiguous, sizeOf } from '../shape.js';
import {
  allocValues,
  type Backend,
  type Buffer,
  type BufferView,
  type DType,
  type Kernel,
  type Values,
  viewOf,
} from './backend.js';
import bytes from './wasm/kernels.wasm';
import { Call } from './wasm.call.js';
import type { Kernels } from './wasm.kernels.js';
import { Allocator, bytesOf, LinearBuffer } from './wasm.memory.js';
import { plans, type Signature } from './wasm.plans.js';

const GIB = 2 ** 30;
const PAGE = 65536;

export interface WasmOptions {
  /** Bytes that the linear memory may grow to; at most, and by default, 4 GiB, or what the system grants of it. */
  maximum?: number;
}

/** Compiles the kernels and returns a backend with a memory of its own.
 *  Throws BackendError where WebAssembly SIMD is missing or no memory is granted. */
export async function wasm(options: WasmOptions = {}): Promise<Backend> {
  const memory = reserve(options.maximum ?? 4 * GIB);
  let kernels: Kernels;
  try {
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory: memory.memory } });
    kernels = instance.exports as unknown as Kernels;
  } catch (cause) {
    throw new BackendError(
      `wasm: the kernels do not compile: ${(cause as Error).message}; where SIMD is missing, or a page's ` +
        "Content-Security-Policy has no 'wasm-unsafe-eval', use reference",
      { cause },
    );
  }
  return new Wasm(kernels, new Allocator(memory.memory, kernels.heapBase(), memory.maximum));
}

function reserve(limit: number): { memory: WebAssembly.Memory; maximum: number } {
  let cause: unknown;
  // The last page stays unused, so that the end of a block is an address of 32 bits too.
  for (const maximum of [4 * GIB - PAGE, 2 * GIB, GIB].map((most) => Math.min(most, limit))) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: Math.floor(maximum / PAGE) }), maximum };
    } catch (error) {
      cause = error;
    }
  }
  throw new BackendError('wasm: no memory was granted: tried 4, 2 and 1 GiB; use reference', { cause });
}

class Wasm implements Backend {
  readonly name = 'wasm';
  readonly #ran = new Map<string, boolean>();

  constructor(
    readonly kernels: Kernels,
    readonly allocator: Allocator,
  ) {}

  alloc(dtype: DType, length: number, lifetime: 'collected' | 'scoped', zeroed: boolean): Buffer {
    if (lifetime === 'collected') return this.adopt(dtype, allocValues(dtype, length));
    const buffer = new LinearBuffer(dtype, length, this.allocator.alloc(length * bytesOf[dtype]), this.allocator);
    if (zeroed) buffer.values.fill(0);
    return buffer;
  }

  adopt(dtype: DType, values: Values): Buffer {
    return { dtype, length: values.length, values };
  }

  free(buffer: Buffer): void {
    if (buffer instanceof LinearBuffer) buffer.free();
  }

  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
    const fast = this.#runFast(kernel.name, out, ins, attrs);
    this.#ran.set(kernel.name, fast);
    if (!fast) kernel.loop(out.map(viewOf), ins.map(viewOf), attrs);
  }

  /** Runs the kernel's plan and returns true, or changes nothing and returns false. */
  #runFast(name: string, out: BufferView[], ins: BufferView[], attrs: unknown): boolean {
    const plan = plans.get(name);
    if (!plan?.signatures.some((s) => fits(s.outs, out) && fits(s.ins, ins))) return false;
    if (!out.every((v) => isContiguous(v.shape, v.stride))) return false;
    const call = new Call(this.allocator, this.kernels, out, ins);
    try {
      if (!plan.run(call, attrs)) return false;
      call.store();
      return true;
    } finally {
      call.release();
    }
  }

  async read(buffer: Buffer): Promise<Values> {
    return this.readSync(buffer);
  }

  readSync(buffer: Buffer): Values {
    return buffer.values.slice();
  }

  /** What the last call of the kernel ran; before the first, what its table says. */
  via(kernel: string): string {
    return (this.#ran.get(kernel) ?? plans.has(kernel)) ? 'wasm simd' : 'loop';
  }
}

/** Whether views have these dtypes, and none is empty: on nothing the loop is as fast. */
function fits({ dtypes, more }: Signature['ins'], views: BufferView[]): boolean {
  if (more ? views.length < dtypes.length : views.length !== dtypes.length) return false;
  const last = dtypes.length - 1;
  return views.every((v, i) => v.buffer.dtype === dtypes[Math.min(i, last)] && sizeOf(v.shape) > 0);
}
