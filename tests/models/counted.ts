// Large nets, tested only for shapes and counts.
import { allocValues, type Backend } from '../../core/backends/backend.js';
import { reference } from '../../core/backends/reference.js';
import type { Random } from '../../core/index.js';
import { onBackend } from '../onBackend.js';

/** A Random whose draws are all 0. */
export const still = { stream: () => ({ uniform: () => 0, normal: () => 0 }) } as unknown as Random;

let zeros = new ArrayBuffer(2 ** 24);
/** Every buffer has the same zeros. */
const alloc: Backend['alloc'] = (dtype, length) => {
  if (zeros.byteLength < 8 * length) zeros = new ArrayBuffer(8 * length);
  const Values = allocValues(dtype, 0).constructor as Float32ArrayConstructor;
  return reference.adopt(dtype, new Values(zeros, 0, length));
};

/** Runs the body on a backend that computes nothing. */
export function counted(body: () => void): Promise<void> {
  return onBackend({ ...reference, name: 'still', alloc, run() {} }, body);
}
