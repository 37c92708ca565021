// Deep residual networks for small images. Each block adds a residual F(x) to a shortcut S(x):
//
//   y = relu(F(x) + S(x)),   F   basic        3x3, w    3x3, w                 w channels; batch normalization after each,
//                                bottleneck   1x1, w    3x3, w    1x1, 4w      relu between
//                            S   the identity if the shape stays; else A or B:
//                                A   every second row and column, new channels 0
//                                B   1x1 convolution and batch normalization
//
//   net: stem 3x3, stages of blocks, channel means, logits. From the second stage on, a stage's first block has stride 2.
//
//   18 34         basic        64 channels in the first stage, doubled in each of 4 stages
//   50 101 152    bottleneck   the same
//   6n+2          basic        16 channels in the first stage, doubled in each of 3 stages, n blocks a stage
//
// Sources: He, Zhang, Ren and Sun 2015, arXiv 1512.03385, table 1 and section 4.2; names, order and the 3x3 stem of the
// wide nets (64 channels and more) from Luolc/AdaBound, demos/cifar10/models/resnet.py. Differences from the paper:
// the wide nets have no 7x7 stem and no max-pooling, since images are 32x32; the default shortcut is B, also in the
// thin nets (16 channels and more), where the paper has A; weights start as in PyTorch.
import {
  checkChoice,
  checkCount,
  checkFlag,
  describeValue,
  must,
  pad,
  type Range,
  slice,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkCounts } from '../nn/checks.js';
import {
  BatchNorm2d,
  type Conv2d,
  Identity,
  init,
  type LayerOptions,
  Linear,
  Module,
  Sequential,
} from '../nn/index.js';
import { channelMeans, checkImages, checkStages, conv, type ImageOptions, layerOptions } from './imageClassifier.js';
import { named } from './named.js';

/** Options of every residual network. */
export interface ResNetOptions extends ImageOptions {
  /** The shortcut of a block that changes the shape: A pads with zeros, B projects by a 1x1 convolution. Default: 'B'. */
  shortcut?: 'A' | 'B';
  /** Whether the last batch normalization of each block starts with weight 0, so that the block starts as its shortcut.
   *  Default: false. Source: Goyal et al. 2017, arXiv 1706.02677, section 5.1. */
  zeroInitResidual?: boolean;
}

/** The convolutions of F in a block of width w, in order: the size of the kernel, the output channels
 *  and the stride of each. */
export type Residual = (w: number, stride: number) => [kernel: 1 | 3, channels: number, stride: number][];

/** The basic block: two 3x3 convolutions of w channels. Source: He et al. 2015, arXiv 1512.03385, figure 5, left. */
// biome-ignore format: a table
export const basicBlock: Residual = (w, stride) => [[3, checkCount('basicBlock: width', w), checkCount('basicBlock: stride', stride)], [3, w, 1]];
/** The bottleneck block: a 3x3 convolution of w channels between two 1x1 ones, the last with 4 w channels.
 *  Source: He et al. 2015, arXiv 1512.03385, figure 5, right. */
// biome-ignore format: a table
export const bottleneckBlock: Residual = (w, stride) => [[1, checkCount('bottleneckBlock: width', w), 1], [3, w, checkCount('bottleneckBlock: stride', stride)], [1, 4 * w, 1]];

/** relu(F(x) + S(x)). F is conv1, bn1, relu, conv2, bn2, .., without a relu at the end; the last bn also adds S(x). */
class Block extends Module {
  declare readonly shortcut: Module;
  readonly #layers: [Conv2d, BatchNorm2d][];

  constructor(from: number, residual: ReturnType<Residual>, options: ResNetOptions) {
    super();
    const { shortcut, zeroInitResidual, ...passed } = options;
    let channels = from;
    this.#layers = residual.map(([kernel, to, stride], i): [Conv2d, BatchNorm2d] => {
      const convolution = conv(channels, to, kernel, { ...passed, stride });
      const norm = new BatchNorm2d(to, passed);
      Object.assign(this, { [`conv${i + 1}`]: convolution, [`bn${i + 1}`]: norm });
      channels = to;
      return [convolution, norm];
    });
    const stride = Math.max(...residual.map(([, , stride]) => stride));
    this.shortcut = shortcutOf(shortcut, from, channels, stride, passed);
    if (zeroInitResidual) init.constant(this.#layers.at(-1)![1].weight!, 0);
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((y, [conv, bn], i) => {
      const residual = i === this.#layers.length - 1 ? this.shortcut.forward(x) : undefined;
      return bn.forward(conv.forward(y), { residual, relu: true });
    }, x);
  }
}

function shortcutOf(
  shortcut: ResNetOptions['shortcut'],
  from: number,
  to: number,
  stride: number,
  options: LayerOptions,
): Module {
  if (stride === 1 && from === to) return new Identity();
  if (shortcut === 'A') return new PaddedIdentity(to, stride);
  return new Sequential(conv(from, to, 1, { ...options, stride }), new BatchNorm2d(to, options));
}

/** Shortcut A: every stride-th row and column of x, then channels of zeros. */
class PaddedIdentity extends Module {
  constructor(
    readonly channels: number,
    readonly stride: number,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    const strided: Range = [null, null, this.stride];
    const more = [0, this.channels - x.shape[1]] as const;
    return pad(slice(x, [null, null, strided, strided]), [[0, 0], more, [0, 0], [0, 0]]);
  }
}

/** A residual network.  x [n, inChannels, h, w]  -> logits [n, numClasses]
 *  Source: He, Zhang, Ren and Sun 2015, arXiv 1512.03385. */
