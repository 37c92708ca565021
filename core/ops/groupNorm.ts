// Group normalization: layer normalization of each group of channels of a sample, then a weight and a bias for each channel.
//
//   y = w h + b,   h = (x - mu) / sqrt(s2 + eps),   mu and s2 the mean and biased variance of a group

import { checkCount, checkTensor } from '../arguments.js';
import { ShapeError } from '../errors.js';
import { sameShape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { layerNorm, type NormOptions, normOptions, perChannel } from './norm.js';
import { reshape } from './view.js';
import { add, mul } from './zip.js';

/** Returns x normalized over each of `groups` groups of channels and all positions: y = weight (x - mean) / sqrt(variance + eps) + bias.
 *  x [n, c, ..], weight and bias [c] or null (default)  -> as x.  eps: default 1e-5.  Throws ShapeError if `groups` does not
 *  divide the channels.
 *  Source: Wu and He 2018, arXiv 1803.08494. */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: NormOptions = {},
): Tensor {
  checkCount('groupNorm: groups', groups);
  const { eps } = normOptions('groupNorm', options, ['eps']);
  const [n, c] = checkTensor('groupNorm', x).shape;
  if (x.ndim < 2 || c % groups !== 0)
    throw new ShapeError(
      `groupNorm: x must be [n,c,..] with c a multiple of groups: ${show(x.shape)}, groups ${groups}`,
    );
  for (const t of [weight, bias]) {
    if (t && !sameShape(checkTensor('groupNorm: weight and bias', t).shape, [c]))
      throw new ShapeError(
        `groupNorm: weight and bias must have one value for each channel: ${show(t.shape)} for ${c}`,
      );
  }
  const size = sizeOf(x.shape.slice(1)) / groups;
  const h = reshape(layerNorm(reshape(x, [n * groups, size]), [size], null, null, { eps }), x.shape);
  const scaled = weight ? mul(h, perChannel(weight, x.ndim)) : h;
  return bias ? add(scaled, perChannel(bias, x.ndim)) : scaled;
}
