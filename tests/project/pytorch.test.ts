// docs/from-pytorch.md: the names in it exist, and its programs run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as boundgrad from '../../index.js';
import { assert, subject } from '../spec.js';

const test = subject('The guide for PyTorch users');
const page = readFileSync('docs/from-pytorch.md', 'utf8');
const rows = [...page.matchAll(/^\| (?!looked for|---)(.*?) \| (.*?) ?\| (.*?) ?\|$/gm)];

/** Instances whose members are looked up. */
const instances: Record<string, object> = {
  Tensor: boundgrad.tensor([1]),
  Module: new boundgrad.Linear(1, 1),
  Optimizer: new boundgrad.Adam([boundgrad.tensor([1], { requiresGrad: true })]),
};

test('the table has at least 60 rows', () => assert.ok(rows.length >= 60, `${rows.length}`));

test('every name in the second column of the table is an export or a public member', () => {
  const names = rows.flatMap(([, , cell]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const missing = names.filter((name) => {
    const [owner, member] = name.split('.');
    return member ? !(member in (instances[owner] ?? {})) : !Object.hasOwn(boundgrad, name);
  });
  assert.equal(missing, []);
});

const programs = [...page.matchAll(/^### (.+)\n```ts\n([\s\S]*?)```/gm)];

test('the programs of the guide run and print what their comments say', async () => {
  assert.is(programs.length, 6);
  const folder = join('.build', `pytorch-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const entryPoints = programs.map(([, , program], i) => {
      const file = join(folder, `${i}.ts`);
      writeFileSync(file, program);
      return file;
    });
    const options = { bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'es2022' } as const;
    const loader = { '.gz': 'binary', '.wasm': 'binary' } as const;
    const external = ['ndarray', ...(existsSync('core/backends/wasm') ? [] : ['./wasm/backend.js'])];
    const outExtension = { '.js': '.mjs' };
    await build({ ...options, entryPoints, outdir: folder, outExtension, external, loader, logLevel: 'silent' });
    const all = `for (const i of [${programs.map((_, i) => i)}]) { console.log('program ' + i); await import('./' + i + '.mjs'); }`;
    writeFileSync(join(folder, 'all.mjs'), all);
    const printed = execFileSync(process.execPath, [join(folder, 'all.mjs')], { encoding: 'utf8' });
    const promised = programs.map(([, , program], i) => {
      const lines = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => `${text}\n`);
      return `program ${i}\n${lines.join('')}`;
    });
    assert.is(printed, promised.join(''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
