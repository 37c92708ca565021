// The checkpoint of a training: everything that determines its later steps, in one safetensors file.
//
//   tensors     model.<path>          parameters and buffers, for predictions
//               training.<path>       parameters and buffers from which the training continues, if `model` is an average or the best
//               optimizer.<path>.m    the optimizer's state of each parameter
//               callback.<name>.<key> tensors of a callback's state
//   texts       checksum      CRC-32 of the file with these eight digits as zeros; the first entry, at a fixed offset
//               format        boundgrad checkpoint 1; 2 with `training`, because earlier versions would continue from `model`
//               optimizer     groups, step counts
//               random        states of the default Random and of the Randoms that modules hold, by path
//               position      epoch, batch, the epoch's running sums
//               history       the epochs so far
//               callbacks     their saved states by name
//               settings      data, batch size, seed, ..: resuming requires equal ones
//               maker         engine, backend, build: equal ones give the same bits
//               description   model, shapes, classes, preparation of the data: see description.ts. May be missing: files of earlier
//                             versions, and of other programs, can still be resumed
//
// The order of batches and their augmentation need no state: they depend on seed, epoch and batch alone. Any program that
// reads safetensors can read the weights. A file is not trusted: safetensors.ts checks its tensors, validate.ts the texts.
import {
  type Bytes,
  checkOptions,
  DataError,
  describeValue,
  isDetached,
  must,
  parseSafetensors,
  type RandomState,
  type StreamState,
  serializeSafetensors,
  showValue,
  type Tensor,
  ValueError,
} from '../core/index.js';
import type { OptimizerState } from '../optim/index.js';
import { type EpochReport, epochReport } from './callback.js';
import { crc32, hex } from './crc32.js';
import { type Description, description } from './description.js';
import type { Sums } from './runningSums.js';
import {
  amount,
  type Check,
  integer,
  type Json,
  json,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  recordOf,
  text,
} from './validate.js';

/** The progress of a training. */
export interface Position {
  /** The current epoch, from 1. */
  epoch: number;
  /** The number of finished batches of the current epoch. */
  batch: number;
  /** Running sums over these batches. */
  sums: Sums;
  /** Duration so far in seconds, including evaluation and earlier sessions. */
  seconds: number;
}

/** JSON values by name. */
export type Settings = Readonly<Record<string, Json>>;

/** A checkpoint: everything that determines the later steps of a training. */
export interface Checkpoint {
  /** The model's state: parameters and buffers by path; with `averageWeights` the average, with `keepBest` the best so far. */
  model: Record<string, Tensor>;
  /** The parameters and buffers from which the training continues. Default: `model`. */
  training?: Record<string, Tensor>;
  /** Tensors of callbacks' states, by `NAME.KEY`. Default: none. */
  callbackTensors?: Record<string, Tensor>;
  /** The optimizer's state. */
  optimizer: OptimizerState;
  /** The states of random streams, by the path of the module that holds them; the default Random has the path ''. */
  random: Record<string, RandomState>;
  /** The progress of the training. */
  position: Position;
  /** The epochs so far. */
  history: EpochReport[];
  /** The states that callbacks saved, by name. */
  callbacks: Record<string, Json>;
  /** Data, batch size, seed, optimizer, and the `settings` of the caller. A training resumes only if they are equal. */
  settings: Settings;
  /** The engine, machine, backend and threads that computed it. If anything but the threads differs, later results may differ in the
   *  last bits. */
  maker: Settings;
  /** What the model is and what it predicts from: `loadModel` needs it. Default: unknown. */
  description?: Description;
}

/** A place that keeps checkpoints. `checkpointFolder` of boundgrad/node is one; a page can implement its own. */
export interface Checkpoints {
  /** Returns the newest checkpoint that can be read, with a sentence for each newer one that cannot; null if there is none. */
  latest(): Promise<{ checkpoint: Checkpoint; notes: string[] } | null>;
  /** Stores the file of a checkpoint. step: the number of steps so far. Must be atomic: a kill leaves the whole file or none. */
  save(file: Uint8Array, step: number): Promise<void>;
}

