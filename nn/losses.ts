// Losses and accuracy. Each loss computes a value per element, or per row for classes, and reduces these to a scalar.
import {
  abs,
  add,
  addPendingCheck,
  atMost,
  cast,
  checkChoice,
  checkFiniteNumber,
  checkInteger,
  checkOptions,
  checkTensor,
  clamp,
  div,
  gather,
  indexSelect,
  isFloat,
  logSoftmax,
  mean,
  mul,
  must,
  neg,
  noGrad,
  notEqual,
  type Operand,
  promote,
  reshape,
  ShapeError,
  sameShape,
  show,
  showValue,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  ValueError,
  type Values,
  where,
} from '../core/index.js';
import { checkedLookup } from './checks.js';

/** How a loss combines its values: their mean, their sum, or 'none' to return each. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** How the values are combined. Default: 'mean'. */
  reduction?: Reduction;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends LossOptions {
  /** The share s of probability that is spread evenly over all classes, in [0, 1]. Default: 0.
   *  Source: Szegedy et al. 2016, arXiv 1512.00567, section 7. */
  labelSmoothing?: number;
  /** Weights w [c] of the classes. With int32 classes the mean is weighted: the sum divided by sum_n w[y_n]. Default: all 1. */
  weight?: Tensor;
  /** The class of rows that do not count, such as those of padding: their loss is 0, and the mean is that of the other rows.
   *  Default: no class. */
  ignoreIndex?: number;
}

/** Weights, reduction and ignored classes of `nll`. */
export type NllOptions = Omit<CrossEntropyOptions, 'labelSmoothing'>;

/** Options of `bceWithLogits`. */
export interface BceOptions extends LossOptions {
  /** The weight p of positive targets: one number, or a tensor that broadcasts to the logits, such as [c]. Default: 1. */
  posWeight?: Operand;
}

/** The target classes of a loss: int32 [n], floats [n] that hold whole numbers, or a list of whole numbers. */
export type Classes = Tensor | readonly number[];

/** Cross-entropy of logits, in nats:
 *
 *    L_n = - sum_c q_nc w_c log p_nc,   p = softmax(logits),   q = (1 - s) target + s / c,   s the label smoothing
 *
 *  logits [n, c]; target int32 [n], classes in 0..c-1 (each means a one-hot row), or float probabilities [n, c]. Rows that do not sum to 1
 *  are used as they are, for example a row of zeros, which masks a sample; if a sample has several classes, use `bceWithLogits`.
 *  Logits [.., c] with int32 classes [..] are read as rows, such as [n, T, c] of a language model. Classes may also be floats [n] that
 *  hold whole numbers, or a list of whole numbers. A row whose class is ignoreIndex has the loss 0, with
 *  label smoothing too, and does not count in the mean.
 *  -> scalar, or the shape of the classes with reduction 'none'. Large logits do not overflow: the maximum of each row is subtracted.
 *  Throws ShapeError if n or c differ or c is 1, DTypeError if the target is neither a tensor nor a list, ValueError if a class is
 *  out of range or not a whole number, a probability is outside [0, 1], or softmax or sigmoid made the logits; an asynchronous backend
 *  reports a wrong class when the loss is read. */
