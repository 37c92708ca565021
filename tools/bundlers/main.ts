// npm run bundlers: bundles examples/page with each bundler of docs/bundling.md, as that guide says, and opens the result in headless
// Chromium with the guide's headers: the page must train, predict and have threads. Prints the gzipped size of the scripts that it loads.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { type BrowserContext, chromium } from 'playwright-core';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { chromiumPath } from '../../tests/browser/program.js';

const page = resolve('examples/page');
const entry = join(page, 'main.js');

/** For each bundler: bundles examples/page into a folder. No bundler may read this repository's tsconfig.json, which resolves boundgrad
 *  to its sources. */
const bundlers: Record<string, (folder: string) => Promise<unknown>> = {
  async esbuild(outdir) {
    const options = { bundle: true, minify: true, splitting: true, format: 'esm', logLevel: 'error' } as const;
    await esbuild({ entryPoints: [entry], outdir, ...options, tsconfigRaw: {} });
    copyPage(outdir);
  },
  vite: (outDir) => vite({ root: page, logLevel: 'error', build: { outDir, emptyOutDir: true } }),
  async webpack(path) {
    const compiler = webpack({
      mode: 'production',
      entry,
      resolve: { tsconfig: false },
      output: { path, filename: 'main.js', chunkFilename: '[contenthash].js', module: true, chunkFormat: 'module' },
      experiments: { outputModule: true },
      performance: { hints: false },
    });
    await new Promise<void>((done, fail) =>
      compiler!.run((error, stats) => {
        if (error || stats?.hasErrors()) fail(error ?? new Error(stats!.toString({ all: false, errors: true })));
        else compiler!.close(() => done());
      }),
    );
    copyPage(path);
  },
  async rollup(dir) {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true }), commonjs()] });
    await bundle.write({ dir, format: 'es' });
    copyPage(dir);
  },
};

/** Copies the page, its style and its table beside the program, as Vite does by itself. */
function copyPage(folder: string): void {
  for (const file of ['index.html', 'style.css']) cpSync(join(page, file), join(folder, file));
  cpSync(join(page, 'public'), folder, { recursive: true });
}

/** The headers that docs/bundling.md shows. */
function headersOf(guide: string): Record<string, string> {
  const text = /```http\n([\s\S]*?)```/.exec(guide)![1];
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(/: (.*)/).slice(0, 2)),
  );
}

const types: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html', '.css': 'text/css' };

/** Serves a folder. `loaded`: gzipped bytes of the scripts that were requested. */
async function serve(folder: string, headers: Record<string, string>) {
  const loaded = new Map<string, number>();
  const server = createServer(({ url = '/' }, response) => {
    const path = join(folder, url === '/' ? 'index.html' : new URL(url, 'http://localhost').pathname);
    if (!existsSync(path)) return void response.writeHead(404).end();
    const bytes = readFileSync(path);
    if (extname(path) === '.js') loaded.set(path, gzipSync(bytes, { level: 9 }).length);
    response.writeHead(200, { ...headers, 'Content-Type': types[extname(path)] ?? 'text/plain' }).end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, loaded, close };
}

/** Trains and predicts in the page. Returns what it shows, or its message if there is no backend. Throws an error that the page does not
 *  catch. quiet: whether an error on the console is thrown too. */
async function use(context: BrowserContext, address: string, quiet: boolean) {
  const tab = await context.newPage();
  const complaints: string[] = [];
  if (quiet) tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await tab.goto(address);
    const textOf = async (name: string) => (await tab.locator(name).textContent()) ?? '';
    const until = async (name: string, pattern: RegExp) => {
      for (let tries = 0; ; tries++) {
        const text = await textOf(name);
        if (pattern.test(text)) return text;
        if (tries > 300 || complaints.length) throw new Error(`${name}: '${text}'\n${complaints.join('\n')}`);
        await new Promise((done) => setTimeout(done, 100));
      }
    };
    const ready = await until('#log', /./);
    if (!ready.startsWith('ready')) return { ready };
    await tab.locator('#training button').click();
    const trained = await until('#log', /other rows/);
    const answer = await until('#answer', /\d/);
    if (complaints.length) throw new Error(complaints.join('\n'));
    return { ready, trained, answer };
  } finally {
    await tab.close();
  }
}

const executablePath = chromiumPath();

const profile = mkdtempSync(join(tmpdir(), 'boundgrad-chromium-'));
const flags = ['--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: flags });
const guide = readFileSync('docs/bundling.md', 'utf8');
const headers = headersOf(guide);
const wanted = process.argv.slice(2);
let failed = 0;

/** Runs the page and prints whether it shows what it should. Returns the gzipped bytes of the scripts that it loaded. */
async function check(what: string, folder: string, of: Record<string, string>, expected: RegExp): Promise<number> {
  const { address, loaded, close } = await serve(folder, of);
  try {
    const { ready, trained = '', answer = '' } = await use(context, address, !what.includes('without'));
    const share = Number(/R2 (\d\.\d+)/.exec(trained)?.[1]);
    const works = !ready.startsWith('ready') || (share > 0.95 && /^price: \d+$/.test(answer));
    if (!expected.test(ready) || !works) throw new Error([ready, trained, answer].join('\n'));
    console.log(`  ✓ ${what}: ${[ready, trained.split('\n').pop(), answer].filter(Boolean).join('; ')}`);
  } catch (error) {
    failed++;
    console.log(`  ✗ ${what}: ${(error as Error).message}`);
  } finally {
    close();
  }
  return [...loaded.values()].reduce((a, b) => a + b, 0);
}

for (const [name, bundle] of Object.entries(bundlers)) {
  if (wanted.length && !wanted.includes(name)) continue;
  console.log(name);
  const folder = resolve('.build/bundled', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await bundle(folder);
  } catch (error) {
    failed++;
    console.log(`  ✗ bundles: ${(error as Error).message}`);
    continue;
  }
  const bytes = await check('isolated, under the policy', folder, headers, /^ready, on [2-4] threads$/);
  const policy = { 'Content-Security-Policy': headers['Content-Security-Policy'] };
  await check('not isolated', folder, policy, /^ready, on 1 threads$/);
  const without = (source: RegExp) => {
    const text = policy['Content-Security-Policy'];
    if (!source.test(text)) throw new Error(`docs/bundling.md: no ${source} in its policy`);
    return { ...headers, 'Content-Security-Policy': text.replace(source, '') };
  };
  await check('without worker-src', folder, without(/worker-src [^;]+; /), /^ready, on 1 threads$/);
  await check(
    "without 'wasm-unsafe-eval'",
    folder,
    without(/ 'wasm-unsafe-eval'/),
    /'wasm-unsafe-eval', use reference/,
  );
  console.log(`  ${(bytes / 1000).toFixed(1)} kB of scripts are loaded, gzipped`);
}
await context.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
