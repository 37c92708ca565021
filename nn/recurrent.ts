// Recurrent layers. core/ops/recurrent.ts has their equations and runs one layer over a whole sequence. Names, shapes, the order of the
// gates and the initialization are PyTorch's, so its weights load unchanged.
import {
  checkChoice,
  checkCount,
  checkFlag,
  concat,
  describeValue,
  flip,
  gru,
  linear,
  lstm,
  must,
  type Random,
  reshape,
  rnn,
  type Shape,
  ShapeError,
  sameShape,
  show,
  slice,
  stack,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '../core/index.js';
import { checkFloat, checkLayerOptions, fixedOptions, warnOfAxes } from './checks.js';
import { checkProbability, dropped } from './dropout.js';
import { uniform } from './init.js';
import { Module } from './module.js';
import { type LayerOptions, parameter } from './parameter.js';
import { formatArguments } from './print.js';

/** Options of RNN, LSTM and GRU. */
export interface RecurrentOptions extends LayerOptions {
  /** The number of layers; each reads the outputs of the one below. Default: 1. */
  numLayers?: number;
  /** Whether b_ih and b_hh are added. Default: true. */
  bias?: boolean;
  /** Whether x and y are [batch, steps, ..] in place of [steps, batch, ..]. States are [layers, batch, hidden] in both cases.
   *  Default: false. */
  batchFirst?: boolean;
  /** The probability that training drops an output of a layer below the last. The stream `dropout` of `random` draws. Default: 0. */
  dropout?: number;
  /** Whether each layer also reads its sequence backwards, with weights of its own. Outputs then have 2 hiddenSize values, those of the
   *  forward reading first, and states have two entries for each layer. Default: false. */
  bidirectional?: boolean;
}

/** The parts in which the kinds of recurrent layers differ. */
export interface RecurrentKind {
  /** The layer's name in messages; a minifier may change the name of the class. */
  title: string;
  /** The number of gates: blocks of rows of the weights. */
  gates: number;
  /** The number of tensors of a state. */
  states: number;
}

/** Layers that read a sequence step by step and carry a state. S: the state. */
export abstract class Recurrent<S> extends Module<[x: Tensor, state?: S], [y: Tensor, state: S]> {
  /** W_ih of a layer, [gates hidden, inputs]: the weights of its input. */
  readonly [weight: `weight_ih_l${number}`]: Tensor;
  /** W_hh of a layer, [gates hidden, hidden]: the weights of its state. */
  readonly [weight: `weight_hh_l${number}`]: Tensor;
  /** b_ih of a layer, [gates hidden]; missing with `bias: false`. */
  readonly [bias: `bias_ih_l${number}`]: Tensor;
  /** b_hh of a layer, [gates hidden]; missing with `bias: false`. */
  readonly [bias: `bias_hh_l${number}`]: Tensor;
  /** The same parameters of a layer that reads backwards, with `bidirectional`. */
  readonly [backwards: `${'weight' | 'bias'}_${'ih' | 'hh'}_l${number}_reverse`]: Tensor;
  /** The Random of the options. A checkpoint saves and restores its streams. */
  readonly random?: Random;
  readonly #kind: RecurrentKind;
  readonly #sizes: readonly [input: number, hidden: number];
  readonly #options: Required<Omit<RecurrentOptions, keyof LayerOptions>>;

  /** inputSize, hiddenSize: the numbers of values of a step's input and of its state. Parameters start uniform on [-k, k],
   *  k = 1 / sqrt(hiddenSize). Throws ValueError if a size is not a positive integer or an option is wrong, DTypeError for
   *  a dtype that is not a float. */
  constructor(
    kind: RecurrentKind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    own: readonly string[] = [],
  ) {
    super();
    const { title, gates } = kind;
    checkLayerOptions(title, options, ['numLayers', 'bias', 'batchFirst', 'dropout', 'bidirectional', ...own]);
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      random,
      dtype,
    } = options;
    this.#kind = kind;
    this.#sizes = [checkCount(`${title}: inputSize`, inputSize), checkCount(`${title}: hiddenSize`, hiddenSize)];
    this.#options = fixedOptions(this, {
      numLayers: checkCount(`${title}: numLayers`, numLayers),
      bias: checkFlag(`${title}: bias`, bias),
      batchFirst: checkFlag(`${title}: batchFirst`, batchFirst),
      dropout: checkProbability(`${title}: dropout`, dropout),
      bidirectional: checkFlag(`${title}: bidirectional`, bidirectional),
    });
    must(numLayers <= 1000, `${title}: numLayers`, 'at most 1000', numLayers);
    if (dropout > 0 && numLayers === 1)
      console.warn(`${title}: dropout ${dropout} drops nothing: it acts between layers, and numLayers is 1`);
    fixedOptions(this, { inputSize, hiddenSize });
    this.random = random;
    const k = 1 / Math.sqrt(hiddenSize);
    const start = (shape: Shape) => uniform(parameter(shape, dtype), { low: -k, high: k, random });
    const rows = gates * hiddenSize;
    const suffixes = suffixesOf(bidirectional);
    for (let l = 0; l < numLayers; l++) {
      const inputs = l ? suffixes.length * hiddenSize : inputSize;
      for (const suffix of suffixes) {
        Object.assign(this, {
          [`weight_ih_l${l}${suffix}`]: start([rows, inputs]),
          [`weight_hh_l${l}${suffix}`]: start([rows, hiddenSize]),
          ...(bias && { [`bias_ih_l${l}${suffix}`]: start([rows]), [`bias_hh_l${l}${suffix}`]: start([rows]) }),
        });
      }
    }
  }

  /** Runs one layer over a sequence. x: W_ih times the input, of all steps; w: W_hh; bi, bh: the biases; state: before the first step.
   *  -> [y, ..the last state without h]. */
  protected abstract layer(x: Tensor, w: Tensor, bi: Tensor, bh: Tensor, state: Tensor[]): Tensor[];

  /** Runs all layers. state: the tensors [layers, batch, hidden] before the first step; with `bidirectional` twice as many layers, each
   *  followed by the one that reads backwards. Default: zeros.
   *  -> the outputs of the last layer, and the state after the last step. */
  protected run(x: Tensor, state?: readonly Tensor[]): [y: Tensor, state: Tensor[]] {
    const { title, gates, states } = this.#kind;
    const { numLayers, bias, batchFirst, dropout, bidirectional } = this.#options;
    const [inputs, hidden] = this.#sizes;
    const axes = batchFirst ? 'batch,steps' : 'steps,batch';
    const { dtype, ndim, shape } = checkFloat(title, x);
    if (ndim !== 3 || shape[2] !== inputs || shape[batchFirst ? 1 : 0] === 0) {
      throw new ShapeError(`${title}: takes x [${axes},${inputs}] with at least one step: ${show(shape)}`);
    }
    if (!batchFirst) warnOfAxes(title, this, x);
    const batch = shape[batchFirst ? 0 : 1];
    const suffixes = suffixesOf(bidirectional);
    const wanted = [suffixes.length * numLayers, batch, hidden];
    const before = state ?? Array.from({ length: states }, () => zeros(wanted, { dtype }));
    const odd = before.find((t) => !sameShape(checkFloat(`${title}: state`, t).shape, wanted));
    if (odd) {
      const form = `[${bidirectional ? '2 layers' : 'layers'},batch,hidden]`;
      throw new ShapeError(`${title}: the state must be ${form}: ${show(wanted)}, not ${show(odd.shape)}`);
    }
    const none = zeros([gates * hidden], { dtype });
    const at = (t: Tensor, i: number) => reshape(slice(t, [[i, i + 1]]), [batch, hidden]);
    const after: Tensor[][] = [];
    let y = batchFirst ? transpose(x, 0, 1) : x;
    for (let l = 0; l < numLayers; l++) {
      if (l > 0 && this.training) y = dropped(y, dropout, this.random);
      const read = suffixes.map((suffix) => {
        const turned = (t: Tensor) => (suffix ? flip(t, 0) : t);
        const own = before.map((t) => at(t, after.length));
        const [bi, bh] = bias ? [this[`bias_ih_l${l}${suffix}`], this[`bias_hh_l${l}${suffix}`]] : [none, none];
        const products = linear(turned(y), this[`weight_ih_l${l}${suffix}`]);
        const [outputs, ...others] = this.layer(products, this[`weight_hh_l${l}${suffix}`], bi, bh, own);
        after.push([at(outputs, outputs.shape[0] - 1), ...others]);
        return turned(outputs);
      });
      y = bidirectional ? concat(read, 2) : read[0];
    }
    return [batchFirst ? transpose(y, 0, 1) : y, before.map((_, i) => stack(after.map((own) => own[i])))];
  }

  override extraRepr(): string {
    return formatArguments(this.#sizes, this.shownOptions());
  }

  /** The options with their defaults, for the text of the layer. */
  protected shownOptions(): Record<string, readonly [value: unknown, standard: unknown]> {
    const { numLayers, bias, batchFirst, dropout, bidirectional } = this.#options;
    return {
      numLayers: [numLayers, 1],
      bias: [bias, true],
      batchFirst: [batchFirst, false],
      dropout: [dropout, 0],
      bidirectional: [bidirectional, false],
      dtype: [this.weight_ih_l0.dtype, 'float32'],
    };
  }
}