export function crossEntropy(logits: Tensor, classes: Classes, options: CrossEntropyOptions = NOTHING): Tensor {
  checkLossOptions('crossEntropy', options, ['labelSmoothing', 'weight', 'ignoreIndex']);
  const { labelSmoothing = 0, weight, ignoreIndex, reduction } = options;
  const target = classTensor('crossEntropy', checkLogits('crossEntropy', logits, /^s(oftmax|igmoid)$/), classes);
  const flat = flatten('crossEntropy', logits, target);
  if (flat) {
    const [rows, all] = flat;
    const loss = crossEntropy(rows, all, options);
    return reduction === 'none' ? reshape(loss, target.shape) : loss;
  }
  checkFiniteNumber('crossEntropy: labelSmoothing', labelSmoothing, 0, 1);
  const count = logits.shape[1];
  if (count === 1) throw new ShapeError(`crossEntropy: one class: ${show(logits.shape)}; use bceWithLogits`);
  checkWeight('crossEntropy', weight, count);
  const logp = logSoftmax(logits, 1);
  if (isFloat(target.dtype)) {
    // -sum_c q_c w_c log p_c, q the smoothed probabilities
    if (!sameShape(target.shape, logits.shape)) {
      throw new ShapeError(
        `crossEntropy: probabilities must match the logits: ${show(target.shape)} for ${show(logits.shape)}`,
      );
    }
    if (ignoreIndex !== undefined) throw new ValueError('crossEntropy: ignoreIndex needs classes');
    checkProbabilities('crossEntropy: a target', target);
    const q = labelSmoothing ? add(mul(target, 1 - labelSmoothing), labelSmoothing / count) : target;
    const terms = mul(q, logp);
    return reduce('crossEntropy', neg(sum(weight ? mul(terms, weight) : terms, 1)), reduction);
  }
  // (1 - s) (-w_y log p_y) + s/c (-sum_c w_c log p_c)
  const kept = keptRows('crossEntropy', target, ignoreIndex);
  const rows = kept ? where(kept, target, 0) : target;
  const picked = negLogLikelihood('crossEntropy', logp, rows, weight);
  const spread = () => neg(sum(weight ? mul(logp, weight) : logp, 1));
  const each = labelSmoothing ? add(mul(picked, 1 - labelSmoothing), mul(spread(), labelSmoothing / count)) : picked;
  return reduceClasses('crossEntropy', each, rows, kept, weight, reduction);
}

/** Negative log-likelihood: L_n = - w_y log p_ny, y the target class of row n.
 *  logp [n, c] log-probabilities, as from `logSoftmax`; target int32 [n], or floats or a list of whole
 *  numbers  -> scalar, or [n] with reduction 'none'.
 *  weight: w [c]; the mean is then the sum divided by sum_n w[y_n]. Default: all 1. ignoreIndex: as in `crossEntropy`.
 *  Throws ShapeError if n or c differ, ValueError if a class is out of range or not a whole number, and for
 *  probabilities in place of their logarithms (with class weights above 1 a warning). */
export function nll(logp: Tensor, classes: Classes, options: NllOptions = NOTHING): Tensor {
  checkLossOptions('nll', options, ['weight', 'ignoreIndex']);
  const { weight, ignoreIndex, reduction } = options;
  const target = classTensor('nll', checkTensor('nll', logp), classes);
  const kept = keptRows('nll', target, ignoreIndex);
  const rows = kept ? where(kept, target, 0) : target;
  const each = negLogLikelihood('nll', logp, rows, weight);
  whenRead(each, (values) => checkLogs(values.map((v) => -v)));
  return reduceClasses('nll', each, rows, kept, weight, reduction);
}

let hasWarned = false;

/** Checks the log-probabilities of target classes, times their weights. Throws ValueError for probabilities; warns once of other values above
 *  0, such as logits, which PyTorch accepts. Rounding may put the logarithm of 1 a little above 0. */
function checkLogs(values: Values): void {
  const odd = values.find((v) => v > 1e-3);
  if (odd === undefined) return;
  const why = `log-probabilities, which are at most 0: ${odd}; logSoftmax(logits) makes them`;
  if (values.every((v) => v >= 0 && v < 1.001)) throw new ValueError(`nll: takes ${why}`);
  if (!hasWarned) console.warn(`nll: it should get ${why}`);
  hasWarned = true;
}

/** Whether each row counts, as bool [n]; null if no class is ignored. */
function keptRows(what: string, target: Tensor, ignoreIndex: number | undefined): Tensor | null {
  return ignoreIndex === undefined ? null : notEqual(target, checkInteger(`${what}: ignoreIndex`, ignoreIndex));
}

