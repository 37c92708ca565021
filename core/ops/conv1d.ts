// One-dimensional cross-correlation: conv2d of images of one row.

import { checkInteger, checkOptions } from '../arguments.js';
import type { Tensor } from '../tensor.js';
import { unifyNumbers } from './cast.js';
import { addBias, conv2dOp, convolvedShape } from './conv.js';
import { reshape } from './view.js';

/** How a one-dimensional convolution moves its window over the sequence. */
export interface Conv1dOptions {
  /** Distance between neighbouring windows. Default: 1. */
  stride?: number;
  /** Zeros added on each side of the sequence. Default: 0. */
  padding?: number;
  /** Distance between the elements that neighbouring kernel elements read. Default: 1. */
  dilation?: number;
  /** Number of groups: outputs of a group read only inputs of the same group. Must divide both channel counts. Default: 1. */
  groups?: number;
}

/** Returns the cross-correlation of sequences with a weight, plus a bias for each channel.
 *  x [n, ci, l], weight [co, ci/groups, k], bias [co] or null  -> [n, co, ol],
 *  ol = floor((l + 2 padding - dilation (k - 1) - 1) / stride) + 1.
 *  Throws ShapeError if channels do not fit or the kernel is longer than the padded sequence. */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv1dOptions = {}): Tensor {
  checkOptions('conv1d', options, ['stride', 'padding', 'dilation', 'groups']);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkInteger('conv1d: stride', stride, 1);
  checkInteger('conv1d: padding', padding, 0);
  checkInteger('conv1d: dilation', dilation, 1);
  const [sequence, kernel] = unifyNumbers('conv1d', x, weight);
  const along = { stride: [stride], padding: [padding], dilation: [dilation], groups };
  const shape = convolvedShape('conv1d', x.shape, weight.shape, along);
  const geometry = { stride: [1, stride], padding: [0, padding], dilation: [1, dilation], groups } as const;
  const row = (t: Tensor) => reshape(t, [t.shape[0], t.shape[1], 1, t.shape[2]]);
  return addBias('conv1d', reshape(conv2dOp(row(sequence), row(kernel), geometry), shape), bias);
}
