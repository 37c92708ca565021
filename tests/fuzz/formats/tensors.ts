// Tensors from outside: safetensors files, ndarrays, plain data, and the states of models, optimizers and random streams.
import {
  fromNdarray,
  parseSafetensors,
  Random,
  type RandomState,
  serializeSafetensors,
  show,
  type Tensor,
  type TensorOptions,
  tensor,
  zeros,
} from '../../../core/index.js';
import { Linear, Sequential } from '../../../nn/index.js';
import { AdaBound, type Optimizer } from '../../../optim/index.js';
import type { Draw } from '../draw.js';
import { allows, type Format, right } from '../format.js';

/** Bytes of an element by dtype. An element of a dtype that is not listed has 1 byte. */
const SIZES: Record<string, number> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  U16: 2,
  I16: 2,
};

/** A header and data that fit each other, with a few tensors of any dtype. */
function goodFile(draw: Draw): { header: Record<string, any>; data: Uint8Array } {
  const header: Record<string, any> = draw.chance(0.5) ? { __metadata__: { format: 'pt', note: 'é' } } : {};
  let end = 0;
  for (let i = draw.below(4); i >= 0; i--) {
    const dtype = draw.pick([...Object.keys(SIZES), 'BOOL', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2']);
    const shape = Array.from({ length: draw.below(4) }, () => draw.below(4));
    const bytes = shape.reduce((n, d) => n * d, SIZES[dtype] ?? 1);
    header[`layer.${i}`] = { dtype, shape, data_offsets: [end, (end += bytes)] };
  }
  return { header, data: new Uint8Array(end).map(() => (draw.chance(0.5) ? 0 : 1)) };
}

function fileOf(header: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const safetensors: Format = {
  name: 'safetensors',
  prepare: () => async (draw) => {
    const { header, data } = goodFile(draw);
    let file: Uint8Array = fileOf(JSON.stringify(header), data);
    const how = draw.below(4);
    if (how === 1) file = draw.damage(file);
    if (how === 2) file = fileOf(draw.damageText(JSON.stringify(header)), data);
    if (how === 3) file = fileOf(JSON.stringify(draw.alter(header)), data);
    const { tensors, metadata } = parseSafetensors(file);
    // What the format's document says about an accepted file.
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const said = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    const names = Object.keys(said).filter((name) => name !== '__metadata__');
    right(names.join('\n') === Object.keys(tensors).join('\n'), 'it has the tensors that its header names');
    let covered = 0;
    for (const name of names) {
      const { dtype, shape, data_offsets: offsets } = said[name];
      const bytes = shape.reduce((n: number, d: number) => n * d, SIZES[dtype] ?? 1);
      right(offsets[1] - offsets[0] === bytes, 'a range has the bytes of its shape');
      right(show(tensors[name].shape) === show(shape), 'a tensor has the shape of its header');
      right(tensors[name].dataSync().length === tensors[name].size, 'a tensor has a value for each element');
      covered += bytes;
    }
    right(8 + length + covered === file.length, 'the ranges cover the data');
    right(
      Object.values(metadata).every((text) => typeof text === 'string'),
      'metadata are texts',
    );
    String(Object.values(tensors)[0]);
    const again = parseSafetensors(await serializeSafetensors(tensors, metadata));
    right(Object.keys(again.tensors).join('\n') === names.join('\n'), 'it can be written and read again');
  },
};

const ndarray: Format = {
  name: 'ndarray',
  prepare: () => (draw) => {
    const make = draw.pick([Float32Array, Float64Array, Int32Array, Uint8Array]);
    const data = new make(draw.below(40)).map((_, i) => (make === Uint8Array ? i % 2 : i));
    const shape = Array.from({ length: draw.below(4) }, () => draw.below(5));
    const stride = shape.map(() => draw.below(9) - 4);
    let array: any = { data, shape, stride, offset: draw.below(20) };
    if (draw.chance(0.5)) array = draw.alter(array);
    if (draw.chance(0.05)) structuredClone(data.buffer, { transfer: [data.buffer] });
    const t = fromNdarray(array);
    const values = t.dataSync();
    const { shape: sizes, stride: steps, offset } = array;
    right(values.length === sizes.reduce((n: number, d: number) => n * d, 1), 'it has a value for each element');
    for (let i = 0; i < Math.min(values.length, 100); i++) {
      let at = offset;
      for (let axis = sizes.length - 1, rest = i; axis >= 0; rest = Math.floor(rest / sizes[axis--]))
        at += (rest % sizes[axis]) * steps[axis];
      right(at >= 0 && at < array.data.length && values[i] === array.data[at], 'it reads its own data');
    }
  },
};

const plain: Format = {
  name: 'tensor',
  prepare: () => (draw) => {
    const nested = (depth: number): unknown =>
      depth === 0 ? draw.pick([0, 1.5, -2, true, NaN]) : Array.from({ length: draw.below(4) }, () => nested(depth - 1));
    const values: any = draw.chance(0.5)
      ? { shape: [2, 2], dtype: draw.pick(['float32', 'float64', 'int32', 'bool']), data: [0, 1, 'NaN', '-0'] }
      : { list: nested(draw.below(4)) };
    const altered = draw.chance(0.7) ? draw.alter(values) : values;
    const options = draw.chance(0.2) ? draw.alter<TensorOptions>({ shape: [2, 2], dtype: 'float32' }) : {};
    const t = tensor(Object.hasOwn(Object(altered), 'list') ? altered.list : altered, options);
    right(t.dataSync().length === t.size, 'it has a value for each element');
    right(t.size <= 200_000, 'it is as large as its values');
    // `tensor` reads what JSON.stringify writes.
    const again = tensor(JSON.parse(JSON.stringify(t)));
    right(String(again) === String(t), 'it can be written and read again');
  },
};

/** A small model, and an optimizer that has taken a step. */
function trained(): { model: Sequential; optimizer: Optimizer<any> } {
  const model = new Sequential(new Linear(2, 3), new Linear(3, 2));
  const optimizer = new AdaBound(model.namedParameters(), { lr: 0.01 });
  model
    .forward(zeros([1, 2]))
    .sum()
    .backward();
  optimizer.step();
  return { model, optimizer };
}

const bitsOf = (tensors: Record<string, Tensor>) =>
  Object.entries(tensors)
    .map(([name, t]) => `${name} ${show(t.shape)} ${Buffer.from(t.dataSync().slice().buffer).toString('base64')}`)
    .join('\n');

/** The contents of a state dict as JSON: tensors by name as plain data. */
const plainOf = (tensors: Record<string, Tensor>) => JSON.parse(JSON.stringify(tensors));

/** Tensors from altered plain data; a value that is not plain data of a tensor is kept. */
function tensorsOf(data: any): any {
  if (typeof data !== 'object' || data === null) return data;
  const one = (value: any) => {
    try {
      return tensor(value);
    } catch {
      return value;
    }
  };
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, one(value)]));
}