/** The rows of logits [.., c] with classes [..], as [n, c] and [n]; null if the logits are [n, c] already. */
function flatten(what: string, logits: Tensor, target: Tensor): [Tensor, Tensor] | null {
  if (logits.ndim === 2) return null;
  if (logits.ndim < 2 || !sameShape(target.shape, logits.shape.slice(0, -1)))
    throw new ShapeError(
      `${what}: logits must be [n, c]: ${show(logits.shape)}; or [.., c] with classes [..]: got ${show(target.shape)}`,
    );
  return [reshape(logits, [target.size, logits.shape.at(-1)!]), reshape(target, [target.size])];
}

/** -w_y log p_y of each row. */
function negLogLikelihood(what: string, logp: Tensor, target: Tensor, weight?: Tensor): Tensor {
  if (logp.ndim !== 2 || target.ndim !== 1 || target.size !== logp.shape[0]) {
    throw new ShapeError(`${what}: takes [n, c] and classes [n]: ${show(logp.shape)} and ${show(target.shape)}`);
  }
  checkWeight(what, weight, logp.shape[1]);
  return checkedLookup(what, 'class', target, logp.shape[1], () => {
    const picked = neg(reshape(gather(logp, 1, reshape(target, [target.size, 1])), [target.size]));
    return weight ? mul(picked, indexSelect(weight, 0, target)) : picked;
  });
}

/** Reduces the values of rows; rows that are not kept count as 0. The mean is the sum of the values divided by the sum of the weights of the
 *  kept rows. Throws ValueError for a mean if every row is ignored or has weight 0. */
function reduceClasses(
  what: string,
  values: Tensor,
  target: Tensor,
  kept: Tensor | null,
  weight?: Tensor,
  reduction: Reduction = 'mean',
): Tensor {
  const each = kept ? where(kept, values, 0) : values;
  if (!(weight || kept) || reduction !== 'mean') return reduce(what, each, reduction);
  const weights = weight ? indexSelect(weight, 0, target) : 1;
  const total = typeof weights === 'number' || kept ? where(kept!, weights, 0) : weights;
  const all = sum(checkNotEmpty(what, each));
  whenRead(total, (values) => {
    if (values.every((v) => !v))
      throw new ValueError(`${what}: every class is ignored or has weight 0; use reduction 'sum'`);
  });
  return div(all, cast(sum(total), all.dtype));
}

/** Squared error: (a - b)^2.  a and b of the same shape  -> scalar, or that shape with reduction 'none'.
 *  Throws ShapeError if the shapes differ. */
export function mse(a: Tensor, b: Tensor, options: LossOptions = NOTHING): Tensor {
  checkLossOptions('mse', options);
  checkSame('mse', a, b);
  return reduce('mse', square(difference(a, b)), options.reduction);
}

/** a - b. If only one of them is float, the other is cast to its dtype: int32 with float32 would give float64, which is slow. */
function difference(a: Tensor, b: Tensor): Tensor {
  if (isFloat(a.dtype) && !isFloat(b.dtype)) return sub(a, cast(b, a.dtype));
  return !isFloat(a.dtype) && isFloat(b.dtype) ? sub(cast(a, b.dtype), b) : sub(a, b);
}

/** Absolute error: |a - b|.  a and b of the same shape  -> scalar, or that shape with reduction 'none'.
 *  Throws ShapeError if the shapes differ. */
export function l1(a: Tensor, b: Tensor, options: LossOptions = NOTHING): Tensor {
  checkLossOptions('l1', options);
  checkSame('l1', a, b);
  return reduce('l1', abs(difference(a, b)), options.reduction);
}

/** Huber's loss: d^2 / 2 if |d| <= delta, else delta (|d| - delta / 2), with d = a - b.
 *  a and b of the same shape  -> scalar, or that shape with reduction 'none'. delta: positive. Default: 1.
 *  Throws ShapeError if the shapes differ, ValueError if delta is not positive.
 *  Source: Huber 1964, Robust Estimation of a Location Parameter. */
