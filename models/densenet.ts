// Densely connected networks with bottlenecks and compression (DenseNet-BC) for small images. With growth k:
//
//   layer        x -> [ conv3x3 k (relu (bn (conv1x1 4k (relu (bn x))))),  x ]     along the channels, the new ones first
//   transition   x -> mean over 2x2 of conv1x1 (relu (bn x)), with half of x's channels, rounded down
//   stem         conv3x3, 2k, without bn and relu
//   net          stem, dense stages with a transition between each two, then relu(bn), channel means, logits
//
//   121 161 169 201   four stages, k = 32; 161 has k = 48
//   BC (depth, k)     three stages of (depth - 4) / 6 layers
//
// Sources: Huang, Liu, van der Maaten and Weinberger 2017, arXiv 1608.06993, table 1 and section 3; names and order from
// Luolc/AdaBound, demos/cifar10/models/densenet.py. Different from the paper: the four-stage nets have no 7x7 stem and no
// max-pooling, for images of 32x32; no dropout; new channels first, not last; weights start as PyTorch's do.
import { avgPool2d, concat, type Tensor, ValueError } from '../core/index.js';
import { BatchNorm2d, type Conv2d, type LayerOptions, Linear, Module, Sequential } from '../nn/index.js';
import { channelMeans, conv, type ImageOptions } from './parts.js';

/** Adds `growth` channels, computed from all that it is given. */
class DenseLayer extends Module {
  readonly bn1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv2: Conv2d;

  constructor(from: number, growth: number, options: LayerOptions = {}) {
    super();
    this.bn1 = new BatchNorm2d(from, options);
    this.conv1 = conv(from, 4 * growth, 1, options);
    this.bn2 = new BatchNorm2d(4 * growth, options);
    this.conv2 = conv(4 * growth, growth, 3, options);
  }

  forward(x: Tensor): Tensor {
    const y = this.conv1.forward(this.bn1.forward(x, { relu: true }));
    return concat([this.conv2.forward(this.bn2.forward(y, { relu: true })), x], 1);
  }
}

/** Fewer channels, and half the rows and columns. */
class Transition extends Module {
  readonly bn: BatchNorm2d;
  readonly conv: Conv2d;

  constructor(from: number, to: number, options: LayerOptions = {}) {
    super();
    this.bn = new BatchNorm2d(from, options);
    this.conv = conv(from, to, 1, options);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(this.conv.forward(this.bn.forward(x, { relu: true })), { kernel: 2 });
  }
}

/** x [n, inChannels, h, w]  -> logits [n, numClasses] */
export class DenseNet extends Module {
  readonly conv1: Conv2d;
  readonly [stage: `dense${number}`]: Sequential;
  readonly [between: `trans${number}`]: Transition;
  /** Declared and not defined: fields that come first here come first in the state dict, and these are its last. */
  declare readonly bn: BatchNorm2d;
  declare readonly linear: Linear;
  readonly #stages: [name: string, Module][];

  /** growth: channels that a layer adds. layers: their number in each stage. */
  constructor(growth: number, layers: readonly number[], options: ImageOptions = {}) {
    super();
    let channels = 2 * growth;
    this.conv1 = conv(options.inChannels ?? 3, channels, 3, options);
    this.#stages = layers.flatMap((count, i): [string, Module][] => {
      const dense = Array.from({ length: count }, (_, j) => new DenseLayer(channels + j * growth, growth, options));
      const stage: [string, Module] = [`dense${i + 1}`, new Sequential(...dense)];
      const from = channels + count * growth;
      channels = i < layers.length - 1 ? Math.floor(from / 2) : from;
      return channels === from ? [stage] : [stage, [`trans${i + 1}`, new Transition(from, channels, options)]];
    });
    Object.assign(this, Object.fromEntries(this.#stages));
    this.bn = new BatchNorm2d(channels, options);
    this.linear = new Linear(channels, options.numClasses ?? 10, options);
  }

  forward(x: Tensor): Tensor {
    const y = this.#stages.reduce((y, [, stage]) => stage.forward(y), this.conv1.forward(x));
    return this.linear.forward(channelMeans(this.bn.forward(y, { relu: true })));
  }
}

function variant(growth: number, layers: readonly number[]) {
  return (options: ImageOptions = {}) => new DenseNet(growth, layers, options);
}

/** 6,956,298 parameters; the net of the AdaBound paper's figures. */
export const densenet121 = variant(32, [6, 12, 24, 16]);
/** 12,493,322 parameters. */
export const densenet169 = variant(32, [6, 12, 32, 32]);
/** 18,104,330 parameters. */
export const densenet201 = variant(32, [6, 12, 48, 32]);
/** 26,482,378 parameters. */
export const densenet161 = variant(48, [6, 12, 36, 24]);
/** 1,000,618 parameters; the reference's densenet_cifar. */
export const densenetCifar = variant(12, [6, 12, 24, 16]);

/** The paper's DenseNet-BC for 32x32 images: (100, 12) has 769,162 parameters, (40, 12), which trains in minutes, 176,122.
 *  Throws ValueError for a depth that is not 4 + 6 n. */
export function densenetBC({ depth, growth, ...options }: ImageOptions & { depth: number; growth: number }): DenseNet {
  const count = (depth - 4) / 6;
  if (!(Number.isInteger(count) && count > 0)) {
    throw new ValueError(`densenetBC: three stages of (depth - 4) / 6 layers need a depth of 10, 16, 22, ..: ${depth}`);
  }
  return new DenseNet(growth, [count, count, count], options);
}
