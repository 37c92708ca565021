// The ceiling: how many multiplications and additions a second this engine computes in registers.
//
//   s_i <- s_i a + s_i,   i < n;   a = -2, so that s_i keeps its size
//
// s_i is a vector of 128 bits; for the wide build two of them, which the engine fuses into one of 256 bits if both are stored side by side.
//
// More s_i hide more of the latency, until the engine runs out of registers. On a Zen 5 with Node 20, n = 8 gives 79 % of the
// speed of n = 13, n = 10 gives 95 %, and n = 14 gives half, because values are spilled to memory. So the best of several n
// is taken. Several threads are measured together, because they may share a core. The loop is compiled from AssemblyScript when it
// is first needed.
import { Worker } from 'node:worker_threads';

const COUNTS = [8, 10, 12, 13, 16, 20];
const MULTIPLIER = -2;
/** Rounds of one run, which takes some milliseconds. */
const ROUNDS = 1e6;

/** The address that a loop loads the s_i from and stores them to. It is a parameter, because with a constant address the engine does
 *  not pair vectors. */
const ADDRESS = 64;

type Loop = (rounds: number, a: number, at: number) => number;

/** The source of the loop for n values s_i. `vectors`: how many vectors each s_i has. `step`: the expression that updates a vector. */
function source(n: number, vectors: number, step: (s: string) => string): string {
  const each = (line: (s: string, i: number) => string) =>
    Array.from({ length: n * vectors }, (_, i) => line(`s${i}`, i)).join('\n');
  return `export function loop${n}(rounds: i32, x: f32, at: usize): f32 {
    const a = f32x4.splat(x);
    for (let i: usize = 0; i < ${16 * n * vectors}; i += 4) store<f32>(at + i, <f32>i);
    ${each((s, i) => `let ${s} = v128.load(at, ${16 * i});`)}
    for (let i = 0; i < rounds; i++) { ${each((s) => `${s} = ${step(s)};`)} }
    ${each((s, i) => `v128.store(at, ${s}, ${16 * i});`)}
    return load<f32>(at);
  }`;
}

const PLAIN = (s: string) => `f32x4.add(f32x4.mul(${s}, a), ${s})`;
const FUSED = (s: string) => `f32x4.relaxed_madd(${s}, a, ${s})`;

async function compile(vectors: number, step: (s: string) => string): Promise<Uint8Array<ArrayBuffer>> {
  const { default: asc } = await import('assemblyscript/asc');
  const text = COUNTS.map((n) => source(n, vectors, step)).join('\n');
  let bytes = new Uint8Array();
  const options = [
    'ceiling.ts',
    '--outFile',
    'ceiling.wasm',
    '--runtime',
    'stub',
    '-O3',
    '--noAssert',
    '--initialMemory',
    '1',
  ];
  const { error, stderr } = await asc.main([...options, '--enable', 'simd', '--enable', 'relaxed-simd'], {
    readFile: (name) => (name === 'ceiling.ts' ? text : null),
    writeFile: (_, contents) => {
      bytes = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`bench: the ceiling loop does not compile: ${stderr.toString()}`);
  return bytes;
}

/** A worker: it runs the loop at its start and whenever control[0] changes, and adds 1 to control[1] after each run. */
const program = `
const { module, control, name, rounds, a, at } = require('node:worker_threads').workerData;
const loop = new WebAssembly.Instance(module).exports[name];
for (let seen = 0; ; seen = Atomics.load(control, 0)) {
  loop(rounds, a, at);
  Atomics.add(control, 1, 1);
  Atomics.notify(control, 1);
  Atomics.wait(control, 0, seen);
}`;

/** Workers that run the loop beside the caller. */
class Helpers {
  readonly #control = new Int32Array(new SharedArrayBuffer(8));
  readonly #workers: Worker[];

  constructor(count: number, module: WebAssembly.Module, name: string) {
    const workerData = { module, control: this.#control, name, rounds: ROUNDS, a: MULTIPLIER, at: ADDRESS };
    this.#workers = Array.from({ length: count }, () => new Worker(program, { eval: true, workerData, execArgv: [] }));
    for (const w of this.#workers) w.unref();
    this.finish();
  }

  start(): void {
    Atomics.store(this.#control, 1, 0);
    Atomics.add(this.#control, 0, 1);
    Atomics.notify(this.#control, 0);
  }

  /** Waits until all are done. */
  finish(): void {
    for (let done = 0; (done = Atomics.load(this.#control, 1)) < this.#workers.length; ) {
      if (Atomics.wait(this.#control, 1, done, 10_000) !== 'timed-out') continue;
      throw new Error('bench: a thread of the ceiling loop does not answer');
    }
  }
}

/** The loop, ready to be measured. */
export class Ceiling {
  /** The best so far for each number of threads, in operations a second. */
  readonly best = new Map<number, number>();
  readonly #helpers = new Map<number, Helpers>();

  private constructor(
    readonly module: WebAssembly.Module,
    /** n: the number of s_i. */
    readonly count: number,
    readonly loop: Loop,
    /** Operations of a round. */
    readonly operations: number,
  ) {}

  /** Compiles the loop for the build that `via` names, and chooses the count. */
  static async load(via: string): Promise<Ceiling> {
    const vectors = via.includes('wide') ? 2 : 1;
    const module = await WebAssembly.compile(await compile(vectors, via.includes('fma') ? FUSED : PLAIN));
    const { exports } = await WebAssembly.instantiate(module);
    const candidates = COUNTS.map((n) => new Ceiling(module, n, exports[`loop${n}`] as Loop, 8 * vectors * n));
    // In turn, so that a disturbance affects all of them. During the first rounds the engine compiles the loops to fast code.
    for (let round = 0; round < 5; round++) for (const c of candidates) c.measure(1);
    return candidates.reduce((a, b) => (a.best.get(1)! >= b.best.get(1)! ? a : b));
  }

  /** Measures once more, on this number of threads at the same time. The first call with a number of threads measures 20 times, because
   *  other programs may disturb it. */
  measure(threads: number): void {
    const known = this.#helpers.get(threads);
    const helpers = known ?? new Helpers(threads - 1, this.module, `loop${this.count}`);
    this.#helpers.set(threads, helpers);
    for (let i = 0; i < (known ? 1 : 20); i++) {
      const start = performance.now();
      helpers.start();
      this.loop(ROUNDS, MULTIPLIER, ADDRESS);
      helpers.finish();
      const figure = (threads * this.operations * ROUNDS * 1000) / (performance.now() - start);
      this.best.set(threads, Math.max(this.best.get(threads) ?? 0, figure));
    }
  }
}
