// Failures of gpu.js and the errors that report them. gpu.js itself is used or wrapped, never imitated.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { type GpuBackend, type GpuOptions, gpu } from '../../core/backends/gpu/backend.js';
import { choose } from '../../core/backends/gpu/gpujs/mode.js';
import { reference } from '../../core/backends/reference.js';
import {
  type Backend,
  BackendError,
  conv2dWeight,
  keep,
  ones,
  relu,
  scope,
  tensor,
  ValueError,
} from '../../core/index.js';
import { onBackend } from '../onBackend.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('gpu.js when it fails');

/** The running workers of gpu.js. */
const workers = new Set<Worker>();
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (...args: Parameters<typeof post>) {
  if (!workers.has(this)) this.once('exit', () => workers.delete(this));
  workers.add(this);
  return post.apply(this, args);
};

/** gpu.js with a function applied to each kernel that it creates. */
function wrapped(change: (run: any) => any, settings: object = {}): () => Promise<unknown> {
  return async () => {
    const library: any = (await import('gpu.js')).default;
    const Changed = class extends library.GPU {
      constructor(given: object) {
        super({ ...given, ...settings });
      }
      createKernel(...args: any[]) {
        return change(super.createKernel(...args));
      }
    };
    return { ...library, GPU: Changed };
  };
}

/** gpu.js with a function around each call of a kernel, which may skip the call. */
function calls(answer: (call: () => unknown) => unknown): () => Promise<unknown> {
  return wrapped((run) => new Proxy(run, { apply: (_, self, args) => answer(() => Reflect.apply(run, self, args)) }));
}

/** Runs a function on a new webasm backend, on which no product or convolution is too small for gpu.js, and disposes of the backend. */
async function using<T>(options: GpuOptions, body: (backend: GpuBackend) => T | Promise<T>): Promise<T> {
  const backend = await gpu({ mode: 'webasm', smallest: 0, cpu: reference, ...options });
  try {
    return await onBackend(backend, () => body(backend));
  } finally {
    await backend.dispose();
  }
}

const refused = (promise: Promise<unknown>, message: RegExp, kind: typeof BackendError = BackendError) =>
  rejects(promise, message, kind);

test('without gpu.js boundgrad loads and computes, and the error of gpu() names the command that installs it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-alone-'));
  try {
    const program = `
      import { tensor } from ${JSON.stringify(join(process.cwd(), 'index.ts'))};
      import { gpu } from ${JSON.stringify(join(process.cwd(), 'core/backends/gpu/backend.ts'))};
      console.log(tensor([1, 2]).sum().itemSync());
      await gpu().catch((e) => console.log(e.name, e.message));`;
    writeFileSync(join(folder, 'program.ts'), program);
    await build({
      entryPoints: [join(folder, 'program.ts')],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      external: ['gpu.js', 'ndarray'],
      loader: { '.gz': 'binary', '.wasm': 'binary' },
      logLevel: 'silent',
      outExtension: { '.js': '.mjs' },
      outdir: folder,
    });
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8' });
    assert.match(
      stdout,
      /^3\nBackendError gpu: gpu\.js did not load: Cannot find package 'gpu\.js'.*; npm install gpu\.js@\^2/,
    );
    assert.is(stderr, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the requested mode is used, or the error gives the reason', async () => {
  await refused(gpu({ mode: 'cpu' as any }), /gpu: unknown mode: cpu; one of webgpu, webgl2, headlessgl, webasm/);
  await refused(gpu({ mode: 'webgl2' }), /gpu: mode webgl2 does not run here: not supported; use another mode or wasm/);
  await refused(
    gpu({ mode: 'webgpu' }),
    /gpu: mode webgpu does not run here: no navigator\.gpu; use another mode or wasm/,
  );
  await refused(
    gpu({ mode: 'webgpu', async: false }),
    /mode webgpu does not run here: it cannot be read synchronously; use another mode or wasm/,
  );
  const backend = await gpu({ async: false });
  assert.match(backend.note!, /^webgpu: .*; webgl2: not supported;/, 'each mode that was not chosen has a reason');
  await backend.dispose();
});

