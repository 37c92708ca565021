// The gpu backend. Large matrix products and convolutions run on gpu.js. Later calls on their results run there too, if the device has
// a kernel for them. Everything else runs on the wasm kernels or the loops. All calls run in order.
//
//   await setBackend(await gpu());   backend().via('matmul') names the class of gpu.js that ran
//
// gpu.js runs on WebGPU, on WebGL 2, on headless GL in Node, or, without a GPU, on WebAssembly that it compiles. This backend has
// an entry of its own, `boundgrad/gpu`, because gpu.js takes 128 MB to install; gpu() loads it.
// Source: gpu.js 2.24, https://github.com/gpujs/gpu.js.
import { BackendError, ValueError } from '../../errors.js';
import type { Backend, Buffer, BufferView, DType, Kernel, Lifetime, Values } from '../backend.js';
import { reference } from '../reference.js';
import { Engine, type EngineOptions } from './gpujs/engine.js';
import { loadLibrary, type Mode } from './gpujs/library.js';
import { choose } from './gpujs/mode.js';
import { PackedCalls } from './packed/calls.js';
import { product } from './packed/kernels.js';
import { Queue } from './queue.js';
import { ResidentCalls } from './resident/calls.js';

export type { Mode } from './gpujs/library.js';

/** Which mode of gpu.js runs, and how. */
export interface GpuOptions extends Partial<EngineOptions> {
  /** How gpu.js runs kernels. Default: the first of webgpu, webgl2 and headlessgl that runs on a device, else webasm. */
  mode?: Mode;
  /** Whether reads are asynchronous. If false, `dataSync` works, each call waits and copies its result to the CPU, webasm has one
   *  thread, and webgpu is not available. Default: true. */
  async?: boolean;
  /** A product or convolution whose inputs are on the CPU runs on the device if it has at least this many multiplications.
   *  Default: 2^17 on webasm, else 2^24. */
  smallest?: number;
  /** The backend that runs everything else; it must have `readSync`. Default: wasm if it loads, else the loops. */
  cpu?: Backend;
  /** Loads gpu.js. Default: import('gpu.js'). */
  load?: () => Promise<unknown>;
}

/** A backend on gpu.js. */
export interface GpuBackend extends Backend {
  /** How gpu.js runs kernels. */
  readonly mode: Mode;
  /** The name of the device, or empty if unknown. */
  readonly renderer: string;
  /** Frees the device's memory and workers after all earlier calls. Values can still be read. */
  dispose(): Promise<void>;
}

/** Default of `smallest`: how many multiplications the CPU does in the time of one device call: 0.1 ms on
 *  webasm, compared with the loop, and about 1 ms on headless GL, compared with the wasm kernels. WebGL 2 and WebGPU were not measured
 *  on a hardware GPU. */
const SMALLEST: Record<Mode, number> = { webasm: 2 ** 17, headlessgl: 2 ** 24, webgl2: 2 ** 24, webgpu: 2 ** 24 };

/** Default of `kernels`, the largest number of cached kernels. A training step has 100 to 200 kernels. On webasm a kernel needs
 *  more memory than in the other modes. */
const KERNELS: Record<Mode, number> = { webasm: 64, headlessgl: 512, webgl2: 512, webgpu: 512 };

/** Returns a backend on gpu.js, for setBackend. Without a device it runs on webasm, which is slower than the wasm backend. A browser
 *  keeps sixteen WebGL contexts: dispose() one backend before you create the next.
 *  Throws BackendError if gpu.js is not installed, if the mode is unknown, does not run here or computes wrong values, or if `cpu` has no
 *  `readSync`; ValueError if an option is unknown or has another wrong value. */
export async function gpu(options: GpuOptions = {}): Promise<GpuBackend> {
  checkNames(options);
  const { async = true, patience = 30 } = options;
  const library = await loadLibrary(options.load);
  const { mode, renderer, note } = await choose(library, options.mode, async);
  const cpu = options.cpu ?? (await fastest());
  if (!cpu.readSync) throw new BackendError(`gpu: cpu: must have readSync: ${cpu.name}; use wasm`);
  const { kernels = KERNELS[mode], smallest = SMALLEST[mode] } = options;
  const engine = new Engine(library, mode, async, { kernels, patience });
  // webasm computes in the CPU's memory, so it has no device on which results could stay.
  const residents = async && mode !== 'webasm' ? new ResidentCalls(engine, smallest) : null;
  let exact = true;
  try {
    await probe(engine);
    if (residents) exact = await residents.exact();
  } catch (cause) {
    await engine.dispose();
    const remedy = mode === 'webasm' && async ? 'allow worker-src blob:, or give async: false' : 'use wasm';
    throw new BackendError(`gpu: mode ${mode} does not work here: ${(cause as Error).message}; ${remedy}`, { cause });
  }
  const lost = exact ? '' : `${mode} does not preserve NaN here: every result is copied to the CPU`;
  const notes = [note, lost].filter(Boolean).join('; ');
  return new OnGpu(engine, cpu, exact ? residents : null, { async, smallest, renderer, note: notes });
}

