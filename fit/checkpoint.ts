// What a training is continued from: everything that decides what comes next, in one safetensors file.
//
//   tensors     model.<path>          parameters and buffers
//               optimizer.<path>.m    what the optimizer remembers of each parameter
//   texts       checksum      CRC-32 of the file, its own eight digits taken as zeros; comes first, at a fixed place
//               format        boundgrad checkpoint 1
//               optimizer     groups, step counts
//               random        the default Random and those that modules hold, by path: what dropout draws next
//               position      epoch, batch, the epoch's running sums
//               history       the epochs so far
//               callbacks     what they asked to have kept
//               settings      what must be the same to go on
//               maker         engine, backend, build: what should be the same for the same bits
//
// The order of the batches and their augmentation need no state: they depend on seed, epoch and batch alone. Weights can be
// read by any program that reads safetensors. A file is not trusted: see safetensors.ts for its tensors, expect.ts for the
// texts.
import {
  DataError,
  parseSafetensors,
  type RandomState,
  type StreamState,
  serializeSafetensors,
  type Tensor,
} from '../core/index.js';
import type { OptimizerState } from '../optim/index.js';
import { type EpochReport, epochReport } from './callback.js';
import { crc32, hex } from './crc32.js';
import type { Sums } from './runningSums.js';
import { type Check, integer, type Json, json, listOf, number, objectOf, orNull, recordOf, text } from './validate.js';

/** How far a training has come. */
export interface Position {
  /** The epoch that it is in, from 1, and the batches of it that are done. */
  epoch: number;
  batch: number;
  /** Over these batches. */
  sums: Sums;
  /** Everything, evaluation included, in all sessions. */
  seconds: number;
}

/** Texts and numbers by name. */
export type Settings = Readonly<Record<string, Json>>;

export interface Checkpoint {
  model: Record<string, Tensor>;
  optimizer: OptimizerState;
  random: Record<string, RandomState>;
  position: Position;
  history: EpochReport[];
  callbacks: Record<string, Json>;
  settings: Settings;
  maker: Settings;
}

const FORMAT = 'boundgrad checkpoint 1';
/** How a file goes on after the length of its header; the checksum follows. */
const BEGINNING = '{"__metadata__":{"checksum":"';
const PLACE = 8 + BEGINNING.length;
const ZEROS = '00000000';
/** Characters of a text: a history of a thousand epochs has less than a fiftieth. */
const LONGEST = 2 ** 24;

const word: Check<number> = (value, what) => {
  if (value === (number(value, what) | 0)) return value as number;
  throw new DataError(`${what}: must be an integer of 32 bits: ${value}; damaged?`);
};
const streams = recordOf(
  objectOf<StreamState>({ words: listOf(word, 4) as Check<StreamState['words']>, spare: orNull(number) }),
);
const progress = objectOf({ t: integer(0), product1: number, product2: number });
const sums = { loss: number, right: integer(0), samples: integer(0), milliseconds: number, firstLoss: number };

const texts = {
  optimizer: objectOf<OptimizerState['meta']>({
    optimizer: text,
    steps: integer(0),
    groups: listOf(recordOf<unknown>(json)),
    progress: recordOf(progress),
  }),
  random: recordOf(objectOf<Checkpoint['random'][string]>({ seed: safeInteger, streams })),
  position: objectOf<Position>({ epoch: integer(1), batch: integer(0), sums: objectOf(sums), seconds: number }),
  history: listOf(epochReport),
  callbacks: recordOf(json),
  settings: recordOf(json),
  maker: recordOf(json),
};

/** The file of a checkpoint, its tensors as they are at the call. */
export async function serializeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const { model, optimizer, ...rest } = checkpoint;
  const tensors = { ...prefixed('model.', model), ...prefixed('optimizer.', optimizer.tensors) };
  const said = { ...rest, optimizer: optimizer.meta };
  const entries = Object.keys(texts).map((key) => [key, JSON.stringify(said[key as keyof typeof said])]);
  const metadata = { checksum: ZEROS, format: FORMAT, ...Object.fromEntries(entries) };
  const bytes = await serializeSafetensors(tensors, metadata);
  bytes.set(new TextEncoder().encode(checksumOf(bytes)), PLACE);
  return bytes;
}

/** Reads a checkpoint, in no more memory than a few times the file's. Throws DataError for a file that is none, that is of
 *  another format, that has changed since it was written, or that holds what no checkpoint would. */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  const beginning = new TextDecoder().decode(bytes.subarray(8, PLACE));
  if (beginning !== BEGINNING)
    throw new DataError('checkpoint: not one, or damaged: it does not begin with a checksum');
  const said = new TextDecoder().decode(bytes.subarray(PLACE, PLACE + ZEROS.length));
  const found = checksumOf(bytes);
  if (said !== found) throw new DataError(`checkpoint: truncated or damaged: its checksum is ${found}, not ${said}`);
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.format !== FORMAT) {
    throw new DataError(`checkpoint: another format: '${metadata.format}'; this version reads '${FORMAT}'`);
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
  return { ...read, model: of('model.'), optimizer: { tensors: of('optimizer.'), meta: optimizer } };
}

function parseText(key: string, value: string | undefined): unknown {
  if (value === undefined) throw new DataError(`checkpoint: ${key}: missing`);
  if (value.length > LONGEST) throw new DataError(`checkpoint: ${key}: too long: ${value.length} characters`);
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new DataError(`checkpoint: ${key}: no JSON: ${(cause as Error).message}`, { cause });
  }
}

function safeInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new DataError(`${what}: must be an integer: ${JSON.stringify(value)}; damaged?`);
}

function checksumOf(bytes: Uint8Array): string {
  const zeros = new TextEncoder().encode(ZEROS);
  const before = crc32(zeros, crc32(bytes.subarray(0, PLACE)));
  return hex(crc32(bytes.subarray(PLACE + ZEROS.length), before));
}

function prefixed(prefix: string, tensors: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));
}
