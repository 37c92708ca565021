// Calls whose results stay on the device. Later calls read them there; they are copied to the CPU only when the CPU needs them.
// gpu.js keeps them as textures (WebGL) or buffers (WebGPU), which are freed with their GpuBuffer. Outside a scope the garbage
// collector frees buffers too late, so results do not stay on the device.
import { isContiguous, sizeOf } from '../../../strides.js';
import type { BufferView, DType, Kernel } from '../../backend.js';
import { GpuBuffer } from '../buffer.js';
import type { Engine, Operand, Program, Resident } from '../gpujs/engine.js';
import { LANES, type Nest, nestText } from './loopNest.js';
import { mapAndReduce, rectified, type StagesOf } from './mapAndReduce.js';
import { matmulAndConv } from './matmulAndConv.js';
import { poolAndNorm } from './poolAndNorm.js';
import type { Source, Stage } from './stages.js';

/** The stages of every kernel that the device runs. */
export const stagesOf: Record<string, StagesOf> = { ...mapAndReduce, ...poolAndNorm, ...matmulAndConv };

/** The largest number of values of an array, so that indices, and their division in loopNest.ts, are exact in float32. */
const MOST = 2 ** 23;
/** The most arrays that a program of WebGPU may read. WebGPU allows eight arrays, one of which is the result. */
const ARRAYS = 7;

/** Runs calls on arrays of the device, and copies values to it and from it. */
export class ResidentCalls {
  /** Buffers that have an array on the device. */
  readonly #held = new Set<GpuBuffer>();

  constructor(
    readonly engine: Engine,
    /** A product or convolution with at least this many multiplications runs on the device even if its inputs are on the CPU.
     *  Other calls run there if the values of an input are only there, or if this is 0. */
    readonly smallest: number,
  ) {}

  /** Whether the device preserves NaN and infinities, which shaders are not required to do. */
  async exact(): Promise<boolean> {
    const values = Float32Array.of(
      Number.NaN,
      -1,
      Number.POSITIVE_INFINITY,
      2,
      1,
      Number.NaN,
      3,
      Number.NEGATIVE_INFINITY,
    );
    const operand: Operand = { values, size: [8] };
    const elements: Nest = { ...copy(8), term: rectified('$0') };
    const pairs: Nest = { ...copy(4), over: [2], reads: [{ offset: 0, steps: [2, 1] }], fold: 'max' };
    const found: number[] = [];
    for (const nest of [elements, pairs]) found.push(...(await this.engine.run(programOf(nest), [operand], 0)));
    const right = [
      ...Array.from(values, (x) => (x < 0 ? 0 : x)),
      ...[0, 2, 4, 6].map((i) => Math.max(values[i], values[i + 1])),
    ];
    return right.every((x, i) => Object.is(x, found[i]));
  }

  /** The stages of a call, or null if the CPU runs it. */
  stages<A>(kernel: Kernel<A>, outs: BufferView[], ins: BufferView[], attrs: A): Stage[] | null {
    const { name } = kernel;
    if (!Object.hasOwn(stagesOf, name) || ins.length > ARRAYS) return null;
    const away = ins.some((v) => (v.buffer as GpuBuffer).away);
    if (!away && this.smallest > 0 && !(work(name, outs, ins) >= this.smallest)) return null;
    const views = [...outs, ...ins];
    if (!views.every((v) => sizeOf(v.shape) > 0 && sizeOf(v.shape) <= MOST && v.buffer.length <= MOST)) return null;
    if (!outs.every(whole) || !supportsDTypes(name, outs, ins)) return null;
    return stagesOf[name](outs, ins, attrs);
  }

  /** Runs the stages of a call. Rejects with the reason if the device fails. */
  async run(stages: Stage[], outs: BufferView[]): Promise<void> {
    const made = new Map<Source, Resident>();
    try {
      for (const { nest, of, to } of stages) {
        const arrays: Resident[] = [];
        for (const source of of) {
          const array =
            made.get(source) ?? this.#arrayOf(source as GpuBuffer) ?? (await this.#upload(source as GpuBuffer));
          arrays.push(array);
          // No scope owns this buffer, so its array is freed after the call and the next call uploads it again.
          if (source instanceof GpuBuffer && !source.owned) made.set(source, array);
        }
        made.set(to, await this.engine.keep(programOf(nest), arrays, sizeOf(nest.axes) * sizeOf(nest.over)));
      }
      for (const { buffer } of outs) {
        this.drop(buffer as GpuBuffer);
        this.#hold(buffer as GpuBuffer, made.get(buffer)!, true);
        made.delete(buffer);
      }
    } finally {
      for (const array of made.values()) this.engine.free(array);
    }
  }

