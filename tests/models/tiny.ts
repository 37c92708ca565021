// A ResNet and a DenseNet with few channels: the oracle files of PyTorch's training, and the same nets in boundgrad.
import { type Tensor, tensor } from '../../core/index.js';
import { basicBlock, DenseNet, ResNet } from '../../models/index.js';
import { crossEntropy, type Module } from '../../nn/index.js';
import { AdaBound, Adam, AMSBound, AMSGrad, type Optimizer, type Parameters, SGDM } from '../../optim/index.js';
import type { Block, NetCase } from '../fixtures.js';

interface Run {
  optimizer: string;
  hyper: Record<string, number | boolean>;
  losses: number[];
  losses_float32: number[];
  eval_logits_after_10: Block;
  param_norms_after_10: Record<string, number>;
}

export interface Oracle extends NetCase {
  input_grad_norm: number;
  input_grad_first8: number[];
  runs: Record<string, Run>;
}

/** A ResNet of 4 and 8 channels with two basic blocks per stage, and a DenseNet of growth 4 with two layers per stage. */
export const nets = {
  ResNet: () => new ResNet(basicBlock, [4, 8], [2, 2]),
  DenseNet: () => new DenseNet(4, [2, 2]),
};

const optimizers: Record<string, (params: Parameters, hyper: object) => Optimizer<any>> = {
  SGD: (params, hyper) => new SGDM(params, { momentum: 0, ...hyper }),
  Adam: (params, hyper) => new Adam(params, hyper),
  AMSGrad: (params, hyper) => new AMSGrad(params, hyper),
  AdaBound: (params, hyper) => new AdaBound(params, hyper),
  AMSBound: (params, hyper) => new AMSBound(params, hyper),
};

export interface Tiny {
  model: Module;
  x: Tensor;
  /** Names for which the oracle has no value. */
  missing: string[];
  loss(): Tensor;
}

/** The net with the oracle's weights, and the oracle's batch. */
export function tiny(name: keyof typeof nets, oracle: Oracle, dtype: 'float32' | 'float64'): Tiny {
  const model = nets[name]().toDType(dtype);
  const state = Object.entries(oracle.parameters).map(([k, b]) => [k, tensor(b.data, { shape: b.shape, dtype })]);
  const { missing } = model.loadStateDict(Object.fromEntries(state), { strict: false });
  const x = tensor(oracle.x.data, { shape: oracle.x.shape, dtype });
  const loss = () => crossEntropy(model.forward(x), tensor(oracle.target, { dtype: 'int32' }));
  return { model, x, missing, loss };
}

const camel = (key: string) => key.replace(/_(.)/g, (_, c: string) => c.toUpperCase());

/** The optimizer of a run, with the oracle's options under our names. */
export function optimizerOf(run: Run, model: Module): Optimizer<any> {
  const hyper = Object.fromEntries(Object.entries(run.hyper).map(([k, v]) => [camel(k), v]));
  return optimizers[run.optimizer](model.namedParameters(), hyper);
}
