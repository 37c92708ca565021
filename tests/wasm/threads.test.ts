// Several threads give the bits of one thread. A dead worker is an error and never a hang.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Buffer } from '../../core/backends/backend.js';
import { type WasmOptions, wasm } from '../../core/backends/wasm/backend.js';
import { Call } from '../../core/backends/wasm/call.js';
import type { Allocator } from '../../core/backends/wasm/memory.js';
import type { Spawn } from '../../core/backends/wasm/threads/spawn.js';
import { WorkerPool } from '../../core/backends/wasm/threads/workerPool.js';
import {
  add,
  BackendError,
  concat,
  backend as currentBackend,
  matmul,
  ones,
  persist,
  randn,
  scope,
  seed,
  setBackend,
  setThreads,
  threads,
  ValueError,
  variance,
} from '../../core/index.js';
import { boundgrad, temporary } from '../cli/command.js';
import { assert, close, subject } from '../spec.js';
import { nets, run, runExamples, sameBits } from './runs.js';

const test = subject('WebAssembly: threads');

/** Splits everything that can be split, however small. */
const finest = { workers: { partCost: 0 } };

test('every operation and its gradient: the same bits with 1, 2 and 3 threads', async () => {
  const one = await runExamples(await wasm());
  for (const count of [2, 3]) {
    for (const [name, values] of await runExamples(await wasm(finest), count)) sameBits(values, one.get(name)!, name);
  }
});

/** Runs an action. Returns the names of the functions that it divided among threads. */
async function dividedBy(action: () => Promise<void>): Promise<Set<string>> {
  const { run } = WorkerPool.prototype;
  const divided = new Set<string>();
  WorkerPool.prototype.run = function (this: WorkerPool, ...call) {
    if (call[1].length > 1) divided.add(call[0]);
    return run.apply(this, call);
  };
  await action().finally(() => (WorkerPool.prototype.run = run));
  return divided;
}

test('a batch of small products is divided among the threads, with the bits of one thread', async () => {
  const products = async (threads: number) => {
    // Parts of two nanoseconds: the batch is divided, but not its products, each of which takes less than four nanoseconds.
    const backend = await setBackend(await wasm({ workers: { partCost: 2 } }));
    if (threads > 1) await setThreads(threads);
    seed(5);
    const values = scope(() => {
      const [a, b] = [randn([3, 2, 4, 3]), randn([2, 3, 5, 3])];
      return matmul(a, b.permute([1, 0, 3, 2])).dataSync();
    });
    assert.is(backend.via('matmul').split(',')[0], (await wasm()).via('matmul'));
    return values;
  };
  const one = await products(1);
  for (const threads of [2, 3]) {
    const divided = await dividedBy(async () => assert.equal(await products(threads), one));
    assert.equal([...divided], ['matmulEach']);
  }
  await setThreads(1);
});

for (const name of Object.keys(nets)) {
  test(`${name}: the same losses and parameters, bit by bit, with 1, 2 and 3 threads`, async () => {
    const one = await run(await wasm(), name);
    for (const count of [2, 3]) sameBits(await run(await wasm(finest), name, count), one);
  });
}

test('a call of more units than threads is split into parts whose number is a multiple of the threads', () => {
  const split = (threads: number, count: number) => {
    let parts: number[][] = [];
    const workers = { threads, partCost: 1, run: (_: string, given: number[][]) => (parts = given) };
    const call = new Call('sqrt', null!, { sqrt: () => {} } as never, [], [], workers as never);
    call.split('sqrt', { count, cost: 1 }, (i, n) => [i, i, n]);
    // Together the parts are all units, in order.
    let end = 0;
    for (const [from, , n] of parts) {
      assert.is(from, end);
      end += n;
    }
    assert.is(end, count);
    return parts.length;
  };
  assert.equal(
    [2, 3, 4, 5, 7, 8, 9, 100].map((count) => split(2, count)),
    [2, 2, 4, 4, 6, 8, 8, 8],
  );
  assert.equal(
    [2, 3, 4, 5, 6, 8, 11, 13].map((count) => split(3, count)),
    [2, 3, 3, 3, 6, 6, 9, 12],
  );
  // A job has room for 64 parts.
  assert.equal(
    [16, 17, 31, 32, 33, 64].map((threads) => split(threads, 1000)),
    [64, 51, 62, 64, 33, 64],
  );
});

