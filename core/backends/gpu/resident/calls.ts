// Calls whose results stay on the device: what follows takes them from there, and only what the CPU is to see comes home.
// gpu.js lets them stay as textures of WebGL and as buffers of WebGPU; they are freed with the buffer whose values they are.
// Outside a scope nobody frees buffers, and so nothing stays.
import { isContiguous, sizeOf } from '../../../shape.js';
import type { BufferView, DType, Kernel } from '../../backend.js';
import { Later } from '../buffer.js';
import type { Engine, Operand, Program, Resident } from '../gpujs/engine.js';
import { contractions } from './contractions.js';
import { elements, type Nests, rectified } from './elements.js';
import { LANES, type Nest, nestText } from './nest.js';
import { planes } from './planes.js';
import type { Source, Step } from './steps.js';

/** What is computed on the device, by the kernel's name. */
export const nests: Record<string, Nests> = { ...elements, ...planes, ...contractions };

/** So many values an array has at most: indices are exact in a float32, and so is their division in gpu.nest.ts. */
const MOST = 2 ** 23;
/** Arrays that a program of WebGPU reads at most, one of eight being its result. */
const ARRAYS = 7;

/** Kernels by their names, as steps on arrays of the device. */
export class Residents {
  /** Buffers that have an array on the device. */
  readonly #held = new Set<Later>();

  constructor(
    readonly engine: Engine,
    /** Multiplications from which a product or a convolution goes to the device by itself. Everything else follows values
     *  that are there; where this is 0 it goes too. */
    readonly smallest: number,
  ) {}

  /** Whether the device keeps NaN and infinities, which a shader need not. */
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

  /** The call as steps, if it is one for the device. */
  steps<A>(kernel: Kernel<A>, outs: BufferView[], ins: BufferView[], attrs: A): Step[] | null {
    const { name } = kernel;
    if (!Object.hasOwn(nests, name) || ins.length > ARRAYS) return null;
    const away = ins.some((v) => (v.buffer as Later).away);
    if (!away && this.smallest > 0 && !(work(name, outs, ins) >= this.smallest)) return null;
    const views = [...outs, ...ins];
    if (!views.every((v) => sizeOf(v.shape) > 0 && sizeOf(v.shape) <= MOST && v.buffer.length <= MOST)) return null;
    if (!outs.every(whole) || !known(name, outs, ins)) return null;
    return nests[name](outs, ins, attrs);
  }

  /** Takes the steps of a call. Rejects with the reason where the device fails. */
  async run(steps: Step[], outs: BufferView[]): Promise<void> {
    const made = new Map<Source, Resident>();
    try {
      for (const { nest, of, to } of steps) {
        const arrays: Resident[] = [];
        for (const source of of) {
          const array = made.get(source) ?? this.#arrayOf(source as Later) ?? (await this.#upload(source as Later));
          arrays.push(array);
          // What nobody frees is brought anew by the next call.
          if (source instanceof Later && !source.owned) made.set(source, array);
        }
        made.set(to, await this.engine.keep(programOf(nest), arrays, sizeOf(nest.axes) * sizeOf(nest.over)));
      }
      for (const { buffer } of outs) {
        this.drop(buffer as Later);
        this.#hold(buffer as Later, made.get(buffer)!, true);
        made.delete(buffer);
      }
    } finally {
      for (const array of made.values()) this.engine.free(array);
    }
  }

  /** Brings the values home, if the device alone has them. */
  bring(later: Later): void | Promise<void> {
    return later.away ? this.#bring(later) : undefined;
  }

  async #bring(later: Later): Promise<void> {
    const array = this.#there(later);
    const values = await this.engine.run(programOf(copy(array.length)), [array], 0);
    later.home().values.set(values.subarray(0, later.length));
    later.away = false;
  }

  /** Forgets what the device has of a buffer. */
  drop(later: Later): void {
    if (later.array) this.engine.free(later.array);
    later.array = null;
    later.away = false;
    this.#held.delete(later);
  }

  /** Brings home all that is away, as far as the device still has it, and forgets the rest. */
  async dispose(): Promise<void> {
    for (const later of [...this.#held]) {
      if (!later.away) this.drop(later);
      // Whoever reads what was lost is told.
      else if (this.engine.holds(later.array!))
        await this.#bring(later).then(
          () => this.drop(later),
          () => {},
        );
    }
  }

  #hold(later: Later, array: Resident, away: boolean): void {
    later.array = array;
    later.away = away;
    this.#held.add(later);
  }

  /** The values on the device, if they are there. */
  #arrayOf(later: Later): Resident | null {
    if (later.away) return this.#there(later);
    return later.array && this.engine.holds(later.array) ? later.array : null;
  }

  /** Brings values there; they stay until they change, where somebody frees them. */
  async #upload(later: Later): Promise<Resident> {
    this.drop(later);
    const length = LANES * Math.ceil(later.length / LANES);
    const values = new Float32Array(length);
    values.set(later.home().values);
    const given: Operand = { values, size: [length] };
    const array = await this.engine.keep(programOf(copy(length)), [given], 0);
    if (later.owned) this.#hold(later, array, false);
    return array;
  }

  #there({ array }: Later): Resident {
    if (!array || !this.engine.holds(array)) throw new Error('the device was lost, and the values with it');
    return array;
  }
}

/** Whether an output is all of its buffer, and may stay. */
function whole({ buffer, shape, stride, offset }: BufferView): boolean {
  return (buffer as Later).owned && offset === 0 && sizeOf(shape) === buffer.length && isContiguous(shape, stride);
}

const comparisons = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'];

/** Whether the dtypes are those that the device computes with: float32; bool as 0 and 1; and int32 for positions in a plane,
 *  for it would neither be exact nor wrap around. */
function known(name: string, outs: BufferView[], ins: BufferView[]): boolean {
  const all = (views: BufferView[], ...dtypes: DType[]) => views.every((v) => dtypes.includes(v.buffer.dtype));
  if (name === 'maxPool2d' || name === 'maxUnpool2d') return all([...outs, ...ins], 'float32', 'int32');
  if (name === 'cast' || comparisons.includes(name)) return all([...outs, ...ins], 'float32', 'bool');
  const values = name === 'where' ? ins.slice(1) : ins;
  return all(ins, 'float32', 'bool') && outs.every((y) => all(values, y.buffer.dtype));
}

/** Multiplications of a product or a convolution; 0 of anything else. */
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