const FORMATS = ['boundgrad checkpoint 1', 'boundgrad checkpoint 2'];
/** The bytes between the length of the header, 8 bytes, and the checksum. */
const BEGINNING = '{"__metadata__":{"checksum":"';
const PLACE = 8 + BEGINNING.length;
const ZEROS = '00000000';
/** The text after the checksum. */
const FORMAT_FOLLOWS = '","format":"boundgrad checkpoint ';
/** The largest length of a text in characters. A history of a thousand epochs needs less than a fiftieth. */
const LONGEST = 2 ** 24;

const int32: Check<number> = (value, what) => {
  if (value === (number(value, what) | 0)) return value as number;
  throw new DataError(`${what}: must be an integer of 32 bits: ${value}; damaged?`);
};
const streams = recordOf(
  objectOf<StreamState>({ words: listOf(int32, 4) as Check<StreamState['words']>, spare: orNull(number) }),
);
const progress = objectOf({ t: integer(0), product1: number, product2: number });
const gradNorm: Check<number | null> = (value, what) => orNull(amount)(value ?? null, what);
const sums = {
  loss: number,
  right: amount,
  samples: integer(0),
  milliseconds: amount,
  firstLoss: number,
  gradNorm,
};

const texts = {
  optimizer: objectOf<OptimizerState['meta']>({
    optimizer: text,
    steps: integer(0),
    groups: listOf(recordOf<unknown>(json)),
    progress: recordOf(progress),
    mode: optional(oneOf('eval')),
  }),
  random: recordOf(objectOf<Checkpoint['random'][string]>({ seed: safeInteger, streams })),
  position: objectOf<Position>({ epoch: integer(1), batch: integer(0), sums: objectOf(sums), seconds: amount }),
  history: listOf(epochReport),
  callbacks: recordOf(json),
  settings: recordOf(json),
  maker: recordOf(json),
  description: optional(description),
};

/** Serializes a checkpoint into the bytes of its file, with the values of its tensors at the time of the call. */
export async function serializeCheckpoint(checkpoint: Checkpoint): Promise<Bytes> {
  checkParts('serializeCheckpoint', checkpoint);
  const { model, training, callbackTensors, optimizer, ...rest } = checkpoint;
  const tensors = {
    ...prefixed('model.', model),
    ...prefixed('training.', training ?? {}),
    ...prefixed('optimizer.', optimizer.tensors),
    ...prefixed('callback.', callbackTensors ?? {}),
  };
  const values = { ...rest, optimizer: optimizer.meta };
  const entries = Object.keys(texts).flatMap((key) => {
    const value = values[key as keyof typeof values];
    try {
      return value === undefined ? [] : [[key, JSON.stringify(value)]];
    } catch (cause) {
      throw new ValueError(`serializeCheckpoint: ${key}: must be plain JSON: ${(cause as Error).message}`, { cause });
    }
  });
  const metadata = { checksum: ZEROS, format: FORMATS[training ? 1 : 0], ...Object.fromEntries(entries) };
  const bytes = await serializeSafetensors(tensors, metadata);
  bytes.set(new TextEncoder().encode(checksumOf(bytes)), PLACE);
  return bytes;
}

/** Whether bytes are a whole checkpoint: its first bytes and its checksum are right. Their values are not checked. */
export function isCheckpoint(bytes: Uint8Array): boolean {
  return beginsCheckpoint(bytes) && statedChecksum(bytes) === checksumOf(bytes);
}

function beginsCheckpoint(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(8, PLACE)) === BEGINNING;
}

/** Whether a file can be a checkpoint that is damaged or incomplete. bytes: at least the first 100 of the file, or all of a shorter file. */
export function mayBeCheckpoint(bytes: Uint8Array): boolean {
  // The length of the header has 8 bytes. It is below 100,000,000, so the upper four are 0.
  if (bytes.subarray(4, 8).some((b) => b !== 0)) return false;
  const text = new TextDecoder().decode(bytes.subarray(8, PLACE + ZEROS.length + FORMAT_FOLLOWS.length));
  const form = BEGINNING + text.slice(BEGINNING.length, PLACE - 8 + ZEROS.length) + FORMAT_FOLLOWS;
  return form.startsWith(text) && /^[\da-f]*$/.test(text.slice(BEGINNING.length, PLACE - 8 + ZEROS.length));
}

