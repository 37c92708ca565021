// Densely connected networks with bottlenecks and compression (DenseNet-BC) for small images. With growth k:
//
//   layer        x -> [ conv3x3 k (relu (bn (conv1x1 4k (relu (bn x))))),  x ]     concatenated, new channels first
//   transition   x -> avgPool2x2 (conv1x1 (relu (bn x))), with half as many channels as x, rounded down
//   stem         conv3x3 of 2k channels, without bn and relu
//   net          stem, dense stages with a transition between them, relu(bn), channel means, logits
//
//   121 161 169 201   four stages, k = 32; 161 has k = 48
//   BC (depth, k)     three stages of (depth - 4) / 6 layers
//
// Sources: Huang, Liu, van der Maaten and Weinberger 2017, arXiv 1608.06993, table 1 and section 3; names and order from
// Luolc/AdaBound, demos/cifar10/models/densenet.py. Differences from the paper: the four-stage nets have no 7x7 stem and no
// max-pooling, since images are 32x32; no dropout; new channels come first, not last; weights start as in PyTorch.
import {
  avgPool2d,
  checkCount,
  checkFlag,
  checkOptions,
  concat,
  rematerialize,
  showValue,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { BatchNorm2d, type Conv2d, type LayerOptions, Linear, Module, Sequential } from '../nn/index.js';
import { channelMeans, checkImages, checkStages, conv, type ImageOptions, layerOptions } from './imageClassifier.js';
import { named } from './named.js';

/** Options of every DenseNet. */
export interface DenseNetOptions extends ImageOptions {
  /** Whether each layer keeps its input and output only, and the backward pass computes the values between them once more. The
   *  gradients are the same. torchvision's name: memory_efficient. Default: false. */
  memoryEfficient?: boolean;
}

/** Adds `growth` new channels, computed from all channels of x.  x [n, c, h, w]  -> [n, growth + c, h, w] */
class DenseLayer extends Module {
  readonly bn1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly #memoryEfficient: boolean;

  constructor(from: number, growth: number, options: LayerOptions, memoryEfficient: boolean) {
    super();
    this.#memoryEfficient = memoryEfficient;
    this.bn1 = new BatchNorm2d(from, options);
    this.conv1 = conv(from, 4 * growth, 1, options);
    this.bn2 = new BatchNorm2d(4 * growth, options);
    this.conv2 = conv(4 * growth, growth, 3, options);
  }

  forward(x: Tensor): Tensor {
    return concat([this.#memoryEfficient ? rematerialize((x) => this.#newChannels(x), x) : this.#newChannels(x), x], 1);
  }

  #newChannels(x: Tensor): Tensor {
    const y = this.conv1.forward(this.bn1.forward(x, { relu: true }));
    return this.conv2.forward(this.bn2.forward(y, { relu: true }));
  }
}

/** The layer between two stages of a DenseNet: it reduces the channels, and halves rows and columns.
 *  x [n, from, h, w]  -> [n, to, h / 2, w / 2], rounded down */
class Transition extends Module {
  readonly bn: BatchNorm2d;
  readonly conv: Conv2d;

  constructor(from: number, to: number, options: LayerOptions = {}) {
    super();
    this.bn = new BatchNorm2d(from, options);
    this.conv = conv(from, to, 1, options);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(this.conv.forward(this.bn.forward(x, { relu: true })), { kernelSize: 2 });
  }
}

/** A densely connected network.  x [n, inChannels, h, w]  -> logits [n, numClasses]
 *  Source: Huang, Liu, van der Maaten and Weinberger 2017, arXiv 1608.06993. */
export class DenseNet extends Module {
  /** The stem: 3 x 3, inChannels to 2 growth channels. */
  readonly conv1: Conv2d;
  /** The stages: dense1, dense2, .. */
  readonly [stage: `dense${number}`]: Sequential;
  /** The transitions between the stages: trans1, trans2, .. */
  readonly [between: `trans${number}`]: Module;
  // The state dict follows the order in which fields are created. `declare` creates none, so that these layers come last.
  /** The batch normalization after the last stage. */
  declare readonly bn: BatchNorm2d;
  /** The layer that computes the logits from the channel means. */
  declare readonly linear: Linear;
  readonly #stages: [name: string, Module][];

  /** growth: channels that each layer adds. layers: the number of layers in each stage. `random` and `dtype` are passed on to
   *  all layers. Throws ValueError if a number is not a positive integer or an option is unknown. */
  constructor(growth: number, layers: readonly number[], options: DenseNetOptions = {}) {
    super();
    const passed = layerOptions('DenseNet', options, ['memoryEfficient']);
    const { memoryEfficient = false } = options;
    checkFlag('DenseNet: memoryEfficient', memoryEfficient);
    checkStages('DenseNet: layers', layers);
    let channels = 2 * checkCount('DenseNet: growth', growth);
    this.conv1 = conv(options.inChannels ?? 3, channels, 3, passed);
    this.#stages = layers.flatMap((count, i): [string, Module][] => {
      const layer = (j: number) => new DenseLayer(channels + j * growth, growth, passed, memoryEfficient);
      const dense = Array.from({ length: count }, (_, j) => layer(j));
      const stage: [string, Module] = [`dense${i + 1}`, new Sequential(...dense)];
      const from = channels + count * growth;
      channels = i < layers.length - 1 ? Math.floor(from / 2) : from;
      return channels === from ? [stage] : [stage, [`trans${i + 1}`, new Transition(from, channels, passed)]];
    });
    Object.assign(this, Object.fromEntries(this.#stages));
    this.bn = new BatchNorm2d(channels, passed);
    this.linear = new Linear(channels, options.numClasses ?? 10, passed);
  }

  /** x [n, inChannels, h, w]  -> logits [n, numClasses].  Throws ShapeError for images of other channels. */
  forward(x: Tensor): Tensor {
    checkImages('DenseNet', x, this.conv1);
    const y = this.#stages.reduce((y, [, stage]) => stage.forward(y), this.conv1.forward(x));
    return this.linear.forward(channelMeans(this.bn.forward(y, { relu: true })));
  }
}

/** Returns the function that creates the network `name`, with this growth and these layers. */
/* @__NO_SIDE_EFFECTS__ */
function variant(name: string, growth: number, layers: readonly number[]) {
  return (options: DenseNetOptions = {}) => named(name, options, new DenseNet(growth, layers, options));
}

/** DenseNet-121 with a 3x3 stem: 6,956,298 parameters. The AdaBound paper's figures use it. */
export const densenet121 = variant('densenet121', 32, [6, 12, 24, 16]);
/** DenseNet-169 with a 3x3 stem: 12,493,322 parameters. */
export const densenet169 = variant('densenet169', 32, [6, 12, 32, 32]);
/** DenseNet-201 with a 3x3 stem: 18,104,330 parameters. */
export const densenet201 = variant('densenet201', 32, [6, 12, 48, 32]);
/** DenseNet-161 with a 3x3 stem: 26,482,378 parameters. */
export const densenet161 = variant('densenet161', 48, [6, 12, 36, 24]);
/** A DenseNet of 121 layers with growth 12: 1,000,618 parameters. `densenet_cifar` of Luolc/AdaBound. */
export const densenetCifar = variant('densenetCifar', 12, [6, 12, 24, 16]);

/** Creates the paper's DenseNet-BC for images of 32x32, with three stages of (depth - 4) / 6 layers.
 *  Depth 100 with growth 12 has 769,162 parameters; depth 40 with growth 12 has 176,122 and trains in minutes.
 *  Throws ValueError if the depth is not 4 + 6 n, n = 1, 2, ..
 *  Source: Huang et al. 2017, arXiv 1608.06993, table 2. */
export function densenetBC(options: DenseNetOptions & { depth: number; growth: number }): DenseNet {
  checkOptions('densenetBC', options, [
    'depth',
    'growth',
    'numClasses',
    'inChannels',
    'memoryEfficient',
    'random',
    'dtype',
  ]);
  const { depth, growth, ...others } = options;
  const count = typeof depth === 'number' ? (depth - 4) / 6 : Number.NaN;
  if (!(Number.isInteger(count) && count > 0)) {
    throw new ValueError(
      `densenetBC: three stages of (depth - 4) / 6 layers need a depth of 10, 16, 22, ..: ${showValue(depth)}`,
    );
  }
  return named('densenetBC', options, new DenseNet(growth, [count, count, count], others));
}
