// docs/exercises.md: each program runs, and prints what the page says it prints.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterFile, assert, subject } from '../spec.js';

const test = subject('The exercises');
const page = readFileSync('docs/exercises.md', 'utf8');
const exercises = page.split(/^## /m).slice(1);
const block = (text: string, language: string) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, l]) => l === language).map(([, , body]) => body);

// Inside the tree, so that `boundgrad` resolves as tsconfig.json says, and packages are found.
const folder = join('.build', `exercises-${process.pid}`);

/** The text that a program prints. */
async function output(name: string, program: string): Promise<string> {
  const [source, bundle] = [join(folder, `${name}.ts`), join(folder, `${name}.mjs`)];
  mkdirSync(folder, { recursive: true });
  writeFileSync(source, program);
  await build({
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    logLevel: 'warning',
  });
  const { stdout } = await promisify(execFile)(process.execPath, [bundle]);
  return stdout;
}

afterFile(() => rmSync(folder, { recursive: true, force: true }));

test('there are six exercises, and each has one program, one answer, and an explanation after it', () => {
  assert.is(exercises.length, 6);
  for (const text of exercises) {
    const [title] = text.split('\n');
    assert.equal([block(text, 'ts').length, block(text, 'text').length], [1, 1], title);
    assert.ok(block(text, 'text')[0].trim().length > 0 && text.split('```').at(-1)!.trim().length > 100, title);
  }
});

test('the programs import the public API and nothing else', () => {
  for (const program of block(page, 'ts')) {
    const imports = [...program.matchAll(/from '(.+)'|import\('(.+)'\)/g)].map(([, a, b]) => a ?? b);
    assert.equal(imports, ['boundgrad']);
  }
});

for (const text of exercises) {
  const [title] = text.split('\n');
  test(`${title}: the program prints the answer`, async () => {
    assert.fixture(await output(title[0], block(text, 'ts')[0]), block(text, 'text')[0]);
  });
}
