// Every operation with its examples, for gradcheck and the backends' tests.
import {
  type DType,
  grad,
  isFloat,
  type Operation,
  type Operations,
  Random,
  type Tensor,
  tensor,
} from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { examples as argumentsOf } from './examples.js';

export interface Example {
  /** The name of the operation and the number of the example: `add 2`. */
  name: string;
  call: Operation | Operations;
  args: unknown[];
}

/** The operations by the name of their export: functions of core/ops with a declaration in `op`. */
const exported = Object.entries(ops).filter(
  (entry): entry is [keyof typeof argumentsOf, Operation | Operations] =>
    typeof entry[1] === 'function' && 'op' in entry[1],
);

/** The operations. */
export const operations = exported.map(([, call]) => call);

/** Every example of every operation, with random float64 tensors from a seed. */
export function examples(seed = 1): Example[] {
  return exported.flatMap(([key, call]) => {
    const stream = new Random(seed).stream(call.op.name);
    const sample = (shape: readonly number[], lo = -1, hi = 1): Tensor => {
      const values = Float64Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => lo + (hi - lo) * stream.uniform(),
      );
      return tensor(values, { shape });
    };
    return argumentsOf[key](sample).map((args, i) => ({ name: `${call.op.name} ${i + 1}`, call, args }));
  });
}

/** The arguments with f(t) in place of each tensor t, also within lists and options. */
export function mapTensors(args: readonly unknown[], f: (t: Tensor) => Tensor): unknown[] {
  const mapped = (a: unknown): unknown => {
    if (!(a instanceof Object)) return a;
    if ('storage' in a) return f(a as Tensor);
    if (Array.isArray(a)) return a.some((v) => v instanceof Object) ? a.map(mapped) : a;
    if (Object.getPrototypeOf(a) !== Object.prototype) return a;
    return Object.fromEntries(Object.entries(a).map(([key, v]) => [key, mapped(v)]));
  };
  return args.map(mapped);
}

/** The outputs of a call as a list. */
export function outputs(call: (...args: any[]) => Tensor | Tensor[], args: readonly unknown[]): Tensor[] {
  const result = call(...args);
  return Array.isArray(result) ? result : [result];
}

/** What `read` returns for each output of a call, and for the gradients of the outputs with respect to the tensors of floats. The call
 *  gets copies of its tensors. dtype: the dtype of the copies of floats. Default: their own. */
export function results<T>(
  call: (...args: any[]) => Tensor | Tensor[],
  args: readonly unknown[],
  read: (t: Tensor) => T,
  dtype?: DType,
): T[] {
  const xs: Tensor[] = [];
  const given = mapTensors(args, (t) => {
    if (!isFloat(t.dtype)) return tensor(t.dataSync(), { shape: t.shape, dtype: t.dtype });
    xs.push(tensor(t.dataSync(), { shape: t.shape, dtype: dtype ?? t.dtype, requiresGrad: true }));
    return xs.at(-1)!;
  });
  const ys = outputs(call, given);
  // grad() frees the values that it has used, so the outputs are read before.
  const values = ys.map(read);
  const roots = ys.filter((y) => y.node);
  if (!roots.length) return values;
  const gradient = roots.map((y) => y.detach().mul(0).add(0.5));
  return [...values, ...grad(roots, xs, { gradient }).map(read)];
}
