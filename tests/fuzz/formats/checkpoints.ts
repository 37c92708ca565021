// Checkpoints: damaged ones, and forged ones whose checksum is right.
import { parseSafetensors, serializeSafetensors } from '../../../core/index.js';
import { DataLoader } from '../../../datasets/index.js';
import { crc32, hex } from '../../../fit/crc32.js';
import { type Callback, type FitOptions, fit, parseCheckpoint, serializeCheckpoint } from '../../../fit/index.js';
import { AdaBound, type Optimizer } from '../../../optim/index.js';
import { bits, Kept, net, points } from '../../fit/training.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';

/** A training of a few steps, with a callback that has state. */
function training(): { model: ReturnType<typeof net>; optimizer: Optimizer<any>; options: FitOptions } {
  const model = net();
  const optimizer = new AdaBound(model.namedParameters(), { lr: 0.01 });
  let seen = [1, 2];
  const mine: Callback = {
    name: 'mine',
    save: () => seen,
    load: (saved) => {
      seen = saved as number[];
    },
  };
  const train = new DataLoader(points(), { batchSize: 8, shuffle: true, seed: 5 });
  return { model, optimizer, options: { train, optimizer, epochs: 2, callbacks: [mine] } };
}

async function goodFile(): Promise<Uint8Array> {
  const kept = new Kept();
  const { model, options } = training();
  await fit(model, { ...options, maxSteps: 4, checkpoints: kept, settings: { model: 'net' } });
  return kept.files.at(-1)!.file;
}

const PLACE = 8 + '{"__metadata__":{"checksum":"'.length;

/** The bytes with the right checksum, as a forger writes it. */
export function sealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PLACE + 8) return bytes;
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode('00000000'), PLACE);
  copy.set(new TextEncoder().encode(hex(crc32(copy))), PLACE);
  return copy;
}

const damaged: Format = {
  name: 'checkpoint',
  async prepare() {
    const good = await goodFile();
    return (draw) => {
      const file = draw.chance(0.95) ? draw.damage(good) : good;
      parseCheckpoint(file);
      right(Buffer.from(file).equals(good), 'it is the file that was written');
    };
  },
};

/** A checkpoint with altered texts or tensors, and the right checksum. */
async function forge(good: Uint8Array, draw: Draw): Promise<Uint8Array> {
  if (draw.chance(0.2)) return sealed(draw.damage(good));
  const { tensors, metadata } = parseSafetensors(good);
  const key = draw.pick(Object.keys(metadata).filter((name) => !['checksum', 'format'].includes(name)));
  const text = metadata[key];
  metadata[key] = draw.chance(0.3) ? draw.damageText(text) : (JSON.stringify(draw.alter(JSON.parse(text))) ?? 'null');
  if (draw.chance(0.1)) delete tensors[draw.pick(Object.keys(tensors))];
  if (draw.chance(0.1)) {
    const names = Object.keys(tensors);
    tensors[draw.pick(names)] = tensors[draw.pick(names)];
  }
  return sealed(await serializeSafetensors(tensors, metadata));
}

const forged: Format = {
  name: 'forged-checkpoint',
  async prepare() {
    const good = await goodFile();
    const settings = { model: 'net' };
    return async (draw) => {
      const checkpoint = parseCheckpoint(await forge(good, draw));
      await serializeCheckpoint(checkpoint);
      const { model, optimizer, options } = training();
      const before = bits(model, optimizer);
      const latest = async () => ({ checkpoint, notes: [] });
      const checkpoints = { latest, save: async () => {} };
      try {
        // No steps are left, so nothing but the restoring is done.
        const steps = optimizer.steps;
        const history = await fit(model, { ...options, maxSteps: 4, checkpoints, settings });
        right(history.outcome !== undefined && optimizer.steps >= steps, 'a resumed training has an outcome');
      } catch (error) {
        right(
          JSON.stringify(bits(model, optimizer)) === JSON.stringify(before),
          'a refused checkpoint changes nothing',
        );
        throw error;
      }
    };
  },
};

export const checkpoints: Format[] = [damaged, forged];
