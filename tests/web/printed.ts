// Runs the programs that the lab writes for states.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { programOf } from '../../web/core/program.js';
import type { Catalog, State } from '../../web/core/state.js';

/** The lines that the states' programs print, run in order and with nothing but the public library. */
export async function printedBy(states: readonly State[], catalog: Catalog): Promise<string[]> {
  const folder = mkdtempSync(join('.build', 'lab-'));
  try {
    const files = states.map((state, i) => {
      writeFileSync(join(folder, `${i}.ts`), programOf(state, catalog)!);
      return `await import('./${i}.ts');`;
    });
    writeFileSync(join(folder, 'all.ts'), files.join('\n'));
    await build({
      entryPoints: [join(folder, 'all.ts')],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      alias: { boundgrad: resolve('index.ts') },
      external: ['ndarray', 'gpu.js'],
      loader: { '.gz': 'binary', '.wasm': 'binary' },
      logLevel: 'silent',
    });
    const printed = execFileSync(process.execPath, [join(folder, 'all.mjs')], { encoding: 'utf8' });
    return printed.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
