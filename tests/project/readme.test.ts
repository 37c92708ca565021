// README's program in TypeScript runs, README names every optimizer, and every script and file that it names exists.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { optimizers } from '../../optim/index.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';

const test = subject('README');
const readme = readFileSync('README.md', 'utf8');
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((m) =>
  m[1].replace("setBackend('wasm')", `setBackend('${fastBackend}')`),
);

test('README names every optimizer of the registry', () => {
  const words = new Set(readme.replaceAll('Schedule-Free AdamW', 'ScheduleFreeAdamW').match(/\w+/g));
  assert.equal(
    Object.values(optimizers).flatMap(({ title }) => (words.has(title) ? [] : [title])),
    [],
  );
});

/** Half an epoch of the first program, which halves its loss. */
const STEPS = 30;

/** The text that a program prints, line by line. The program is ended once it has printed the given number of lines. */
async function linesOf(file: string, most: number): Promise<string[]> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines.push(line) === most) child.kill();
  }
  const [code] = await ended;
  if (lines.length < most) assert.is(code, 0);
  return lines.slice(0, most);
}

test('the programs in TypeScript run, and the first prints a loss that falls', async () => {
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
      const lines = await linesOf(outfile, i === 0 ? STEPS : Infinity);
      if (i > 0) continue;
      assert.is(lines.length, STEPS);
      const mean = (values: string[]) => values.reduce((s, v) => s + Number(v), 0) / values.length;
      assert.ok(mean(lines.slice(-5)) < 0.7 * mean(lines.slice(0, 5)), `${lines[0]} .. ${lines.at(-1)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

test('every npm script and every file that README names exists', () => {
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
