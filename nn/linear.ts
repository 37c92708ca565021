// Layers whose parameters are matrices.
import { checkTensor, embedding, linear, type Tensor } from '../core/index.js';
import { normal } from './init.js';
import { byIndex, checkCount, type LayerOptions, parameter, weightAndBias } from './layer.js';
import { Module } from './module.js';
import { written } from './print.js';

/** y = x W^T + b.  x [.., in], weight [out, in], bias [out]  -> [.., out] */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(inFeatures: number, outFeatures: number, options: LayerOptions & { bias?: boolean } = {}) {
    super();
    const shape = [checkCount('Linear: outFeatures', outFeatures), checkCount('Linear: inFeatures', inFeatures)];
    [this.weight, this.bias] = weightAndBias(shape, options.bias ?? true, options);
  }

  forward(x: Tensor): Tensor {
    return linear(checkTensor('Linear', x), this.weight, this.bias);
  }

  override extraRepr(): string {
    const [out, features] = this.weight.shape;
    return written([features, out], { bias: [this.bias !== null, true], dtype: [this.weight.dtype, 'float32'] });
  }
}

/** Row i of a table for each index i.  index int32 of any shape s, weight [count, features]  -> [..s, features].
 *  Throws ValueError for an index that names no row. The table starts standard normal, as in PyTorch. */
export class Embedding extends Module {
  readonly weight: Tensor;

  constructor(count: number, features: number, options: LayerOptions = {}) {
    super();
    const shape = [checkCount('Embedding: count', count), checkCount('Embedding: features', features)];
    this.weight = normal(parameter(shape, options.dtype), { random: options.random });
  }

  forward(index: Tensor): Tensor {
    checkTensor('Embedding', index);
    return byIndex('Embedding', 'row', index, this.weight.shape[0], () => embedding(this.weight, index));
  }

  override extraRepr(): string {
    return written(this.weight.shape, { dtype: [this.weight.dtype, 'float32'] });
  }
}