const NAMES = ['mode', 'async', 'smallest', 'cpu', 'load', 'kernels', 'patience'];

/** Throws ValueError if an option is unknown or has a wrong value. `choose` checks the mode. */
function checkNames(options: GpuOptions): void {
  if (typeof options !== 'object' || options === null || Symbol.iterator in options)
    throw new ValueError(
      `gpu: options are an object of ${NAMES.join(', ')}: got ${options === null ? 'null' : typeof options}`,
    );
  const odd = Object.keys(options).find((name) => !NAMES.includes(name));
  if (odd !== undefined) throw new ValueError(`gpu: unknown option: ${odd}; it has ${NAMES.join(', ')}`);
  const { async, load, cpu } = options;
  if (async !== undefined && typeof async !== 'boolean') throw new ValueError('gpu: async must be true or false');
  if (load !== undefined && typeof load !== 'function') throw new ValueError('gpu: load must be a function');
  if (cpu !== undefined && typeof cpu?.run !== 'function') throw new ValueError('gpu: cpu must be a Backend');
  for (const name of ['smallest', 'kernels', 'patience'] as const) {
    const value: unknown = options[name] ?? 0;
    if (!(typeof value === 'number' && value >= 0))
      throw new ValueError(
        `gpu: ${name} must be a number of at least 0: ${typeof value === 'number' ? value : typeof value}`,
      );
  }
}

/** The wasm backend, or the reference backend if wasm does not load. */
async function fastest(): Promise<Backend> {
  try {
    const { wasm } = await import('../wasm/backend.js');
    return await wasm();
  } catch {
    return reference;
  }
}

/** Computes a small product, with enough threads to use webasm's workers. Throws if the result is wrong. */
async function probe(engine: Engine): Promise<void> {
  const [blocks, inner, columns] = [64, 2, 64];
  const a = Float32Array.from({ length: 4 * inner * blocks }, (_, i) => i % 7);
  const b = Float32Array.from({ length: columns * inner }, (_, i) => i % 5);
  const program = {
    name: 'probe',
    source: () => product({ blocks, panels: 1, inner }),
    threads: [columns, blocks, 1] as const,
  };
  const y = await engine.run(
    program,
    [
      { values: a, size: [4, inner, blocks] },
      { values: b, size: [columns, inner, 1] },
    ],
    4 * inner * blocks * columns,
  );
  for (let i = 0; i < y.length; i++) {
    const [block, x, c] = [Math.floor(i / (4 * columns)), Math.floor(i / 4) % columns, i % 4];
    const expected = a[8 * block + c] * b[x] + a[8 * block + 4 + c] * b[columns + x];
    if (y[i] !== expected) throw new Error(`it computes ${y[i]} instead of ${expected}`);
  }
}

class OnGpu implements GpuBackend {
  readonly name = 'gpu';
  readonly mode: Mode;
  readonly renderer: string;
  readonly note: string;
  readonly readSync?: (buffer: Buffer) => Values;
  readonly #device: PackedCalls;
  readonly #queue: Queue | null;
  readonly #calls: Pick<Backend, 'alloc' | 'adopt' | 'free' | 'read'>;

  constructor(
    readonly engine: Engine,
    readonly cpu: Backend,
    /** Runs calls whose results stay on the device; null if none do. */
    readonly residents: ResidentCalls | null,
    { async, smallest, renderer, note }: { async: boolean; smallest: number; renderer: string; note: string },
  ) {
    this.mode = engine.mode;
    this.renderer = renderer;
    this.note = note;
    this.#device = new PackedCalls(engine, cpu, smallest);
    this.#queue = async ? new Queue(this.#device, cpu, residents) : null;
    this.#calls = this.#queue ?? cpu;
    if (!async) this.readSync = (buffer) => cpu.readSync!(buffer);
  }

  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer {
    return this.#calls.alloc(dtype, length, lifetime, zeroed);
  }
  adopt(dtype: DType, values: Values): Buffer {
    return this.#calls.adopt(dtype, values);
  }
  free(buffer: Buffer): void {
    this.#calls.free(buffer);
  }
  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
    (this.#queue ?? this.#device).run(kernel, out, ins, attrs);
  }
  read(buffer: Buffer): Promise<Values> {
    return this.#calls.read(buffer);
  }
  via(kernel: string): string {
    return this.#device.via(kernel);
  }

  /** The number of threads of the CPU backend. gpu.js has its own threads. */
  get threads(): number {
    return this.cpu.threads ?? 1;
  }
  setThreads(count: number): Promise<void> {
    return this.#turn(async () => this.cpu.setThreads?.(count));
  }
  dispose(): Promise<void> {
    return this.#turn(async () => {
      await this.residents?.dispose();
      await this.engine.dispose();
    });
  }
  #turn(job: () => Promise<void>): Promise<void> {
    return this.#queue ? this.#queue.turn(job) : job();
  }
}
