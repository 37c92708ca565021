// Dtypes and their promotion: NumPy's table, restricted to the four dtypes of boundgrad.
//
//            bool     int32    float32  float64
//   bool     bool     int32    float32  float64
//   int32    int32    int32    float64  float64     (float32 does not hold every int32)
//   float32  float32  float64  float32  float64
//
// A plain number is weak (NumPy NEP 50): a float tensor keeps its dtype. With int32 or bool, an integer below 2^31 in magnitude
// gives int32, and any other number gives float64.
//
// Unlike in NumPy and PyTorch, integers do not wrap around: a result that int32 does not hold throws ValueError. Means and
// quotients are floats. Only `cast` converts modulo 2^32, as JavaScript's x | 0.
import type { DType } from './backends/backend.js';
import { DTypeError } from './errors.js';

export type { DType };

/** Bytes in an ArrayBuffer, not in shared memory: `Uint8Array<ArrayBuffer>` from TypeScript 5.7 on, `Uint8Array` before. */
export type Bytes = ReturnType<typeof Uint8Array.of>;

/** Whether a dtype is float32 or float64. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** The dtype that holds the values of both, by the table above. */
export function promote(a: DType, b: DType): DType {
  if (a === b || b === 'bool') return a;
  return a === 'bool' ? b : 'float64';
}

/** The dtype of a result computed from a tensor of `dtype` and a plain number. */
export function promoteNumber(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int32' : 'float64';
}

/** The dtype in which exp, sqrt, division and means of `dtype` are computed. */
export function floatOf(dtype: DType): DType {
  if (isFloat(dtype)) return dtype;
  return dtype === 'bool' ? 'float32' : 'float64';
}

const dtypes: readonly unknown[] = ['float32', 'float64', 'int32', 'bool'];

/** Returns the value if it is a dtype. Throws DTypeError otherwise. */
export function checkDType(what: string, dtype: unknown): DType {
  if (dtypes.includes(dtype)) return dtype as DType;
  throw new DTypeError(
    `${what}: unknown dtype: ${typeof dtype === 'object' ? 'an object' : String(dtype)}; one of ${dtypes.join(', ')}`,
  );
}
