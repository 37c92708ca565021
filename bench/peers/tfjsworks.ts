// The works in TensorFlow.js: images are [n, h, w, c], filters [kh, kw, ci, co].
import * as tf from '@tensorflow/tfjs';
import type { Run } from './serve.js';
import { BLOCKS } from './works.js';

const tidy =
  (run: () => unknown): Run =>
  () =>
    void tf.tidy(() => void run());

function matmul(n: number): Run {
  const [a, b] = [0, 1].map(() => tf.randomNormal<tf.Rank.R2>([n, n]));
  return tidy(() => tf.matMul(a, b));
}

function conv(kernel: 'forward' | 'input' | 'filter'): Run {
  const [x, dy] = [0, 1].map(() => tf.randomNormal<tf.Rank.R4>([32, 32, 32, 64]));
  const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 64, 64]);
  const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined };
  const call = (name: string, inputs: object, more: object) =>
    tf.engine().runKernel(name, inputs as tf.NamedTensorMap, { ...attrs, ...more } as unknown as tf.NamedAttrMap);
  return tidy(
    {
      forward: () => tf.conv2d(x, filter, 1, 'same'),
      input: () => call('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
      filter: () => call('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
    }[kernel],
  );
}

/** A variable with random numbers of the deviation that PyTorch's initial weights have. */
function weight(shape: number[], fanIn: number): tf.Variable {
  return tf.variable(tf.randomNormal(shape, 0, 1 / Math.sqrt(3 * fanIn)));
}

function train(forward: (x: tf.Tensor) => tf.Tensor, optimizer: tf.Optimizer, input: number[]): Run {
  const x = tf.randomNormal(input);
  const labels = tf.oneHot(
    Array.from({ length: input[0] }, (_, i) => i % 10),
    10,
  );
  return tidy(() => optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, forward(x)).asScalar()));
}

function linear(from: number, to: number): (x: tf.Tensor) => tf.Tensor {
  const w = weight([from, to], from);
  const b = weight([to], from);
  return (x) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b);
}

function mlp(): Run {
  const [first, second] = [linear(784, 128), linear(128, 10)];
  return train((x) => second(tf.relu(first(x))), tf.train.adam(1e-4), [64, 784]);
}

/** Convolution and batch normalization. */
function convNorm(from: number, to: number, size: number, stride: number): (x: tf.Tensor) => tf.Tensor {
  const w = weight([size, size, from, to], size * size * from) as tf.Variable<tf.Rank.R4>;
  const [gamma, beta] = [tf.variable(tf.ones<tf.Rank.R1>([to])), tf.variable(tf.zeros<tf.Rank.R1>([to]))];
  return (x) => {
    const y = tf.conv2d(x as tf.Tensor4D, w, stride, 'same');
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    return tf.batchNorm(y, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, 1e-5);
  };
}

function resnet20(): Run {
  const stem = convNorm(3, 16, 3, 1);
  const blocks = BLOCKS.map(([to, stride], i) => {
    const from = i ? BLOCKS[i - 1][0] : 16;
    const [first, second] = [convNorm(from, to, 3, stride), convNorm(to, to, 3, 1)];
    const shortcut = stride === 1 ? (x: tf.Tensor) => x : convNorm(from, to, 1, stride);
    return (x: tf.Tensor) => tf.relu(tf.add(second(tf.relu(first(x))), shortcut(x)));
  });
  const head = linear(64, 10);
  const forward = (x: tf.Tensor) =>
    head(
      tf.mean(
        blocks.reduce((y, block) => block(y), tf.relu(stem(x))),
        [1, 2],
      ),
    );
  return train(forward, tf.train.momentum(1e-3, 0.9), [32, 32, 32, 3]);
}

export const works: Record<string, () => Run> = {
  'matmul/256': () => matmul(256),
  'matmul/512': () => matmul(512),
  'matmul/1024': () => matmul(1024),
  'conv3x3/64@32/forward': () => conv('forward'),
  'conv3x3/64@32/input': () => conv('input'),
  'conv3x3/64@32/filter': () => conv('filter'),
  'mlp/step': mlp,
  'resnet20/step': resnet20,
};
