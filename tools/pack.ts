// The published package in an empty folder: pack, install, import every subpath, run the command line.
// usage: node build.mjs run tools/pack.ts
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MEGABYTE = 1e6;
/** The limits of sizes in megabytes: of the package with its dependencies; of the lab; of the embedded text; and of the rest, which was 4.4
 *  before the lab. */
const [INSTALLED, LAB, TEXT, REST] = [6, 0.9, 0.3, 4.9];
/** The oldest TypeScript that README promises. */
const OLDEST_TYPESCRIPT = '5.4';
const folder = mkdtempSync(join(tmpdir(), 'boundgrad-'));
const run = (command: string, args: string[], cwd = folder) => execFileSync(command, args, { cwd, encoding: 'utf8' });

try {
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], '.'));
  const tarball: string = (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]).filename;
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball)]);

  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/boundgrad/package.json'), 'utf8'));
  const subpaths = Object.keys(manifest.exports).filter((s) => !s.endsWith('.json'));
  for (const subpath of subpaths) {
    const name = `boundgrad${subpath.slice(1)}`;
    const count = run('node', ['-e', `import('${name}').then((m) => console.log(Object.keys(m).length))`]).trim();
    console.log(`import '${name}': ${count} exports`);
  }

  const installed = join(folder, 'node_modules', 'boundgrad');
  const readme = readFileSync(join(installed, 'README.md'), 'utf8');
  if (/^!|<img/m.test(readme)) throw new Error('pack: a picture is left in the packed README');
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)/g)) {
    if (!/^https?:/.test(target) && !existsSync(join(installed, target)))
      throw new Error(`pack: README links to a file that is not packed: ${target}`);
  }

  const help = run('npx', ['boundgrad', '--help']);
  console.log(`npx boundgrad --help: ${help.split('\n')[0]}`);
  const program = `
    import { AdaBound, crossEntropy, fashionMnistSample, lenet, scope, setBackend, tensor } from 'boundgrad';
    await setBackend('wasm');
    const { train } = await fashionMnistSample();
    const { inputs, labels } = await train.batch([...Array(64).keys()]);
    const [x, y] = [tensor(inputs, { shape: [64, 1, 28, 28] }), tensor(labels)];
    const model = lenet();
    const optimizer = new AdaBound(model.namedParameters());
    const losses = [];
    for (let t = 0; t < 10; t++) scope(() => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(loss.itemSync());
    });
    if (!(losses.at(-1) < losses[0])) throw new Error('the loss did not fall: ' + losses);
    console.log('ten steps: loss ' + losses[0].toFixed(3) + ' to ' + losses.at(-1).toFixed(3));`;
  writeFileSync(join(folder, 'train.mjs'), program);
  console.log(run('node', ['train.mjs']).trim());
  const words = ['boundgrad', 'train', '--model', 'mlp', '--optim', 'adabound', '--epochs', '1', '--out', 'run'];
  console.log(run('npx', words).trim().split('\n').at(-1));

  // A sweep starts its runs as processes of the installed program.
  const space = ['--optim', 'sgdm,adam', '--lr', 'log(1e-3,0.1)', '--trials', '2', '--seeds', '2'];
  const swept = run('npx', ['boundgrad', 'sweep', '--data', 'blobs', '--epochs', '2', ...space, '--out', 'swept']);
  if (!/With 2 trials take /.test(swept)) throw new Error(`pack: boundgrad sweep has no verdict: ${swept}`);
  console.log(swept.trim().split('\n').at(-2));
  run('npx', ['boundgrad', 'lab', '--out', 'lab.html']);
  console.log(`npx boundgrad lab --out lab.html: ${(statSync(join(folder, 'lab.html')).size / 1000).toFixed(0)} kB`);

  // Each program creates tensors in one way only. `"sideEffects": false` lets a bundler drop what it takes for unused.
  const tensors = {
    boundgrad: ['tensor', 'tensor([1, 2])'],
    'boundgrad/core': ['zeros', 'zeros([2])'],
    'boundgrad/nn': ['Linear', 'new Linear(2, 1).weight'],
    'boundgrad/models': ['mlp', 'mlp({ sizes: [2, 1] }).parameters()[0]'],
    'boundgrad/datasets': [
      'blobs, DataLoader',
      '(await first(new DataLoader(blobs(), { batchSize: 1 })))[0].flatten()',
    ],
  };
  for (const [name, [names, make]] of Object.entries(tensors)) {
    const contents = `import { ${names} } from '${name}';
      async function first(list) { for await (const value of list) return value; }
      console.log(String(${make}.mul(0).add(1).dataSync()));`;
    const [outfile, stdin] = [join(folder, 'bundled.mjs'), { contents, resolveDir: folder }];
    await build({ stdin, outfile, bundle: true, minify: true, format: 'esm', platform: 'node', external: ['gpu.js'] });
    if (run('node', [outfile]).trim() !== '1,1') throw new Error(`pack: bundled by esbuild, ${make} lacks its methods`);
    console.log(`bundled by esbuild, the methods of a tensor from '${name}' run`);
  }

  const page = await build({
    stdin: { contents: /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))![1], resolveDir: folder },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    external: ['ndarray'],
    write: false,
    metafile: true,
  });
  // The images, the text and the kernels are chunks of their own.
  const chunks = Object.entries(page.metafile.outputs).filter(([, { entryPoint, inputs }]) => {
    return (
      entryPoint === '<stdin>' || Object.keys(inputs).every((name) => !/fashion|mobydick|kernels|backend-/.test(name))
    );
  });
  const code = chunks.map(([name]) => page.outputFiles.find(({ path }) => path.endsWith(basename(name)))!.contents);
  const bytes = code.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  console.log(`README's program for a page, bundled from the package: ${(bytes / 1000).toFixed(1)} kB gzipped`);
  // Measured: 35.5 kB; 36.1 in version 0.1.0. A bundler keeps whatever may have a side effect, such as a spread in the defaults of an
  // optimizer, or a namespace such as `init`. In 0.1.0 these took 0.9 kB.
  if (bytes > 35_800) throw new Error(`pack: README’s program for a page is over 35.8 kB: ${bytes} bytes`);
  const unused = /"(Adam|SGDM|Lion|LAMB|Adan|Muon|Prodigy|ScheduleFreeAdamW)"|xavier|resnet20|einsum/;
  for (const text of code) {
    const [found] = unused.exec(new TextDecoder().decode(text)) ?? [];
    if (found) throw new Error(`pack: README's program for a page holds what it does not use: ${found}`);
  }

  const everything = subpaths.map((subpath, i) => `import * as part${i} from 'boundgrad${subpath.slice(1)}';\n`);
  writeFileSync(
    join(folder, 'strict.ts'),
    `${everything.join('')}
    import { AdaBound, scope, tensor, type Tensor } from 'boundgrad';
    const x: Tensor = tensor([1, 2], { requiresGrad: true });
    scope(() => x.square().sum().backward());
    new AdaBound([['x', x]], { finalLr: 0.1 }).step();
    export const everything = [${subpaths.map((_, i) => `part${i}`)}];`,
  );
  // An AbortSignal, with the types of a page or of Node, must be accepted as the option `signal`.
  writeFileSync(
    join(folder, 'signal.ts'),
    `import { type FitOptions, type Signal } from 'boundgrad';
    import { type FetchOptions } from 'boundgrad/node';
    const { signal } = new AbortController();
    export const options: Pick<FitOptions, 'signal'> & Pick<FetchOptions, 'signal'> = { signal };
    export const back: AbortSignal = signal satisfies Signal as Signal;`,
  );
  const compilers = join(folder, 'compilers');
  const tools = [`typescript@${OLDEST_TYPESCRIPT}`, '@types/node@20'];
  run('npm', ['install', '--no-audit', '--no-fund', '--prefix', compilers, ...tools]);
  const [oldest, typeRoots] = [join(compilers, 'node_modules/typescript'), [join(compilers, 'node_modules/@types')]];
  const projects = [
    { where: 'without a page and without Node', lib: ['es2022'], types: [], files: ['strict.ts'] },
    { where: 'in a page', lib: ['es2022', 'dom'], types: [], files: ['strict.ts', 'signal.ts'] },
    { where: 'in Node', lib: ['es2022'], types: ['node'], typeRoots, files: ['strict.ts', 'signal.ts'] },
  ];
  for (const { where, files, ...options } of projects) {
    const base = { noEmit: true, strict: true, target: 'es2022', module: 'nodenext', skipLibCheck: false };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...base, ...options }, files }));
    for (const [version, compiler] of [
      ['the TypeScript of the project', resolve('node_modules/typescript')],
      [`TypeScript ${OLDEST_TYPESCRIPT}`, oldest],
    ]) {
      try {
        run('node', [join(compiler, 'bin/tsc'), '-p', folder]);
      } catch (error) {
        throw new Error(`pack: the types fail ${where}, in ${version}:\n${(error as { stdout: string }).stdout}`);
      }
      console.log(`the types pass with strict, without skipLibCheck, ${where}, in ${version}`);
    }
  }
  rmSync(compilers, { recursive: true });

  const size = sizeOf(join(folder, 'node_modules'));
  const dist = join(folder, 'node_modules/boundgrad/dist');
  // The lab is its page and its command, which runs a state of the page in Node. They and the embedded text are chunks of their own.
  const [labPage, labCommand, text] = ['labPage-', 'lab-', 'mobydick-'].map((begin) => {
    const found = readdirSync(join(dist, 'chunks')).filter((name) => name.startsWith(begin));
    if (found.length !== 1) throw new Error(`pack: one chunk should begin with ${begin}: ${found}`);
    return sizeOf(join(dist, 'chunks', found[0]));
  });
  const lab = labPage + labCommand;
  const rest = sizeOf(dist) - lab - text;
  console.log(
    `installed: ${(size / MEGABYTE).toFixed(2)} MB, packed ${(statSync(join(folder, tarball)).size / MEGABYTE).toFixed(2)} MB`,
  );
  for (const [what, bytes, limit] of [
    ['the installed package', size, INSTALLED],
    ['the lab', lab, LAB],
    ['the embedded text', text, TEXT],
    ['dist without them', rest, REST],
  ] as const) {
    console.log(`${what}: ${(bytes / MEGABYTE).toFixed(2)} MB of at most ${limit}`);
    if (bytes > limit * MEGABYTE) throw new Error(`pack: ${what} is over ${limit} MB: ${bytes} bytes`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Bytes in the files below a folder. */
function sizeOf(path: string): number {
  return Number(run('du', ['-sb', path]).split('\t')[0]);
}