test('if an adapter is refused, the error gives the reason', async () => {
  const given = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const lost = { requestAdapter: () => Promise.reject(new Error('the GPU process crashed')) };
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { gpu: lost } });
  try {
    await refused(choose({} as never, 'webgpu'), /does not run here: no adapter: the GPU process crashed; use/);
  } finally {
    if (given) Object.defineProperty(globalThis, 'navigator', given);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
});

test('invalid options throw', async () => {
  await refused(gpu({ smallest: -1 }), /gpu: smallest must be a number of at least 0: -1/, ValueError);
  await refused(gpu({ patience: Number.NaN }), /gpu: patience must be a number of at least 0: NaN/, ValueError);
  const { readSync: _, ...later } = reference;
  await refused(gpu({ cpu: later }), /gpu: cpu: must have readSync: reference/);
});

test('unknown options, and options with a wrong type, are refused before gpu.js is loaded', async () => {
  const load = () => assert.unreachable('gpu.js is loaded');
  for (const [options, message] of [
    [{ Mode: 'webasm' }, /gpu: unknown option: Mode; it has mode, /],
    [{ async: 'no' }, /gpu: async must be true or false/],
    [{ cpu: 'wasm' }, /gpu: cpu must be a Backend/],
    [{ kernels: '9' }, /gpu: kernels must be a number of at least 0: string/],
  ] as const) {
    await refused(gpu({ ...options, load } as never), message, ValueError);
  }
  for (const bad of [null, true, 3, 'webasm', [], new Map(), { load: 3 }])
    assert.match(String(await gpu(bad as never).catch((e) => e)), /^ValueError: gpu: /);
});

test('a kernel of another class than the mode’s is an error, and so are results that are all zero', async () => {
  const cpu = wrapped((run) => run, { mode: 'cpu' });
  for (const async of [false, true]) {
    await refused(
      gpu({ mode: 'webasm', async, load: cpu }),
      /mode webasm does not work here: gpu\.js ran CPUKernel instead of WebAss/,
    );
    const zeros = calls(() => new Float32Array(2 ** 16));
    await refused(gpu({ mode: 'webasm', async, load: zeros }), /does not work here: it computes 0 instead of \d+/);
    const nothing = calls(() => []);
    await refused(gpu({ mode: 'webasm', async, load: nothing }), /gpu\.js returned something other than 16384 values/);
  }
});

test('a fallback inside gpu.js is an error with its reason', async () => {
  let tampered = false;
  const load = wrapped((run) => {
    if (tampered) run.kernel.fallbackReason = 'it felt like it';
    return run;
  });
  await using({ load, async: false }, () => {
    tampered = true;
    const message =
      /matmul: gpu\.js failed in mode webasm: gpu\.js ran WebAssemblyKernel instead of WebAssemblyKernel: it felt like it/;
    assert.throws(() => ones([2, 3]).matmul(ones([3, 2])), message);
  });
});

test('synchronous: a failed call throws at once, with operation, mode and shapes, and the next may succeed', async () => {
  let broken = false;
  const load = calls((call) => {
    if (broken) throw new Error('the device is on fire');
    return call();
  });
  await using({ load, async: false }, () => {
    broken = true;
    const message =
      /^matmul: gpu\.js failed in mode webasm: the device is on fire: \(2,3\) and \(3,2\); use wasm, or create the backend again$/;
    assert.throws(() => ones([2, 3]).matmul(ones([3, 2])), message);
    broken = false;
    assert.equal(
      [
        ...ones([2, 3])
          .matmul(ones([3, 2]))
          .dataSync(),
      ],
      [3, 3, 3, 3],
    );
  });
});

