// The wide build has the bits of the build with fused multiply-add. V8 pairs vectors only in optimized code, so the test runs a
// process without the baseline compiler: otherwise a kernel would have to run thousands of times first.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fused from '../../core/backends/wasm/assembly/kernels.fma.wasm';
import wide from '../../core/backends/wasm/assembly/kernels.wide.wasm';
import { wasm } from '../../core/backends/wasm/backend.js';
import { backend, conv2d, grad, matmul, Random, randn, scope, setBackend, ValueError } from '../../core/index.js';
import { describeMaker } from '../../fit/settings.js';
import { assert, subject } from '../spec.js';
import { nets, run, runExamples } from './runs.js';

/** The argument with which this file prints the checksums of the wide build. */
const DIGESTS = 'digests';
const test = subject('WebAssembly: wide tiles');

const major = process.versions.bun ? 0 : Number.parseInt(process.versions.node, 10);
const fuses = /fma/.test((await wasm()).via('matmul'));
const workers = { partCost: 0 };
const builds = { fused: { bytes: fused, name: 'fused' }, wide: { bytes: wide, name: 'wide' } };

/** Products and convolutions with sizes around those of tiles and panels, with their gradients. */
async function products(on: Awaited<ReturnType<typeof wasm>>): Promise<number[]> {
  await setBackend(on);
  const stream = new Random(3).stream('wide');
  const drawn = (...shape: number[]) => randn(shape, { stream, requiresGrad: true });
  const out: number[] = [];
  const keep = (y: ReturnType<typeof drawn>, xs: ReturnType<typeof drawn>[]) => {
    out.push(...y.dataSync());
    for (const t of grad(y.mul(y).sum(), xs)) out.push(...t.dataSync());
  };
  for (const [m, k, n] of [
    ...[1, 7, 8, 9, 15, 16, 17, 24, 31, 40].map((n) => [13, 300, n]),
    [97, 20, 33],
    [45, 513, 23],
  ])
    scope(() => {
      const [a, b] = [drawn(m, k), drawn(k, n)];
      keep(matmul(a, b), [a, b]);
      const c = drawn(n, k);
      keep(matmul(a, c.transpose(0, 1)), [a, c]);
    });
  for (const [n, ci, co, side, size, stride] of [
    [2, 30, 5, 9, 3, 2],
    [3, 14, 17, 15, 3, 1],
    [2, 12, 40, 17, 3, 1],
    [2, 1, 6, 12, 5, 1],
    // For the packing of x, which only the wide kernels do: strides 2 and 3, rows of 5 and 8 windows, whole panels and partial ones.
    [3, 5, 16, 15, 3, 2],
    [2, 16, 13, 13, 3, 3],
    [2, 33, 12, 7, 1, 1],
    // Six images of 36 windows, which are 40 in panels of 8 and 48 in panels of 16, so a chunk of 256 has room for six or for five images.
    [6, 4, 9, 6, 3, 1],
  ])
    scope(() => {
      const [x, w] = [drawn(n, ci, side, side), drawn(co, ci, size, size)];
      keep(conv2d(x, w, null, { padding: 1, stride }), [x, w]);
    });
  await setBackend('reference');
  return out;
}

/** Checksums by name: of every operation and its gradient, of nets that train, of products. */
async function digests(kernels: typeof builds.wide, counts: number[]): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  const note = (name: string, values: number[]) => {
    out[name] = createHash('sha256').update(Float64Array.from(values)).digest('hex').slice(0, 12);
  };
  for (const count of counts) {
    for (const [name, values] of await runExamples(await wasm({ kernels, workers }), count))
      note(`${name} ${count}`, values);
    for (const name of Object.keys(nets))
      note(`${name} ${count}`, await run(await wasm({ kernels, workers }), name, count));
  }
  note('products', await products(await wasm({ kernels })));
  note('products, F(2x2, 3x3)', await products(await wasm({ kernels, winograd: 2 })));
  return out;
}

if (process.argv[2] === DIGESTS) {
  console.log(JSON.stringify(await digests(builds.wide, [1, 2, 3])));
  process.exit();
}

test('setBackend takes wide: true; via names the build that runs, buildNote says why if it is not the wide one, and checkpoints note the same maker', async () => {
  await setBackend('wasm');
  const usual = { via: backend().via('matmul'), maker: await describeMaker() };
  assert.is(backend().buildNote, '');
  await setBackend('wasm', { wide: true });
  assert.equal(await describeMaker(), usual.maker);
  if (backend().via('matmul') === usual.via) {
    const why = /^wide: (needs Node 24 or newer: this is |this engine |it is not faster here|the engine took over)/;
    assert.match(backend().buildNote!, why);
  } else {
    assert.is(backend().via('matmul'), `${usual.via} wide`);
    assert.is(backend().buildNote, '');
  }
  await setBackend('reference');
});

test('wide must be true or false, and needs fused multiply-add', async () => {
  for (const [options, message] of [
    [{ wide: 1 }, 'setBackend: wide must be true or false: 1'],
    [{ wide: true, fma: false }, 'wasm: wide needs fma; drop fma: false'],
  ] as const) {
    const refusal = await setBackend('wasm', options as object).catch((error) => error);
    assert.instance(refusal, ValueError);
    assert.is(refusal.message, message);
  }
});

if (fuses) {
  test('every operation, products of all sizes around those of tiles, and nets that train have the bits of the fused build with 1, 2 and 3 threads', async () => {
    const flags = ['--no-liftoff', ...(major >= 24 ? ['--experimental-wasm-revectorize'] : [])];
    const child = process.versions.bun ? [] : flags;
    const { stdout } = await promisify(execFile)(process.execPath, [...child, fileURLToPath(import.meta.url), DIGESTS]);
    const found = JSON.parse(stdout) as Record<string, string>;
    const expected = await digests(builds.fused, [1]);
    const names = Object.keys(found);
    assert.is(names.length, 3 * Object.keys(expected).length - 4);
    assert.equal(
      names.filter((name) => found[name] !== expected[name.replace(/ [23]$/, ' 1')]),
      [],
    );
  });
}
