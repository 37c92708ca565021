// A trained model with the description of its data, so that it predicts for raw samples.
import {
  atMost,
  checkFlag,
  checkOptions,
  DataError,
  keep,
  noGrad,
  type Shape,
  ShapeError,
  scope,
  show,
  sizeOf,
  tensor,
  ValueError,
} from '../core/index.js';
import type { AnyDataset, DataLoader, Moments, Table, TokenLevel } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { checkData, checkModel } from './checks.js';
import { type Description, describe } from './description.js';
import { evaluating } from './evaluating.js';
import { pause } from './pause.js';
import { type Prepared, prepare, type Samples } from './samples.js';
import { forward, logitsOf } from './task.js';
import { isKnown, remember, warnIfOther } from './trainingData.js';
import { warnOfWeights } from './trainings.js';

/** The number of samples that the model gets at a time. */
const BATCH = 100;

/** The class of a sample. */
export interface ClassPrediction {
  /** The row in a CSV text, as a spreadsheet counts: the header is row 1. Absent for other samples. */
  row?: number;
  /** The name of the most probable class. */
  label: string;
  /** The probability of each class by its name: the softmax of the model's output, or, if the model ends in softmax or sigmoid, its
   *  output, divided by the sum. */
  probabilities: Record<string, number>;
  /** Absent. */
  value?: undefined;
}

/** The values of a sample. */
export interface ValuePrediction {
  /** The row in a CSV text, as a spreadsheet counts: the header is row 1. Absent for other samples. */
  row?: number;
  /** The value in the units of the training targets; a list in row-major order if a sample has several. */
  value: number | number[];
  /** Absent. */
  label?: undefined;
  /** Absent. */
  probabilities?: undefined;
}

/** A trained model's prediction for one sample. */
export type Prediction = ClassPrediction | ValuePrediction;

/** Options of `TrainedModel.predict`. */
export interface PredictOptions {
  /** Whether the samples are inputs as a DataLoader yields them; `predict` then neither normalizes nor standardizes them. Default:
   *  false, samples are raw. */
  prepared?: boolean;
}

/** A trained model that predicts for raw samples, as `loadModel` and `predictor` make it. */
export class TrainedModel {
  /** What it was trained on: rows of a table, images of bytes, tokens of a text, or numbers in tensors. */
  readonly samples: 'rows' | 'images' | 'text' | 'numbers';
  /** The names of the classes, in the order of the model's outputs; empty if it predicts values. */
  readonly classes: readonly string[];
  /** The shape of each input of one sample. */
  readonly shapes: readonly Shape[];
  /** What the columns of its table mean; null if it was not trained on a table. */
  readonly table: Table | null;
  /** Whether a token of its text is a character or a word; null if it was not trained on a text. `classes` is the vocabulary. */
  readonly level: TokenLevel | null;

  /** Internal: call `loadModel` or `predictor`. Throws DataError if two classes have one name. */
  constructor(
    /** The model itself, for programs that call `forward`: it gets inputs that are prepared, and returns its raw outputs. */
    readonly model: Module<any>,
    /** Warnings from loading, one sentence each. */
    readonly notes: readonly string[],
    private readonly description: Description,
  ) {
    this.classes = description.classes ?? [];
    const names = new Set<string>();
    for (const name of this.classes) {
      if (names.has(name))
        throw new DataError(`predict: two classes have one name: '${name}'; rename one and train again`);
      names.add(name);
    }
    this.shapes = description.shapes;
    const { table = null, pixels, text } = description.preparation;
    this.samples = table ? 'rows' : pixels ? 'images' : text ? 'text' : 'numbers';
    this.table = table;
    this.level = text?.level ?? null;
  }

