// The parts of gpu.js 2.24 that this backend uses. Its own types lack half of them, so it is cast to these once.
import { BackendError } from '../../../errors.js';

/** Where gpu.js can run kernels. */
export type Mode = 'webgpu' | 'webgl2' | 'headlessgl' | 'webasm';

/** The class of gpu.js that runs a mode's kernels. */
export const classes = {
  webgpu: 'WebGPUKernel',
  webgl2: 'WebGL2Kernel',
  headlessgl: 'HeadlessGLKernel',
  webasm: 'WebAssemblyKernel',
} as const satisfies Record<Mode, string>;

/** What is used of a kernel class. */
export interface KernelClass {
  isSupported: boolean;
  /** Of the GL modes. */
  testContext?: GlContext;
  features?: { isFloatRead: boolean };
}

/** What is used of a WebGL context. */
export interface GlContext {
  readonly RENDERER: number;
  isContextLost(): boolean;
  getError(): number;
  getParameter(name: number): unknown;
  getExtension(name: 'WEBGL_debug_renderer_info'): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

export interface Library extends Record<(typeof classes)[Mode], KernelClass> {
  GPU: new (settings: { mode: Mode }) => Gpu;
  input(values: Float32Array, size: readonly number[]): unknown;
}

export interface Gpu {
  /** The context that all kernels of a GL mode share. */
  context: GlContext | null;
  createKernel(source: string, settings: object): Shortcut;
  destroy(): Promise<void>;
}

type Result = Float32Array | Result[];

/** What a kernel gives whose result stays on the device: a texture of the GL modes, or a buffer of webgpu. */
export interface Handle {
  /** Of a texture: how kernels read it, how many values it holds along x, y and z, and who deletes it. */
  type: string;
  dimensions?: ArrayLike<number>;
  texture?: unknown;
  kernel?: unknown;
  /** Of a buffer: the same, and values for each thread. */
  output: readonly number[];
  componentCount?: number;
  context?: { isLost?: boolean };
  delete(): void;
}

/** What createKernel gives: a function, and the kernel behind it, which gpu.js may exchange for another. */
export interface Shortcut {
  (...args: unknown[]): Result | Handle | Promise<Result | Handle>;
  kernel: Kernel;
  build(...args: unknown[]): unknown;
  destroy(): void;
}

/** A kernel. The names with an underscore, and formatValues, are gpu.js's own affair: each is used only where it is
 *  there. */
export interface Kernel {
  fallbackReason: string | null;
  /** Of webgpu, once it is built. */
  context?: { device?: GpuDevice; isLost?: boolean } | null;
  /** Of the GL modes: its arguments, which hold on to a texture that was its own result before. */
  kernelArguments?: { prevArg?: Handle | null }[];
  /** Textures that it deletes with itself. */
  textureCache?: unknown[];
  formatValues?: unknown;
  _shapeOutput?: unknown;
  _pool?: { release(entry: number): void } | null;
  _moduleCache?: Map<string, { id: number }>;
}

/** What is used of WebGPU's GPUDevice. */
export interface GpuDevice {
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{ message: string } | null>;
}

/** Loads gpu.js. Throws BackendError where it is not installed, and says how to. */
export async function loadLibrary(load: () => Promise<unknown> = () => import('gpu.js')): Promise<Library> {
  try {
    const module = (await load()) as Library & { default: Library };
    return module.GPU ? module : module.default;
  } catch (cause) {
    throw new BackendError(`gpu: gpu.js did not load: ${(cause as Error).message}; npm install gpu.js@^2.24.1`, {
      cause,
    });
  }
}

/** The name of the class that a kernel has. Names of classes do not survive a minifier, those of exports do. */
export function classOf(library: Library, kernel: Kernel): string {
  const all = library as unknown as Record<string, unknown>;
  const name = Object.keys(all).find((key) => key.endsWith('Kernel') && all[key] === kernel.constructor);
  return name ?? kernel.constructor.name;
}
