// Layers with a matrix: linear maps and tables of vectors.
import { checkCount, checkFlag, checkTensor, embedding, linear, type Tensor } from '../core/index.js';
import { checkedLookup, checkFloat, checkLayerOptions } from './checks.js';
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
    const shape = [checkCount('Linear: outFeatures', outFeatures), checkCount('Linear: inFeatures', inFeatures)];
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

/** A table of learned vectors: y[.., :] = weight[index[..], :].  The table starts standard normal, as in PyTorch. */
export class Embedding extends Module {
  /** [count, features] */
  readonly weight: Tensor;

  /** count: rows of the table. features: the length of each row. Throws ValueError if one is not a positive integer. */
  constructor(count: number, features: number, options: LayerOptions = {}) {
    super();
    checkLayerOptions('Embedding', options);
    const shape = [checkCount('Embedding: count', count), checkCount('Embedding: features', features)];
    this.weight = normal(parameter(shape, options.dtype), { random: options.random });
  }

  /** index int32 of any shape  -> [...index.shape, features].  Throws ValueError if an index is outside 0..count-1. */
  forward(index: Tensor): Tensor {
    checkTensor('Embedding', index);
    return checkedLookup('Embedding', 'row', index, this.weight.shape[0], () => embedding(this.weight, index));
  }

  override extraRepr(): string {
    return formatArguments(this.weight.shape, { dtype: [this.weight.dtype, 'float32'] });
  }
}
