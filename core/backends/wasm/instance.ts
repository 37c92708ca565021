// Instances of the compiled kernels: compiles a build, reserves its memory, and marks the memory as shared for workers.
import { BackendError } from '../../errors.js';
import type { Kernels } from './assembly/exports.js';

const GIB = 2 ** 30;
const PAGE = 65536;

/** A build of the kernels, and how to run it. */
export interface Build {
  bytes: Uint8Array<ArrayBuffer>;
  /** The name that `via` returns for its kernels. */
  name: string;
  /** Says why the wide build does not run although it was requested. Else empty. */
  note: string;
  /** The largest size of its memory, in bytes. */
  limit: number;
}

/** An instance of the module and its memory. */
export interface Instance {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** The largest size of the memory, in bytes. */
  maximum: number;
  kernels: Kernels;
  /** Whether workers can use the memory. */
  shared: boolean;
}

/** Compiles a build and gives it a new memory, shared or not. Throws BackendError if the engine does not compile it or grants no
 *  memory. */
export async function instantiate({ bytes, limit }: Build, shared: boolean): Promise<Instance> {
  const { memory, maximum } = reserve(limit, shared);
  try {
    const module = await WebAssembly.compile(shared ? importingShared(bytes) : bytes);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    return { module, memory, maximum, kernels: exports as unknown as Kernels, shared };
  } catch (cause) {
    throw new BackendError(
      `wasm: the kernels do not compile: ${(cause as Error).message}; without WebAssembly SIMD, or in a page whose ` +
        "Content-Security-Policy has no 'wasm-unsafe-eval', use reference",
      { cause },
    );
  }
}

/** Reserves the largest memory that the engine grants: almost 4, 2 or 1 GiB, and at most `limit` bytes. */
function reserve(limit: number, shared: boolean): { memory: WebAssembly.Memory; maximum: number } {
  let cause: unknown;
  // One page less than 4 GiB, so that the address after the last block also fits in 32 bits.
  for (const maximum of [4 * GIB - PAGE, 2 * GIB, GIB].map((most) => Math.min(most, limit))) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: Math.floor(maximum / PAGE), shared }), maximum };
    } catch (error) {
      cause = error;
    }
  }
  throw new BackendError(`wasm: no memory was granted: tried <= ${limit} bytes; use reference`, { cause });
}

/** The module with its memory import marked as shared, which is one bit. No kernel uses an atomic instruction, so nothing else
 *  differs. WebAssembly core specification, 5.5.5 "Import section", and the threads proposal, "limits". */
function importingShared(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // "env" and "memory", each after its length; the kind: memory (2); its limits: with a maximum (1).
  const entry = [3, ...bytesOfName('env'), 6, ...bytesOfName('memory'), 2, 1];
  const at = module.findIndex((_, i) => entry.every((byte, k) => module[i + k] === byte));
  const shared = module.slice();
  shared[at + entry.length - 1] = 3;
  return shared;
}

/** The bytes of a name in a WebAssembly module. */
export function bytesOfName(text: string): number[] {
  return [...text].map((c) => c.charCodeAt(0));
}
