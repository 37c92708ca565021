// The bench runs, and what it prints can be read by people and by programs. Tests do not check speed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Row } from '../../bench/case.js';
import { program } from '../../bench/command.js';
import { block, compare, entry, reasons } from '../../bench/peers/ratios.js';
import { run } from '../../bench/run.js';
import { format } from '../../bench/table.js';
import { trace } from '../../bench/trace.js';
import { add, conv2d, matmul, randn, setBackend } from '../../index.js';
import { fastBackend as backend } from '../fastBackend.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Bench');
/** The bench beside the bundled test file that this process runs. */
const MAIN = join(dirname(process.argv[1]), '..', '..', 'bench', 'main.mjs');

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const given = ['--backend', backend, '--time', '20', ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...given], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Calls the bench with words that it refuses. It runs in this process, because to start another takes longer. */
async function benchHere(...words: string[]): Promise<{ status: unknown; stderr: string }> {
  const { error } = console;
  let stderr = '';
  console.error = (line) => (stderr += `${line}\n`);
  try {
    await program(() => run(['--backend', backend, '--threads', '1', '--time', '20', '--json', ...words]));
    return { status: process.exitCode, stderr };
  } finally {
    console.error = error;
    process.exitCode = undefined;
    process.stdout.removeAllListeners('error');
  }
}

test('--json prints rows and nothing else; a row of matrix products has its share of the speed of the ceiling loop', () => {
  const { status, stdout, stderr } = bench('--suite', 'matmul', '--only', '/64', '--threads', '1,2', '--json');
  assert.equal([status, stderr], [0, '']);
  const rows = JSON.parse(stdout) as Row[];
  assert.equal(
    rows.map((r) => [r.name, r.threads]),
    (backend === 'wasm' ? [1, 2] : [1]).map((threads) => ['matmul/64', threads]),
  );
  for (const row of rows) {
    assert.equal(Object.keys(row).sort(), ['ceilingShare', 'name', 'spread', 'threads', 'unit', 'value', 'via']);
    assert.is(row.unit, 'GFLOP/s');
    for (const n of [row.value, row.ceilingShare!]) assert.ok(Number.isFinite(n) && n > 0, JSON.stringify(row));
    assert.ok(Number.isFinite(row.spread) && row.spread >= 0, JSON.stringify(row));
    assert.match(row.via, backend === 'wasm' ? /^wasm simd/ : /^loop$/);
  }
});

if (existsSync('core/backends/gpu/backend.ts') && backend === 'wasm') {
  test('--backend gpu prints a row for the loops, one for wasm and one for gpu.js, and each row says what ran', async () => {
    const { status, stdout, stderr } = bench('--backend', 'gpu', '--mode', 'webasm', '--only', 'matmul/256', '--json');
    assert.equal([status, stderr], [0, '']);
    const rows = JSON.parse(stdout) as Row[];
    assert.equal(
      rows.map(({ name, via }) => [name, via.split(' ')[0]]),
      ['loop', 'wasm', 'WebAssemblyKernel'].map((via) => ['matmul/256', via]),
    );
    assert.ok(rows.every(({ value, spread }) => value > 0 && spread >= 0));
    const unknown = await benchHere('--backend', 'gpu', '--mode', 'webgl');
    assert.match(unknown.stderr, /^bench: gpu: unknown mode: webgl; one of webgpu/);
    const none = await benchHere('--backend', 'gpu', '--mode', 'webasm', '--only', 'nosuch');
    assert.match(none.stderr, /^bench: --only: no row has 'nosuch' in its name/);
  });
}

test('work that uses no backend has one row, without a share of the ceiling, for any --threads', () => {
  const { stdout } = bench('--suite', 'regret', '--only', 'adam/', '--threads', '1,2', '--json');
  const [row, ...others] = JSON.parse(stdout) as Row[];
  assert.equal(others, []);
  assert.ok(row.value > 0);
  assert.equal(row, {
    ...row,
    name: 'regret/adam/cycle',
    threads: 1,
    unit: 'M steps/s',
    via: 'loop',
    ceilingShare: null,
  });
});

test('the table has the device, a heading and a legend, within 100 columns', () => {
  const { status, stdout } = bench('--suite', 'dispatch,optim', '--only', 'd/', '--threads', '1');
  assert.is(status, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0], / cores, \d+ GiB, load .*; (Node|Bun|Deno) \d+/);
  assert.match(stdout, /^work +threads +median +spread +ceiling +ran$/m);
  assert.match(stdout, /^adabound\/step +1 +[\d.,]+ GB\/s +[\d.]+ % +(wasm simd|loop)/m);
  assert.match(stdout, /^adabound\/loop +1 +[\d.,]+ GB\/s +[\d.]+ % +loop$/m);
  assert.match(stdout, /^spread: between the quartiles/m);
  assert.equal(
    lines.filter((l) => l.length > 100),
    [],
  );
});

