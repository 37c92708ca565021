import { Allocator, blockSizeOf, LinearBuffer } from '../../core/backends/wasm/memory.js';
import { Random } from '../../core/random.js';
import { assert, subject } from '../spec.js';

const test = subject('Allocator');
const random = new Random(19).stream('allocator');
const pages = (n: number) => n * 65536;
const allocatorOf = (most: number, start = 0) =>
  new Allocator(new WebAssembly.Memory({ initial: 1, maximum: most }), start, pages(most));

test('if the engine refuses a larger memory to move to, the error is a BackendError, and nothing is moved', () => {
  const allocator = allocatorOf(512);
  const at = allocator.alloc(pages(100));
  const { memory } = allocator;
  assert.throws(
    () => allocator.moveTo(new WebAssembly.Memory({ initial: 1, maximum: 2 }), pages(512)),
    (e: Error) =>
      e.name === 'BackendError' && /^wasm: the memory of \d+ bytes in use was refused; keep/.test(e.message),
  );
  assert.is(allocator.memory, memory);
  allocator.free(at);
});

test('blocks do not overlap, and each begins at a multiple of 64', () => {
  const allocator = allocatorOf(512, 100);
  const live = new Map<number, number>();
  for (let i = 0; i < 4000; i++) {
    if (live.size > 60 || (live.size && random.uniform() < 0.4)) {
      const at = [...live.keys()][random.below(live.size)];
      live.delete(at);
      allocator.free(at);
      continue;
    }
    const bytes = random.below(10) ? random.below(5000) : random.below(400_000);
    const at = allocator.alloc(bytes);
    assert.ok(at >= 100 && at % 64 === 0 && at + bytes <= allocator.memory.buffer.byteLength, `${at}`);
    for (const [other, size] of live)
      assert.ok(at + bytes <= other || other + size <= at || !bytes || !size, `${at} ${other}`);
    live.set(at, bytes);
  }
  assert.is(
    allocator.used,
    [...live.values()].reduce((sum, bytes) => sum + blockSizeOf(bytes), 0),
  );
});

test('above 512 bytes a size class wastes at most an eighth, and rounding the size of a class up gives the same class', () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = 512 + random.below(2 ** 31);
    const size = blockSizeOf(bytes);
    assert.ok(size >= bytes && size <= bytes * 1.125 && size % 64 === 0, `${bytes}: ${size}`);
    assert.is(blockSizeOf(size), size);
  }
  assert.is(blockSizeOf(0), 64);
});

test('10,000 cycles of equal allocations do not grow the memory; with random sizes it stays near the size in use', () => {
  const allocator = allocatorOf(512);
  const cycle = (sizes: number[]) => {
    const blocks = sizes.map((bytes) => allocator.alloc(bytes));
    const most = allocator.used;
    for (const at of blocks) allocator.free(at);
    return most;
  };
  const step = Array.from({ length: 20 }, () => random.below(60_000));
  cycle(step);
  const before = allocator.memory.buffer.byteLength;
  for (let i = 0; i < 10_000; i++) cycle(step);
  assert.is(allocator.memory.buffer.byteLength, before);
  let most = 0;
  for (let i = 0; i < 10_000; i++) most = Math.max(most, cycle(step.map(() => random.below(60_000))));
  // 1.5: the memory grows by a quarter at a time, and free blocks are merged only before it grows.
  assert.ok(allocator.memory.buffer.byteLength <= 1.5 * most, `${most} in ${allocator.memory.buffer.byteLength}`);
  assert.is(allocator.used, 0);
});

test('neighbouring free blocks are merged for a larger one', () => {
  const allocator = allocatorOf(16);
  const blocks = Array.from({ length: 500 }, () => allocator.alloc(2000));
  for (const at of blocks) allocator.free(at);
  assert.is(allocator.alloc(pages(15)), 0);
});

test('freeing a block twice, or an address without a block, throws', () => {
  const allocator = allocatorOf(16);
  const at = allocator.alloc(10);
  allocator.free(at);
  assert.throws(() => allocator.free(at), /wasm: freed twice, or never allocated: address 0/);
  assert.throws(() => allocator.free(64), /never allocated/);
  const buffer = () => new LinearBuffer('int32', 2, allocator.alloc(8), allocator);
  const first = buffer();
  first.free();
  const second = buffer();
  assert.is(second.address, first.address);
  assert.throws(() => first.free(), /freed twice/, 'also if another buffer has its address');
  assert.is(second.values.length, 2);
});
