// Layers with a matrix: linear maps and tables of vectors.
import {
  checkCount,
  checkFlag,
  checkIndex,
  checkTensor,
  embedding,
  equal,
  linear,
  noGrad,
  reshape,
  showValue,
  slice,
  type Tensor,
  ValueError,
  where,
} from '../core/index.js';
import { checkedLookup, checkFloat, checkLayerOptions, fixedOptions } from './checks.js';
import { normal } from './init.js';
import { Module } from './module.js';
import { type LayerOptions, parameter, weightAndBias } from './parameter.js';
import { formatArguments } from './print.js';

/** Linear map of the last axis: y = x W^T + b.
 *  Weight and bias start uniform on [-k, k], k = 1 / sqrt(inFeatures), as in PyTorch. */
export class Linear extends Module {
  /** W [outFeatures, inFeatures] */
  readonly weight: Tensor;
  /** b [outFeatures]; null with `bias: false`. */
  readonly bias: Tensor | null;

  /** bias: whether b is added. Default: true. Throws ValueError if a number of features is not a positive integer. */
  constructor(inFeatures: number, outFeatures: number, options: LayerOptions & { bias?: boolean } = {}) {
    super();
    checkLayerOptions('Linear', options, ['bias']);
    checkCount('Linear: inFeatures', inFeatures);
    const shape = [checkCount('Linear: outFeatures', outFeatures), inFeatures];
    fixedOptions(this, { inFeatures, outFeatures });
    [this.weight, this.bias] = weightAndBias(shape, checkFlag('Linear: bias', options.bias ?? true), options);
  }

  /** x [.., inFeatures]  -> [.., outFeatures].  Throws ShapeError if the last axis differs, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    return linear(checkFloat('Linear', x), this.weight, this.bias);
  }

  override extraRepr(): string {
    const [out, features] = this.weight.shape;
    return formatArguments([features, out], {
      bias: [this.bias !== null, true],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}

/** A table of learned vectors: y[.., :] = weight[index[..], :].  The table starts standard normal, as in PyTorch, except for the row of
 *  `paddingIdx`, which starts at 0. */
export class Embedding extends Module {
  /** [count, features] */
  readonly weight: Tensor;
  readonly #paddingIdx: number | undefined;

  /** count: rows of the table. features: the length of each row. paddingIdx: a row that gets no gradient, for the padding of sequences.
   *  Default: none. Throws ValueError if a number is not a positive integer, or if paddingIdx is not the index of a row. */
  constructor(count: number, features: number, options: LayerOptions & { paddingIdx?: number } = {}) {
    super();
    checkLayerOptions('Embedding', options, ['paddingIdx']);
    const { paddingIdx, random, dtype } = options;
    const shape = [checkCount('Embedding: count', count), checkCount('Embedding: features', features)];
    if (paddingIdx !== undefined && !(Number.isInteger(paddingIdx) && paddingIdx >= 0 && paddingIdx < count))
      throw new ValueError(
        `Embedding: paddingIdx names no row: ${showValue(paddingIdx)}; there are ${count}, 0..${count - 1}`,
      );
    this.#paddingIdx = paddingIdx;
    fixedOptions(this, { paddingIdx });
    this.weight = normal(parameter(shape, dtype), { random });
    if (paddingIdx !== undefined) noGrad(() => slice(this.weight, [[paddingIdx, paddingIdx + 1]])).assign(0);
  }

  /** index int32 of any shape  -> [...index.shape, features].  Throws ValueError if an index is outside 0..count-1. */
  forward(index: Tensor): Tensor {
    checkIndex('Embedding', checkTensor('Embedding', index));
    const weight = checkTensor('Embedding: weight', this.weight);
    const rows = checkedLookup('Embedding', 'row', index, weight.shape[0], () => embedding(weight, index));
    const found =
      this.#paddingIdx === undefined
        ? rows
        : where(reshape(equal(index, this.#paddingIdx), [...index.shape, 1]), rows.detach(), rows);
    // Rows of a batch of tokens are a batch too: `warnOfAxes` reads this mark.
    found.storage.made = index.storage.made;
    return found;
  }

  override extraRepr(): string {
    return formatArguments(this.weight.shape, {
      paddingIdx: [this.#paddingIdx, undefined],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}
