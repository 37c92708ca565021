// safetensors, a format in which PyTorch programs exchange weights. A file holds named tensors and no code.
//
//   offset 0   length N of the header, 64-bit unsigned
//   offset 8   JSON: {"a.weight": {"dtype": "F32", "shape": [2,3], "data_offsets": [begin, end]}, .., "__metadata__": {..}}
//   8 + N      data, row-major, little-endian; the ranges [begin, end), counted from here, cover the data exactly once
//
//   in the file             here                                                            written
//   F64, F32, I32, BOOL     float64, float32, int32, bool                                   yes
//   F16, BF16               float32, exactly                                                no
//   F8_E4M3, F8_E5M2        float32, exactly (Micikevicius et al. 2022, arXiv 2209.05433)   no
//   U8, I8, U16, I16        int32                                                           no
//   U32, I64, U64           int32 if every value fits, else float64 if every value is       no
//                           below 2^53 in magnitude, else refused
//
// A tensor of another dtype is refused with its name, unless `skip` names it.
// PyTorch counts the batches of batch normalization in I64. Its `load_state_dict` casts the I32 that is written here.
//
// Files are not trusted: a file is checked completely before a tensor is created, and no tensor takes more than four times its
// bytes in the file.
// Source: Hugging Face, safetensors, "Format". Stricter here: no other keys, at most 64 axes and 100,000 names, no name
// `__proto__`.

import { checkOptions, describeValue, got, isRecord } from '../arguments.js';
import { allocValues, type DType, type Values } from '../backends/backend.js';
import { tensor } from '../create.js';
import type { Bytes } from '../dtype.js';
import { DataError, ValueError } from '../errors.js';
import { awaited } from '../methods.js';
import { sizeOf } from '../shape.js';
import { Tensor } from '../tensor.js';
import { type Entry, isReserved, METADATA, parseHeader, quote } from './header.js';

/** A dtype of the format. */
interface Format {
  /** The size of an element, in bytes. */
  bytes: number;
  /** The dtype that it is read as. */
  dtype: DType;
  /** Reads the element at a byte. */
  get(view: DataView, at: number): number;
  /** Writes an element. Absent if the dtype is only read. */
  set?(view: DataView, at: number, value: number): void;
}

const formats: Readonly<Record<string, Format>> = {
  F64: { bytes: 8, dtype: 'float64', get: (v, i) => v.getFloat64(i, true), set: (v, i, x) => v.setFloat64(i, x, true) },
  F32: { bytes: 4, dtype: 'float32', get: (v, i) => v.getFloat32(i, true), set: (v, i, x) => v.setFloat32(i, x, true) },
  I32: { bytes: 4, dtype: 'int32', get: (v, i) => v.getInt32(i, true), set: (v, i, x) => v.setInt32(i, x, true) },
  BOOL: { bytes: 1, dtype: 'bool', get: (v, i) => v.getUint8(i), set: (v, i, x) => v.setUint8(i, x) },
  F16: { bytes: 2, dtype: 'float32', get: (v, i) => small(v.getUint16(i, true), 5, 10) },
  BF16: { bytes: 2, dtype: 'float32', get: (v, i) => small(v.getUint16(i, true), 8, 7) },
  F8_E4M3: { bytes: 1, dtype: 'float32', get: (v, i) => e4m3(v.getUint8(i)) },
  F8_E5M2: { bytes: 1, dtype: 'float32', get: (v, i) => small(v.getUint8(i), 5, 2) },
  U8: { bytes: 1, dtype: 'int32', get: (v, i) => v.getUint8(i) },
  I8: { bytes: 1, dtype: 'int32', get: (v, i) => v.getInt8(i) },
  U16: { bytes: 2, dtype: 'int32', get: (v, i) => v.getUint16(i, true) },
  I16: { bytes: 2, dtype: 'int32', get: (v, i) => v.getInt16(i, true) },
  U32: { bytes: 4, dtype: 'int32', get: (v, i) => v.getUint32(i, true) },
  I64: { bytes: 8, dtype: 'int32', get: (v, i) => Number(v.getBigInt64(i, true)) },
  U64: { bytes: 8, dtype: 'int32', get: (v, i) => Number(v.getBigUint64(i, true)) },
};

/** Returns the value of a float that has a sign bit, `exponent` bits and `fraction` bits. Source: IEEE 754-2019, 3.4. */
function small(bits: number, exponent: number, fraction: number): number {
  const top = 2 ** exponent - 1;
  const e = (bits >> fraction) & top;
  const f = (bits & (2 ** fraction - 1)) / 2 ** fraction;
  const bias = top >> 1;
  const magnitude = e === top ? (f ? Number.NaN : Infinity) : e ? (1 + f) * 2 ** (e - bias) : f * 2 ** (1 - bias);
  return bits >> (exponent + fraction) ? -magnitude : magnitude;
}

