// Deep residual networks for small images. Every block adds to what it is given:
//
//   y = relu(F(x) + S(x)),   F   basic        3x3, w    3x3, w                 w channels; batch normalization after each,
//                                bottleneck   1x1, w    3x3, w    1x1, 4w      relu between
//                            S   the identity where the shape stays; else A or B:
//                                A   every second row and column, new channels 0
//                                B   1x1 convolution and batch normalization
//
//   stem 3x3, then stages of blocks; the first block of each stage but the first has stride 2; then channel means, logits
//
//   18 34         basic        64 channels in the first stage, twice as many in each of 4
//   50 101 152    bottleneck   the same
//   6n+2          basic        16 channels in the first stage, twice as many in each of 3, n blocks a stage
//
// Sources: He, Zhang, Ren and Sun 2015, arXiv 1512.03385, table 1 and section 4.2; names, order and the 3x3 stem of the wide
// nets from Luolc/AdaBound, demos/cifar10/models/resnet.py. Different from the paper: the wide nets have no 7x7 stem and no
// max-pooling, for images of 32x32; the thin ones have B where the paper has A, unless asked; weights start as PyTorch's do.
import { pad, type Range, slice, type Tensor, ValueError } from '../core/index.js';
import { BatchNorm2d, type Conv2d, Identity, init, Linear, Module, Sequential } from '../nn/index.js';
import { channelMeans, conv, type ImageOptions } from './parts.js';

export interface ResNetOptions extends ImageOptions {
  /** What a shortcut is where the shape changes: A, without parameters, or B, a projection; B where left out. */
  shortcut?: 'A' | 'B';
  /** Whether each block starts as its shortcut: the weight of its last batch normalization is 0. Goyal et al. 2017, 5.1. */
  zeroInitResidual?: boolean;
}

/** The convolutions of F in a block of width w, in their order. */
export type Residual = (w: number, stride: number) => [kernel: 1 | 3, channels: number, stride: number][];

/** Two of 3x3. */
// biome-ignore format: a table
export const basicBlock: Residual = (w, stride) => [[3, w, stride], [3, w, 1]];
/** One of 3x3 on few channels, between two of 1x1. */
// biome-ignore format: a table
export const bottleneckBlock: Residual = (w, stride) => [[1, w, 1], [3, w, stride], [1, 4 * w, 1]];

/** relu(F(x) + S(x)). F is conv1, bn1, relu, conv2, bn2, and so on, without a relu at its end; the last bn adds S(x). */
class Block extends Module {
  declare readonly shortcut: Module;
  readonly #layers: [Conv2d, BatchNorm2d][];

  constructor(from: number, residual: ReturnType<Residual>, options: ResNetOptions) {
    super();
    let channels = from;
    this.#layers = residual.map(([kernel, to, stride], i): [Conv2d, BatchNorm2d] => {
      const convolution = conv(channels, to, kernel, { ...options, stride });
      const norm = new BatchNorm2d(to, options);
      Object.assign(this, { [`conv${i + 1}`]: convolution, [`bn${i + 1}`]: norm });
      channels = to;
      return [convolution, norm];
    });
    const stride = Math.max(...residual.map(([, , stride]) => stride));
    this.shortcut = shortcutOf(from, channels, stride, options);
    if (options.zeroInitResidual) init.constant(this.#layers.at(-1)![1].weight!, 0);
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((y, [conv, bn], i) => {
      const residual = i === this.#layers.length - 1 ? this.shortcut.forward(x) : undefined;
      return bn.forward(conv.forward(y), { residual, relu: true });
    }, x);
  }
}

function shortcutOf(from: number, to: number, stride: number, options: ResNetOptions): Module {
  const { shortcut = 'B' } = options;
  if (shortcut !== 'A' && shortcut !== 'B') throw new ValueError(`ResNet: unknown shortcut: ${shortcut}; one of A, B`);
  if (stride === 1 && from === to) return new Identity();
  if (shortcut === 'A') return new PaddedIdentity(to, stride);
  return new Sequential(conv(from, to, 1, { ...options, stride }), new BatchNorm2d(to, options));
}