const model: Format = {
  name: 'model-state',
  prepare() {
    const { model } = trained();
    const good = model.stateDict();
    const before = plainOf(good);
    return (draw) => {
      const bits = bitsOf(good);
      const altered = tensorsOf(draw.chance(0.9) ? draw.alter(before) : before);
      try {
        model.loadStateDict(altered, draw.chance(0.3) ? { strict: false } : {});
      } catch (error) {
        right(bitsOf(good) === bits, 'a refused state changes nothing');
        throw error;
      }
      const shapes = Object.entries(good).map(
        ([name, t]) => !altered[name] || show(altered[name].shape) === show(t.shape),
      );
      right(shapes.every(Boolean), 'each tensor has the shape of the parameter');
      model.loadStateDict(tensorsOf(before));
    };
  },
};

const optimizer: Format = {
  name: 'optimizer-state',
  prepare() {
    const { model, optimizer } = trained();
    const { tensors, meta } = optimizer.stateDict();
    const good = JSON.parse(JSON.stringify({ tensors, meta }));
    const weights = plainOf(model.stateDict());
    const bits = () => bitsOf(optimizer.stateDict().tensors) + JSON.stringify(optimizer.stateDict().meta);
    return (draw) => {
      const before = bits();
      const altered: any = draw.chance(0.9) ? draw.alter({ tensors: good.tensors, meta: good.meta }) : good;
      // The whole may be replaced by a value that is no object.
      const isObject = typeof altered === 'object' && altered !== null;
      const state = isObject ? { ...altered, tensors: tensorsOf(altered.tensors) } : altered;
      try {
        optimizer.loadStateDict(state);
      } catch (error) {
        right(bits() === before, 'a refused state changes nothing');
        throw error;
      }
      optimizer.zeroGrad();
      model
        .forward(zeros([1, 2]))
        .sum()
        .backward();
      try {
        allows(() => optimizer.step(), 'it can take a step');
      } finally {
        optimizer.loadStateDict({ ...good, tensors: tensorsOf(good.tensors) });
        model.loadStateDict(tensorsOf(weights));
      }
    };
  },
};

const random: Format = {
  name: 'random-state',
  prepare: () => (draw) => {
    const made = new Random(draw.below(1000));
    made.stream('a').normal();
    const good: RandomState = JSON.parse(JSON.stringify(made.state()));
    const before = JSON.stringify(made.state());
    const altered: any = draw.chance(0.8) ? draw.alter(good) : good;
    try {
      made.load(altered);
    } catch (error) {
      right(JSON.stringify(made.state()) === before, 'a refused state changes nothing');
      throw error;
    }
    const drawn = Array.from({ length: 20 }, () => [made.stream('a').uniform(), made.stream('a').normal()]);
    right(
      drawn.every(([u, n]) => u >= 0 && u < 1 && Number.isFinite(n)),
      'it draws numbers',
    );
  },
};

export const tensors: Format[] = [safetensors, ndarray, plain, model, optimizer, random];