test('asynchronous: a failed call rejects the next read of any value, and every read of its results', async () => {
  for (const fail of [
    () => Promise.reject(new Error('the device is on fire')),
    () => {
      throw new Error('the device is on fire');
    },
  ]) {
    let broken = false;
    await using({ load: calls((call) => (broken ? fail() : call())) }, async () => {
      const before = ones([2, 2]).matmul(ones([2, 2]));
      await before.data();
      broken = true;
      const lost = ones([2, 3]).matmul(ones([3, 2]));
      const result = relu(lost.add(1));
      const message = /^matmul: gpu\.js failed in mode webasm: the device is on fire: \(2,3\) and \(3,2\); /;
      await refused(before.data(), message);
      broken = false;
      assert.equal([...(await before.data())], [2, 2, 2, 2], 'other values can be read after one rejection');
      await refused(result.data(), message);
      await refused(result.data(), message);
      assert.equal(
        [
          ...(await ones([2, 1])
            .matmul(ones([1, 2]))
            .data()),
        ],
        [1, 1, 1, 1],
      );
    });
  }
});

test('asynchronous: a read that rejects with the error of its own call leaves an earlier error for the next read', async () => {
  let [reason, failed] = ['', 0];
  const fail = calls((call) => {
    if (!reason) return call();
    failed++;
    return Promise.reject(new Error(reason));
  });
  await using({ load: fail }, async () => {
    const other = ones([2, 2]);
    const product = async (why: string) => {
      reason = why;
      const before = failed;
      const lost = ones([2, 3]).matmul(ones([3, 2]));
      while (failed === before) await new Promise((resolve) => setTimeout(resolve));
      return lost;
    };
    await product('first');
    const second = await product('second');
    reason = '';
    await refused(second.data(), /: second: /);
    await refused(other.data(), /: first: /);
    assert.equal([...(await other.data())], [1, 1, 1, 1]);
  });
});

test('a call that does not end fails, and so do later ones', async () => {
  let stuck = false;
  const load = calls((call) => (stuck ? new Promise(() => {}) : call()));
  await using({ load, patience: 2 }, async () => {
    stuck = true;
    const product = ones([2, 3]).matmul(ones([3, 2]));
    const start = performance.now();
    await refused(product.data(), /matmul: gpu\.js failed in mode webasm: a call did not end in 2\.0 s: /);
    assert.ok(performance.now() - start < 10_000);
    stuck = false;
    await refused(
      ones([2, 3])
        .matmul(ones([3, 2]))
        .data(),
      /a call did not end in 2\.0 s/,
    );
    assert.equal([...(await ones([2]).add(1).data())], [2, 2], 'the CPU still works');
  });
});

const large = () => ones([300, 20]).matmul(ones([20, 65]));

test('a worker that dies in a call is an error, and the next call has a new one', async () => {
  await using({ cpu: undefined }, async () => {
    assert.is((await large().data())[0], 20);
    const calls = Array.from({ length: 50 }, () => large());
    const reads = calls.map((y) => y.data().then(String, (e) => e.message));
    // Not awaited: while terminate() is pending, idle workers do not keep the program alive, and it would end.
    for (const worker of [...workers]) void worker.terminate();
    const found = await Promise.all(reads);
    const errors = found.filter((message) => /matmul: gpu\.js failed in mode webasm: .*worker/i.test(message));
    assert.ok(errors.length >= 1, `${found[0]}`);
    assert.is((await large().data())[0], 20);
  });
});

