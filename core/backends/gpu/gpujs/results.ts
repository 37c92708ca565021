// Results of gpu.js's calls: waits for them with a time limit, checks for errors that gpu.js does not report, and flattens them.
import type { GpuDevice, Handle, Kernel } from './library.js';

/** Calls f with a value: synchronously, or when the promise resolves. */
export function then<T, U>(value: T | Promise<T>, f: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(f) : f(value);
}

/** Makes gpu.js return results as one flat array. By default it makes an array for each thread, which takes 0.4 us each. */
export function keepFlat(kernel: Kernel): void {
  const same = (values: unknown) => values;
  if (kernel._shapeOutput) kernel._shapeOutput = same;
  if (kernel.formatValues) kernel.formatValues = same;
}

/** Returns the first values of a result as one array. If gpu.js made an array for each thread nevertheless, returns the buffer that
 *  they share. Throws if there are too few values. */
export function flat(result: unknown, length: number): Float32Array {
  let values = result;
  while (Array.isArray(values)) [values] = values;
  if (!(values instanceof Float32Array) || values.buffer.byteLength < 4 * length) {
    throw new Error(`gpu.js returned something other than ${length} values`);
  }
  return new Float32Array(values.buffer, 0, length);
}

/** Turns a result on the device into a flat array that outlives its kernel. The result has four values for each thread. By default
 *  the next kernel would read it as vectors, which gpu.js does not support in WebGPU, and deleting a kernel would delete its textures.
 *  Throws if the result is not on the device. */
export function keepOnDevice(kernel: Kernel, result: unknown, length: number): Handle {
  const handle = result as Handle | null;
  if (typeof handle?.delete !== 'function')
    throw new Error(`gpu.js returned something other than ${length} values on the device`);
  if (handle.componentCount) return Object.assign(handle, { componentCount: 1, output: [length] });
  const cached = kernel.textureCache?.indexOf(handle.texture) ?? -1;
  if (cached >= 0) kernel.textureCache!.splice(cached, 1);
  const dimensions = new Int32Array([length, 1, 1]);
  return Object.assign(handle, { type: 'MemoryOptimizedNumberTexture', dimensions, kernel: {} });
}

/** Deletes an unused result from the device. */
export function discard(result: unknown): void {
  (result as Partial<Handle> | null)?.delete?.();
}

/** Calls the kernel inside WebGPU's error scopes and passes the result to `take`. Without error scopes a failed call would return
 *  zeros. Throws if the device reported an error. */
export async function guarded<T>(
  device: GpuDevice,
  call: () => Promise<unknown>,
  take: (result: unknown) => T,
): Promise<T> {
  const filters = ['validation', 'out-of-memory', 'internal'] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  let found: Promise<{ message: string } | null>[] = [];
  const result = await call().finally(() => {
    found = filters.map(() => device.popErrorScope().catch(() => null));
  });
  try {
    for (const error of await Promise.all(found)) if (error) throw new Error(`WebGPU: ${error.message}`);
    return take(result);
  } catch (error) {
    discard(result);
    throw error;
  }
}

/** Returns the result, or rejects with the error of `late` if the result takes longer than `seconds`. Counts timer ticks and does not read
 *  the clock, so time in which the computer sleeps does not count. */
export async function within<T>(seconds: number, result: Promise<T>, late: () => Error): Promise<T> {
  const tick = Math.min(seconds, 0.5);
  let ticks = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (++ticks * tick >= seconds) reject(late());
    }, 1000 * tick);
  });
  try {
    return await Promise.race([result, end]);
  } finally {
    clearInterval(timer);
  }
}