/** The suffixes of a layer's parameters: for reading forwards, then for reading backwards. */
function suffixesOf(bidirectional: boolean): readonly ('' | '_reverse')[] {
  return bidirectional ? ['', '_reverse'] : [''];
}

/** Elman's recurrent layer: h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), f tanh or relu.
 *  Source: Elman 1990, Cognitive Science 14(2). */
export class RNN extends Recurrent<Tensor> {
  readonly #relu: boolean;

  /** nonlinearity: f. Default: 'tanh'. Parameters start uniform on [-k, k], k = 1 / sqrt(hiddenSize). Throws ValueError if a size is not
   *  a positive integer or an option is wrong, DTypeError for a dtype that is not a float. */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' } = {},
  ) {
    super({ title: 'RNN', gates: 1, states: 1 }, inputSize, hiddenSize, options, ['nonlinearity']);
    this.#relu = checkChoice('RNN', 'nonlinearity', options.nonlinearity ?? 'tanh', ['tanh', 'relu']) === 'relu';
  }

  /** x [steps, batch, inputSize], h [layers, batch, hiddenSize] or none for zeros
   *  -> [y [steps, batch, hiddenSize], h after the last step].  With `batchFirst` x and y are [batch, steps, ..].
   *  Throws ShapeError if a shape does not fit, DTypeError if x is not float. */
  forward(x: Tensor, h?: Tensor): [y: Tensor, h: Tensor] {
    const [y, [last]] = this.run(x, h === undefined ? h : [h]);
    return [y, last];
  }

  protected layer(x: Tensor, w: Tensor, bi: Tensor, bh: Tensor, [h]: Tensor[]): Tensor[] {
    return rnn(x, w, bi, bh, h, this.#relu);
  }

  protected override shownOptions() {
    return { nonlinearity: [this.#relu ? 'relu' : 'tanh', 'tanh'] as const, ...super.shownOptions() };
  }
}

/** Long short-term memory. Its gates i, f, g, o are rows of the weights in this order:
 *
 *    c_t = f * c_{t-1} + i * g,   h_t = o * tanh c_t
 *
 *  Sources: Hochreiter and Schmidhuber 1997, Neural Computation 9(8); the forget gate of Gers, Schmidhuber and Cummins 2000. */
export class LSTM extends Recurrent<readonly [h: Tensor, c: Tensor]> {
  /** Parameters start uniform on [-k, k], k = 1 / sqrt(hiddenSize). Throws ValueError if a size is not a positive integer or an option is
   *  wrong, DTypeError for a dtype that is not a float. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super({ title: 'LSTM', gates: 4, states: 2 }, inputSize, hiddenSize, options);
  }

  /** x [steps, batch, inputSize], the state [h, c] with h and c [layers, batch, hiddenSize], or none for zeros
   *  -> [y [steps, batch, hiddenSize], [h, c] after the last step].  With `batchFirst` x and y are [batch, steps, ..].
   *  Throws ShapeError if a shape does not fit, DTypeError if x is not float, ValueError if the state is not a pair. */
  forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [y: Tensor, state: [h: Tensor, c: Tensor]] {
    if (state !== undefined && !(Array.isArray(state) && state.length === 2))
      throw new ValueError(`LSTM: the state must be a pair [h, c]: ${describeValue(state)}`);
    const [y, [h, c]] = this.run(x, state);
    return [y, [h, c]];
  }

  protected layer(x: Tensor, w: Tensor, bi: Tensor, bh: Tensor, [h, c]: Tensor[]): Tensor[] {
    return lstm(x, w, bi, bh, h, c).slice(0, 2);
  }
}

/** Gated recurrent unit. Its gates r, z, n are rows of the weights in this order; r gates W_hh h_{t-1} + b_hh inside the tanh of n:
 *
 *    h_t = (1 - z) * n + z * h_{t-1}
 *
 *  Source: Cho et al. 2014, arXiv 1406.1078, with the place of r as in PyTorch. */
export class GRU extends Recurrent<Tensor> {
  /** Parameters start uniform on [-k, k], k = 1 / sqrt(hiddenSize). Throws ValueError if a size is not a positive integer or an option is
   *  wrong, DTypeError for a dtype that is not a float. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super({ title: 'GRU', gates: 3, states: 1 }, inputSize, hiddenSize, options);
  }

  /** x [steps, batch, inputSize], h [layers, batch, hiddenSize] or none for zeros
   *  -> [y [steps, batch, hiddenSize], h after the last step].  With `batchFirst` x and y are [batch, steps, ..].
   *  Throws ShapeError if a shape does not fit, DTypeError if x is not float. */
  forward(x: Tensor, h?: Tensor): [y: Tensor, h: Tensor] {
    const [y, [last]] = this.run(x, h === undefined ? h : [h]);
    return [y, last];
  }

  protected layer(x: Tensor, w: Tensor, bi: Tensor, bh: Tensor, [h]: Tensor[]): Tensor[] {
    return gru(x, w, bi, bh, h).slice(0, 1);
  }
}