  /** Predicts for samples, in their order. They are raw: this method prepares them as the data sets did in training. It encodes the cells
   *  of a table, normalizes the bytes of images, and standardizes. Predicted values are in the units of the raw targets.
   *
   *    const [{ label, probabilities }] = await net.predict([{ size: 80, city: 'Oslo' }]);
   *    const [{ value }] = await net.predict(tensor([[1, 2]]));
   *
   *  Throws ValueError or ShapeError for samples that the model does not take, DataError for a cell or value that is wrong, with its
   *  row, and for an output that is not finite. */
  async predict(x: Samples, options: PredictOptions = {}): Promise<Prediction[]> {
    checkOptions('predict', options, ['prepared']);
    const { prepared = false } = options;
    if (this.level) throw new ValueError('predict: the model continues a text: call generate(net, { prompt })');
    warnOfWeights('predict', this.model);
    const samples = await prepare(x, this.description, checkFlag('predict: prepared', prepared));
    const found: Prediction[] = [];
    for (let from = 0; from < samples.n; from += BATCH) {
      const n = Math.min(BATCH, samples.n - from);
      const outputs = await this.#outputs(samples, from, n);
      for (let i = 0; i < n; i++) {
        const row = samples.rows && { row: samples.rows[from + i] };
        const output = outputs.subarray((i * outputs.length) / n, ((i + 1) * outputs.length) / n);
        // A logit of -Infinity is a probability of 0.
        if (!(this.classes.length ? Number.isFinite(Math.max(...output)) : output.every(Number.isFinite)))
          throw new DataError(
            `predict: the output of sample ${from + i} is not finite: is it far from the training data?`,
          );
        found.push({ ...row, ...(this.classes.length ? this.#classOf(output) : this.#valueOf(output)) });
      }
      await pause();
    }
    return found;
  }

  /** The kind of object, by which reactive() of Vue leaves it as it is: a Proxy of it has no private fields. */
  get [Symbol.toStringTag](): string {
    return 'TrainedModel';
  }

  /** Frees the parameters at once, without waiting for the garbage collector. */
  dispose(): void {
    this.model.dispose();
  }

  /** The outputs of n samples from number `from` on. Throws ShapeError if they do not fit the classes or the targets. */
  async #outputs({ inputs }: Prepared, from: number, n: number): Promise<Float64Array> {
    const { classes, shapes } = this;
    const output = evaluating('predict', this.model, () =>
      scope(() => {
        const parts = shapes.map((shape, i) => {
          const size = sizeOf(shape);
          return tensor(inputs[i].subarray(from * size, (from + n) * size), { shape: [n, ...shape] });
        });
        const output = noGrad(() => forward(this.model, parts.length > 1 ? parts : parts[0]));
        return keep(classes.length ? logitsOf(output) : output);
      }),
    );
    const wanted = [n, ...(classes.length ? [classes.length] : this.description.targetShape!)];
    if (show(output.shape) === show(wanted)) return Float64Array.from(await output.data());
    const what = classes.length ? `logits of ${classes.length} classes` : 'values of the shape of the targets';
    const shapeOf = `${show(output.shape)} in place of ${show(wanted)}`;
    throw new ShapeError(`predict: the model's outputs are not ${what}: ${shapeOf}`);
  }

  #classOf(logits: Float64Array): ClassPrediction {
    const most = logits.reduce((a, b) => Math.max(a, b));
    const powers = Array.from(logits, (v) => Math.exp(v - most));
    const sum = powers.reduce((a, b) => a + b);
    const entries = this.classes.map((name, c) => [name, powers[c] / sum]);
    return { label: this.classes[logits.indexOf(most)], probabilities: Object.fromEntries(entries) };
  }

  #valueOf(output: Float64Array): ValuePrediction {
    const { targets } = this.description.preparation;
    const values = targets ? unscale(output, targets) : [...output];
    return { value: values.length === 1 ? values[0] : values };
  }
}

/** Returns a TrainedModel for a model in memory, without a checkpoint. data: the data set that the model was trained on, which
 *  defines how raw samples are prepared and what the outputs mean.
 *
 *    const net = predictor(model, train);
 *    const [{ value }] = await net.predict([{ size: 80, city: 'Oslo' }]);
 *
 *  The model is not copied: later training changes the predictions. Warns if `data` have other classes or another preparation than the data
 *  that are known for the model: from `fit`, `loadModel` or an earlier call. Throws ValueError if an argument is not a model or a data set. */
export function predictor(model: Module<any>, data: AnyDataset | DataLoader<any>): TrainedModel {
  atMost(2, 'predictor', arguments);
  checkModel('predictor', model);
  checkData('predictor', data);
  const set = 'dataset' in data ? data.dataset : data;
  // The data of a training outside of `fit` are not known.
  if (isKnown(model)) warnIfOther('predictor', model, set);
  else remember(model, set);
  return new TrainedModel(model, [], describe(model, set));
}

/** y std + mean of the values of one sample, with moments for each index of the first axis. */
function unscale(values: Float64Array, { mean, std }: Moments): number[] {
  const plane = values.length / mean.length;
  return Array.from(values, (y, i) => y * std[Math.floor(i / plane)] + mean[Math.floor(i / plane)]);
}
