// The gpu backend: matrix products and convolutions on gpu.js, and what follows them there as long as a device has kernels for
// it; everything else on the wasm kernels or the loops, in order.
//
//   await setBackend(await gpu());   backend().via('matmul') names the class of gpu.js that ran
//
// gpu.js runs on WebGPU, on WebGL 2, on headless GL in Node, or compiles to WebAssembly where there is no GPU. It has an
// entry of its own, `boundgrad/gpu`, and is loaded when it is asked for, because installing it takes 128 MB.
// Source: gpu.js 2.24, https://github.com/gpujs/gpu.js.
import { BackendError, ValueError } from '../../errors.js';
import type { Backend, Buffer, BufferView, DType, Kernel, Lifetime, Values } from '../backend.js';
import { reference } from '../reference.js';
import { Engine, type EngineOptions } from './gpujs/engine.js';
import { loadLibrary, type Mode } from './gpujs/library.js';
import { choose } from './gpujs/mode.js';
import { Device } from './packed/calls.js';
import { product } from './packed/kernels.js';
import { Queue } from './queue.js';
import { Residents } from './resident/calls.js';

export type { Mode } from './gpujs/library.js';

export interface GpuOptions extends Partial<EngineOptions> {
  /** Where to run; without it the first of webgpu, webgl2, headlessgl that is a device, else webasm. */
  mode?: Mode;
  /** Whether values can only be awaited, as is the rule. Where false, `dataSync` works, every result comes back from the device
   *  at once, and webasm has one thread; webgpu cannot. */
  async?: boolean;
  /** Multiplications below which a product or a convolution of values that are with the CPU is left to it; 0 leaves it none.
   *  Where left out 2^17 on webasm, elsewhere 2^24. */
  smallest?: number;
  /** What runs everything else: wasm where it loads, else the loops. It has to be one that can be read at once. */
  cpu?: Backend;
  /** How gpu.js is loaded; import('gpu.js') where left out. */
  load?: () => Promise<unknown>;
}

export interface GpuBackend extends Backend {
  readonly mode: Mode;
  /** The device by name, where it tells. */
  readonly renderer: string;
  /** Frees the device's memory and workers, after what was called before. Values can be read further on. */
  dispose(): Promise<void>;
}

/** What the loop does in the time of a call of webasm, a tenth of a millisecond, and the wasm kernels in that of a call of
 *  headless GL, about one; calls of a real device were not measured. */
const SMALLEST: Record<Mode, number> = { webasm: 2 ** 17, headlessgl: 2 ** 24, webgl2: 2 ** 24, webgpu: 2 ** 24 };

/** A training step has a hundred or two; webasm's need more memory. */
const KERNELS: Record<Mode, number> = { webasm: 64, headlessgl: 512, webgl2: 512, webgpu: 512 };

/** A backend on gpu.js, for setBackend. Of the modes that are devices it takes the first, else webasm, which is slower than
 *  the wasm backend. A browser keeps sixteen WebGL contexts: dispose() of one backend before you make another.
 *  Throws BackendError where gpu.js is not installed, and where the mode is missing or does not compute. */
export async function gpu(options: GpuOptions = {}): Promise<GpuBackend> {
  const { async = true, patience = 30 } = options;
  for (const name of ['smallest', 'kernels', 'patience'] as const) {
    const { [name]: value = 0 } = options;
    if (!(value >= 0)) throw new ValueError(`gpu: ${name} must be a number of at least 0: ${value}`);
  }
  const library = await loadLibrary(options.load);
  const { mode, renderer, note } = await choose(library, options.mode, async);
  const cpu = options.cpu ?? (await fastest());
  if (!cpu.readSync) throw new BackendError(`gpu: the CPU's backend cannot be read at once: ${cpu.name}; use wasm`);
  const { kernels = KERNELS[mode], smallest = SMALLEST[mode] } = options;
  const engine = new Engine(library, mode, async, { kernels, patience });
  // webasm's values are with the CPU as they are.
  const residents = async && mode !== 'webasm' ? new Residents(engine, smallest) : null;
  let exact = true;
  try {
    await probe(engine);
    if (residents) exact = await residents.exact();
  } catch (cause) {
    await engine.dispose();
    const remedy = mode === 'webasm' && async ? 'allow worker-src blob:, or give async: false' : 'use wasm';
    throw new BackendError(`gpu: mode ${mode} does not work here: ${(cause as Error).message}; ${remedy}`, { cause });
  }
  const lost = exact ? '' : `${mode} loses NaN here: every result comes back to the CPU`;
  const notes = [note, lost].filter(Boolean).join('; ');
  return new OnGpu(engine, cpu, exact ? residents : null, { async, smallest, renderer, note: notes });
}

async function fastest(): Promise<Backend> {
  try {
    const { wasm } = await import('../wasm/backend.js');
    return await wasm();
  } catch {
    return reference;
  }
}

/** A small product with enough threads to call webasm's workers. Throws if it is wrong. */
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
    const right = a[8 * block + c] * b[x] + a[8 * block + 4 + c] * b[columns + x];
    if (y[i] !== right) throw new Error(`it computes ${y[i]} where ${right} is right`);
  }
}

class OnGpu implements GpuBackend {
  readonly name = 'gpu';
  readonly mode: Mode;
  readonly renderer: string;
  readonly note: string;
  readonly readSync?: (buffer: Buffer) => Values;
  readonly #device: Device;
  readonly #queue: Queue | null;
  readonly #calls: Pick<Backend, 'alloc' | 'adopt' | 'free' | 'read'>;

  constructor(
    readonly engine: Engine,
    readonly cpu: Backend,
    /** Calls whose results stay on the device; null where none do. */
    readonly residents: Residents | null,
    { async, smallest, renderer, note }: { async: boolean; smallest: number; renderer: string; note: string },
  ) {
    this.mode = engine.mode;
    this.renderer = renderer;
    this.note = note;
    this.#device = new Device(engine, cpu, smallest);
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

  /** Threads of the CPU's backend; gpu.js has its own. */
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
