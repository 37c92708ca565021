// The kernels that a run calls, what ran them, and the number of operations of matrix products and convolutions.
//
//   matmul        2 [..,m,n] k                 conv2d         2 |y| ci kh kw      y [n,co,oh,ow], w [co,ci,kh,kw]
//   conv2dInput   2 |gy| ci kh kw              conv2dWeight   2 |gy| ci kh kw
//
// A faster algorithm for the same result, such as Winograd's, counts as the plain one.
import { type BufferView, backend } from 'boundgrad';
import { sizeOf } from 'boundgrad/core';
import type { Case } from './case.js';

export interface Trace {
  /** What `via` returned after each call, in short; 'loop' if no kernel was called. */
  via: string;
  calls: number;
  /** Multiplications and additions of matrix products and convolutions. */
  operations: number;
  /** Whether the run returned a promise. */
  async: boolean;
  milliseconds: number;
}

const operations: Record<string, (out: BufferView[], ins: BufferView[]) => number> = {
  matmul: ([c], [a]) => 2 * sizeOf(c.shape) * a.shape.at(-1)!,
  conv2d: ([y], [, w]) => 2 * sizeOf(y.shape) * sizeOf(w.shape.slice(1)),
  conv2dInput: (_, [g, w]) => 2 * sizeOf(g.shape) * sizeOf(w.shape.slice(1)),
  conv2dWeight: ([w], [, g]) => 2 * sizeOf(g.shape) * sizeOf(w.shape.slice(1)),
};

/** Runs a case once and notes each kernel call. */
export async function trace(run: Case['run']): Promise<Trace> {
  const target = backend();
  const ran = new Map<string, Set<string>>();
  const seen: Trace = { via: 'loop', calls: 0, operations: 0, async: false, milliseconds: 0 };
  const original = target.run;
  target.run = (kernel, out, ins, attrs) => {
    original.call(target, kernel, out, ins, attrs);
    const via = target.via(kernel.name);
    ran.set(via, (ran.get(via) ?? new Set()).add(kernel.name));
    seen.calls++;
    seen.operations += operations[kernel.name]?.(out, ins) ?? 0;
  };
  const start = performance.now();
  try {
    const result = run();
    seen.async = result instanceof Promise;
    await result;
  } finally {
    target.run = original;
  }
  seen.milliseconds = performance.now() - start;
  if (seen.calls) seen.via = summary(ran);
  return seen;
}

/** What ran most kernels, then what ran the others, with their names. */
function summary(ran: Map<string, Set<string>>): string {
  const [[most], ...others] = [...ran].sort(([, a], [, b]) => b.size - a.size);
  return [most, ...others.map(([via, names]) => `${via}: ${[...names].join(', ')}`)].join('; ');
}
