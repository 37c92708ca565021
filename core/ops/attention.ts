// Scaled dot-product attention. With queries q [.., t, d], keys k [.., s, d] and values v [.., s, e]:
//
//   y = softmax(q k^T / sqrt(d) + m) v,   m_ij = 0 where query i may attend to key j, else minus infinity
//
// Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.1.

import { checkFlag, checkOptions, checkTensor } from '../arguments.js';
import { floatOf, isFloat } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { broadcastShapes, sameShape, show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast, unify } from './cast.js';
import { ofValues } from './fill.js';
import { matmul } from './matmul.js';
import { softmax } from './softmax.js';
import { transpose } from './view.js';
import { where } from './where.js';
import { add, mul } from './zip.js';

/** Which queries attend to which keys. */
export interface AttentionOptions {
  /** bool: true where a query may attend to a key. Float: added to the scores. It broadcasts to [.., t, s]. A query that may attend
   *  to no key gives NaN. Default: none. */
  mask?: Tensor;
  /** Whether query i attends to keys 0..i only. Default: false. */
  causal?: boolean;
}

/** Returns softmax(q k^T / sqrt(d)) v, the mean of the values weighted by how well their keys fit each query.
 *  q [.., t, d], k [.., s, d], v [.., s, e]  -> [.., t, e].  Leading axes broadcast.
 *  Throws ShapeError if sizes do not fit, DTypeError if the mask is neither bool nor float.
 *  Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.1. */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const what = 'scaledDotProductAttention';
  const [query, key, value] = unify(what, q, k, v);
  if (value.ndim < 2 || value.shape.at(-2) !== key.shape.at(-2))
    throw new ShapeError(`${what}: each key needs a value: ${show(k.shape)} and ${show(v.shape)}`);
  broadcastShapes(what, ...[query, key, value].map((t) => t.shape.slice(0, -2)));
  return matmul(attentionWeights(what, query, key, options), value);
}

/** Returns softmax(q k^T / sqrt(d) + m) over the keys.  q [.., t, d], k [.., s, d]  -> [.., t, s].  what: the function that errors
 *  name. */
export function attentionWeights(what: string, q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  checkOptions(what, options, ['mask', 'causal']);
  const { mask, causal = false } = options;
  checkFlag(`${what}: causal`, causal);
  const d = checkTensor(what, q).shape.at(-1)!;
  if (q.ndim < 2 || checkTensor(what, k).ndim < 2 || k.shape.at(-1) !== d) {
    throw new ShapeError(`${what}: takes queries [..,t,d] and keys [..,s,d]: ${show(q.shape)} and ${show(k.shape)}`);
  }
  // If s > d, scaling the queries takes fewer products than scaling the scores. The product reads the keys transposed, without a copy.
  const scores = matmul(mul(cast(q, floatOf(q.dtype)), 1 / Math.sqrt(d)), transpose(k));
  const masked = mask === undefined ? scores : add(scores, added(what, mask, scores));
  return softmax(causal ? add(masked, future(masked)) : masked);
}

/** The storages of masks that were checked. */
const checked = new WeakSet<object>();
/** The warnings that were printed, each with its function. Each is printed once, because a program may make a mask for each batch. */
const told = new Set<string>();

/** Warns, once for each function and reason, if a mask holds 0 and 1 as numbers, which are probably marks but would be added to the scores,
 *  or if a bool mask lets a query attend to no key. */
function warnOfMask(what: string, mask: Tensor): void {
  const { storage, dtype, shape } = mask;
  if (checked.has(storage) || !storage.backend.readSync) return;
  checked.add(storage);
  const [values, keys] = [mask.detach().dataSync(), shape.at(-1) ?? 1];
  let why = '0 and 1 as numbers are added to the scores; mask.greater(0) is bool, true where to attend';
  let isOdd = values.includes(1) && values.every((v) => v === 0 || v === 1);
  if (dtype === 'bool') {
    why = 'a query has no true and gives NaN: true marks where to attend; logicalNot(mask) if it marks where not';
    isOdd = values.some((_, i) => i % keys === 0 && !values.subarray(i, i + keys).includes(1));
  }
  if (isOdd && !told.has(what + why) && told.add(what + why)) console.warn(`${what}: mask: ${why}`);
}

/** The mask as numbers that are added to the scores. */
function added(what: string, mask: Tensor, scores: Tensor): Tensor {
  const { dtype, shape } = checkTensor(`${what}: mask`, mask);
  if (dtype !== 'bool' && !isFloat(dtype))
    throw new DTypeError(`${what}: mask must be bool or float: ${dtype}; mask.greater(0) is bool`);
  if (!sameShape(broadcastShapes(`${what}: mask`, shape, scores.shape), scores.shape))
    throw new ShapeError(`${what}: mask must broadcast to the scores: ${show(shape)} for ${show(scores.shape)}`);
  warnOfMask(what, mask);
  return cast(dtype === 'bool' ? where(mask, 0, -Infinity) : mask, scores.dtype);
}

/** Minus infinity where the key comes after the query, else 0.  scores [.., t, s]  -> [t, s] */
function future(scores: Tensor): Tensor {
  const [t, s] = scores.shape.slice(-2);
  const values = new Float64Array(t * s);
  for (let i = 0; i < t; i++) values.fill(-Infinity, i * s + Math.min(i + 1, s), (i + 1) * s);
  return ofValues([t, s], values, scores.dtype, scores);
}
