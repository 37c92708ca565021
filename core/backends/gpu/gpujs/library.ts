// Types of the parts of gpu.js 2.24 that this backend uses. The types that gpu.js ships lack half of these parts, so loadLibrary()
// casts the module to `Library`.
import { BackendError } from '../../../errors.js';

/** A way in which gpu.js can run kernels. */
export type Mode = 'webgpu' | 'webgl2' | 'headlessgl' | 'webasm';

/** The class of gpu.js that runs a mode's kernels. */
export const classes = {
  webgpu: 'WebGPUKernel',
  webgl2: 'WebGL2Kernel',
  headlessgl: 'HeadlessGLKernel',
  webasm: 'WebAssemblyKernel',
} as const satisfies Record<Mode, string>;

/** The used part of a kernel class. */
export interface KernelClass {
  isSupported: boolean;
  /** A context for queries. Only in the GL modes, like `features`. */
  testContext?: GlContext;
  features?: { isFloatRead: boolean };
}

/** The used part of a WebGL context. */
export interface GlContext {
  readonly RENDERER: number;
  isContextLost(): boolean;
  getError(): number;
  getParameter(name: number): unknown;
  getExtension(name: 'WEBGL_debug_renderer_info'): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

/** The exports of gpu.js. */
export interface Library extends Record<(typeof classes)[Mode], KernelClass> {
  GPU: new (settings: { mode: Mode }) => Gpu;
  /** Makes an argument of a kernel. size: the fastest-varying axis first. */
  input(values: Float32Array, size: readonly number[]): unknown;
}

/** An instance of gpu.js. */
export interface Gpu {
  /** The context that all kernels of a GL mode share. */
  context: GlContext | null;
  createKernel(source: string, settings: object): Shortcut;
  destroy(): Promise<void>;
}

type Result = Float32Array | Result[];

/** A result that stays on the device: a texture in the GL modes, a buffer in webgpu. */
export interface Handle {
  /** gpu.js's name for the layout of a texture, by which kernels read it. */
  type: string;
  /** The number of values of a texture along x, y and z. */
  dimensions?: ArrayLike<number>;
  texture?: unknown;
  /** The kernel that deletes the texture. */
  kernel?: unknown;
  /** The number of threads along x, y and z that wrote a buffer. */
  output: readonly number[];
  /** The number of values of each thread. Only in buffers. */
  componentCount?: number;
  context?: { isLost?: boolean };
  delete(): void;
}

/** The result of createKernel: a function that runs a kernel. gpu.js may exchange the kernel for another. */
export interface Shortcut {
  (...args: unknown[]): Result | Handle | Promise<Result | Handle>;
  kernel: Kernel;
  build(...args: unknown[]): unknown;
  destroy(): void;
}

/** A kernel. formatValues and the members with an underscore are internals of gpu.js, which another version may lack. */
export interface Kernel {
  fallbackReason: string | null;
  /** With a device only in webgpu. */
  context?: { device?: GpuDevice; isLost?: boolean } | null;
  /** Only in the GL modes. An argument can hold an earlier result of this kernel as prevArg. */
  kernelArguments?: { prevArg?: Handle | null }[];
  /** The textures that destroy() deletes with the kernel. */
  textureCache?: unknown[];
  formatValues?: unknown;
  _shapeOutput?: unknown;
  _pool?: { release(entry: number): void } | null;
  _moduleCache?: Map<string, { id: number }>;
}

/** The used part of WebGPU's GPUDevice. */
export interface GpuDevice {
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{ message: string } | null>;
}

/** Loads gpu.js. Throws BackendError if it does not load, for example because it is not installed. */
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

/** Returns the name under which gpu.js exports a kernel's class. A minifier renames classes but not exports. */
export function classOf(library: Library, kernel: Kernel): string {
  const all = library as unknown as Record<string, unknown>;
  const name = Object.keys(all).find((key) => key.endsWith('Kernel') && all[key] === kernel.constructor);
  return name ?? kernel.constructor.name;
}
