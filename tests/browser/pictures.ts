// A PNG and a JPEG in a page: decoded by the browser, resized, and predicted as in Node.
import { imageBlobs, loadModel, type Prediction, pictureOf } from '../../index.js';
import { bytesOf } from './predict.js';

/** The results of a page for the two pictures: the bytes of their data set, and their predictions. */
export interface Decoded {
  pixels: number[];
  predictions: Prediction[];
}

/** The options of the data set. */
export const SIZE = { size: 4, channels: 1 } as const;

/** Decodes both pictures in a page and predicts them with the model of the checkpoint. The arguments are in base64. */
export async function decodedInPage(checkpoint: string, png: string, jpeg: string): Promise<Decoded> {
  const net = await loadModel(bytesOf(checkpoint));
  const [first, second] = [png, jpeg].map((file) => new Blob([bytesOf(file)]));
  const data = await imageBlobs({ png: [first], jpeg: [second] }, SIZE);
  const predictions = [...(await net.predict(await pictureOf(first))), ...(await net.predict(await pictureOf(second)))];
  return { pixels: [...data.pixels], predictions };
}
