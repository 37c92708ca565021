// The one script written in JavaScript: it bundles the TypeScript and runs it. `node build.mjs <command> [args]`.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
process.chdir(root);

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
  loader: { '.gz': 'binary', '.wasm': 'binary' },
};

/** Bundles entries to .build/<folder>, sharing chunks, and returns the files made from the entries. */
async function bundle(folder, entryPoints, options = {}) {
  const outdir = join('.build', folder);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    ...common,
    splitting: true,
    outExtension: { '.js': '.mjs' },
    entryPoints,
    outdir,
    outbase: '.',
    ...options,
  });
  return entryPoints.map((f) => join(outdir, f.replace(/\.ts$/, '.mjs')));
}

function run(file, args = [], options = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], { stdio: 'inherit', ...options });
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

const commands = {
  async test([pattern = '', ...rest]) {
    const files = readdirSync('tests').filter((f) => f.endsWith('.test.ts') && f.includes(pattern));
    const folder = `tests-${process.pid}`;
    try {
      await bundle(folder, ['tests/run.ts', ...files.map((f) => `tests/${f}`)]);
      return await run(`.build/${folder}/tests/run.mjs`, [String(Math.min(2, cpus().length)), pattern, ...rest]);
    } finally {
      rmSync(`.build/${folder}`, { recursive: true, force: true });
    }
  },
  /** Compiles the AssemblyScript kernels; with --verify, compares what the sources give with the committed file. */
  async kernels([flag]) {
    const kept = 'core/backends/wasm/kernels.wasm';
    const file = flag === '--verify' ? '.build/kernels.wasm' : kept;
    const { default: asc } = await import('assemblyscript/asc');
    const options = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '-O3', '--noAssert'];
    mkdirSync('.build', { recursive: true });
    const { error, stderr } = await asc.main(['core/backends/wasm/index.ts', '--outFile', file, ...options]);
    if (error) console.error(stderr.toString());
    if (error || file === kept) return error ? 1 : 0;
    if (readFileSync(file).equals(readFileSync(kept))) return 0;
    console.error(`kernels: ${kept} is not what its sources give: run \`node build.mjs kernels\` and commit it`);
    return 1;
  },
  async run([file, ...args]) {
    const [out] = await bundle(`run/${basename(file, '.ts')}`, [file]);
    return run(out, args);
  },
  /** Makes the embedded sample of Fashion-MNIST again: --dir <folder of the full set>. */
  sample(args) {
    return commands.run(['datasets/makesample.ts', ...args]);
  },
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '')) {
  console.error(`build.mjs: unknown command: ${name}; one of ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}
process.exitCode = (await commands[name](args)) ?? 0;