/** Returns the value of an F8_E4M3, which has no infinities: with the largest exponent only the largest fraction is NaN. */
function e4m3(bits: number): number {
  if ((bits & 0x78) !== 0x78) return small(bits, 4, 3);
  const magnitude = (bits & 7) === 7 ? Number.NaN : (1 + (bits & 7) / 8) * 2 ** 8;
  return bits >> 7 ? -magnitude : magnitude;
}

/** The bytes of a safetensors file with the current values of these tensors, and with texts by key as metadata. To save an
 *  optimizer, pass `tensors` of its `stateDict()`, and `JSON.stringify` of its `meta` as a text. A model stands for its `stateDict()`.
 *  Throws ValueError for a reserved name, and for a value that is not a tensor or a text. */
export function serializeSafetensors(
  from: Record<string, Tensor> | { stateDict(): Record<string, Tensor> },
  metadata: Record<string, string> = {},
): Promise<Bytes> {
  // `new Blob([promise])` would be the text '[object Promise]'.
  return awaited('serializeSafetensors', () => serialized(from, metadata));
}

async function serialized(from: object, metadata: Record<string, string>): Promise<Bytes> {
  const tensors = stateOf(from);
  checkNames(tensors, metadata);
  const names = Object.keys(tensors);
  const values = await Promise.all(names.map((name) => tensors[name].data()));
  const header: Record<string, unknown> = Object.keys(metadata).length ? { [METADATA]: metadata } : {};
  const places = names.map((name, i) => ({ name, values: values[i], begin: 0, ...formatOf(tensors[name].dtype) }));
  // The header keeps the order of `tensors`. The data are sorted by falling size of element, which aligns each tensor.
  let end = 0;
  for (const place of [...places].sort((a, b) => b.format.bytes - a.format.bytes)) {
    place.begin = end;
    end += place.values.length * place.format.bytes;
  }
  for (const { name, code, values, begin, format } of places) {
    const data_offsets = [begin, begin + values.length * format.bytes];
    header[name] = { dtype: code, shape: tensors[name].shape, data_offsets };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + 8 * Math.ceil(json.length / 8);
  const file = new Uint8Array(start + end).fill(0x20, 8, start);
  file.set(json, 8);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  for (const { values, begin, format } of places) write(view, start + begin, values, format);
  return file;
}

/** The state dict of a model, whose names are not those of its fields: `running_mean` for `runningMean`. Returns other values unchanged. */
function stateOf(from: object): Record<string, Tensor> {
  const { stateDict } = Object(from) as { stateDict?: unknown };
  return typeof stateDict === 'function' ? stateDict.call(from) : (from as Record<string, Tensor>);
}

function formatOf(dtype: DType): { code: string; format: Format } {
  const [code, format] = Object.entries(formats).find(([, f]) => f.dtype === dtype)!;
  return { code, format };
}

function checkNames(tensors: Record<string, Tensor>, metadata: Record<string, string>): void {
  for (const [what, given, holds] of [
    ['tensors', tensors, 'tensor'],
    ['metadata', metadata, 'text'],
  ] as const) {
    if (isRecord(given)) continue;
    const remedy = (given as unknown) instanceof Map ? '; Object.fromEntries(map) makes one' : '';
    throw new ValueError(
      `serializeSafetensors: ${what} must be an object { name: ${holds} }: got ${describeValue(given)}${remedy}`,
    );
  }
  const reserved = [...Object.keys(tensors), ...Object.keys(metadata)].find(isReserved);
  if (reserved) throw new ValueError(`serializeSafetensors: a reserved name: ${reserved}; give another`);
  for (const [name, t] of Object.entries(tensors)) {
    if (t instanceof Tensor) continue;
    const remedy = name === 'meta' || name === 'tensors' ? '; give optimizer.stateDict().tensors' : '';
    throw new ValueError(`serializeSafetensors: not a tensor: ${name} is ${describeValue(t)}${remedy}`);
  }
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text === 'string') continue;
    throw new ValueError(`serializeSafetensors: metadata must be texts: ${key} is ${typeof text}; JSON.stringify it`);
  }
}