const refusals: [words: string[], message: RegExp][] = [
  [['--suite', 'matmul,cnov'], /--suite: unknown: 'cnov'; one of matmul, conv, .*regret/],
  [['--suite', 'regret', '--only', 'none'], /--only: no row of regret has 'none' in its name/],
  [['--backend', 'cuda'], /--backend: unknown: 'cuda'; one of wasm, reference/],
  [['--time', '0'], /--time: must be milliseconds: '0'/],
  [['--threads', '1,x'], /--threads: must be numbers of at least 1 with commas between: '1,x'/],
  [['--siute', 'conv'], /Unknown option '--siute'/],
];
for (const [words, message] of refusals) {
  test(`refuses with code 2: ${words.join(' ')}`, async () => {
    const { status, stderr } = await benchHere(...words);
    assert.is(status, 2);
    assert.match(stderr, message);
    assert.match(stderr, /^bench: [^\n]*\n$/);
  });
}

test('a refusal ends the program with code 2 and prints nothing else', () => {
  assert.equal(bench('--time', '0'), { status: 2, stdout: '', stderr: "bench: --time: must be milliseconds: '0'\n" });
});

test('a trace counts the operations of products and of convolutions with both gradients, and names the other kernels that ran', async () => {
  await setBackend(backend);
  const fast = backend === 'wasm' ? 'wasm simd' : 'loop';
  const [a, b] = [randn([5, 2, 3]), randn([5, 3, 4])];
  // 2 m n k for each of five.
  const product = await trace(() => void matmul(a, b));
  assert.equal([product.operations, product.calls, product.async], [5 * 2 * 2 * 3 * 4, 1, false]);
  assert.match(product.via, new RegExp(`^${fast}`));
  const x = randn([2, 3, 5, 4], { requiresGrad: true });
  const w = randn([6, 3, 3, 3], { requiresGrad: true });
  // y is [2, 6, 3, 2]; each of its values is 27 products and sums, and each gradient takes as many.
  const convolution = await trace(() => conv2d(x, w).sum().backward());
  assert.is(convolution.operations, 3 * 2 * (2 * 6 * 3 * 2) * 27);
  // No fast kernel adds float64.
  const double = randn([2, 2], { dtype: 'float64' });
  const mixed = await trace(async () => void [matmul(a, b), add(double, double)]);
  assert.is(mixed.async, true);
  if (backend === 'wasm') assert.match(mixed.via, /; loop: add$/);
  const nothing = await trace(() => {});
  assert.equal([nothing.via, nothing.calls, nothing.operations], ['loop', 0, 0]);
});

test('a row is one line with figures of three digits; a long name of what ran is on a second line', () => {
  const row = {
    name: 'conv3x3/64@32/forward',
    threads: 2,
    value: 43.2109,
    unit: 'GFLOP/s',
    spread: 0.0123,
    ceilingShare: 0.9,
  };
  const line = 'conv3x3/64@32/forward          2     43.2 GFLOP/s               1.2 %    90 % wasm simd';
  assert.is(format({ ...row, via: 'wasm simd' }), line);
  const via = `wasm simd; loop: ${'gather, '.repeat(5)}add`;
  assert.is(format({ ...row, via }), `${line.replace(' wasm simd', '')}\n    ${via}`);
  assert.match(format({ ...row, value: 48_765, ceilingShare: null, via: 'loop' }), / 48,800 GFLOP/);
});

test('peers: a value is the median of all samples, a ratio compares entries with the same number of threads, and failures are listed by peer', () => {
  const rate = { unit: 'GFLOP/s', work: 0.1 };
  const of = (peer: string, threads: number, samples: number[]) => entry({ work: 'w', peer, threads }, samples, rate);
  // Work of 0.1 in 1, 2 or 4 milliseconds is 100, 50 or 25 a second; the quartiles of 1, 2, 2, 2, 4 are 2 and 2.
  const entries = [of('boundgrad', 1, [2, 4, 1, 2, 2]), of('boundgrad', 2, [1, 1]), of('other', 1, [4, 1, 8, 4, 5])];
  compare(entries, 'boundgrad');
  close(
    entries.map((e) => e.value),
    [50, 100, 25],
    1e-12,
  );
  close(
    entries.map((e) => e.spread),
    [0, 0, 0.2],
    1e-12,
  );
  assert.equal(
    entries.map((e) => e.ratio),
    [null, null, 2],
  );
  const [heads, own, other] = block(entries).split('\n');
  assert.match(heads, /^w, GFLOP\/s +1 thread +2 threads$/);
  assert.match(own, /^ {2}boundgrad +50\.0 \(0 %\) +100 \(0 %\)$/);
  assert.match(other, /^ {2}other +25\.0 \(20 %\) +2\.00x$/);
  const failures = ['a', 'b', 'a'].map((work) => ({ work, peer: 'other', error: 'no such kernel' }));
  assert.equal(reasons(failures), ['other cannot do a, b: no such kernel']);
});

test('peers: versions are exact, and the lock file names no registry', () => {
  const { dependencies, overrides } = JSON.parse(readFileSync('bench/peers/package.json', 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...overrides })) {
    assert.match(`${name} ${version}`, /^\S+ (npm:\S+@)?\d+\.\d+\.\d+$/);
  }
  const lock = readFileSync('bench/peers/package-lock.json', 'utf8');
  assert.match(lock, '"integrity"');
  assert.not.match(lock, '"resolved"');
});