export function huber(a: Tensor, b: Tensor, options: LossOptions & { delta?: number } = NOTHING): Tensor {
  checkLossOptions('huber', options, ['delta']);
  const { delta = 1, reduction } = options;
  checkSame('huber', a, b);
  must(typeof delta === 'number' && delta > 0, 'huber: delta', 'positive', delta);
  // With q = d clipped to [-delta, delta], both cases are q (d - q / 2). An unused d^2 would make the gradient of an infinite d NaN.
  const d = difference(a, b);
  const q = clamp(d, { min: -delta, max: delta });
  return reduce('huber', mul(q, sub(d, mul(q, 0.5))), reduction);
}

/** Binary cross-entropy of logits, in nats: -y log s(x) - (1 - y) log(1 - s(x)), s the sigmoid. It is computed as
 *  softplus(x) - x y, which does not overflow.
 *  x logits; target y, probabilities of the same shape  -> scalar, or that shape with reduction 'none'.
 *  With posWeight p the first term is - p y log s(x), and the loss is computed as (1 - y) x + (1 + (p - 1) y) softplus(-x).
 *  Throws ShapeError if the shapes differ, ValueError if a target is outside [0, 1], or if sigmoid, softmax or
 *  logSoftmax made the logits. */
export function bceWithLogits(x: Tensor, target: Tensor, options: BceOptions = NOTHING): Tensor {
  checkLossOptions('bceWithLogits', options, ['posWeight']);
  const { posWeight, reduction } = options;
  checkSame('bceWithLogits', checkLogits('bceWithLogits', x, /softmax|sigmoid/i), target);
  if (target.requiresGrad && !x.requiresGrad)
    throw new ValueError('bceWithLogits: only the target requires a gradient: the logits come first');
  checkProbabilities('bceWithLogits: a target', target);
  const z = cast(x, promote(x.dtype, 'float32'));
  const y = cast(target, z.dtype);
  if (posWeight === undefined) return reduce('bceWithLogits', sub(softplus(z), mul(z, y)), reduction);
  const factor = add(mul(y, beyondOne(posWeight, z)), 1);
  return reduce('bceWithLogits', add(mul(sub(1, y), z), mul(factor, softplus(neg(z)))), reduction);
}

/** p - 1 for the weight p of positive targets. */
function beyondOne(weight: Operand, x: Tensor): Operand {
  if (typeof weight === 'number') return checkFiniteNumber('bceWithLogits: posWeight', weight, 0) - 1;
  const lead = x.ndim - checkTensor('bceWithLogits: posWeight', weight).ndim;
  if (lead >= 0 && weight.shape.every((d, i) => d === 1 || d === x.shape[lead + i])) {
    whenRead(weight, (values) => {
      for (const v of values) checkFiniteNumber('bceWithLogits: posWeight', v, 0);
    });
    return sub(cast(weight, x.dtype), 1);
  }
  throw new ShapeError(
    `bceWithLogits: posWeight must broadcast to the logits: ${show(weight.shape)} for ${show(x.shape)}`,
  );
}

/** The share of rows whose largest logit is at the target class, without a gradient.
 *  logits [n, c]; target int32 [n], or floats or a list of whole numbers; or [.., c] and int32 [..]  -> scalar in [0, 1].
 *  Throws ShapeError if n differs, ValueError if a class is out of range or not a whole number. */
export function accuracy(logits: Tensor, classes: Classes): Tensor {
  atMost(2, 'accuracy', arguments);
  const target = classTensor('accuracy', checkTensor('accuracy', logits), classes);
  const flat = logits.ndim > 2 && flatten('accuracy', logits, target);
  if (flat) return accuracy(...flat);
  if (logits.ndim !== 2 || !sameShape(target.shape, [logits.shape[0]])) {
    throw new ShapeError(`accuracy: takes [n, c] and classes [n]: ${show(logits.shape)} and ${show(target.shape)}`);
  }
  if (logits.shape[1] === 1)
    throw new ShapeError(`accuracy: one class: ${show(logits.shape)}; for single logits compare x.greater(0)`);
  checkNotEmpty('accuracy', target);
  const rows = cast(reshape(target, [target.size, 1]), 'int32');
  return noGrad(() => {
    // The lookup refuses a class out of range.
    checkedLookup('accuracy', 'class', target, logits.shape[1], () => gather(logits, 1, rows));
    return mean(logits.argMax(1).equal(target));
  });
}