test('300 calls of 60 shapes keep few kernels, few workers, and memory within 100 MB', async () => {
  await using({ kernels: 8 }, async (backend) => {
    const engine = (backend as unknown as { engine: { size: number } }).engine;
    let after: number | undefined;
    for (let i = 0; i < 300; i++) {
      const shape = Math.floor(i / 5);
      await scope(async () => {
        const y = ones([300, 3]).matmul(ones([3, 65 + shape]));
        assert.is((await y.data()).at(-1), 3);
      });
      if (i === 60) after = process.memoryUsage().rss;
      assert.ok(engine.size <= 8, `${engine.size} kernels`);
    }
    assert.ok(workers.size <= 4, `${workers.size} workers`);
    // 100 MB: 8 kernels, and freed memory not yet collected. Without a limit, 60 kernels with their own workers take 600 MB.
    const grown = (process.memoryUsage().rss - after!) / 1e6;
    assert.ok(grown < 100, `${grown.toFixed(0)} MB more`);
  });
  for (let i = 0; i < 100 && workers.size; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.is(workers.size, 0, 'dispose ends the workers');
});

test('a program that never awaits a result gets an error before it runs out of memory', async () => {
  await using({}, async (backend) => {
    const x = ones([2, 2]);
    const loop = () =>
      scope(() => {
        x.matmul(x);
        // Calls without work, which wait for the product.
        for (let i = 0; i < 2 ** 18 - 10; i++) backend.run({ name: 'nothing', loop() {} }, [], [], {});
        for (let i = 0; i < 10; i++) x.matmul(x).dispose();
      });
    assert.throws(
      loop,
      /gpu: 262144 calls wait: nothing was awaited since the first of them; await a read, such as loss\.item/,
    );
  });
});

test('a read gives the values at the time of the call, also those of an adopted array', async () => {
  await using({}, async () => {
    const t = tensor([1, 2]);
    large();
    const first = t.data();
    const lent = Float64Array.of(5, 6);
    t.assign(lent);
    lent.fill(0);
    const second = t.data();
    t.assign(9);
    assert.equal([...(await first)], [1, 2]);
    assert.equal([...(await second)], [5, 6]);
    const kept = scope(() => keep(t.add(1)));
    assert.equal([...(await kept.data())], [10, 10]);
  });
});

test('the CPU runs small calls, and via() names it', async () => {
  const backend = await gpu({ mode: 'webasm', async: false, cpu: reference });
  await onBackend(backend, () => {
    assert.is(backend.via('matmul'), 'WebAssemblyKernel', 'before the first call: what can run it');
    ones([16, 16]).matmul(ones([16, 16]));
    assert.is(backend.via('matmul'), 'loop');
    ones([64, 64]).matmul(ones([64, 64]));
    assert.is(backend.via('matmul'), 'WebAssemblyKernel');
    assert.is(backend.via('add'), 'loop');
  });
  await backend.dispose();
});

test('if an index is not exact in a float32, the CPU computes', async () => {
  await using({ async: false }, (backend) => {
    const [row, column] = [ones([1, 2 ** 24]), ones([2 ** 24, 1])];
    assert.is(row.matmul(column).itemSync(), 2 ** 24);
    assert.is(backend.via('matmul'), 'loop');
    const wide = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, kernelSize: [1, 1] } as const;
    const image = ones([1, 1, 4100, 4100]);
    assert.is(conv2dWeight(image, image, wide).itemSync(), 4100 ** 2);
    assert.is(backend.via('conv2dWeight'), 'loop');
  });
});

test('after dispose() calls fail on the device, values can still be read, and a second dispose() does nothing', async () => {
  for (const async of [false, true]) {
    const backend = await gpu({ mode: 'webasm', async, smallest: 0, cpu: reference });
    await onBackend(backend, async () => {
      const y = ones([2, 2]).matmul(ones([2, 2]));
      await backend.dispose();
      await backend.dispose();
      assert.equal([...(await y.data())], [2, 2, 2, 2]);
      const again = async () =>
        ones([2, 2])
          .matmul(ones([2, 2]))
          .data();
      await refused(again(), /matmul: gpu\.js failed in mode webasm: the backend was disposed/);
    });
  }
});

test('results as one array for each thread are accepted too, because a later gpu.js may return them', async () => {
  const load = wrapped((run) => {
    const shape = run.kernel._shapeOutput;
    Object.defineProperty(run.kernel, '_shapeOutput', { get: () => shape, set() {} });
    return run;
  });
  for (const async of [false, true]) {
    await using({ load, async }, async () => assert.ok((await large().data()).every((v) => v === 20)));
  }
});

test('threads and setThreads() are those of the CPU’s backend', async () => {
  const told: number[] = [];
  const cpu: Backend = { ...reference, threads: 3, setThreads: async (count) => void told.push(count) };
  const backend = await gpu({ mode: 'webasm', cpu });
  assert.is(backend.threads, 3);
  await backend.setThreads!(2);
  assert.equal(told, [2]);
  await backend.dispose();
});