test('via names the build, and fma chooses it; both builds give the same values up to rounding', async () => {
  const product = async (options: WasmOptions) => {
    const backend = await setBackend(await wasm(options));
    seed(4);
    const values = scope(() => matmul(randn([61, 300]), randn([300, 47])).dataSync());
    return { via: backend.via('matmul'), values };
  };
  const plain = await product({ fma: false });
  assert.is(plain.via, 'wasm simd');
  const usual = await product({});
  if (usual.via === plain.via) {
    // Node 20 has no relaxed SIMD; Bun rounds twice.
    const refusal = await wasm({ fma: true }).catch((error) => error);
    assert.match(
      refusal.message,
      /wasm: fma: this engine (has no|does not fuse: its) relaxed SIMD.*; leave the option out/,
    );
    sameBits([...usual.values], [...plain.values]);
  } else {
    assert.is(usual.via, 'wasm simd fma');
    // In a sum of 300 terms of size 1, each rounding is at most 6e-8 of about sqrt(300).
    close(usual.values, plain.values, 1e-5);
  }
  await setBackend('reference');
});

/** Replaces the one call of relaxed_madd that wasm() makes, as if the engine accepted the instruction and computed `madd`. */
async function withMadd(madd: (a: number, b: number, c: number) => number, run: () => Promise<void>): Promise<void> {
  const { validate, instantiate } = WebAssembly;
  const isProbe = (bytes: unknown) => bytes instanceof Uint8Array && bytes.length < 100;
  Object.assign(WebAssembly, {
    validate: (bytes: Uint8Array<ArrayBuffer>) => isProbe(bytes) || validate(bytes),
    instantiate: (given: any, imports: any) =>
      isProbe(given) ? { instance: { exports: { f: madd } } } : instantiate(given, imports),
  });
  try {
    await run();
  } finally {
    Object.assign(WebAssembly, { validate, instantiate });
  }
}

test('an engine that has relaxed SIMD but rounds twice gets the plain kernels, and fma: true is refused', async () => {
  await withMadd(
    (a, b, c) => Math.fround(Math.fround(a * b) + c),
    async () => {
      assert.is((await wasm()).via('matmul'), 'wasm simd');
      const refusal = await wasm({ fma: true }).catch((error) => error);
      assert.instance(refusal, BackendError);
      assert.match(refusal.message, /^wasm: fma: this engine does not fuse: its relaxed SIMD rounds twice; leave the /);
    },
  );
});

test('large products and sums give the same bits with 1, 2 and 3 threads, also with the default size of parts', async () => {
  const results: number[][] = [];
  for (const count of [1, 2, 3]) {
    await setBackend(await wasm());
    await setThreads(count);
    seed(4);
    results.push(
      scope(() => {
        const [a, b] = [randn([301, 203]), randn([203, 157])];
        return [...matmul(a, b).dataSync(), ...a.sum(1).dataSync(), ...a.mul(b.sum()).exp().dataSync()];
      }),
    );
  }
  for (const r of results) sameBits(r, results[0]);
  await setBackend('reference');
});

test('sums, means, copies and concatenations are divided among the threads, with the bits of one thread and the values of the loops', async () => {
  const values = () =>
    scope(() => {
      seed(6);
      const x = randn([331, 303]);
      const cube = x.reshape([331, 3, 101]);
      const reduced = [x.sum(), x.mean(), x.sum(0), x.mean(1), cube.sum([0, 2]), variance(x, 0), variance(x, 1)];
      const copied = [x.transpose(0, 1), cube.transpose(0, 2), cube.transpose(1, 2)].map((t) => t.reshape([-1]));
      const joined = [concat([x, randn([17, 303])], 0), concat([x, x.square()], 1)];
      return [...reduced, ...copied, ...joined].flatMap((t) => [...t.dataSync()]);
    });
  const results: number[][] = [];
  const divided = await dividedBy(async () => {
    for (const count of [1, 2, 3]) {
      await setBackend(await wasm(finest));
      await setThreads(count);
      results.push(values());
    }
  });
  await setBackend('reference');
  for (const name of ['chunkSums', 'sum', 'variance', 'copy', 'rows'])
    assert.ok(divided.has(name), `${name} ran whole`);
  for (const r of results) sameBits(r, results[0]);
  // Sums of 100,000 values in float64 differ in the last bit of a float32.
  close(results[0], values(), 1e-6);
});

test('values that a scope owns and persistent values do not change when the number of threads changes', async () => {
  await setThreads(1);
  await setBackend('wasm');
  const lasting = persist(ones([5]));
  await scope(async () => {
    const x = add(ones([2, 3]), 1);
    for (const count of [2, 1, 3, 3, 1]) {
      assert.is(await setThreads(count), count);
      assert.is(threads(), count);
      assert.equal([...add(x, 1).dataSync()], [3, 3, 3, 3, 3, 3]);
      assert.equal([...add(lasting, lasting).dataSync()], [2, 2, 2, 2, 2]);
    }
  });
  lasting.dispose();
  await setBackend('reference');
});