function reduce(what: string, each: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return each;
  if (reduction === 'sum') return sum(each);
  return mean(checkNotEmpty(what, each));
}

function checkNotEmpty(what: string, each: Tensor): Tensor {
  if (each.size) return each;
  throw new ShapeError(`${what}: no elements: the mean of an empty batch: ${show(each.shape)}`);
}

const NOTHING = {};
const REDUCTIONS: readonly Reduction[] = ['mean', 'sum', 'none'];

/** Throws ValueError if the options of a loss have an unknown name or reduction. */
function checkLossOptions(what: string, options: LossOptions, own: readonly string[] = []): void {
  if (options === NOTHING) return;
  checkOptions(what, options, [...own, 'reduction']);
  if (options.reduction !== undefined) checkChoice(what, 'reduction', options.reduction, REDUCTIONS);
}

/** Returns the target as a tensor; classes in bools, in floats [n] or in a list become int32. Throws ValueError if one of them is not
 *  a whole number. On a backend without synchronous reads, the next read of any tensor rejects instead. */
function classTensor(what: string, logits: Tensor, target: Classes): Tensor {
  if (Array.isArray(target)) {
    const numbers: readonly number[] = target;
    checkWhole(what, numbers);
    return tensor(Int32Array.from(numbers));
  }
  const t = checkTensor(what, target);
  if (t.dtype === 'bool') return cast(t, 'int32');
  if (!isFloat(t.dtype) || t.ndim !== 1 || sameShape(t.shape, logits.shape)) return t;
  whenRead(t, (values) => checkWhole(what, values));
  return noGrad(() => cast(t, 'int32'));
}

/** Returns the logits. Throws ValueError if a function whose name matches `not` made them: the loss applies its own. */
function checkLogits(what: string, logits: Tensor, not: RegExp): Tensor {
  const { made, version } = checkTensor(what, logits).storage;
  if (!version && not.test(made)) throw new ValueError(`${what}: takes logits: leave ${made} out`);
  return logits;
}

/** Throws ValueError unless a target holds probabilities, up to rounding. */
function checkProbabilities(what: string, target: Tensor): void {
  whenRead(target, (values) => {
    for (const v of values) must(v >= 0 && v < 1 + 1e-6, what, 'within [0, 1]', v);
  });
}

/** Checks the values of a tensor: at once, or on a backend without synchronous reads before the next read of any tensor. */
function whenRead(t: Tensor, check: (values: Values) => void): void {
  const plain = t.detach();
  if (t.storage.backend.readSync) check(plain.dataSync());
  else addPendingCheck(plain.data().then(check));
}

function checkWhole(what: string, classes: ArrayLike<number>): void {
  for (let i = 0; i < classes.length; i++) {
    // Int32Array would wrap a larger number: 2^32 would be class 0.
    if (Number.isInteger(classes[i]) && (classes[i] | 0) === classes[i]) continue;
    throw new ValueError(`${what}: a class must be an int32 integer: ${showValue(classes[i])} at index ${i}`);
  }
}

function checkBoth(what: string, a: Tensor, b: Tensor): void {
  for (const t of [a, b]) checkTensor(what, t);
}

function checkSame(what: string, a: Tensor, b: Tensor): void {
  checkBoth(what, a, b);
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`${what}: shapes differ: ${show(a.shape)} and ${show(b.shape)}`);
}

function checkWeight(what: string, weight: Tensor | undefined, classes: number): void {
  if (weight === undefined) return;
  if (!sameShape(checkTensor(`${what}: weight`, weight).shape, [classes]))
    throw new ShapeError(`${what}: one weight a class: ${show(weight.shape)} for ${classes} classes`);
  whenRead(weight, (values) => {
    const fits = values.every((v) => v >= 0 && v < Infinity) && values.some((v) => v > 0);
    must(fits, `${what}: weight`, 'finite, at least 0 and not all 0', [...values]);
  });
}
