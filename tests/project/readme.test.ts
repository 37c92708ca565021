// README's program runs as it stands, and what it names exists.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { optimizers } from '../../optim/index.js';
import { assert, subject } from '../spec.js';

const test = subject('README');
const readme = readFileSync('README.md', 'utf8');
// The loops train too, more slowly, where the fast kernels have been taken away.
const backend = existsSync('core/backends/wasm/backend.ts') ? 'wasm' : 'reference';
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((m) =>
  m[1].replace("setBackend('wasm')", `setBackend('${backend}')`),
);

test('it names every optimizer of the registry', () => {
  const words = new Set(readme.replaceAll('Schedule-Free AdamW', 'ScheduleFreeAdamW').match(/\w+/g));
  assert.equal(
    Object.values(optimizers).flatMap(({ title }) => (words.has(title) ? [] : [title])),
    [],
  );
});

test('its programs run, and the first prints a loss that falls', async () => {
  assert.ok(programs.length >= 1);
  for (const [i, program] of programs.entries()) {
    const folder = mkdtempSync(join('.build', 'readme-'));
    try {
      writeFileSync(join(folder, 'program.ts'), program);
      const outfile = join(folder, 'program.mjs');
      await build({
        entryPoints: [join(folder, 'program.ts')],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'es2022',
        external: ['ndarray'],
        loader: { '.gz': 'binary', '.wasm': 'binary' },
        logLevel: 'silent',
      });
      const lines = execFileSync(process.execPath, [outfile], { encoding: 'utf8' }).trim().split('\n');
      if (i > 0) continue;
      const mean = (values: string[]) => values.reduce((s, v) => s + Number(v), 0) / values.length;
      assert.ok(mean(lines.slice(-5)) < 0.7 * mean(lines.slice(0, 5)), `${lines[0]} .. ${lines.at(-1)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

test('every npm script and every file that it names exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map((m) => m[1]);
  assert.equal(
    named.filter((n) => !(n in scripts)),
    [],
  );
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((m) => m[1]);
  assert.equal(
    links.filter((l) => !existsSync(l)),
    [],
  );
});
