// Losses. Each takes `reduction`: 'mean' (the default), 'sum', or 'none' for one value an element or row.
import {
  abs,
  add,
  cast,
  checkOptions,
  checkTensor,
  DTypeError,
  div,
  gather,
  indexSelect,
  isFloat,
  less,
  logSoftmax,
  mean,
  mul,
  neg,
  noGrad,
  reshape,
  ShapeError,
  sameShape,
  show,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
  ValueError,
  where,
} from '../core/index.js';
import { byIndex } from './layer.js';

export type Reduction = 'mean' | 'sum' | 'none';
export interface LossOptions {
  reduction?: Reduction;
}
export interface CrossEntropyOptions extends LossOptions {
  /** Share of probability spread evenly over all classes, in [0, 1]. */
  labelSmoothing?: number;
  /** One weight a class [c]; the mean is then weighted. */
  weight?: Tensor;
}

/** Cross-entropy of logits, in nats.  logits [n, c]; target [n] integers in 0..c-1, or probabilities [n, c]
 *  -> scalar, or [n] with reduction 'none'. Stable: subtracts the row maximum.
 *  Throws ShapeError where n or c differ, and ValueError for a class out of range: the read does, on a backend that can only
 *  be awaited. */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions('crossEntropy', options, ['labelSmoothing', 'weight', 'reduction']);
  const { labelSmoothing = 0, weight, reduction } = options;
  if (Array.isArray(target))
    throw new DTypeError("crossEntropy: the target is an array; tensor(target, { dtype: 'int32' }) makes labels of it");
  both('crossEntropy', logits, target);
  if (logits.ndim !== 2) throw new ShapeError(`crossEntropy: logits must be [n, c]: ${show(logits.shape)}`);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError(`crossEntropy: labelSmoothing must lie in [0, 1]: ${labelSmoothing}`);
  }
  const classes = logits.shape[1];
  checkWeight('crossEntropy', weight, classes);
  const logp = logSoftmax(logits, 1);
  if (isFloat(target.dtype)) {
    // -sum_c q_c w_c log p_c, q the smoothed probabilities
    if (!sameShape(target.shape, logits.shape)) {
      throw new ShapeError(
        `crossEntropy: probabilities must match the logits: ${show(target.shape)} for ${show(logits.shape)}; ` +
          'targets that are classes must be int32',
      );
    }
    const q = labelSmoothing ? add(mul(target, 1 - labelSmoothing), labelSmoothing / classes) : target;
    const terms = mul(q, logp);
    return reduce(neg(sum(weight ? mul(terms, weight) : terms, 1)), reduction);
  }
  // (1 - s) (-w_y log p_y) + s/c (-sum_c w_c log p_c)
  const picked = pick('crossEntropy', logp, target, weight);
  const spread = () => neg(sum(weight ? mul(logp, weight) : logp, 1));
  const each = labelSmoothing ? add(mul(picked, 1 - labelSmoothing), mul(spread(), labelSmoothing / classes)) : picked;
  return reduceClasses(each, target, weight, reduction);
}

/** Minus the log-probability of the target class.  logp [n, c]; target [n], integers  -> scalar, or [n].
 *  Throws as crossEntropy does. */
export function nll(logp: Tensor, target: Tensor, options: LossOptions & { weight?: Tensor } = {}): Tensor {
  const { weight, reduction } = options;
  both('nll', logp, target);
  return reduceClasses(pick('nll', logp, target, weight), target, weight, reduction);
}

/** -w_y log p_y of each row. */
function pick(what: string, logp: Tensor, target: Tensor, weight?: Tensor): Tensor {
  if (logp.ndim !== 2 || target.ndim !== 1 || target.size !== logp.shape[0]) {
    throw new ShapeError(`${what}: takes [n, c] and classes [n]: ${show(logp.shape)} and ${show(target.shape)}`);
  }
  if (isFloat(target.dtype)) throw new DTypeError(`${what}: classes must be int32: ${target.dtype}; cast them`);
  checkWeight(what, weight, logp.shape[1]);
  return byIndex(what, 'class', target, logp.shape[1], () => {
    const picked = neg(reshape(gather(logp, 1, reshape(target, [target.size, 1])), [target.size]));
    return weight ? mul(picked, indexSelect(weight, 0, target)) : picked;
  });
}

/** The mean is weighted where there are weights. */
function reduceClasses(each: Tensor, target: Tensor, weight?: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (!weight || reduction !== 'mean') return reduce(each, reduction);
  return div(sum(each), sum(indexSelect(weight, 0, target)));
}

/** (a - b)^2, a and b of one shape: the mean of all, or by `reduction` the sum or each.
 *  Throws ShapeError where the shapes differ; so do l1 and huber. */
export function mse(a: Tensor, b: Tensor, options: LossOptions = {}): Tensor {
  same('mse', a, b);
  return reduce(square(sub(a, b)), options.reduction);
}

/** |a - b|, likewise. */
export function l1(a: Tensor, b: Tensor, options: LossOptions = {}): Tensor {
  same('l1', a, b);
  return reduce(abs(sub(a, b)), options.reduction);
}

/** d^2/2 where |d| <= delta, else delta (|d| - delta/2), d = a - b.  (Huber 1964) */
export function huber(a: Tensor, b: Tensor, options: LossOptions & { delta?: number } = {}): Tensor {
  const { delta = 1, reduction } = options;
  same('huber', a, b);
  if (!(delta > 0)) throw new ValueError(`huber: delta must be positive: ${delta}`);
  const d = sub(a, b);
  const size = abs(d);
  return reduce(where(less(size, delta), mul(square(d), 0.5), mul(sub(size, delta / 2), delta)), reduction);
}

/** -y log s(x) - (1 - y) log(1 - s(x)), s the sigmoid, computed as softplus(x) - x y.  target: probabilities of x's shape. */
export function bceWithLogits(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  same('bceWithLogits', x, target);
  return reduce(sub(softplus(x), mul(x, cast(target, x.dtype))), options.reduction);
}

/** The share of rows whose largest logit is the target's.  logits [n, c], target [n]. No gradient. */
export function accuracy(logits: Tensor, target: Tensor): Tensor {
  both('accuracy', logits, target);
  if (logits.ndim !== 2 || !sameShape(target.shape, [logits.shape[0]])) {
    throw new ShapeError(`accuracy: takes [n, c] and classes [n]: ${show(logits.shape)} and ${show(target.shape)}`);
  }
  return noGrad(() => mean(logits.argMax(1).equal(target)));
}

function reduce(each: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return each;
  if (reduction === 'sum') return sum(each);
  if (reduction === 'mean') return mean(each);
  throw new ValueError(`reduction: unknown: ${reduction}; one of mean, sum, none`);
}

function both(what: string, a: Tensor, b: Tensor): void {
  for (const t of [a, b]) checkTensor(what, t);
}

function same(what: string, a: Tensor, b: Tensor): void {
  both(what, a, b);
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`${what}: shapes differ: ${show(a.shape)} and ${show(b.shape)}`);
}

function checkWeight(what: string, weight: Tensor | undefined, classes: number): void {
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(`${what}: one weight a class: ${show(weight.shape)} for ${classes} classes`);
  }
}
