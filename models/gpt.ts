// A small GPT: a decoder of pre-norm transformer blocks. With v tokens, t positions and c features:
//
//   x [t]  -> tokens[x] + positions [t, c]  -> numLayers blocks [t, c]  -> norm [t, c]  -> linear [t, v]
//   block   h = x + attention(norm(x)),  y = h + W2 gelu(W1 norm(h) + b1) + b2;  position i attends to 0..i;  W1 has 4 c rows
//
// Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners. Differences from the paper: tokens may be characters,
// the head has weights of its own and a bias, weights start as in PyTorch.
import { add, arange, checkCount, checkTensor, must, ShapeError, show, type Tensor } from '../core/index.js';
import { checkLayerOptions } from '../nn/checks.js';
import { checkProbability } from '../nn/dropout.js';
import {
  Dropout,
  Embedding,
  LayerNorm,
  type LayerOptions,
  Linear,
  Module,
  Sequential,
  TransformerBlock,
} from '../nn/index.js';
import { named } from './named.js';

/** Sizes of a GPT. */
export interface GptOptions extends LayerOptions {
  /** The number v of tokens. */
  vocabulary: number;
  /** The largest number t of positions. Default: 64. */
  context?: number;
  /** The features c of each position. Default: 64. */
  embedDim?: number;
  /** The number of heads of each attention, which must divide embedDim. Default: 4. */
  numHeads?: number;
  /** The number of blocks. Default: 2. */
  numLayers?: number;
  /** The probability of dropping a feature, and a weight of the attention, in training. Default: 0. */
  dropout?: number;
}

/** A decoder that predicts the next token at each position from the tokens up to it.  x int32 [n, t]  -> logits [n, t, vocabulary]
 *  Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners. */
export class GPT extends Module {
  /** The largest number of positions. */
  get context(): number {
    return this.positions.weight.shape[0];
  }
  /** A vector for each token. */
  readonly tokens: Embedding;
  /** A vector for each position. */
  readonly positions: Embedding;
  /** Drops features of the sum of both. */
  readonly dropout: Dropout;
  /** The pre-norm transformer blocks, in order. */
  readonly blocks: Sequential;
  /** The norm after the blocks. */
  readonly norm: LayerNorm;
  /** Maps features to the logits. */
  readonly head: Linear;

  /** `random` and `dtype` are passed on to all layers. Throws ValueError if a size is not a positive integer, numHeads does not divide
   *  embedDim, or an option is unknown. */
  constructor(options: GptOptions) {
    super();
    checkLayerOptions('GPT', options, ['vocabulary', 'context', 'embedDim', 'numHeads', 'numLayers', 'dropout']);
    const { vocabulary, context = 64, embedDim = 64, numHeads = 4, numLayers = 2, dropout = 0, ...layer } = options;
    checkCount('GPT: vocabulary', vocabulary);
    checkCount('GPT: context', context);
    checkCount('GPT: embedDim', embedDim);
    must(embedDim % checkCount('GPT: numHeads', numHeads) === 0, 'GPT: numHeads', `a divisor of ${embedDim}`, numHeads);
    checkProbability('GPT: dropout', dropout);
    must(checkCount('GPT: numLayers', numLayers) <= 1000, 'GPT: numLayers', 'at most 1000', numLayers);
    const block = {
      dimFeedforward: 4 * embedDim,
      activation: 'gelu',
      normFirst: true,
      causal: true,
      batchFirst: true,
    } as const;
    this.tokens = new Embedding(vocabulary, embedDim, layer);
    this.positions = new Embedding(context, embedDim, layer);
    this.dropout = new Dropout(dropout, { random: layer.random });
    this.blocks = new Sequential(
      ...Array.from(
        { length: numLayers },
        () => new TransformerBlock(embedDim, numHeads, { ...block, dropout, ...layer }),
      ),
    );
    this.norm = new LayerNorm(embedDim, { dtype: layer.dtype });
    this.head = new Linear(embedDim, vocabulary, layer);
  }

  /** x int32 [n, t]  -> logits [n, t, vocabulary].  Throws ShapeError unless x has two axes and t is at most the context,
   *  ValueError for an unknown token. */
  forward(x: Tensor): Tensor {
    const { context } = this;
    const { ndim, shape } = checkTensor('GPT', x);
    if (ndim !== 2 || shape[1] > context)
      throw new ShapeError(
        `GPT: takes tokens [n,t] of t up to ${context}: ${show(shape)}; give the last ${context}, or make it with more context`,
      );
    const h = add(this.tokens.forward(x), this.positions.forward(arange(shape[1])));
    return this.head.forward(this.norm.forward(this.blocks.forward(this.dropout.forward(h))));
  }
}

/** Creates a GPT: 112,577 parameters for 65 tokens and the default sizes.
 *   x int32 [n, t]  -> logits [n, t, vocabulary] */
export function gpt(options: GptOptions): GPT {
  return named('gpt', options, new GPT(options));
}
