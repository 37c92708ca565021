// Each type in a public signature is exported by the root, so that a program can name it too.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterFile, assert, subject } from '../spec.js';

const test = subject('Public types');

/** The declarations of one file by name, and the files of the names that it imports or exports. */
interface Declarations {
  own: Map<string, string>;
  imports: Map<string, [file: string, name: string]>;
  exports: Map<string, [file: string, name: string]>;
  stars: string[];
}

const folder = mkdtempSync(join('.build', 'types-'));
afterFile(() => rmSync(folder, { recursive: true, force: true }));
// If the kernels were deleted, imports of them fail: there are no declarations to look at.
const isWhole = existsSync('core/backends/wasm') && existsSync('core/backends/gpu');
if (isWhole) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.dist.json', '--outDir', folder]);
}

const files = new Map<string, Declarations>();

function declarationsOf(file: string): Declarations {
  const known = files.get(file);
  if (known) return known;
  const found: Declarations = { own: new Map(), imports: new Map(), exports: new Map(), stars: [] };
  files.set(file, found);
  const code = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const target = (path: string) => join(dirname(file), path.replace(/\.js$/, '.d.ts'));
  for (const [, kind, names, path] of code.matchAll(/^(import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)) {
    for (const item of names.split(',').filter((n) => n.trim())) {
      const [, name, alias = name] = /^\s*(?:type )?(\w+)(?: as (\w+))?\s*$/.exec(item)!;
      found[kind === 'import' ? 'imports' : 'exports'].set(alias, [target(path), name]);
    }
  }
  for (const [, path] of code.matchAll(/^export (?:type )?\* (?:as \w+ )?from '(\.[^']+)'/gm))
    found.stars.push(target(path));
  // A declaration ends before the line that begins the next one.
  for (const statement of code.split(/^(?=export |declare |interface |type |import )/m)) {
    const name = /^(export )?(?:declare )?(?:abstract )?(?:class|function|const|interface|type) (\w+)/.exec(statement);
    if (!name) continue;
    found.own.set(name[2], (found.own.get(name[2]) ?? '') + statement);
    if (name[1]) found.exports.set(name[2], [file, name[2]]);
  }
  return found;
}

/** The file and name of the declaration behind a name in a file; null for a global or a type parameter. */
function origin(file: string, name: string): string | null {
  const { own, imports, exports, stars } = declarationsOf(file);
  if (own.has(name)) return `${file} ${name}`;
  const elsewhere = imports.get(name) ?? exports.get(name);
  if (elsewhere) return origin(...elsewhere);
  for (const star of stars) {
    const found = origin(star, name);
    if (found) return found;
  }
  return null;
}

/** All names that a file exports, as file and name of their declarations. */
function exported(file: string): string[] {
  const { exports, stars } = declarationsOf(file);
  return [...[...exports.keys()].flatMap((name) => origin(file, name) ?? []), ...stars.flatMap(exported)];
}

const sentence = 'each type that a signature of an export names is exported too';
if (!isWhole) test.skip(sentence, 'the wasm and gpu folders are not there');
else
  test(sentence, () => {
    const all = new Set(exported('index.d.ts'));
    assert.ok(all.size > 250, `${all.size} exports`);
    const missing = new Set<string>();
    for (const at of all) {
      const [file, name] = at.split(' ');
      const code = declarationsOf(file).own.get(name)!;
      for (const [word] of code.replace(/'[^']*'/g, '').matchAll(/\b[A-Z]\w*\b/g)) {
        const declared = origin(file, word);
        if (declared && !all.has(declared)) missing.add(`${declared} (${name})`);
      }
    }
    assert.equal([...missing].sort(), []);
  });

const alone =
  'the declarations compile without the types of a page and of Node: lib es2022, no types, skipLibCheck false';
if (!isWhole) test.skip(alone, 'the wasm and gpu folders are not there');
else
  test(alone, () => {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: 'es2022',
      module: 'nodenext',
      lib: ['es2022'],
      types: [],
    };
    const files = ['index.d.ts', 'node/index.d.ts', 'core/backends/gpu/backend.d.ts'];
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    // A compiler that fails prints its errors to stdout.
    const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { encoding: 'utf8' });
    assert.is(tsc.stdout + tsc.stderr, '');
    assert.is(tsc.status, 0);
  });
