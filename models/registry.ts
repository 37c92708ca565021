// All models by name, for the command line and other programs that choose a model at run time.
import { checkOptions, type Shape, sizeOf } from '../core/index.js';
import { checkCounts } from '../nn/checks.js';
import type { LayerOptions, Module } from '../nn/index.js';
import { charLstm } from './charLstm.js';
import * as dense from './densenet.js';
import { type GptOptions, gpt } from './gpt.js';
import type { ImageOptions } from './imageClassifier.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';
import * as residual from './resnet.js';

/** Options that every entry of `models` takes. */
export interface BuildOptions extends LayerOptions {
  /** The shape of one sample. Default: the entry's `input`. */
  input?: Shape;
  /** The number of classes, or of tokens for a language model. Default: 10, and 65 tokens. */
  numClasses?: number;
}

/** A model that the command line can build by name. */
export interface ModelEntry {
  /** What the model is, in one line. */
  description: string;
  /** The shape of one sample that the model is designed for: [channels, rows, columns], or [context] for a language model. */
  input: Shape;
  /** Whether it reads tokens, int32, and predicts the next one at each position. Default: false. */
  tokens?: true;
  /** Creates the model. Throws the same errors as the model's own function. */
  build(options?: BuildOptions): Module;
}

/** Returns the options. Throws ValueError unless they are an object and `input` is a shape; the model checks the others. */
function checkBuild(options: BuildOptions): BuildOptions {
  checkOptions('build', options, ['input', 'numClasses', 'random', 'dtype']);
  if (options.input !== undefined) checkCounts('build: input', options.input);
  return options;
}

/** The entry of a model of images. */
/* @__NO_SIDE_EFFECTS__ */
function images(description: string, build: (options: ImageOptions) => Module, shape: Shape = [3, 32, 32]): ModelEntry {
  return {
    description,
    input: shape,
    build: (options = {}) => {
      const { input = shape, ...others } = checkBuild(options);
      return build({ inChannels: input[0], ...others });
    },
  };
}

/** The entry of a language model. */
/* @__NO_SIDE_EFFECTS__ */
function texts(description: string, build: (options: GptOptions) => Module): ModelEntry {
  return {
    description,
    input: [64],
    tokens: true,
    build: (options = {}) => {
      const { input: [context] = [64], numClasses: vocabulary = 65, ...others } = checkBuild(options);
      return build({ vocabulary, context, ...others });
    },
  };
}

/** The models by name: `models.resnet20.build({ numClasses: 100 })`. */
export const models: Readonly<Record<string, ModelEntry>> = {
  mlp: {
    description: 'multilayer perceptron with one hidden layer of 128 units',
    input: [1, 28, 28],
    build: (options = {}) => {
      const { input = [1, 28, 28], numClasses = 10, ...others } = checkBuild(options);
      return mlp({ sizes: [sizeOf(input), 128, numClasses], ...others });
    },
  },
  lenet: {
    description: 'LeNet-5 with ReLU and max-pooling, made for images of 28 x 28',
    input: [1, 28, 28],
    build: (options = {}) => {
      const { input: [inChannels, side] = [1, 28], ...others } = checkBuild(options);
      return lenet({ inChannels, ...(side !== 28 && { imageSize: side }), ...others });
    },
  },
  resnet8: images('residual network of 8 layers, 16 to 64 channels: trains in minutes', residual.resnet8),
  resnet14: images('residual network of 14 layers, 16 to 64 channels', residual.resnet14),
  resnet20: images('residual network of 20 layers, 16 to 64 channels', residual.resnet20),
  resnet32: images('residual network of 32 layers, 16 to 64 channels', residual.resnet32),
  resnet44: images('residual network of 44 layers, 16 to 64 channels', residual.resnet44),
  resnet56: images('residual network of 56 layers, 16 to 64 channels', residual.resnet56),
  resnet110: images('residual network of 110 layers, 16 to 64 channels', residual.resnet110),
  resnet18: images('residual network of 18 layers, 64 to 512 channels', residual.resnet18),
  resnet34: images('residual network of 34 layers, 64 to 512 channels', residual.resnet34),
  resnet50: images('residual network of 50 layers with bottlenecks', residual.resnet50),
  resnet101: images('residual network of 101 layers with bottlenecks', residual.resnet101),
  resnet152: images('residual network of 152 layers with bottlenecks', residual.resnet152),
  densenet_bc_10_12: images('dense network of 10 layers, growth 12: for small images, trains in a minute', (options) =>
    dense.densenetBC({ depth: 10, growth: 12, ...options }),
  ),
  densenet_bc_40_12: images('dense network of 40 layers, growth 12: trains in minutes', (options) =>
    dense.densenetBC({ depth: 40, growth: 12, ...options }),
  ),
  densenet_bc_100_12: images('dense network of 100 layers, growth 12', (options) =>
    dense.densenetBC({ depth: 100, growth: 12, ...options }),
  ),
  densenet_cifar: images('dense network of 121 layers, growth 12', dense.densenetCifar),
  densenet121: images('dense network of 121 layers, growth 32', dense.densenet121),
  densenet161: images('dense network of 161 layers, growth 48', dense.densenet161),
  densenet169: images('dense network of 169 layers, growth 32', dense.densenet169),
  densenet201: images('dense network of 201 layers, growth 32', dense.densenet201),
  charLstm: texts('LSTM of one layer of 128 units, for texts', ({ context: _, ...options }) => charLstm(options)),
  gpt: texts('decoder of two transformer blocks, 64 wide, for texts', gpt),
};
