// The wasm backend itself: buffers, reads, and memory that grows and is exhausted.
import { undoAll } from '../../cli/atEnd.js';
import { chooseBackend } from '../../cli/backend.js';
import type { Buffer, BufferView, Lifetime } from '../../core/backends/backend.js';
import { wasm } from '../../core/backends/wasm/backend.js';
import { type Allocator, blockSizeOf } from '../../core/backends/wasm/memory.js';
import { currentBackend, neg, ones, scope, zeros } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { onBackend } from '../onBackend.js';
import { assert, subject } from '../spec.js';
import { backend, operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly');

test('a kernel without a plan, or whose plan does not take the operands, runs its loop, and `via` returns "loop"', () => {
  assert.is(
    same(
      ops.add.op,
      [{ shape: [3], dtype: 'float64' }],
      [
        { shape: [3], dtype: 'float64' },
        { shape: [3], dtype: 'float64' },
      ],
      {},
      0,
    ),
    'loop',
  );
  assert.is(same(ops.matmulOp.op, [{ shape: [2, 3] }], [{ shape: [2, 0] }, { shape: [0, 3] }], {}, 0), 'loop');
  assert.is(same(ops.matmulOp.op, [{ shape: [0, 3] }], [{ shape: [0, 2] }, { shape: [2, 3] }], {}, 0), 'loop');
  assert.is(same(ops.sumOp.op, [{ shape: [1, 3] }], [{ shape: [0, 3] }], { axes: [0] }, 0), 'loop');
  assert.is(same(ops.sin.op, [{ shape: [2] }], [{ shape: [2] }], {}, 0), 'loop');
  assert.is(backend.via('never heard of'), 'loop');
});

test('read gives a copy of the values at the time of the call', async () => {
  const { buffer } = operand({ shape: [2], value: () => 1 }, 'owned');
  const read = backend.read(buffer);
  buffer.values.fill(2);
  assert.equal([...(await read)], [1, 1]);
  backend.free(buffer);
});

test('a kernel may write to its input', () => {
  for (const lifetime of ['owned', 'collected'] as const) {
    const x = operand({ shape: [2, 9], value: (i) => i - 9 }, lifetime);
    const row = operand({ shape: [2, 9], stride: [0, 1], value: () => 2 }, lifetime);
    backend.run(ops.relu.op, [x], [x], {});
    backend.run(ops.mul.op, [x], [x, row], {});
    assert.equal(
      [...x.buffer.values],
      Array.from({ length: 18 }, (_, i) => Math.max(0, i - 9) * 2),
    );
    for (const v of [x, row]) backend.free(v.buffer);
  }
});

const pages = (n: number) => n * 65536;

test('values survive growth of the memory, and the typed arrays on it are renewed', async () => {
  const own = await wasm({ maximum: pages(64) });
  const small = own.alloc('float64', 3, 'owned', false);
  small.values.set([1, 2, 3]);
  const before = small.values;
  const large: Buffer = own.alloc('float32', 500_000, 'owned', true);
  assert.is(before.length, 0, 'growing the memory detaches the old typed array');
  assert.equal([...small.values], [1, 2, 3]);
  assert.ok(large.values.every((v) => v === 0));
});

test('a zeroed buffer is zero also in memory that was used before', () => {
  const first = backend.alloc('int32', 100, 'owned', false);
  first.values.fill(9);
  backend.free(first);
  const again = backend.alloc('int32', 100, 'owned', true);
  assert.ok(again.values.every((v) => v === 0));
  backend.free(again);
});

test('the error for a full memory names the bytes requested and in use; freed memory can be used again', async () => {
  const own = await wasm({ maximum: pages(32) });
  const half = own.alloc('float32', 250_000, 'owned', false);
  assert.throws(
    () => own.alloc('float32', 450_000, 'owned', false),
    /wasm: out of memory: 1800000 bytes wanted, 1048576 of at most 2097152 in use; use smaller batches/,
  );
  own.free(half);
  assert.is(own.alloc('float32', 450_000, 'owned', false).length, 450_000);
});

test('an operation that gets no scratch memory throws an error with its name and the bytes requested', async () => {
  const why = 'wasm: out of memory: 1000000 bytes wanted, \\d+ of at most 2097152 in use; use smaller batches';
  await onBackend(await wasm({ maximum: pages(32) }), () => {
    const collected = ones([500, 500]);
    // The result fits; the copy of the operand into linear memory does not.
    assert.throws(() => scope(() => neg(collected)), new RegExp(`^neg: no scratch memory: ${why}`));
    const size = '\\(500,500\\) in float32 takes 1,000,000 bytes';
    assert.throws(() => scope(() => neg(zeros([500, 500]))), new RegExp(`^neg: out of memory: ${size}: ${why}`));
  });
});

test('scratch memory is freed after a call, also after a failed one', async () => {
  const own = await wasm({ maximum: pages(64) });
  const n = 600;
  const view = (lifetime: Lifetime): BufferView => ({
    buffer: own.alloc('float32', n * n, lifetime, true),
    shape: [n, n],
    stride: [n, 1],
    offset: 0,
  });
  const { allocator } = own as unknown as { allocator: Allocator };
  const [a, b] = [view('owned'), view('collected')];
  own.run(ops.matmulOp.op, [b], [a, a], {});
  assert.is(allocator.used, blockSizeOf(n * n * 4));
  assert.throws(() => own.run(ops.matmulOp.op, [b], [b, view('collected')], {}), /out of memory/);
  assert.is(allocator.used, blockSizeOf(n * n * 4));
});

test('freeing a buffer twice and reading a freed buffer throw', () => {
  const buffer = backend.alloc('float32', 4, 'owned', false);
  backend.free(buffer);
  assert.throws(() => backend.free(buffer), /wasm: freed twice/);
  assert.throws(() => buffer.values, /wasm: a freed buffer was read: 4 float32/);
});

test('kernels work above 2 GiB, where an address does not fit a signed 32-bit integer', async () => {
  const own = await wasm();
  const low = own.alloc('bool', 2.1 * 2 ** 30, 'owned', false);
  const [a, b, c] = [5, 7, 0].map((value) => {
    const buffer = own.alloc('float32', 30 * 30, 'owned', true);
    buffer.values.fill(value);
    return { buffer, shape: [30, 30], stride: [30, 1], offset: 0 };
  });
  own.run(ops.matmulOp.op, [c], [a, b], {});
  assert.ok(c.buffer.values.byteOffset > 2 ** 31 && c.buffer.values.every((v) => v === 5 * 7 * 30));
  own.run(ops.sub.op, [c], [c, { ...a, stride: [0, 0] }], {});
  own.run(ops.copy.op, [a], [{ ...c, stride: [1, 30] }], {});
  assert.ok(a.buffer.values.every((v) => v === 5 * 7 * 30 - 5));
  own.free(low);
});

test('a worker of the command line chooses the backend for each of its runs, and gets the same one again, because each backend has a memory of its own', async () => {
  const before = currentBackend();
  await chooseBackend('wasm', 1, true);
  const first = currentBackend();
  await chooseBackend('wasm', 1, true);
  assert.is(currentBackend(), first);
  await chooseBackend('reference', 1);
  assert.is(currentBackend().name, 'reference');
  await undoAll();
  assert.is(currentBackend(), before);
  await chooseBackend('wasm', 1, true);
  assert.is.not(currentBackend(), first, 'the backend of a command that has ended was kept');
  await undoAll();
});
