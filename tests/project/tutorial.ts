// Runs docs/tutorial.md in a folder: saves its files, runs its commands in order, and returns what they print.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { fastBackend } from '../fastBackend.js';

/** A command of the page, with what it prints and what the page says that it prints; null if the page does not say. */
export interface Command {
  line: string;
  printed: string;
  expected: string | null;
}

/** Options for bundling a program with the `boundgrad` of this tree, in chunks that several programs share. */
const bundled = {
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  alias: { 'boundgrad/node': resolve('node/index.ts'), boundgrad: resolve('index.ts') },
  loader: { '.gz': 'binary', '.wasm': 'binary' },
  logLevel: 'warning',
} as const;

/** Runs the page in a folder inside the tree. command: runs `boundgrad` with words, and returns what it prints. */
export async function runTutorial(folder: string, command: (words: string[]) => Promise<string>): Promise<Command[]> {
  mkdirSync(folder, { recursive: true });
  const page = readFileSync('docs/tutorial.md', 'utf8');
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const names = blocks.flatMap(([, language, text]) => {
    const name = language === 'csv' ? 'new.csv' : /^(?:\/\/|<!--) (\S+\.\w+)/.exec(text)?.[1];
    if (name === undefined) return [];
    writeFileSync(join(folder, name), text.replace("setBackend('wasm')", `setBackend('${fastBackend}')`));
    return [join(folder, name)];
  });
  const programs = { ...bundled, outdir: join(folder, 'programs'), external: ['ndarray', 'gpu.js'] };
  const scripts = { ...bundled, outdir: folder, outExtension: { '.js': '.bundle.js' }, external: ['ndarray'] };
  await build({ ...programs, entryPoints: names.filter((name) => name.endsWith('.mjs')), platform: 'node' });
  await build({ ...scripts, entryPoints: names.filter((name) => name.endsWith('.js')), platform: 'browser' });
  const commands: Command[] = [];
  for (const [i, [, language, text]] of blocks.entries()) {
    if (language !== 'sh') continue;
    const [, nextLanguage, next] = blocks[i + 1] ?? [];
    const expected = nextLanguage === 'text' ? next : null;
    commands.push({ line: text.trim(), printed: await runLine(folder, text.trim(), command), expected });
  }
  return commands;
}

async function runLine(folder: string, line: string, command: (words: string[]) => Promise<string>): Promise<string> {
  const [program, first, ...words] = line.split(' ');
  if (program === 'cp') copyFileSync(join(folder, first), join(folder, words[0]));
  else if (program === 'node') {
    const path = resolve(folder, 'programs', first.replace('.mjs', '.js'));
    return (await promisify(execFile)(process.execPath, [path], { cwd: folder })).stdout;
  } else if (first === 'boundgrad') return command(words);
  // The scripts of pages are bundled already.
  else if (first !== 'esbuild') throw new Error(`unknown command: ${line}`);
  return '';
}