export class ResNet extends Module {
  /** The stem: 3 x 3, inChannels to the first width. */
  readonly conv1: Conv2d;
  /** The batch normalization after the stem. */
  readonly bn1: BatchNorm2d;
  /** The stages: layer1, layer2, .. */
  readonly [stage: `layer${number}`]: Sequential;
  // The state dict follows the order in which fields are created. `declare` creates none, so that this layer comes last.
  /** The layer that computes the logits from the channel means. */
  declare readonly linear: Linear;
  readonly #stages: Sequential[];

  /** residual: the convolutions of a block, such as `basicBlock`. widths: the width of the blocks in each stage; the stem has the first
   *  width. blocks: the number of blocks in each stage. `random` and `dtype` are passed on to all layers.
   *  Throws ValueError if an option or its value is unknown, or a number is not a positive integer. */
  constructor(residual: Residual, widths: readonly number[], blocks: readonly number[], options: ResNetOptions = {}) {
    super();
    const passed = layerOptions('ResNet', options, ['shortcut', 'zeroInitResidual']);
    const { shortcut = 'B', zeroInitResidual = false } = options;
    checkChoice('ResNet', 'shortcut', shortcut, ['A', 'B']);
    checkFlag('ResNet: zeroInitResidual', zeroInitResidual);
    if (typeof residual !== 'function') {
      throw new ValueError(`ResNet: takes a kind of block, such as basicBlock: got ${describeValue(residual)}`);
    }
    checkCounts('ResNet: widths', widths);
    if (checkStages('ResNet: blocks', blocks).length !== widths.length || widths.length === 0) {
      throw new ValueError(`ResNet: one number of blocks per width: [${blocks}] for [${widths}]`);
    }
    let channels = widths[0];
    this.conv1 = conv(options.inChannels ?? 3, channels, 3, passed);
    this.bn1 = new BatchNorm2d(channels, passed);
    this.#stages = widths.map((width, i) => {
      const stage = Array.from({ length: blocks[i] }, (_, j) => {
        const layers = residual(width, i > 0 && j === 0 ? 2 : 1);
        must(Array.isArray(layers) && layers.length > 0, 'ResNet: layers of a block', 'a list', layers);
        const block = new Block(channels, layers, { ...passed, shortcut, zeroInitResidual });
        channels = layers.at(-1)![1];
        return block;
      });
      return new Sequential(...stage);
    });
    this.#stages.forEach((stage, i) => Object.assign(this, { [`layer${i + 1}`]: stage }));
    this.linear = new Linear(channels, options.numClasses ?? 10, passed);
  }

  /** x [n, inChannels, h, w]  -> logits [n, numClasses].  Throws ShapeError for images of other channels. */
  forward(x: Tensor): Tensor {
    checkImages('ResNet', x, this.conv1);
    const stem = this.bn1.forward(this.conv1.forward(x), { relu: true });
    return this.linear.forward(channelMeans(this.#stages.reduce((y, stage) => stage.forward(y), stem)));
  }
}

const WIDE = [64, 128, 256, 512];
const THIN = [16, 32, 64];

/** Returns the function that creates the network `name`. table: the first three arguments of ResNet. */
/* @__NO_SIDE_EFFECTS__ */
function variant(name: string, ...table: [residual: Residual, widths: number[], blocks: number[]]) {
  return (options: ResNetOptions = {}) => named(name, options, new ResNet(...table, options));
}

/** ResNet-18 with a 3x3 stem: 11,173,962 parameters. */
export const resnet18 = variant('resnet18', basicBlock, WIDE, [2, 2, 2, 2]);
/** ResNet-34 with a 3x3 stem: 21,282,122 parameters. The AdaBound paper's figures use it. */
export const resnet34 = variant('resnet34', basicBlock, WIDE, [3, 4, 6, 3]);
/** ResNet-50 with a 3x3 stem and bottlenecks: 23,520,842 parameters. */
export const resnet50 = variant('resnet50', bottleneckBlock, WIDE, [3, 4, 6, 3]);
/** ResNet-101 with a 3x3 stem and bottlenecks: 42,512,970 parameters. */
export const resnet101 = variant('resnet101', bottleneckBlock, WIDE, [3, 4, 23, 3]);
/** ResNet-152 with a 3x3 stem and bottlenecks: 58,156,618 parameters. */
export const resnet152 = variant('resnet152', bottleneckBlock, WIDE, [3, 8, 36, 3]);

/** ResNet-8 of 16 to 64 channels: 78,042 parameters. It is not in the paper; it trains in minutes. */
export const resnet8 = variant('resnet8', basicBlock, THIN, [1, 1, 1]);
/** ResNet-14 of 16 to 64 channels: 175,258 parameters. It is not in the paper; it trains in minutes. */
export const resnet14 = variant('resnet14', basicBlock, THIN, [2, 2, 2]);
/** ResNet-20 of 16 to 64 channels: 272,474 parameters; 269,722 with shortcut A. */
export const resnet20 = variant('resnet20', basicBlock, THIN, [3, 3, 3]);
/** ResNet-32 of 16 to 64 channels: 466,906 parameters; 464,154 with shortcut A. */
export const resnet32 = variant('resnet32', basicBlock, THIN, [5, 5, 5]);
/** ResNet-44 of 16 to 64 channels: 661,338 parameters; 658,586 with shortcut A. */
export const resnet44 = variant('resnet44', basicBlock, THIN, [7, 7, 7]);
/** ResNet-56 of 16 to 64 channels: 855,770 parameters; 853,018 with shortcut A. */
export const resnet56 = variant('resnet56', basicBlock, THIN, [9, 9, 9]);
/** ResNet-110 of 16 to 64 channels: 1,730,714 parameters; 1,727,962 with shortcut A. */
export const resnet110 = variant('resnet110', basicBlock, THIN, [18, 18, 18]);
