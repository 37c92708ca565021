// Multi-head attention. Each of h heads attends with a projection of its own; the results are joined and projected:
//
//   [q, k, v] = [x_q, x_k, x_v] W_in^T + b_in,   head_i = attention(q_i, k_i, v_i),   y = [head_1, .., head_h] W_out^T + b_out
//
// Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.2.
import {
  attentionWeights,
  checkCount,
  checkFlag,
  checkOptions,
  checkTensor,
  linear,
  matmul,
  permute,
  reshape,
  ShapeError,
  sameShape,
  show,
  slice,
  type Tensor,
  transpose,
  ValueError,
} from '../core/index.js';
import { checkFloat, checkLayerOptions, fixedOptions, warnOfAxes } from './checks.js';
import { checkProbability, Dropout } from './dropout.js';
import { constant, xavierUniform } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { type LayerOptions, parameter } from './parameter.js';
import { formatArguments } from './print.js';

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions extends LayerOptions {
  /** Whether the projections have a bias. Default: true. */
  bias?: boolean;
  /** The probability of dropping a weight of the attention in training. Default: 0. */
  dropout?: number;
  /** Whether query i attends to keys 0..i only. PyTorch's layer takes such a mask at each call. Default: false. */
  causal?: boolean;
  /** Whether inputs and outputs are [n, t, c]; otherwise they are [t, n, c]. Default: false, as in PyTorch. */
  batchFirst?: boolean;
}

/** Multi-head attention with PyTorch's parameters and initialization: the joint projection `in_proj_weight` is Xavier uniform,
 *  `out_proj.weight` starts as in Linear, the biases start at 0.
 *
 *    y = [head_1, .., head_h] W_out^T + b_out,   head_i = softmax(q_i k_i^T / sqrt(c / h)) v_i
 *
 *  Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.2. */
export class MultiheadAttention extends Module {
  /** The weights of q, k and v, one below the other, [3 embedDim, embedDim]. */
  readonly in_proj_weight: Tensor;
  /** The biases of q, k and v, [3 embedDim]; null with `bias: false`. */
  readonly in_proj_bias: Tensor | null;
  /** W_out and b_out. */
  readonly out_proj: Linear;
  /** Drops weights of the attention. */
  readonly dropout: Dropout;
  readonly #heads: number;
  readonly #causal: boolean;
  readonly #batchFirst: boolean;
  readonly #p: number;

  /** embedDim: the features c of inputs and outputs. numHeads: the number h of heads, which must divide embedDim.
   *  Throws ValueError if a number is not a positive integer, or if numHeads does not divide embedDim. */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    checkLayerOptions('MultiheadAttention', options, ['bias', 'dropout', 'causal', 'batchFirst']);
    const { bias = true, dropout = 0, causal = false, batchFirst = false, random, dtype } = options;
    checkCount('MultiheadAttention: embedDim', embedDim);
    checkCount('MultiheadAttention: numHeads', numHeads);
    if (embedDim % numHeads !== 0)
      throw new ValueError(`MultiheadAttention: numHeads must divide embedDim: ${numHeads} and ${embedDim}`);
    checkFlag('MultiheadAttention: bias', bias);
    this.#heads = numHeads;
    this.#p = checkProbability('MultiheadAttention: dropout', dropout);
    this.#causal = checkFlag('MultiheadAttention: causal', causal);
    this.#batchFirst = checkFlag('MultiheadAttention: batchFirst', batchFirst);
    fixedOptions(this, { embedDim, numHeads, causal, batchFirst });
    this.in_proj_weight = xavierUniform(parameter([3 * embedDim, embedDim], dtype), { random });
    this.in_proj_bias = bias ? parameter([3 * embedDim], dtype) : null;
    this.dropout = new Dropout(dropout, { random });
    this.out_proj = new Linear(embedDim, embedDim, { bias, random, dtype });
    if (this.out_proj.bias) constant(this.out_proj.bias, 0);
  }

  /** The attended values. Queries [t, n, embedDim], keys and values [s, n, embedDim]  -> [t, n, embedDim]; with `batchFirst` n is the
   *  first axis. key: Default: query. value: Default: key. mask: bool, true where a query may attend to a key (PyTorch's layer marks
   *  the others), or numbers that are added to the scores; it broadcasts to [n, heads, t, s]. Throws ShapeError if sizes do not fit,
   *  DTypeError if an input is not float. */
  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: { mask?: Tensor } = {}): Tensor {
    return this.attend(query, key, value, options)[0];
  }

  /** Returns the output of `forward`, and how much each query attends to each key in each head, [n, heads, t, s].
   *  Their mean over axis 1 is what PyTorch's layer returns in evaluation mode; here they are without dropout in training too. */
  attend(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: { mask?: Tensor } = {},
  ): [y: Tensor, weights: Tensor] {
    checkOptions('MultiheadAttention', options, ['mask']);
    const inputs = [query, key, value].map((x) => checkFloat('MultiheadAttention', x));
    const c = checkTensor('MultiheadAttention: in_proj_weight', this.in_proj_weight).shape[1];
    const shapes = inputs.map((x) => x.shape);
    const batch = this.#batchFirst ? 0 : 1;
    if (
      shapes.some((s) => s.length !== 3 || s[2] !== c || s[batch] !== shapes[0][batch]) ||
      !sameShape(shapes[1], shapes[2])
    ) {
      const takes = this.#batchFirst ? '[n,t,c], key and value [n,s,c]' : '[t,n,c], key and value [s,n,c]';
      throw new ShapeError(`MultiheadAttention: takes query ${takes} with c = ${c}: ${shapes.map(show).join(', ')}`);
    }
    if (batch) warnOfAxes('MultiheadAttention', this, query);
    const [q, k, v] = inputs.map((x, i) => this.#project(i, batch === 0 ? x : transpose(x, 0, 1)));
    const weights = attentionWeights('MultiheadAttention', q, k, { ...options, causal: this.#causal });
    const heads = permute(matmul(this.dropout.forward(weights), v), [0, 2, 1, 3]);
    const y = this.out_proj.forward(reshape(heads, [heads.shape[0], heads.shape[1], c]));
    return [batch === 0 ? y : transpose(y, 0, 1), weights];
  }

  /** The queries, keys or values, i = 0, 1 or 2, by head.  x [n, t, c]  -> [n, heads, t, c / heads] */
  #project(i: number, x: Tensor): Tensor {
    const [n, t, c] = x.shape;
    const rows = [[i * c, (i + 1) * c]] as const;
    const bias = this.in_proj_bias && slice(this.in_proj_bias, rows);
    const y = linear(x, slice(this.in_proj_weight, rows), bias);
    return permute(reshape(y, [n, t, this.#heads, c / this.#heads]), [0, 2, 1, 3]);
  }

  override extraRepr(): string {
    return formatArguments([this.in_proj_weight.shape[1], this.#heads], {
      bias: [this.in_proj_bias !== null, true],
      dropout: [this.#p, 0],
      causal: [this.#causal, false],
      batchFirst: [this.#batchFirst, false],
      dtype: [this.in_proj_weight.dtype, 'float32'],
    });
  }
}
