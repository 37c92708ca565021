// Results of a call: synchronous or with a time limit, checked for errors that gpu.js does not report, and flat.
import type { GpuDevice, Handle, Kernel } from './library.js';

/** Calls f with a value, at once or when it is there. */
export function then<T, U>(value: T | Promise<T>, f: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(f) : f(value);
}

/** Has gpu.js hand out its results as it read them. It would make an array for each thread, at 0.4 us apiece. */
export function keepFlat(kernel: Kernel): void {
  const same = (values: unknown) => values;
  if (kernel._shapeOutput) kernel._shapeOutput = same;
  if (kernel.formatValues) kernel.formatValues = same;
}

/** The first values of a result; of arrays for each thread, if there are some after all, what they are windows on. */
export function flat(result: unknown, length: number): Float32Array {
  let values = result;
  while (Array.isArray(values)) [values] = values;
  if (!(values instanceof Float32Array) || values.buffer.byteLength < 4 * length) {
    throw new Error(`gpu.js gave something other than ${length} values`);
  }
  return new Float32Array(values.buffer, 0, length);
}

/** What stays on the device after a call, four values for each thread, as an array that lies flat. gpu.js would have the
 *  next kernel read vectors, which its WebGPU cannot; and a texture would go with its kernel. */
export function keepThere(kernel: Kernel, result: unknown, length: number): Handle {
  const handle = result as Handle | null;
  if (typeof handle?.delete !== 'function')
    throw new Error(`gpu.js gave something other than ${length} values to keep`);
  if (handle.componentCount) return Object.assign(handle, { componentCount: 1, output: [length] });
  const cached = kernel.textureCache?.indexOf(handle.texture) ?? -1;
  if (cached >= 0) kernel.textureCache!.splice(cached, 1);
  const dimensions = new Int32Array([length, 1, 1]);
  return Object.assign(handle, { type: 'MemoryOptimizedNumberTexture', dimensions, kernel: {} });
}

/** Deletes a result that is not used. */
export function discard(result: unknown): void {
  (result as Partial<Handle> | null)?.delete?.();
}

/** Asks WebGPU for the errors that it tells of only then, and after which results are zeros; without one, takes the result. */
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

/** A promise that is settled after so many seconds at the latest, then with the error that `late` makes. Time is counted in
 *  ticks, so that a computer that was asleep is not late. */
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