test('the number of threads also holds for backends that are set later; the loops always run on one', async () => {
  assert.is(await setThreads(2), 1);
  assert.is(currentBackend().note, 'the loops run on one thread; wasm has several');
  assert.is((await setBackend('wasm')).threads, 2);
  const before = currentBackend();
  await setBackend('reference');
  assert.is(before.threads, 1, 'the workers of the previous backend end');
  await setThreads(1);
  assert.is(currentBackend().note, '');
});

test('an invalid number of threads throws; the default is the number of cores, at most 4', async () => {
  for (const count of [0, -1, 1.5, 65, Number.NaN]) {
    const refusal = await setThreads(count).catch((error) => error);
    assert.instance(refusal, ValueError);
    assert.match(refusal.message, /setThreads: must be an integer from 1 to 64: /);
  }
  await setBackend('wasm');
  const count = await setThreads();
  assert.ok(count >= 1 && count <= 4, String(count));
  await setThreads(1);
  await setBackend('reference');
});

test('without shared memory one thread runs everything, and `note` gives the reason', async () => {
  const { SharedArrayBuffer } = globalThis;
  Object.assign(globalThis, { SharedArrayBuffer: undefined });
  try {
    await setBackend('wasm');
    assert.is(await setThreads(2), 1);
    assert.match(currentBackend().note!, /no SharedArrayBuffer: .* cross-origin isolated/);
    assert.equal([...add(ones([2]), 1).dataSync()], [2, 2]);
  } finally {
    Object.assign(globalThis, { SharedArrayBuffer });
  }
  assert.is(await setThreads(2), 2);
  assert.is(currentBackend().note, '');
  await setThreads(1);
  await setBackend('reference');
});

test('if a worker does not start, one thread runs everything in an unshared memory, and `note` gives the reason', async () => {
  const spawn: Spawn = () => ({ ready: Promise.reject(new Error('no room')), end: async () => {} });
  const backend = await wasm({ workers: { spawn } });
  const kept = backend.alloc('float32', 2, 'owned', true);
  kept.values.set([3, 4]);
  const { allocator } = backend as unknown as { allocator: Allocator };
  const { used } = allocator;
  await backend.setThreads!(2);
  assert.is(backend.threads, 1);
  assert.match(backend.note!, /setThreads: a worker did not start: no room; one thread runs everything/);
  assert.is(kept.values.buffer.constructor, ArrayBuffer);
  assert.equal([[...kept.values], allocator.used], [[3, 4], used]);
  await backend.setThreads!(1);
  assert.is(backend.note, '');
});

test('if the memory cannot move back to an unshared one, the next setThreads(1) tries again', async () => {
  const backend = await wasm();
  const { allocator } = backend as unknown as { allocator: Allocator };
  const isShared = () => allocator.memory.buffer.constructor === SharedArrayBuffer;
  await backend.setThreads!(2);
  allocator.moveTo = () => {
    throw new BackendError('no room');
  };
  await backend.setThreads!(1);
  assert.equal([backend.threads, backend.note, isShared()], [1, 'no room', true]);
  Reflect.deleteProperty(allocator, 'moveTo');
  await backend.setThreads!(1);
  assert.equal([backend.threads, backend.note, isShared()], [1, '', false]);
});

test('after an unexpected error of setThreads, later calls of it still work', async () => {
  const backend = await wasm();
  const { allocator } = backend as unknown as { allocator: Allocator };
  allocator.moveTo = () => {
    throw new RangeError('unexpected');
  };
  const errors = await Promise.allSettled([backend.setThreads!(2), backend.setThreads!(3)]);
  assert.equal(
    errors.map((e) => e.status === 'rejected' && e.reason.message),
    ['unexpected', 'unexpected'],
  );
  Reflect.deleteProperty(allocator, 'moveTo');
  await backend.setThreads!(2);
  assert.is(backend.threads, 2);
  await backend.setThreads!(1);
});

/** The sum of the elements of a matrix product that is split. */
function product(): number {
  return scope(() =>
    matmul(ones([64, 64]), ones([64, 64]))
      .sum()
      .itemSync(),
  );
}

test('after a worker has died, the next call throws; setThreads starts new workers', async () => {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const workers: InstanceType<typeof Worker>[] = [];
  const spawn: Spawn = (_, ended) => {
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    worker.on('exit', (code) => ended(`it ended with exit code ${code}`));
    workers.push(worker);
    return { ready: Promise.resolve(), end: () => worker.terminate() };
  };
  await setBackend(await wasm({ workers: { spawn, partCost: 0 } }));
  await setThreads(2);
  assert.is(product(), 64 ** 3, 'a worker that never takes a part costs no result');
  await workers[0].terminate();
  assert.throws(product, /matmul: a worker has died: it ended with exit code \d; setThreads\(n\) starts new ones/);
  assert.is(await setThreads(2), 2);
  assert.is(product(), 64 ** 3);
  await setThreads(1);
  await setBackend('reference');
});

