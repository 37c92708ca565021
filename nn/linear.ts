// Layers whose parameters are matrices.
import { embedding, linear, type Tensor } from '../core/index.js';
import { normal } from './init.js';
import { checkCount, type LayerOptions, parameter, weightAndBias } from './layer.js';
import { Module } from './module.js';

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
    return linear(x, this.weight, this.bias);
  }
}

/** Row i of a table for each index i.  index int32 of any shape s, weight [count, features]  -> [..s, features].
 *  The table starts standard normal, as in PyTorch. */
export class Embedding extends Module {
  readonly weight: Tensor;

  constructor(count: number, features: number, options: LayerOptions = {}) {
    super();
    const shape = [checkCount('Embedding: count', count), checkCount('Embedding: features', features)];
    this.weight = normal(parameter(shape, options.dtype), { random: options.random });
  }

  forward(index: Tensor): Tensor {
    return embedding(this.weight, index);
  }
}
