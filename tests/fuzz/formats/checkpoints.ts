// Checkpoints: damaged ones, forged ones with the right checksum, and folders of them.
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors } from '../../../core/index.js';
import { DataLoader } from '../../../datasets/index.js';
import { type Callback, type FitOptions, fit, parseCheckpoint, serializeCheckpoint } from '../../../fit/index.js';
import { readCheckpoint } from '../../../node/checkpointFolder.js';
import { checkpointsOf } from '../../../node/loadModelFile.js';
import { AdaBound, type Optimizer } from '../../../optim/index.js';
import { sealed } from '../../fit/sealed.js';
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
        // No steps are left unless the position is forged, so most trainings only restore their state.
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

const folders: Format = {
  name: 'checkpoint-folder',
  async prepare(folder) {
    const good = await goodFile();
    const whole = join(folder, 'whole.safetensors');
    writeFileSync(whole, good);
    const weights = parseCheckpoint(good).model;
    return async (draw) => {
      const dir = join(folder, 'run');
      mkdirSync(dir);
      try {
        const place = draw.chance(0.5) ? dir : join(dir, draw.pick(['adam', 'adabound', '__proto__']));
        mkdirSync(place, { recursive: true });
        for (let left = draw.few() + 1; left > 0; left--) {
          const name = draw.chance(0.7) ? `step-${left}.safetensors` : draw.pick(NAMES);
          const path = join(place, name);
          if (lstatSync(path, { throwIfNoEntry: false })) continue;
          if (draw.chance(0.1)) symlinkSync(draw.pick([whole, 'nowhere', '.', '/dev/zero']), path);
          else if (draw.chance(0.05)) mkdirSync(path);
          else writeFileSync(path, draw.chance(0.4) ? draw.damage(good) : good);
        }
        const beside = `${place}.jsonl`;
        if (place !== dir && draw.chance(0.8)) writeFileSync(beside, '');
        const { checkpoint, path } = readCheckpoint(checkpointsOf(dir, (found) => found));
        right(path.startsWith(dir), 'the checkpoint is in the folder');
        right(readFileSync(path).equals(good), 'it is a file that was written');
        right(Object.keys(checkpoint.model).join() === Object.keys(weights).join(), 'it has the weights');
      } finally {
        rmSync(dir, { recursive: true });
        right(readFileSync(whole).equals(good), 'a file outside keeps its bytes');
      }
    };
  },
};

/** File names: steps that do not exist, are too large or have almost the right name, and the lock. */
const NAMES = [
  'step-0.safetensors',
  'step-01.safetensors',
  'step--1.safetensors',
  'step-999999999999999.safetensors',
  'step-99999999999999999999.safetensors',
  'step-1e3.safetensors',
  'step-2.safetensors.tmp',
  'step-2.safetensors.12.tmp',
  'STEP-2.safetensors',
  'lock',
];

export const checkpoints: Format[] = [damaged, forged, folders];