/** The tensors and texts of a safetensors file, in the order of its header. `loadStateDict` takes the tensors.
 *  F16, BF16, F8_E4M3 and F8_E5M2 become float32; U8, I8, U16 and I16 int32; U32, I64 and U64 int32 if every value fits, else
 *  float64.
 *  options.skip: the names of tensors to omit, for example of an unsupported dtype. Default: none.
 *  Throws DataError, before a tensor is created, if the file is truncated, damaged or of another format, for an unsupported dtype
 *  and for an integer of 2^53 or more in magnitude; ValueError if `skip` names a tensor that the file does not have. */
export function parseSafetensors(
  bytes: Uint8Array,
  options: { skip?: readonly string[] } = {},
): {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
} {
  checkOptions('parseSafetensors', options, ['skip']);
  const { skip = [] } = options;
  if (!(bytes instanceof Uint8Array))
    throw new ValueError(`parseSafetensors: takes a Uint8Array: ${got(bytes, 'wrap an ArrayBuffer')}`);
  const { entries, metadata, start } = parseHeader(bytes);
  const data = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  checkRanges(entries, data.byteLength);
  if (!Array.isArray(skip))
    throw new ValueError(`parseSafetensors: skip must be a list of names: ${describeValue(skip)}`);
  const unknown = skip.find((name) => !entries.some((entry) => entry.name === name));
  if (unknown !== undefined) throw new ValueError(`parseSafetensors: skip: no such tensor: ${describeValue(unknown)}`);
  const wanted = entries.filter((entry) => !skip.includes(entry.name));
  const found = wanted.map((entry) => ({ entry, format: checkEntry(entry, data) }));
  const tensors = found.map(({ entry, format }): [string, Tensor] => {
    const values = allocValues(format.dtype, sizeOf(entry.shape));
    read(data, entry.begin, values, format);
    return [entry.name, tensor(values, { shape: entry.shape, dtype: format.dtype })];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function read(view: DataView, begin: number, values: Values, { get, bytes }: Format): void {
  for (let i = 0, at = begin; i < values.length; i++, at += bytes) values[i] = get(view, at);
}

function write(view: DataView, begin: number, values: Values, { set, bytes }: Format): void {
  for (let i = 0, at = begin; i < values.length; i++, at += bytes) set!(view, at, values[i]);
}

/** Throws DataError unless the ranges are adjacent and cover the data from the first byte to the last. */
function checkRanges(entries: Entry[], length: number): void {
  let at = 0;
  let last = '';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const refuse = (why: string) => new DataError(`safetensors: ${quote(name)}: ${why}`);
    if (begin > end) throw refuse(`its range ends before it begins: ${begin} to ${end}`);
    if (end > length) throw refuse(`its range passes the end of the data: ${begin} to ${end} of ${length}; truncated?`);
    if (begin < at)
      throw refuse(`its range overlaps the range of ${quote(last)}: it begins at ${begin}, the other ends at ${at}`);
    if (begin > at)
      throw refuse(`its range leaves a gap before it: it begins at ${begin}, the one before ends at ${at}`);
    at = end;
    last = name;
  }
  if (at !== length) throw new DataError(`safetensors: trailing bytes: ${length} bytes of data, tensors cover ${at}`);
}

/** Checks the range of an entry and its values. Returns how to read them. */
function checkEntry({ name, dtype, shape, begin, end }: Entry, data: DataView): Format {
  const refuse = (why: string) => new DataError(`safetensors: ${quote(name)}: ${why}`);
  if (!Object.hasOwn(formats, dtype)) {
    throw refuse(`a dtype that cannot be read: ${quote(dtype)}; ${remedy(name)}`);
  }
  const format = formats[dtype];
  const bytes = shape.reduce((product, d) => product * d, format.bytes);
  if (bytes !== end - begin) {
    throw refuse(`shape and range differ: ${dtype} (${shape}) has ${bytes} bytes, the range ${end - begin}`);
  }
  if (dtype === 'BOOL') {
    for (let at = begin; at < end; at++) {
      if (data.getUint8(at) > 1) throw refuse(`a bool that is neither 0 nor 1: ${data.getUint8(at)}`);
    }
  }
  if (!['U32', 'I64', 'U64'].includes(dtype)) return format;
  let largest = 0;
  for (let at = begin; at < end; at += format.bytes) {
    const value = format.get(data, at);
    if (!Number.isSafeInteger(value)) throw refuse(`a value beyond 2^53: about ${value}; ${remedy(name)}`);
    largest = Math.max(largest, value < 0 ? -1 - value : value);
  }
  return largest < 2 ** 31 ? format : { ...format, dtype: 'float64' };
}

function remedy(name: string): string {
  return `save it as F32, or read the rest with { skip: [${quote(name)}] }`;
}
