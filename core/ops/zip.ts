// y_i = f(a_i, b_i): functions of two elements. Operands are promoted and broadcast as in NumPy. Promotion and broadcasting are
// recorded as operations of their own, so the gradients below assume equal shapes and dtypes.

import { atMost, checkBool, describeValue } from '../arguments.js';
import type { DType } from '../backends/backend.js';
import { floatOf, promote, promoteNumber } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { type Operation, op, type Thunks } from '../op.js';
import { broadcastShapes, type Shape, sameShape } from '../shape.js';
import { type Operand, Tensor } from '../tensor.js';
import { broadcastIfNeeded } from './broadcast.js';
import { cast } from './cast.js';
import { scalar } from './fill.js';
import { dense } from './loops.js';
import { log, neg } from './map.js';
import { where } from './where.js';

interface Zip {
  f: (a: number, b: number) => number;
  vjp?: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Thunks;
  /** Dtype that the operands are cast to, from their promoted dtype. Default: the promoted dtype. */
  operands?: (dtype: DType) => DType;
  /** Dtype of the result, from the dtype of the cast operands. Default: the same. */
  result?: (dtype: DType) => DType;
}

/** Makes an operation of two operands. A function declaration, which map.ts can call before this file is evaluated. */
/* @__NO_SIDE_EFFECTS__ */
export function zip(
  name: string,
  { f, vjp, operands = (d) => d, result = (d) => d }: Zip,
): Operation<[a: Operand, b: Operand], object> {
  return op({
    name,
    mixed: true,
    args: (a: Operand, b: Operand) => [align(name, a, b, operands), {}],
    shape: ([a]) => [a],
    dtype: ([a]) => [result(a)],
    loop: ([z], views) => {
      const [a, b] = views.map(dense);
      for (let i = 0; i < a.length; i++) z.data[z.offset + i] = f(a[i], b[i]);
    },
    vjp: vjp && (([g], [a, b], [y]) => vjp(g, a, b, y)),
  });
}

/** Returns the operands as tensors of one dtype and one shape. */
function align(name: string, a: Operand, b: Operand, operands: (d: DType) => DType): Tensor[] {
  const [dtype, like] = common(name, a, b);
  const use = operands(dtype);
  const [x, y] = [a, b].map((v) => {
    if (typeof v === 'number') return scalar(v, use, like);
    v.check(name);
    return v.dtype === use ? v : cast(v, use);
  });
  if (sameShape(x.bufferView.shape, y.bufferView.shape)) return [x, y];
  const shape: Shape = broadcastShapes(name, x.shape, y.shape);
  return [broadcastIfNeeded(x, shape), broadcastIfNeeded(y, shape)];
}

/** Returns the promoted dtype of two operands, and the first of them that is a tensor. */
function common(name: string, a: Operand, b: Operand): [DType, Tensor] {
  const tensorA = a instanceof Tensor;
  const tensorB = b instanceof Tensor;
  if (tensorA && tensorB) return [promote(a.dtype, b.dtype), a];
  if (tensorA && typeof b === 'number') return [promoteNumber(a.dtype, b), a];
  if (tensorB && typeof a === 'number') return [promoteNumber(b.dtype, a), b];
  throw new DTypeError(
    `${name}: takes tensors, or a tensor and a number: got ${describeValue(a)} and ${describeValue(b)}; see tensor()`,
  );
}

const numeric = (d: DType): DType => (d === 'bool' ? 'int32' : d);

/** Returns a + b. da = g, db = g. */
export const add = zip('add', { f: (a, b) => a + b, vjp: (g) => [() => g, () => g], operands: numeric });
/** Returns a - b. da = g, db = -g. */
export const sub = zip('sub', { f: (a, b) => a - b, vjp: (g) => [() => g, () => neg(g)], operands: numeric });
/** Returns a b. da = g b, db = g a. */
export const mul = zip('mul', {
  f: (a, b) => a * b,
  vjp: (g, a, b) => [() => mul(g, b), () => mul(g, a)],
  operands: numeric,
});
/** Returns a / b in a float dtype: 1 / 2 is 0.5 for integers too. da = g / b, db = -g y / b. */
export const div = zip('div', {
  f: (a, b) => a / b,
  vjp: (g, _a, b, y) => [() => div(g, b), () => neg(div(mul(g, y), b))],
  operands: floatOf,
});
/** Returns a^b in a float dtype. da = g b a^(b-1), 0 if a = b = 0; db = g y log a, 0 if a = 0 <= b. If b is a whole
 *  number >= 0, all derivatives with respect to a are finite. For other b, the derivatives of an order above b are infinite at a = 0. */
export const pow = zip('pow', {
  f: (a, b) => (a === 1 ? 1 : a ** b),
  vjp: (g, a, b, y) => [
    () => {
      // A `where` around 0^-1 would still have the derivative 0 times infinity, which is NaN; so a is replaced too.
      const zero = logicalAnd(equal(a, 0), equal(b, 0));
      return mul(g, where(zero, 0, mul(b, pow(where(zero, 1, a), sub(b, 1)))));
    },
    () => {
      const zero = logicalAnd(equal(a, 0), greaterEqual(b, 0));
      return mul(g, where(zero, 0, mul(y, log(where(zero, 1, a)))));
    },
  ],
  operands: floatOf,
});
/** Returns the larger of two elements, NaN if one is NaN. The larger gets the gradient; equal elements get half each. */
export const maximum = zip('maximum', { f: Math.max, vjp: (g, a, b) => share(g, a, b, greater) });
/** Returns the smaller of two elements, NaN if one is NaN. The smaller gets the gradient; equal elements get half each. */
export const minimum = zip('minimum', { f: Math.min, vjp: (g, a, b) => share(g, a, b, less) });

function share(g: Tensor, a: Tensor, b: Tensor, wins: (a: Tensor, b: Tensor) => Tensor): [() => Tensor, () => Tensor] {
  // `where`, because a product would turn an infinite g into NaN for the element that is not chosen.
  const part = (p: Tensor, q: Tensor) => where(wins(p, q), g, where(equal(p, q), mul(g, 0.5), 0));
  return [() => part(a, b), () => part(b, a)];
}

const comparison = (name: string, f: (a: number, b: number) => boolean) =>
  zip(name, { f: (a, b) => (f(a, b) ? 1 : 0), result: () => 'bool' });

/** Returns whether a = b, as bool. False if one is NaN. */
export const equal = comparison('equal', (a, b) => a === b);
/** Returns whether a != b, as bool. True if one is NaN. */
export const notEqual = comparison('notEqual', (a, b) => a !== b);
/** Returns whether a < b, as bool. False if one is NaN. */
export const less = comparison('less', (a, b) => a < b);
/** Returns whether a <= b, as bool. False if one is NaN. */
export const lessEqual = comparison('lessEqual', (a, b) => a <= b);
/** Returns whether a > b, as bool. False if one is NaN. */
export const greater = comparison('greater', (a, b) => a > b);
/** Returns whether a >= b, as bool. False if one is NaN. */
export const greaterEqual = comparison('greaterEqual', (a, b) => a >= b);

/** Returns whether both of two bool elements are true. Throws DTypeError unless both tensors are bool. */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  atMost(2, 'logicalAnd', arguments);
  return notEqual(mul(checkBool('logicalAnd: an operand', a), checkBool('logicalAnd: an operand', b)), 0);
}
/** Returns whether at least one of two bool elements is true. Throws DTypeError unless both tensors are bool. */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  atMost(2, 'logicalOr', arguments);
  return notEqual(add(checkBool('logicalOr: an operand', a), checkBool('logicalOr: an operand', b)), 0);
}