/** Shortcut A: every stride-th row and column, and channels of 0 after those of x. */
class PaddedIdentity extends Module {
  constructor(
    readonly channels: number,
    readonly stride: number,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    const some: Range = [null, null, this.stride];
    const more = [0, this.channels - x.shape[1]] as const;
    return pad(slice(x, [null, null, some, some]), [[0, 0], more, [0, 0], [0, 0]]);
  }
}

/** x [n, inChannels, h, w]  -> logits [n, numClasses] */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly [stage: `layer${number}`]: Sequential;
  /** Declared and not defined: fields that come first here come first in the state dict, and this one is its last. */
  declare readonly linear: Linear;
  readonly #stages: Sequential[];

  /** widths, blocks: for each stage, the width of its blocks and their number. The stem has the first width. */
  constructor(residual: Residual, widths: readonly number[], blocks: readonly number[], options: ResNetOptions = {}) {
    super();
    let channels = widths[0];
    this.conv1 = conv(options.inChannels ?? 3, channels, 3, options);
    this.bn1 = new BatchNorm2d(channels, options);
    this.#stages = widths.map((width, i) => {
      const stage = Array.from({ length: blocks[i] }, (_, j) => {
        const layers = residual(width, i > 0 && j === 0 ? 2 : 1);
        const block = new Block(channels, layers, options);
        channels = layers.at(-1)![1];
        return block;
      });
      return new Sequential(...stage);
    });
    this.#stages.forEach((stage, i) => Object.assign(this, { [`layer${i + 1}`]: stage }));
    this.linear = new Linear(channels, options.numClasses ?? 10, options);
  }

  forward(x: Tensor): Tensor {
    const stem = this.bn1.forward(this.conv1.forward(x), { relu: true });
    return this.linear.forward(channelMeans(this.#stages.reduce((y, stage) => stage.forward(y), stem)));
  }
}

const WIDE = [64, 128, 256, 512];
const THIN = [16, 32, 64];

function variant(...table: [residual: Residual, widths: number[], blocks: number[]]) {
  return (options: ResNetOptions = {}) => new ResNet(...table, options);
}

/** 11,173,962 parameters. */
export const resnet18 = variant(basicBlock, WIDE, [2, 2, 2, 2]);
/** 21,282,122 parameters; the net of the AdaBound paper's figures. */
export const resnet34 = variant(basicBlock, WIDE, [3, 4, 6, 3]);
/** 23,520,842 parameters. */
export const resnet50 = variant(bottleneckBlock, WIDE, [3, 4, 6, 3]);
/** 42,512,970 parameters. */
export const resnet101 = variant(bottleneckBlock, WIDE, [3, 4, 23, 3]);
/** 58,156,618 parameters. */
export const resnet152 = variant(bottleneckBlock, WIDE, [3, 8, 36, 3]);

/** 78,042 parameters: not in the paper, trains in minutes. */
export const resnet8 = variant(basicBlock, THIN, [1, 1, 1]);
/** 175,258 parameters: not in the paper, trains in minutes. */
export const resnet14 = variant(basicBlock, THIN, [2, 2, 2]);
/** 272,474 parameters; 269,722 with shortcut A. */
export const resnet20 = variant(basicBlock, THIN, [3, 3, 3]);
/** 466,906 parameters; 464,154 with shortcut A. */
export const resnet32 = variant(basicBlock, THIN, [5, 5, 5]);
/** 661,338 parameters; 658,586 with shortcut A. */
export const resnet44 = variant(basicBlock, THIN, [7, 7, 7]);
/** 855,770 parameters; 853,018 with shortcut A. */
export const resnet56 = variant(basicBlock, THIN, [9, 9, 9]);
/** 1,730,714 parameters; 1,727,962 with shortcut A. */
export const resnet110 = variant(basicBlock, THIN, [18, 18, 18]);