/** Throws ValueError unless each part of a checkpoint is there. The parts of a file are checked when it is read. */
export function checkParts(what: string, checkpoint: Checkpoint): void {
  const parts = ['model', 'random', 'position', 'history', 'callbacks', 'settings', 'maker', 'optimizer'] as const;
  checkOptions(what, checkpoint, [...parts, 'training', 'callbackTensors', 'description']);
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  for (const part of parts) must(isObject(checkpoint[part]), `${what}: ${part}`, 'an object', checkpoint[part]);
  for (const part of ['training', 'callbackTensors', 'description'] as const)
    must(isObject(checkpoint[part] ?? {}), `${what}: ${part}`, 'an object', checkpoint[part]);
  for (const part of ['model', 'training'] as const)
    if (typeof (checkpoint[part]?.stateDict as unknown) === 'function')
      throw new ValueError(`${what}: ${part}: must be tensors by name: got a module; give its stateDict()`);
  const { tensors, meta } = checkpoint.optimizer;
  must(isObject(tensors), `${what}: optimizer.tensors`, 'an object', tensors);
  must(isObject(meta), `${what}: optimizer.meta`, 'an object', meta);
}

/** The end of a message about bytes that are not a checkpoint: that they may be weights alone, or `; it is a text: '404 - Not Found'`, which
 *  is a server's answer for a missing file. Empty for other bytes. */
function guessOf(bytes: Uint8Array): string {
  // A safetensors file begins with the length of its header, in 8 bytes.
  if (bytes[7] === 0 && bytes[8] === 0x7b)
    return '; are these weights alone? model.loadStateDict(parseSafetensors(bytes).tensors) loads them';
  const [line] = String.fromCharCode(...bytes.subarray(0, 24)).split(/[\r\n]/);
  return /^[ -~]{3,}$/.test(line) ? `; it is a text: '${line}'` : '';
}

/** Parses the bytes of a checkpoint's file. Takes a few times their memory.
 *  Throws DataError if the bytes are not a checkpoint, are of another format, are damaged, or hold a value that no checkpoint can have. */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  if (!(bytes instanceof Uint8Array) || isDetached(bytes))
    throw new DataError(`parseCheckpoint: takes a Uint8Array: got ${describeValue(bytes)}`);
  if (!beginsCheckpoint(bytes))
    throw new DataError(`checkpoint: not a checkpoint, or damaged: it does not begin with a checksum${guessOf(bytes)}`);
  const expected = statedChecksum(bytes);
  const found = checksumOf(bytes);
  if (expected !== found)
    throw new DataError(`checkpoint: truncated or damaged: its checksum is ${found}, not ${expected}`);
  const { tensors, metadata } = parseSafetensors(bytes);
  if (!FORMATS.includes(metadata.format)) {
    throw new DataError(
      `checkpoint: another format: '${metadata.format}'; this version reads '${FORMATS.join("', '")}'`,
    );
  }
  const { optimizer, ...read } = Object.fromEntries(
    Object.entries<Check<any>>(texts).map(([key, check]) => [
      key,
      check(parseText(key, metadata[key]), `checkpoint: ${key}`),
    ]),
  ) as { [K in keyof typeof texts]: ReturnType<(typeof texts)[K]> };
  const of = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, t]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), t]] : [])),
    );
  const training = metadata.format === FORMATS[1] ? { training: of('training.') } : {};
  const [model, callbackTensors] = [of('model.'), of('callback.')];
  return { ...read, model, ...training, callbackTensors, optimizer: { tensors: of('optimizer.'), meta: optimizer } };
}

function parseText(key: string, value: string | undefined): unknown {
  if (value === undefined && key === 'description') return undefined;
  if (value === undefined) throw new DataError(`checkpoint: ${key}: missing`);
  if (value.length > LONGEST) throw new DataError(`checkpoint: ${key}: too long: ${value.length} characters`);
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new DataError(`checkpoint: ${key}: not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** A check: an integer of any sign. */
function safeInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new DataError(`${what}: must be an integer: ${showValue(value)}; damaged?`);
}

function statedChecksum(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(PLACE, PLACE + ZEROS.length));
}

function checksumOf(bytes: Uint8Array): string {
  const zeros = new TextEncoder().encode(ZEROS);
  const before = crc32(zeros, crc32(bytes.subarray(0, PLACE)));
  return hex(crc32(bytes.subarray(PLACE + ZEROS.length), before));
}

function prefixed(prefix: string, tensors: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));
}
