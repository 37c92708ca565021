// The wide build: the kernels with fused multiply-add in tiles of 6 x 16, for an engine that fuses neighbouring 128-bit operations into
// one of 256 bits. V8 does so behind a flag. Without the flag, or on a processor without AVX2, such a tile does not fit the registers
// and is slower than 6 x 8. So the build runs only if a check finds the same bits and a higher speed.
//
// package.json maps `#wide` to this file in Node and to page.ts elsewhere, so that a page carries neither this code nor the kernels.
import { builtin, runtime } from '../../host.js';
import type { Kernels } from '../assembly/exports.js';

/** The bytes of the wide build; or null, and `note` says why it does not run. */
export interface WideBuild {
  bytes: Uint8Array<ArrayBuffer> | null;
  note: string;
}

/** The name of V8's flag. Node 24 and newer have the feature; Node 22 has only the name. */
const FLAG = 'experimental-wasm-revectorize';
const OLDEST = 24;

/** Milliseconds that the check may last. On an idle machine it takes about 30, mostly for the engine's optimizing compiler, whose
 *  results the program needs anyway. */
const LIMIT = 1000;
/** Timed calls of each build once both are optimized: the least number, and the number after which the check ends if the wide build is not
 *  faster. The fastest call counts, because a busy machine does not slow down all of them. */
const TIMED = 10;
const TRIED = 100;

let verdict: Promise<WideBuild> | undefined;

/** Sets the engine's flag for the whole process, and checks the wide kernels against `fused`, the build without wide tiles. If the
 *  check finds a fault, such as other bits or less speed, the flag is unset again. The first call decides for all. */
export function wideBuild(fused: Uint8Array<ArrayBuffer>): Promise<WideBuild> {
  verdict ??= choose(fused);
  return verdict;
}

async function choose(fused: Uint8Array<ArrayBuffer>): Promise<WideBuild> {
  const here = runtime() ?? 'a page';
  const v8 = builtin<typeof import('node:v8')>('node:v8');
  const [name, version] = here.split(' ');
  if (!v8 || name !== 'Node' || Number.parseInt(version, 10) < OLDEST) {
    return { bytes: null, note: `wide: needs Node ${OLDEST} or newer: this is ${here}` };
  }
  v8.setFlagsFromString(`--${FLAG}`);
  const { default: bytes } = await import('../assembly/kernels.wide.wasm');
  const fault = await compare(fused, bytes).catch((error: Error) => `it fails: ${error.message}`);
  if (!fault) return { bytes, note: '' };
  v8.setFlagsFromString(`--no-${FLAG}`);
  return { bytes: null, note: `wide: ${fault}` };
}

/** Returns what is wrong with the second of two builds: other bits, or less speed; '' if nothing. The engine optimizes a function in
 *  another thread after some calls. So calls and pauses alternate until both builds are optimized. */
async function compare(fused: Uint8Array<ArrayBuffer>, wide: Uint8Array<ArrayBuffer>): Promise<string> {
  const [a, b] = [await Sample.of(fused), await Sample.of(wide)];
  const end = performance.now() + LIMIT;
  for (let timed = 0; timed < TIMED || (timed < TRIED && b.best >= a.best); ) {
    a.run();
    b.run();
    // Optimized code is six times as fast. A program that has used a build before has optimized it already.
    if (2 * Math.max(a.best, b.best) < Math.max(a.first, b.first)) timed++;
    else if (performance.now() > end) return `the engine took over ${LIMIT} ms to optimize the check: a busy machine?`;
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (!a.results().every((bits, i) => bits === b.results()[i])) return 'its results have other bits here';
  if (b.best >= a.best) return `it is not faster here: ${(a.best / b.best).toFixed(2)} times the speed`;
  return '';
}

/** Sizes of the timed product: only whole tiles, and most of its time is multiplying, not packing. */
const [M, K, N] = [96, 128, 96];
/** Sizes of a convolution. 45 taps and 121 windows leave tiles at edges. */
const SIDE = 11;
const CHANNELS = 5;
const PAGE = 65536;
/** Addresses of the operands, the results, the attributes of the convolution and the memory for packing. */
const [x, y, to, at, work] = [1, 4, 9, 13, 16].map((page) => page * PAGE);

/** Some kernels of one build, with their own inputs. */
class Sample {
  /** Milliseconds of the fastest call of matmul. */
  best = Infinity;
  /** Milliseconds of the faster of the first two calls. They follow each other at once, so the engine has optimized neither. */
  readonly first: number;
  readonly #values: Float32Array;

  private constructor(
    readonly kernels: Kernels,
    readonly memory: WebAssembly.Memory,
  ) {
    this.#values = new Float32Array(memory.buffer, x);
    // Values from -1 to 1, from a sequence that does not repeat.
    for (let i = 0; i < 2 * PAGE; i++) this.#values[i] = ((i * 0.6180339887) % 2) - 1;
    const conv = [1, CHANNELS, SIDE, SIDE, CHANNELS, 3, 3, 1, 1, 1, 1, 1, 1, SIDE, SIDE, 1];
    new Int32Array(memory.buffer, at).set(conv);
    this.#product();
    this.#product();
    this.first = this.best;
  }

  static async of(bytes: Uint8Array<ArrayBuffer>): Promise<Sample> {
    const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536 });
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
    return new Sample(instance.exports as unknown as Kernels, memory);
  }

  run(): void {
    const { kernels } = this;
    this.#product();
    kernels.conv2d(at, to + PAGE, x, y, work);
    // Sums of more than 256 products, in tiles at edges.
    kernels.matmul(to + 2 * PAGE, x, y, 7, 300, 29, 29, 300, 1, 29, 1, work);
    kernels.exp(to + 3 * PAGE, x, 1003);
  }

  /** The product that is timed. */
  #product(): void {
    const start = performance.now();
    this.kernels.matmul(to, x, y, M, K, N, N, K, 1, N, 1, work);
    this.best = Math.min(this.best, performance.now() - start);
  }

  /** The bits of the results. */
  results(): Uint32Array {
    return new Uint32Array(this.memory.buffer, to, PAGE);
  }
}
