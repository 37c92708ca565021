// Helpers of the wasm suites: make operands with any strides, and compare a kernel with its loop.
import type { Backend, BufferView, DType, Kernel, Lifetime, Values } from '../../core/backends/backend.js';
import { allocValues, viewOf } from '../../core/backends/backend.js';
import { wasm } from '../../core/backends/wasm/backend.js';
import { Random } from '../../core/random.js';
import { type Shape, sizeOf, stridesOf } from '../../core/shape.js';
import { assert, close } from '../spec.js';

// BOUNDGRAD_WIDE=1 runs the suites on the wide kernels, in Node 24 and newer.
export const wide = process.env.BOUNDGRAD_WIDE === '1';
export const backend = await wasm({ wide });
if (wide) assert.is(backend.buildNote, '');
export const random = new Random(17).stream('wasm');

/** What `via` returns for a kernel that ran its plan: the name of the build. */
export const FAST = backend.via('matmul');

/** The tolerance of a float32 sum of n terms of size about 1/3. The kernel adds four or more partial sums of size sqrt(n)/3, and each
 *  addition rounds by at most 6e-8 of that. Errors stay below 1e-6 sqrt(n). */
export const sumOf = (n: number) => 1e-6 * Math.sqrt(n);

export interface Operand {
  shape: Shape;
  dtype?: DType;
  /** Default: row-major. */
  stride?: Shape;
  /** Default: 0. */
  offset?: number;
  /** The values of the whole buffer, by position. Default: random in [-1, 1). */
  value?: (i: number) => number;
}

/** A view on a new buffer, filled with `values`, by default those of the operand. from: where random values come from. */
export function operand(
  o: Operand,
  lifetime: Lifetime,
  values?: Values,
  on: Backend = backend,
  from = random,
): BufferView {
  const { shape, dtype = 'float32', stride = stridesOf(shape), offset = 0 } = o;
  const last = sizeOf(shape) ? shape.reduce((at, d, axis) => at + Math.max(0, (d - 1) * stride[axis]), offset) : offset;
  const buffer = on.alloc(dtype, last + 1, lifetime, false);
  buffer.values.set(
    values ?? Float64Array.from({ length: last + 1 }, (_, i) => o.value?.(i) ?? 2 * from.uniform() - 1),
  );
  return { buffer, shape, stride, offset };
}

/** Runs a kernel with operands of both lifetimes. Asserts that each value is within tolerance (1 + |b|) of the loop's value b, that
 *  both lifetimes give the same bits, and that the values before the outputs in their buffers, which are 7, do not change. Returns what
 *  ran. `on`: the backend. */
export function same(
  kernel: Kernel,
  outs: Operand[],
  ins: Operand[],
  attrs: unknown,
  tolerance: number,
  on: Backend = backend,
): string {
  return sameOn([[on, tolerance]], kernel, outs, ins, attrs)[0];
}

/** Like `same`, for several backends with a tolerance each. The loop, which takes most of the time, runs once. */
export function sameOn(
  backends: (readonly [on: Backend, tolerance: number])[],
  kernel: Kernel,
  outs: Operand[],
  ins: Operand[],
  attrs: unknown,
): string[] {
  // A stream for each call, so a new test does not change the values of others.
  const own = new Random(17).stream(kernel.name);
  const plain = ins.map((o) => operand(o, 'collected', undefined, backend, own));
  const expected = outs.map(({ shape, dtype = 'float32', offset = 0 }) => {
    const buffer = {
      dtype,
      length: offset + sizeOf(shape),
      values: allocValues(dtype, offset + sizeOf(shape)).fill(7),
    };
    return { buffer, shape, stride: stridesOf(shape), offset };
  });
  kernel.loop(expected.map(viewOf), plain.map(viewOf), attrs);
  return backends.map(([on, tolerance]) => {
    const results = (['owned', 'collected'] as const).map((lifetime) => {
      const given = ins.map((o, i) => operand(o, lifetime, plain[i].buffer.values, on));
      const got = outs.map((o) => operand({ ...o, value: () => 7 }, lifetime, undefined, on));
      on.run(kernel, got, given, attrs);
      const values = got.map((v, i) => {
        const want = expected[i].buffer.values;
        const what = `${kernel.name} ${lifetime} ${JSON.stringify([ins.map((o) => o.shape), attrs])} ${on.via('conv2d')}`;
        close(v.buffer.values.subarray(0, want.length), want, tolerance, what);
        return v.buffer.values.slice();
      });
      for (const v of [...given, ...got]) on.free(v.buffer);
      return values;
    });
    results[0].forEach((values, i) => {
      assert.ok(
        values.every((v, k) => Object.is(v, results[1][i][k])),
        `${kernel.name}: the lifetimes differ`,
      );
    });
    return on.via(kernel.name);
  });
}
