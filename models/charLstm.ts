// A language model of characters, or of other tokens. With v tokens, t steps, e features and h hidden values:
//
//   x [t]  -> embedding [t, e]  -> numLayers LSTM layers [t, h]  -> linear [t, v]
//
// Source: Graves 2013, arXiv 1308.0850, section 2. Differences from the paper: tokens are embedded, a layer reads only the layer below it,
// and the linear map reads only the last layer.
import { checkCount, checkTensor, ShapeError, show, type Tensor } from '../core/index.js';
import { checkLayerOptions } from '../nn/checks.js';
import { Embedding, type LayerOptions, Linear, LSTM, Module } from '../nn/index.js';
import { named } from './named.js';

/** Sizes of a charLstm. */
export interface CharLstmOptions extends LayerOptions {
  /** The number v of tokens. */
  vocabulary: number;
  /** The features e of each token. Default: 32. */
  embeddingDim?: number;
  /** The hidden values h of each layer. Default: 128. */
  hiddenSize?: number;
  /** The number of LSTM layers. Default: 1. */
  numLayers?: number;
  /** The probability of dropping an output of a layer below the last, in training. Default: 0. */
  dropout?: number;
}

/** The state of a charLstm: h and c of each layer, [layers, n, hiddenSize]. */
export type CharLstmState = readonly [h: Tensor, c: Tensor];

/** LSTM layers that predict the next token at each step from the tokens up to it.  x int32 [n, t]  -> logits [n, t, vocabulary]
 *  Source: Graves 2013, arXiv 1308.0850, section 2. */
export class CharLSTM extends Module {
  /** A vector for each token. */
  readonly embedding: Embedding;
  /** The LSTM layers. */
  readonly lstm: LSTM;
  /** Maps the last layer's outputs to the logits. */
  readonly head: Linear;

  /** `random` and `dtype` are passed on to all layers. Throws ValueError if a size is not a positive integer or an option is unknown. */
  constructor(options: CharLstmOptions) {
    super();
    checkLayerOptions('CharLSTM', options, ['vocabulary', 'embeddingDim', 'hiddenSize', 'numLayers', 'dropout']);
    const { vocabulary, embeddingDim = 32, hiddenSize = 128, numLayers = 1, dropout = 0, ...layer } = options;
    checkCount('CharLSTM: vocabulary', vocabulary);
    checkCount('CharLSTM: embeddingDim', embeddingDim);
    checkCount('CharLSTM: hiddenSize', hiddenSize);
    checkCount('CharLSTM: numLayers', numLayers);
    this.embedding = new Embedding(vocabulary, embeddingDim, layer);
    this.lstm = new LSTM(embeddingDim, hiddenSize, { numLayers, dropout, batchFirst: true, ...layer });
    this.head = new Linear(hiddenSize, vocabulary, layer);
  }

  /** x int32 [n, t]  -> logits [n, t, vocabulary].  Throws ShapeError unless x has two axes, ValueError for an unknown token. */
  forward(x: Tensor): Tensor {
    return this.continue(x)[0];
  }

  /** `forward` from the state after earlier tokens. Default: zeros. Returns the logits and the state after x. */
  continue(x: Tensor, state?: CharLstmState): [logits: Tensor, state: CharLstmState] {
    if (checkTensor('CharLSTM', x).ndim !== 2) throw new ShapeError(`CharLSTM: takes tokens [n,t]: ${show(x.shape)}`);
    const [y, after] = this.lstm.forward(this.embedding.forward(x), state);
    return [this.head.forward(y), after];
  }
}

/** Creates a charLstm: 87,291 parameters for 27 tokens and the default sizes.
 *   x int32 [n, t]  -> logits [n, t, vocabulary] */
export function charLstm(options: CharLstmOptions): CharLSTM {
  return named('charLstm', options, new CharLSTM(options));
}