test('a worker that dies while it runs a part is an error within a bounded time', async () => {
  const spawn: Spawn = ({ control, layout }) => {
    const words = new Int32Array(control, 0, layout.words);
    // The worker counts as asleep, so that the caller wakes it. Then it takes a part and never finishes it.
    Atomics.add(words, layout.sleepers, 1);
    const { notify } = Atomics;
    Atomics.notify = (array: Int32Array | BigInt64Array, index: number, count?: number) => {
      if (array.buffer === control && index === layout.job) Atomics.add(words, layout.next, 1);
      return notify(array as Int32Array, index, count);
    };
    return {
      ready: Promise.resolve(),
      end: async () => {
        Atomics.notify = notify;
      },
    };
  };
  const backend = await wasm({ workers: { spawn, partCost: 0, checks: 3 } });
  await setBackend(backend);
  await setThreads(2);
  const dead = /matmul: a worker has died: it took a part and did not finish it in 0\.3 s; setThreads/;
  assert.throws(product, dead);
  assert.throws(product, dead, 'and so does the next call');
  await setThreads(1);
  assert.is(product(), 64 ** 3);
  await setBackend('reference');
});

test('a part that fails is an error of the call, whichever thread runs it', async () => {
  const backend = await wasm(finest);
  await backend.setThreads!(3);
  const [to, from] = [1000, 1000].map((n) => backend.alloc('float32', n, 'owned', true));
  // An input whose address is at the end of the memory: reading it is out of bounds.
  const beyond = Object.create(from, { address: { value: 2 ** 32 - 2000 } });
  const view = (buffer: Buffer) => ({ buffer, shape: [1000], stride: [1], offset: 0 });
  for (let i = 0; i < 50; i++) {
    assert.throws(() => backend.run({ name: 'neg', loop() {} }, [view(to)], [view(beyond)], {}), /out of bounds/);
    backend.run({ name: 'neg', loop() {} }, [view(to)], [view(from)], {});
  }
  await backend.setThreads!(1);
});

/** Bundles and minifies a program, and returns its file. */
async function bundled(text: string): Promise<string> {
  const folder = temporary();
  writeFileSync(join(folder, 'program.ts'), text);
  const outfile = join(folder, 'program.mjs');
  await build({
    ...{ entryPoints: [join(folder, 'program.ts')], outfile, bundle: true, minify: true, format: 'esm' },
    ...{
      platform: 'node',
      target: 'es2022',
      external: ['ndarray'],
      alias: { boundgrad: `${process.cwd()}/core/index.ts` },
    },
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    logLevel: 'silent',
  });
  return outfile;
}

const threadsOfThree = `import { matmul, ones, scope, setBackend, setThreads } from 'boundgrad';
await setBackend('wasm');
const n = await setThreads(3);
console.log(n, scope(() => matmul(ones([300, 300]), ones([300, 300])).sum().itemSync()));`;

test('workers do not keep a finished program alive, even if the program is minified or eval is forbidden', async () => {
  const file = await bundled(threadsOfThree);
  for (const flags of [[], ['--disallow-code-generation-from-strings']]) {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file], { timeout: 30_000 });
    assert.is(stdout, '3 27000000\n');
  }
});

test('--threads 12 prints no warning of Node about listeners', async () => {
  const out = join(temporary(), 'run');
  const { code, stderr } = await boundgrad([
    'train',
    '--data',
    'blobs',
    '--model',
    'mlp',
    '--epochs',
    '1',
    '--threads',
    '12',
    '--out',
    out,
  ]);
  assert.equal([code, stderr], [0, '']);
});

test('if scratch memory suffices for one thread but not for all, one thread runs all parts, and the parts are the same; with less the call fails', () => {
  const make = (free: number) => {
    const ran: number[][] = [];
    const alloc = (bytes: number) => {
      if (bytes > free) throw new BackendError('full');
      return 4096;
    };
    const kernels = { conv2dWeight: (...args: number[]) => ran.push(args) };
    const workers = { threads: 3, partCost: 0, run: () => ran.push([]) };
    return { call: new Call('k', { alloc } as any, kernels as any, [], [], workers as any), ran };
  };
  const parts = [1, 2, 3].map((i) => [i, 0, 0, 0, 0, 0] as [number, number, number, number, number, number]);
  const runWith = (free: number) => {
    const { call, ran } = make(free);
    call.eachPart('conv2dWeight', parts, 1, call.scratch(100));
    return ran;
  };
  assert.equal(runWith(3 * 128), [[]]);
  assert.equal(
    runWith(3 * 128 - 1),
    parts.map((part) => [...part, 4096]),
  );
  assert.throws(() => runWith(127), /k: no scratch memory: full/);
});
