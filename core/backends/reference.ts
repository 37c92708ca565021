// The reference backend runs every kernel's loop on ordinary typed arrays. Its results define what other backends must compute.
import { allocValues, type Backend, type Buffer, type DType, runLoop, type Values } from './backend.js';

/** The backend that runs the loops. It has every kernel, in float32 and float64. */
export const reference: Backend & { note: string } = {
  name: 'reference',
  note: '',
  alloc: (dtype, length) => adopt(dtype, allocValues(dtype, length)),
  adopt,
  free() {},
  run(kernel, out, ins, attrs) {
    runLoop(kernel, out, ins, attrs);
  },
  read: async (buffer) => buffer.values.slice(),
  readSync: (buffer) => buffer.values.slice(),
  via: () => 'loop',
  async setThreads(count) {
    reference.note = count > 1 ? 'the loops run on one thread; wasm has several' : '';
  },
};

function adopt(dtype: DType, values: Values): Buffer {
  return { dtype, length: values.length, values };
}
