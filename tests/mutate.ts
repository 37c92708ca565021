// Proof that the specification bites: changes one operator, constant, sign or condition of optim/ at a time, or scales one
// vjp by 1.01, runs the suites concerned, and prints the sentence that noticed.
// usage: npm run mutate -- [--file optim/step.ts] [--sample 40] [--seed 1]
import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, transform } from 'esbuild';
import { Random } from '../core/index.js';
import { type Mutant, mutantsOf, vjpMutantsOf } from './mutants.js';
import type { Report } from './spec.js';
import { survivors } from './survivors.js';

const PROCESSES = 2;
const TIMEOUT_MS = 60_000;

/** Which suites speak of a file, the fastest first. */
const suites: [files: RegExp, names: string[]][] = [
  [/optim\/(explain|watch|recorder|inspect)\.ts/, ['explain', 'optimizer', 'optim']],
  [/optim\/(regret|theorems|books)\.ts/, ['regret', 'theorem']],
  [/optim\//, ['optimizer', 'optim', 'explain', 'laws']],
  [/core\/ops\//, ['gradcheck', 'oracle', 'autodiff']],
];

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const folder = resolve('.build', `mutate-${process.pid}`);
const tests = readdirSync('tests').filter((f) => f.endsWith('.test.ts'));
const all = await collect();
const order = new Random(Number(values.seed)).stream('mutants').permutation(all.length);
const count = values.sample ? Math.min(all.length, Number(values.sample)) : all.length;
const queue = values.sample ? [...order.subarray(0, count)].map((i) => all[i]) : [...all];
const tally = { caught: 0, excused: 0, survived: 0 };

mkdirSync(folder, { recursive: true });
try {
  await Promise.all(
    Array.from({ length: PROCESSES }, async (_, worker) => {
      for (let m = queue.shift(); m; m = queue.shift()) report(m, await judge(m, join(folder, String(worker))));
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${tally.caught} caught, ${tally.excused} excused, ${tally.survived} survived`);
process.exitCode = tally.survived ? 1 : 0;

/** The mutants of the chosen files. */
async function collect(): Promise<Mutant[]> {
  const list: Mutant[] = [];
  for (const dir of ['optim', 'core/ops']) {
    for (const f of readdirSync(dir).sort()) {
      const file = `${dir}/${f}`;
      if (!f.endsWith('.ts') || f === 'index.ts' || !file.includes(values.file)) continue;
      const { code } = await transform(readFileSync(file, 'utf8'), { loader: 'ts', target: 'es2022' });
      list.push(...(dir === 'optim' ? mutantsOf(file, code) : vjpMutantsOf(file, code)));
    }
  }
  return list;
}

/** The first sentence that fails under a mutant, or null. */
async function judge(m: Mutant, outdir: string): Promise<string | null> {
  const names = suites.find(([files]) => files.test(m.file))![1];
  const files = names.flatMap((n) => tests.filter((t) => t.startsWith(n)));
  const mutated = resolve(m.file);
  const plugin = {
    name: 'mutant',
    setup(b: any) {
      b.onLoad({ filter: /\.ts$/ }, (args: { path: string }) =>
        args.path === mutated ? { contents: m.code, loader: 'js' } : null,
      );
    },
  };
  for (const file of files) {
    await build({
      entryPoints: [join('tests', file)],
      outfile: join(outdir, 'suite.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      packages: 'external',
      loader: { '.gz': 'binary', '.wasm': 'binary' },
      logLevel: 'silent',
      plugins: [plugin],
    });
    const failed = await firstFailure(join(outdir, 'suite.mjs'));
    if (failed) return failed;
  }
  return null;
}

function firstFailure(file: string): Promise<string | null> {
  return new Promise((done) => {
    const child = fork(file, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let failed: string | null = null;
    const end = (sentence: string) => {
      failed ??= sentence;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end('(the suite did not end)'), TIMEOUT_MS);
    child.on('message', (r: Report) => {
      if (r.outcome === 'failed') end(`${r.subject}: ${r.sentence}`);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      done(failed ?? (code === 0 ? null : '(the suite does not load)'));
    });
  });
}

function report(m: Mutant, sentence: string | null): void {
  const where = `${m.file}: ${m.line.trim()}\n    ${m.what}`;
  if (sentence) {
    tally.caught++;
    return console.log(`caught    ${where}\n    by ${sentence}`);
  }
  const excuse = survivors.find((s) => s.file === m.file && m.line.includes(s.line) && m.what.startsWith(s.what));
  tally[excuse ? 'excused' : 'survived']++;
  console.log(`${excuse ? 'excused ' : 'SURVIVED'}  ${where}${excuse ? `\n    because ${excuse.because}` : ''}`);
}
