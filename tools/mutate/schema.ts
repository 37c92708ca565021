// All mutants in one bundle: `a + b` becomes `(__on(17) ? a - b : a + b)`. The environment variable MUTANT chooses the
// mutant of a process.
// Source: Untch, Offutt and Harrold 1993, "Mutation analysis using mutant schemata".
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, transformSync } from 'esbuild';
import { changesOf } from './mutants.js';

/** A changed program. */
export interface Mutant {
  /** Its number in the bundle, or `<operation>:<input>` for a gradient. */
  id: string;
  file: string;
  /** The line that is changed, as JavaScript. */
  line: string;
  /** The change: `+ -> - in a + b`. */
  what: string;
}

/** Bundles run.ts and the suites into a folder, with all mutants of optim/ and theory/, and returns the mutants. */
export async function bundle(folder: string, suites: readonly string[]): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  const schemata = new Map<string, string>();
  for (const file of ['optim', 'theory'].flatMap(sourcesOf)) {
    const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', target: 'es2022' });
    const one = schemaOf(file, code, mutants.length);
    mutants.push(...one.mutants);
    schemata.set(resolve(file), one.schema);
  }
  schemata.set(resolve('core/op.ts'), withGradients(readFileSync('core/op.ts', 'utf8')));
  const plugin = {
    name: 'mutants',
    setup({ onLoad, onResolve }: any) {
      onLoad({ filter: /\.ts$/ }, ({ path }: { path: string }) =>
        schemata.has(path) ? { contents: schemata.get(path), loader: 'ts' } : null,
      );
      // Suites register their sentences, which run.ts then runs.
      onResolve({ filter: /\/spec\.js$/ }, ({ importer }: { importer: string }) =>
        importer.endsWith('.test.ts') ? { path: resolve('tools/mutate/spec.ts') } : null,
      );
    },
  };
  await build({
    entryPoints: ['tools/mutate/run.ts', ...suites],
    outdir: folder,
    outbase: '.',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    banner: { js: bannerFor(mutants.length) },
    plugins: [plugin],
    logLevel: 'warning',
  });
  return mutants;
}

/** Files that are not mutated: problems and their sets, which tests/theory compares with theory.json and with values by hand, and argument
 *  checks, whose mutants differ in messages. tests/optim/arguments.test.ts is about these. */
const SKIPPED = ['problems.ts', 'feasibleSets.ts', 'arguments.ts', 'checked.ts'];

function sourcesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names
    .filter((name) => name.endsWith('.ts') && !SKIPPED.includes(name))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** The code at the start of every chunk. V8 treats __on as a constant, so suites run as fast as without mutants. A
 *  process without MUTANT runs the unchanged code, and marks the mutants whose places it executes. */
function bannerFor(count: number): string {
  return `const __on = process.env.MUTANT
    ? ((mutant) => (id) => id === mutant)(Number(process.env.MUTANT))
    : ((reached) => (id) => ((reached[id] = 1), false))((globalThis.__reached ??= new Uint8Array(${count})));`;
}

/** core/op.ts with operations whose gradients go through `__onGradient`, which vjp.ts sets. Operations are frozen when they are
 *  declared, so their vjps cannot be replaced later. */
function withGradients(code: string): string {
  const [from, to] = ['Object.freeze(definition)', 'Object.freeze(hooked(definition))'];
  if (!code.includes(from)) throw new Error(`mutate: core/op.ts has no ${from}`);
  return `${code.replaceAll(from, to)}
    function hooked<T extends Op<any>>(op: T): T {
      const { name, vjp } = op;
      if (!vjp) return op;
      return Object.assign(op, {
        vjp: (...args: Parameters<typeof vjp>) => {
          const [parts, on] = [vjp(...args), (globalThis as any).__onGradient];
          return on ? parts.map((part, i) => part && (() => on(name + ':' + i, part))) : parts;
        },
      });
    }`;
}

/** Returns a file's mutants, numbered from `first`, and the file with all of them in it. */
function schemaOf(file: string, code: string, first: number): { mutants: Mutant[]; schema: string } {
  const changes = changesOf(code).map((change, i) => ({ ...change, id: String(first + i) }));
  const [open, close]: string[][] = [[], []];
  // If two start at the same place, the outer one goes first.
  for (const { node, start, end, text, id } of [...changes].sort((a, b) => b.node.end - a.node.end)) {
    const mutated = code.slice(node.start, start) + text + code.slice(end, node.end);
    open[node.start] = `${open[node.start] ?? ''}(__on(${id}) ? ${mutated} : `;
    close[node.end] = `${close[node.end] ?? ''})`;
  }
  const schema = code.split('').map((c, i) => (close[i] ?? '') + (open[i] ?? '') + c);
  const mutants = changes.map(({ node, start, end, text, id }) => {
    const line = code.slice(code.lastIndexOf('\n', start) + 1, code.indexOf('\n', start)).trim();
    const what = `${short(code.slice(start, end))} -> ${short(text)}`;
    const isWhole = start === node.start && end === node.end;
    return { id, file, line, what: isWhole ? what : `${what} in ${short(code.slice(node.start, node.end))}` };
  });
  return { mutants, schema: schema.join('') };
}

function short(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(0, 100) || '(nothing)';
}
