// A net is trained in Node. With the bytes of its checkpoint, a page makes the same predictions as Node.
import {
  Adam,
  csv,
  DataLoader,
  fit,
  ImageDataset,
  loadModel,
  mlp,
  type Prediction,
  Random,
  type Samples,
  standardize,
  Tanh,
} from '../../index.js';
import { Kept } from '../fit/training.js';
import { close } from '../spec.js';

const random = () => new Random(1);
const pixels = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 256);

/** The trained nets: one of a table, and one of images. */
const trainings = {
  table: () => ({
    data: standardize(csv('size,city,price\n50,Rome,1\n60,Oslo,3\n90,"Bonn, Rhein",2\n', { target: 'price' })),
    model: mlp({ sizes: [4, 3, 1], activation: () => new Tanh(), random: random() }),
  }),
  images: () => ({
    data: new ImageDataset({
      ...{ name: 'images', pixels, labels: [0, 1, 0, 1], shape: [1, 4, 4], classes: ['cat', 'dog'] },
      ...{ mean: [0.4], std: [0.3] },
    }),
    model: mlp({ sizes: [16, 2], random: random() }),
  }),
};
export type Trained = keyof typeof trainings;

/** The bytes of the checkpoint after three steps, in base64 for an address. */
export async function trainedBytes(what: Trained): Promise<string> {
  const { data, model } = trainings[what]();
  const checkpoints = new Kept();
  const optimizer = new Adam(model.namedParameters());
  await fit(model, { train: new DataLoader(data as never, { batchSize: 4 }), optimizer, epochs: 3, checkpoints });
  return Buffer.from(checkpoints.files.at(-1)!.file).toString('base64url');
}

/** The bytes of a text in base64 for addresses. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Predictions for samples of several kinds that the net takes. */
export async function predictionsOf(what: Trained, base64: string): Promise<Prediction[]> {
  const net = await loadModel(bytesOf(base64));
  // A canvas of another size than the net's images, with pixels of many transparencies.
  const data = Uint8ClampedArray.from({ length: 4 * 7 * 9 }, (_, i) => (i * 41) % 256);
  const canvas = typeof ImageData === 'undefined' ? { width: 7, height: 9, data } : new ImageData(data, 7, 9);
  const samples: Record<Trained, Samples[]> = {
    table: ['city,size\r\n"Bonn, Rhein",70\r\nRome,1e2\r\n', [{ size: 61, city: 'Oslo' }], [[50, 1, 0, 0]]],
    images: [pixels, canvas],
  };
  return (await Promise.all(samples[what].map((x) => net.predict(x)))).flat();
}

/** What is wrong with the predictions of a page; empty if they are Node's. */
export async function predictionsWrong(found: Prediction[], what: Trained, base64: string): Promise<string> {
  const expected = await predictionsOf(what, base64);
  const numbersOf = (all: Prediction[]) =>
    all.flatMap(({ value, probabilities }) => [value ?? Object.values(probabilities!)].flat());
  const rest = (all: Prediction[]) => JSON.stringify(all.map(({ row, label }) => [row, label]));
  if (rest(found) !== rest(expected)) return `${rest(found)}, expected ${rest(expected)}`;
  try {
    // Other engines round tanh and exp differently in the last digit.
    close(numbersOf(found), numbersOf(expected), 1e-6);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
