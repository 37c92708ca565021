// Checkpoints with random damage and the right checksum, for checkpoint.test.ts and its long form.
import { BoundgradError, DataError, Random } from '../../core/index.js';
import { fit, parseCheckpoint } from '../../fit/index.js';
import { assert } from '../spec.js';
import { sealed } from './sealed.js';
import { Kept, run, training } from './training.js';

/** A checkpoint within the second epoch, with the state of a callback. */
export async function checkpointFile(): Promise<Uint8Array> {
  const kept = new Kept();
  await run({
    checkpoints: kept,
    maxSteps: 4,
    settings: { model: 'net' },
    callbacks: [{ name: 'mine', save: () => [1, { a: 2 }] }],
  });
  return kept.files.at(-1)!.file;
}

/** The error that parsing throws; null if the file is accepted. */
export function refusal(bytes: Uint8Array): Error | null {
  try {
    parseCheckpoint(bytes);
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Asserts that each of `count` damaged copies of a checkpoint is read or refused with DataError, and that a training resumes from, or
 *  refuses, a tenth of the copies that are read. */
export async function readOrRefuse(file: Uint8Array, count: number): Promise<void> {
  const stream = new Random(7).stream('damage');
  const outcome = { refused: 0, read: 0 };
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const tokens = [
    ...[
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '-',
      'e9',
      '1e999',
      'null',
      '"__proto__"',
      '\\u0000',
      '9007199254740993',
      '{}',
    ],
  ];
  const digits = [...file.keys()].filter((k) => k > 60 && k < header && file[k] >= 0x30 && file[k] <= 0x39);
  for (let i = 0; i < count; i++) {
    const bytes = file.slice();
    // Overwrites a byte, some bytes with a token of JSON, or a digit, all in the header: its texts are not covered by the tests of safetensors.
    const at = 60 + stream.below(header - 60);
    const kind = stream.below(3);
    if (kind === 0) bytes[at] = stream.below(256);
    else if (kind === 1) bytes.set(new TextEncoder().encode(tokens[stream.below(tokens.length)]), at);
    else {
      bytes[digits[stream.below(digits.length)]] = 0x2d + stream.below(13);
    }
    const harmful = sealed(bytes);
    const error = refusal(harmful);
    if (error) assert.instance(error, DataError, `file ${i}: ${error.stack}`);
    outcome[error ? 'refused' : 'read']++;
    if (error || i % 10) continue;
    // A training may refuse to resume from a file that parses, but never crashes on it.
    const { model, options } = training({ maxSteps: 5, settings: { model: 'net' } });
    const checkpoint = parseCheckpoint(harmful);
    const latest = async () => ({ checkpoint, notes: [] });
    const failed = await fit(model, { ...options, checkpoints: { latest, save: async () => {} } }).catch((e) => e);
    if (failed instanceof Error) assert.instance(failed, BoundgradError, `file ${i}: ${failed.stack}`);
  }
  assert.ok(outcome.refused > count / 3 && outcome.read > count / 10, JSON.stringify(outcome));
}
