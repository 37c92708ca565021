// No result depends on memory that was never written or was freed. Here every block of memory is filled with NaN when it is
// allocated and when it is freed. A loss or weight that read such a value would be NaN, so a run has the bits of a run over clean
// memory only if it reads none.
import { reference } from '../../core/backends/reference.js';
import { type WasmOptions, wasm } from '../../core/backends/wasm/backend.js';
import { type Allocator, blockSizeOf } from '../../core/backends/wasm/memory.js';
import type { Backend } from '../../core/index.js';
import { counting } from '../core/counting.js';
import { assert, subject } from '../spec.js';
import { nets, run, runExamples, sameBits } from './runs.js';

const test = subject('Poisoned memory');

/** The byte that makes a float NaN and an integer -1. */
const POISON = 0xff;

/** The reference backend. It fills each new buffer with NaN, unless zeros are requested; counting.ts fills freed buffers. */
function poisonedReference(): Backend & { errors: string[] } {
  const counted = counting();
  return {
    ...counted,
    alloc(dtype, length, lifetime, zeroed) {
      const buffer = counted.alloc(dtype, length, lifetime, zeroed);
      if (!zeroed) new Uint8Array(buffer.values.buffer).fill(POISON);
      return buffer;
    },
  };
}

/** The wasm backend, with every block of linear memory filled with NaN when it is allocated and freed, scratch memory too. */
async function poisonedWasm(options: WasmOptions = {}): Promise<Backend> {
  const backend = await wasm(options);
  const { allocator } = backend as unknown as { allocator: Allocator };
  const sizes = new Map<number, number>();
  const fill = (at: number, size: number) => new Uint8Array(allocator.memory.buffer, at, size).fill(POISON);
  const [alloc, free] = [allocator.alloc.bind(allocator), allocator.free.bind(allocator)];
  allocator.alloc = (bytes) => {
    const at = alloc(bytes);
    sizes.set(at, blockSizeOf(bytes));
    fill(at, blockSizeOf(bytes));
    return at;
  };
  allocator.free = (at) => {
    free(at);
    fill(at, sizes.get(at)!);
  };
  // A new typed array is 0. Arrays that were not requested as zeros are poisoned too.
  const make = backend.alloc.bind(backend);
  backend.alloc = (dtype, length, lifetime, zeroed) => {
    const buffer = make(dtype, length, lifetime, zeroed);
    if (lifetime === 'collected' && !zeroed) new Uint8Array(buffer.values.buffer).fill(POISON);
    return buffer;
  };
  return backend;
}

for (const name of Object.keys(nets)) {
  test(`${name}: training on the loops gives the same bits over poisoned memory`, async () => {
    const poisoned = poisonedReference();
    sameBits(await run(poisoned, name), await run(reference, name));
    assert.equal(poisoned.errors, []);
  });

  test(`${name}: training on wasm gives the same bits over poisoned memory, and over memory used before`, async () => {
    const backend = await wasm();
    const clean = await run(backend, name);
    sameBits(await run(await poisonedWasm(), name), clean);
    sameBits(await run(backend, name), clean);
  });
}

test('every operation and its gradient on wasm gives the same bits over poisoned memory', async () => {
  const clean = await runExamples(await wasm());
  for (const [name, values] of await runExamples(await poisonedWasm())) sameBits(values, clean.get(name)!, name);
});

test('training with two threads gives the same bits over poisoned memory, scratch memory too', async () => {
  const [clean, poisoned] = [
    await wasm({ workers: { partCost: 0 } }),
    await poisonedWasm({ workers: { partCost: 0 } }),
  ];
  sameBits(await run(poisoned, 'ResNet-8', 2), await run(clean, 'ResNet-8', 2));
});
