// Trained models: checkpoints with forged descriptions and the right checksum, and samples of every kind that a program may pass.
import { parseSafetensors, serializeSafetensors, tensor } from '../../../core/index.js';
import { type AnyDataset, csv, DataLoader, ImageDataset, standardize } from '../../../datasets/index.js';
import { fit, loadModel, type Prediction, type Samples, type TrainedModel } from '../../../fit/index.js';
import { densenetBC, mlp } from '../../../models/index.js';
import type { Module } from '../../../nn/index.js';
import { SGDM } from '../../../optim/index.js';
import { sealed } from '../../fit/sealed.js';
import { Kept } from '../../fit/training.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';

/** The checkpoint of a model after a short training. */
export async function fileOf(model: Module, data: AnyDataset): Promise<Uint8Array> {
  const kept = new Kept();
  const optimizer = new SGDM(model.namedParameters());
  await fit(model, { train: new DataLoader(data, { batchSize: 2 }), optimizer, epochs: 1, checkpoints: kept });
  return kept.files.at(-1)!.file;
}

/** The model of a checkpoint with a forged description, or without one of its tensors, and the right checksum. */
export async function loadForged(draw: Draw, good: Uint8Array): Promise<TrainedModel> {
  const { tensors, metadata } = parseSafetensors(good);
  const text = metadata.description;
  if (draw.chance(0.3)) metadata.description = draw.damageText(text);
  else if (draw.chance(0.9)) metadata.description = JSON.stringify(draw.alter(JSON.parse(text))) ?? 'null';
  if (draw.chance(0.1)) delete tensors[draw.pick(Object.keys(tensors))];
  return loadModel(sealed(await serializeSafetensors(tensors, metadata)));
}

const TEXT = 'age,city,price\n1,Oslo,2\n3,Rome,4\n';
const ROWS = [{ age: 2, city: 'Oslo' }];

/** Checkpoints of nets for a table of values, for a table of classes, and for images, each with samples. */
async function goodFiles(): Promise<[file: Uint8Array, samples: Samples][]> {
  const values = standardize(csv(TEXT, { target: 'price', missing: 'fill' }));
  const classes = csv(TEXT, { target: 'city' });
  const images = new ImageDataset({
    ...{ name: 'i', pixels: new Uint8Array(32).fill(9), labels: [0, 1], shape: [1, 4, 4], classes: ['a', 'b'] },
    ...{ mean: [0.5], std: [0.5] },
  });
  return [
    [await fileOf(mlp({ sizes: [3, 2, 1] }), values), ROWS],
    [await fileOf(mlp({ sizes: [2, 2] }), classes), 'age,price\n1,2\n'],
    [await fileOf(densenetBC({ depth: 10, growth: 2, inChannels: 1, numClasses: 2 }), images), new Uint8Array(16)],
  ];
}

function check(net: TrainedModel, found: Prediction[]): void {
  for (const { label, probabilities, value } of found) {
    if (label === undefined) {
      right([value].flat().every(Number.isFinite), 'each value is finite');
      continue;
    }
    const all = Object.values(probabilities);
    right(all.length === net.classes.length && net.classes.includes(label), 'there is a probability for each class');
    right(Math.abs(all.reduce((a, b) => a + b) - 1) < 1e-9, 'probabilities add up to 1');
  }
}

const forged: Format = {
  name: 'trained-model',
  async prepare() {
    const files = await goodFiles();
    return async (draw) => {
      const [good, samples] = draw.pick(files);
      const net = await loadForged(draw, good);
      const found = await net.predict(samples);
      right(found.length === 1, 'there is a prediction for each sample');
      check(net, found);
    };
  },
};

/** Samples of one kind, mostly of a kind that one of the nets takes. */
function drawSamples(draw: Draw): unknown {
  const rows = Array.from({ length: draw.few() }, () => ({ age: draw.below(9), city: 'Oslo', price: draw.below(9) }));
  const picture = { width: 2, height: 3, data: new Uint8Array(24), rgb: undefined as unknown };
  return draw.pick<() => unknown>([
    () => (draw.chance(0.7) ? draw.damageText(TEXT) : TEXT),
    () => draw.alter(rows),
    () => draw.alter([picture, { ...picture, rgb: [...new Uint8Array(18)], data: undefined }]),
    () => draw.alter(picture),
    () => new Uint8Array(draw.pick([0, 1, 15, 16, 32, 33])),
    () => tensor(new Float32Array(6), { shape: draw.pick([[2, 3], [3, 2], [6], [6, 1]]) }),
    () => [tensor([[1, 2]]), tensor([[1, 2]])].slice(draw.below(3)),
    () => draw.alter([[1, 2, 3]]),
    () => draw.alter([[1, 2]]),
    () => draw.hostile(),
  ])();
}

const samples: Format = {
  name: 'samples',
  async prepare() {
    const nets = await Promise.all((await goodFiles()).map(([file]) => loadModel(file)));
    return async (draw) => {
      const net = draw.pick(nets);
      check(net, await net.predict(drawSamples(draw) as Samples, draw.chance(0.2) ? { prepared: true } : {}));
    };
  },
};

export const trainedModels: Format[] = [forged, samples];