  /** Copies the values to the CPU if only the device has them. */
  bring(buffer: GpuBuffer): void | Promise<void> {
    return buffer.away ? this.#bring(buffer) : undefined;
  }

  async #bring(buffer: GpuBuffer): Promise<void> {
    const array = this.#there(buffer);
    const values = await this.engine.run(programOf(copy(array.length)), [array], 0);
    buffer.cpuBuffer().values.set(values.subarray(0, buffer.length));
    buffer.away = false;
  }

  /** Frees the array of a buffer on the device. */
  drop(buffer: GpuBuffer): void {
    if (buffer.array) this.engine.free(buffer.array);
    buffer.array = null;
    buffer.away = false;
    this.#held.delete(buffer);
  }

  /** Copies to the CPU all values that only the device has, and frees all arrays. */
  async dispose(): Promise<void> {
    for (const buffer of [...this.#held]) {
      if (!buffer.away) this.drop(buffer);
      // Values that cannot be copied stay marked as away, and reading them rejects.
      else if (this.engine.holds(buffer.array!))
        await this.#bring(buffer).then(
          () => this.drop(buffer),
          () => {},
        );
    }
  }

  #hold(buffer: GpuBuffer, array: Resident, away: boolean): void {
    buffer.array = array;
    buffer.away = away;
    this.#held.add(buffer);
  }

  /** The array of a buffer, or null if the device does not have its values. */
  #arrayOf(buffer: GpuBuffer): Resident | null {
    if (buffer.away) return this.#there(buffer);
    return buffer.array && this.engine.holds(buffer.array) ? buffer.array : null;
  }

  /** Copies a buffer's values to the device. If a scope owns the buffer, they stay there until they change. */
  async #upload(buffer: GpuBuffer): Promise<Resident> {
    this.drop(buffer);
    const length = LANES * Math.ceil(buffer.length / LANES);
    const values = new Float32Array(length);
    values.set(buffer.cpuBuffer().values);
    const given: Operand = { values, size: [length] };
    const array = await this.engine.keep(programOf(copy(length)), [given], 0);
    if (buffer.owned) this.#hold(buffer, array, false);
    return array;
  }

  #there({ array }: GpuBuffer): Resident {
    if (!array || !this.engine.holds(array)) throw new Error('the device was lost with its values');
    return array;
  }
}

/** Whether an output is its whole buffer, and may stay on the device. */
function whole({ buffer, shape, stride, offset }: BufferView): boolean {
  return (
    (buffer as GpuBuffer).owned && offset === 0 && sizeOf(shape) === buffer.length && isContiguous({ shape, stride })
  );
}

const comparisons = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'];

/** Whether the device can compute with the dtypes: float32, bool as 0 and 1, and int32 only for the positions of maxima in pooling.
 *  Other int32 values would be inexact in float32, and results beyond int32 would not be refused. */
function supportsDTypes(name: string, outs: BufferView[], ins: BufferView[]): boolean {
  const all = (views: BufferView[], ...dtypes: DType[]) => views.every((v) => dtypes.includes(v.buffer.dtype));
  if (name === 'maxPool2d' || name === 'maxUnpool2d') return all([...outs, ...ins], 'float32', 'int32');
  if (name === 'cast' || comparisons.includes(name)) return all([...outs, ...ins], 'float32', 'bool');
  const values = name === 'where' ? ins.slice(1) : ins;
  return all(ins, 'float32', 'bool') && outs.every((y) => all(values, y.buffer.dtype));
}

/** The number of multiplications of a product or a convolution; 0 for other kernels. */
function work(name: string, [y]: BufferView[], [a, b]: BufferView[]): number {
  if (name === 'matmul') return sizeOf(y.shape) * a.shape.at(-1)!;
  if (name === 'conv2d' || name === 'conv2dInput') {
    return sizeOf((name === 'conv2d' ? y : a).shape) * sizeOf(b.shape.slice(1));
  }
  return name === 'conv2dWeight' ? sizeOf(b.shape) * sizeOf(y.shape.slice(1)) : 0;
}

function copy(length: number): Nest {
  return { axes: [length], over: [], reads: [{ offset: 0, steps: [1] }], fold: 'sum', term: '$0', finish: '$s' };
}

function programOf(nest: Nest): Program {
  return {
    name: JSON.stringify(nest),
    source: () => nestText(nest),
    threads: [Math.ceil(sizeOf(nest.axes) / LANES)],
  };
}
