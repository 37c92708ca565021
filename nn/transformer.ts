// A block of a transformer: self-attention, then a small net for each position, each with a residual connection. With norms N1, N2:
//
//   after each (post-norm):   h = N1(x + attention(x)),    y = N2(h + ff(h))         Vaswani et al. 2017, arXiv 1706.03762
//   before each (pre-norm):   h = x + attention(N1(x)),    y = h + ff(N2(h))         Xiong et al. 2020, arXiv 2002.04745
//   ff(h) = W2 act(W1 h + b1) + b2
import { add, checkChoice, checkCount, checkFlag, gelu, relu, type Tensor, ValueError } from '../core/index.js';
import { MultiheadAttention } from './attention.js';
import { checkLayerOptions, fixedOptions } from './checks.js';
import { checkProbability, Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';
import type { LayerOptions } from './parameter.js';
import { formatArguments } from './print.js';

/** Options of `TransformerBlock`. */
export interface TransformerBlockOptions extends LayerOptions {
  /** The features between the two linear layers. Default: 2048, as in PyTorch. */
  dimFeedforward?: number;
  /** The probability of dropping a weight of the attention, a hidden feature, and a feature of either branch. Default: 0.1. */
  dropout?: number;
  /** The nonlinearity between the linear layers. Default: 'relu'. */
  activation?: 'relu' | 'gelu';
  /** Added to the variance in the norms. Default: 1e-5. */
  layerNormEps?: number;
  /** Whether the input of each branch is normalized (pre-norm), not the sum after it (post-norm). Default: false. */
  normFirst?: boolean;
  /** Whether position i attends to positions 0..i only, as in a decoder. Default: false. */
  causal?: boolean;
  /** Whether inputs and outputs are [n, t, c]; otherwise they are [t, n, c]. Default: false, as in PyTorch. */
  batchFirst?: boolean;
}

/** Self-attention and a feed-forward net with residual connections: PyTorch's TransformerEncoderLayer, with its names and defaults;
 *  with `causal` a block of a decoder without cross-attention.
 *  Sources: Vaswani et al. 2017, arXiv 1706.03762; `normFirst`: Xiong et al. 2020, arXiv 2002.04745. */
export class TransformerBlock extends Module {
  /** The attention of each position to all positions. */
  readonly self_attn: MultiheadAttention;
  /** W1 and b1, dModel to dimFeedforward. */
  readonly linear1: Linear;
  /** Drops hidden features. */
  readonly dropout: Dropout;
  /** W2 and b2, dimFeedforward to dModel. */
  readonly linear2: Linear;
  /** The norm of the attention's branch. */
  readonly norm1: LayerNorm;
  /** The norm of the feed-forward branch. */
  readonly norm2: LayerNorm;
  /** Drops features of the attention's branch. */
  readonly dropout1: Dropout;
  /** Drops features of the feed-forward branch. */
  readonly dropout2: Dropout;
  readonly #numHeads: number;
  readonly #options: Required<Omit<TransformerBlockOptions, keyof LayerOptions>>;

  /** dModel: the features c of inputs and outputs. numHeads: the number of heads, which must divide dModel.
   *  Throws ValueError if a number is not a positive integer, or if numHeads does not divide dModel. */
  constructor(dModel: number, numHeads: number, options: TransformerBlockOptions = {}) {
    super();
    const own = ['dimFeedforward', 'dropout', 'activation', 'layerNormEps', 'normFirst', 'causal', 'batchFirst'];
    checkLayerOptions('TransformerBlock', options, own);
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5 } = options;
    const { normFirst = false, causal = false, batchFirst = false, random, dtype } = options;
    checkCount('TransformerBlock: dModel', dModel);
    checkCount('TransformerBlock: numHeads', numHeads);
    checkCount('TransformerBlock: dimFeedforward', dimFeedforward);
    if (dModel % numHeads !== 0)
      throw new ValueError(`TransformerBlock: numHeads must divide dModel: ${numHeads} and ${dModel}`);
    checkProbability('TransformerBlock: dropout', dropout);
    checkChoice('TransformerBlock', 'activation', activation, ['relu', 'gelu']);
    checkFlag('TransformerBlock: normFirst', normFirst);
    this.#numHeads = numHeads;
    this.#options = { dimFeedforward, dropout, activation, layerNormEps, normFirst, causal, batchFirst };
    const layer = { random, dtype };
    this.self_attn = new MultiheadAttention(dModel, numHeads, { dropout, causal, batchFirst, ...layer });
    this.linear1 = new Linear(dModel, dimFeedforward, layer);
    this.dropout = new Dropout(dropout, { random });
    this.linear2 = new Linear(dimFeedforward, dModel, layer);
    this.norm1 = new LayerNorm(dModel, { eps: layerNormEps, dtype });
    this.norm2 = new LayerNorm(dModel, { eps: layerNormEps, dtype });
    this.dropout1 = new Dropout(dropout, { random });
    this.dropout2 = new Dropout(dropout, { random });
    fixedOptions(this, { ...this.#options, dModel, numHeads });
  }

  /** x [t, n, dModel], or [n, t, dModel] with `batchFirst`  -> the same shape.  mask: which positions may attend to which, as in
   *  `MultiheadAttention.forward`. Throws ShapeError if x has another shape, DTypeError if it is not float. */
  forward(x: Tensor, options: { mask?: Tensor } = {}): Tensor {
    if (this.#options.normFirst) {
      const h = add(x, this.#attention(this.norm1.forward(x), options));
      return add(h, this.#feedForward(this.norm2.forward(h)));
    }
    const h = this.norm1.forward(add(x, this.#attention(x, options)));
    return this.norm2.forward(add(h, this.#feedForward(h)));
  }

  #attention(x: Tensor, options: { mask?: Tensor }): Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, options));
  }

  #feedForward(x: Tensor): Tensor {
    const act = this.#options.activation === 'gelu' ? gelu : relu;
    return this.dropout2.forward(this.linear2.forward(this.dropout.forward(act(this.linear1.forward(x)))));
  }

  override extraRepr(): string {
    const { dimFeedforward, dropout, activation, layerNormEps, normFirst, causal, batchFirst } = this.#options;
    return formatArguments([this.linear1.weight.shape[1], this.#numHeads], {
      dimFeedforward: [dimFeedforward, 2048],
      dropout: [dropout, 0.1],
      activation: [activation, 'relu'],
      layerNormEps: [layerNormEps, 1e-5],
      normFirst: [normFirst, false],
      causal: [causal, false],
      batchFirst: [batchFirst, false],
      dtype: [this.linear1.weight.dtype, 'float32'],
    });
  }
}
