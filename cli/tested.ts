// What a trained net does on the test set, for the pictures of a report: confusion, calibration, its most confident errors, the answers
// over a plane of inputs, predicted values. TESTED bounds the sizes.
import type { Tensor } from '../core/index.js';
import { type AnyDataset, PointDataset } from '../datasets/index.js';
import { measure } from '../fit/measure.js';
import { Diverged } from '../fit/nonFinite.js';
import type { Loss } from '../fit/task.js';
import type { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import { type Plane, TESTED, type Tested, type WrongImage } from '../reports/record.js';

const BATCH = 100;

/** What is evaluated, and how. */
export interface Evaluating {
  model: Module<any>;
  optimizer: Optimizer;
  test: AnyDataset;
  loss: Loss;
  /** Whether to leave out single samples: images, points, values. */
  isPrivate: boolean;
  signal: AbortSignal;
}

/** Evaluates a model. Undefined if there is nothing to show, as for a text, if a loss is not finite, and if the signal aborts. */
export async function testedOf(how: Evaluating): Promise<Tested | undefined> {
  const { test, optimizer, signal } = how;
  if (test.labelShape || test.shapes) return undefined;
  const wasEval = optimizer.isEval;
  optimizer.eval();
  try {
    if (test.targetShape) return await ofValues(how);
    const isFew = test.classes.length >= 2 && test.classes.length <= TESTED.classes;
    return isFew ? await ofClasses(how) : undefined;
  } catch (error) {
    if (signal.aborted || error instanceof Diverged) return undefined;
    throw error;
  } finally {
    if (!wasEval) optimizer.train();
  }
}

/** An answer of a classifier and its probability. */
interface Answer {
  answer: number;
  confidence: number;
}

/** The answers to a batch of logits [n, classes]; null if the output has another shape. */
async function answersOf(output: Tensor, n: number, classes: number): Promise<Answer[] | null> {
  if (output.shape.length !== 2 || output.shape[1] !== classes) return null;
  const logits = await output.data();
  return Array.from({ length: n }, (_, i) => {
    const own = Array.from(logits.subarray(i * classes, (i + 1) * classes));
    const answer = own.reduce((best, v, c) => (v > own[best] ? c : best), 0);
    const sum = own.reduce((total, v) => total + Math.exp(v - own[answer]), 0);
    return { answer, confidence: 1 / sum };
  });
}

async function ofClasses(how: Evaluating): Promise<Tested | undefined> {
  const { model, test, loss, isPrivate, signal } = how;
  const k = test.classes.length;
  const confusion = test.classes.map(() => new Array<number>(k).fill(0));
  const bins = Array.from({ length: TESTED.bins }, () => ({ samples: 0, confidence: 0, right: 0 }));
  const errors: (Answer & { index: number; truth: number })[] = [];
  let [seen, isClassifier] = [0, true];
  await measure(model, test, { loss, batchSize: BATCH, signal }, async (output, target, n) => {
    const [answers, labels] = [await answersOf(output, n, k), await target.data()];
    if (answers === null) isClassifier = false;
    answers?.forEach(({ answer, confidence }, i) => {
      const truth = labels[i];
      confusion[truth][answer]++;
      const bin = bins[Math.min(TESTED.bins - 1, Math.floor(confidence * TESTED.bins))];
      bin.samples++;
      bin.confidence += confidence;
      bin.right += Number(answer === truth);
      if (answer !== truth) errors.push({ index: seen + i, truth, answer, confidence });
    });
    seen += n;
    errors.sort((a, b) => b.confidence - a.confidence);
    errors.length = Math.min(errors.length, TESTED.images);
  });
  if (!isClassifier) return undefined;
  const calibration = bins.map(({ samples, confidence, right }) => ({
    samples,
    confidence: rounded(samples ? confidence / samples : 0),
    right: rounded(samples ? right / samples : 0),
  }));
  const images = isPrivate || errors.length === 0 ? undefined : await imagesOf(test, errors);
  const plane = await planeOf(how);
  return {
    classes: [...test.classes],
    confusion,
    calibration,
    ...(images && { wrong: images }),
    ...(plane && { plane }),
  };
}

/** The images of these errors, as bytes. Undefined if the samples are not images of bytes. */
async function imagesOf(
  test: AnyDataset,
  errors: readonly (Answer & { index: number; truth: number })[],
): Promise<Tested['wrong']> {
  const { pixels } = test.preparation ?? {};
  const [channels, rows, columns] = test.shape;
  if (!pixels || test.shape.length !== 3 || (channels !== 1 && channels !== 3)) return undefined;
  const { inputs } = await test.batch(Int32Array.from(errors, ({ index }) => index));
  const values = inputs as Float32Array;
  // Larger images are reduced: each pixel becomes the mean of a square.
  const factor = Math.ceil(Math.max(rows, columns) / TESTED.size);
  const [height, width] = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const images = errors.map(({ truth, answer, confidence }, i): WrongImage => {
    const bytes = new Uint8Array(channels * height * width);
    for (let at = 0; at < bytes.length; at++) {
      const [c, y, x] = [Math.floor(at / (height * width)), Math.floor(at / width) % height, at % width];
      let [sum, count] = [0, 0];
      for (let v = y * factor; v < Math.min(rows, (y + 1) * factor); v++)
        for (let u = x * factor; u < Math.min(columns, (x + 1) * factor); u++) {
          sum += values[((i * channels + c) * rows + v) * columns + u];
          count++;
        }
      bytes[at] = Math.min(255, Math.max(0, Math.round(255 * ((sum / count) * pixels.std[c] + pixels.mean[c]))));
    }
    return { truth, answer, confidence: rounded(confidence), pixels: Buffer.from(bytes).toString('base64') };
  });
  return { channels, height, width, images };
}

/** The answers over the plane of inputs, in the units before they were standardized. Undefined if inputs are not two
 *  numbers, or if there are more than ten classes. */
async function planeOf({ model, test, loss, isPrivate, signal }: Evaluating): Promise<Plane | undefined> {
  if (test.shape.length !== 1 || test.shape[0] !== 2 || test.classes.length > 10) return undefined;
  const n = Math.min(test.length, 5 * TESTED.points);
  const { inputs, labels } = await test.batch(
    Int32Array.from({ length: n }, (_, i) => Math.floor((i * test.length) / n)),
  );
  const axis = (d: number): [number, number] => {
    const own = Array.from({ length: n }, (_, i) => (inputs as Float32Array)[2 * i + d]);
    const [low, high] = [Math.min(...own), Math.max(...own)];
    const margin = 0.08 * (high - low || 1);
    return [low - margin, high + margin];
  };
  const edges = [axis(0), axis(1)];
  const { cells } = TESTED;
  const at = (d: number, i: number) => edges[d][0] + ((i + 0.5) / cells) * (edges[d][1] - edges[d][0]);
  const grid = Array.from({ length: cells * cells }, (_, i) => [at(0, i % cells), at(1, Math.floor(i / cells))]);
  const set = new PointDataset(
    'grid',
    test.classes.length,
    Float32Array.from(grid.flat()),
    new Int32Array(grid.length),
  );
  const answers: Answer[] = [];
  await measure(model, set, { loss, batchSize: 256, signal }, async (output, _, count) => {
    answers.push(...((await answersOf(output, count, test.classes.length)) ?? []));
  });
  const { mean, std } = test.preparation?.inputs ?? { mean: [0, 0], std: [1, 1] };
  const unit = (d: number, v: number) => Number((v * std[d % std.length] + mean[d % mean.length]).toPrecision(5));
  const shown = isPrivate ? 0 : Math.min(n, TESTED.points);
  const points = Array.from({ length: shown }, (_, s): [number, number, number] => {
    const i = Math.floor((s * n) / shown);
    return [unit(0, inputs[2 * i]), unit(1, inputs[2 * i + 1]), (labels as Int32Array)[i]];
  });
  return {
    x: [unit(0, edges[0][0]), unit(0, edges[0][1])],
    y: [unit(1, edges[1][0]), unit(1, edges[1][1])],
    answers: answers.map(({ answer }) => answer).join(''),
    confidences: answers.map(({ confidence }) => Math.min(9, Math.floor(10 * confidence))).join(''),
    points,
  };
}

/** True and predicted values of evenly spaced samples, in their units. */
async function ofValues({ model, test, loss, isPrivate, signal }: Evaluating): Promise<Tested | undefined> {
  const columns = test.targetShape!.reduce((a, b) => a * b, 1);
  if (isPrivate || test.targetShape!.length > 1 || columns > 8) return undefined;
  const { table, targets } = test.preparation ?? {};
  const { mean, std } = targets ?? { mean: [0], std: [1] };
  const every = Math.ceil(test.length / TESTED.points);
  const values = Array.from({ length: columns }, (_, c) => ({
    name: table?.target[c] ?? (columns > 1 ? `value ${c + 1}` : 'value'),
    points: [] as [number, number][],
  }));
  let [seen, isSame] = [0, true];
  await measure(model, test, { loss, batchSize: BATCH, signal }, async (output, target, n) => {
    isSame &&= output.size === n * columns;
    if (!isSame) return;
    const [predicted, truth] = [await output.data(), await target.data()];
    const unit = (v: number, c: number) => Number((v * std[c % std.length] + mean[c % mean.length]).toPrecision(6));
    for (let i = 0; i < n; i++)
      if ((seen + i) % every === 0)
        values.forEach(({ points }, c) => {
          points.push([unit(truth[i * columns + c], c), unit(predicted[i * columns + c], c)]);
        });
    seen += n;
  });
  return isSame ? { values } : undefined;
}

const rounded = (x: number) => Math.round(1e4 * x) / 1e4;
