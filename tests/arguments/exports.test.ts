// Every public function and constructor, called with wrong arguments: it accepts them or throws one of the project's errors.
// A TypeError or a RangeError would name a line of the library in place of the mistake.
import child from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentScope } from '../../core/scope.js';
import * as root from '../../index.js';
import { afterFile, assert, subject } from '../spec.js';
import { exported, large, needFiles, thrown, valid } from './valid.js';

const test = subject('Wrong arguments');
// Some calls open scopes that nothing closes.
afterFile(() => {
  for (let open = currentScope(); open; open = currentScope()) open.close();
});
const { BoundgradError, tensor } = root;

const entries = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).exports);
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'boundgrad-arguments-'));
afterFile(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const detached = new Float32Array(2);
structuredClone(detached, { transfer: [detached.buffer] });

/** Values that are wrong for nearly every parameter. */
const wrong: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  -1,
  1.5,
  1e300,
  '',
  'x',
  true,
  Symbol('s'),
  10n,
  {},
  { unheardOf: 1 },
  Object.create(null),
  [],
  [[]],
  [null],
  [1e5, 1e5],
  () => undefined,
  new Date(0),
  new Map([['a', 1]]),
  new Float32Array(2),
  detached,
  Promise.resolve(1),
  tensor([1, 2], { dtype: 'int32' }),
  new Proxy({}, {}),
  new Proxy(tensor([1, 2]), {}),
];

/** Whether a call takes seconds: one that creates a long list of layers, or a large model with its defaults. */
function isSlow(name: string, bad: unknown): boolean {
  if (/^(DenseNet|ResNet)$/.test(name)) return Array.isArray(bad) && bad[0] === 1e5;
  // These unpack megabytes, whatever the argument is, so they are called with one wrong value.
  if (name === 'fashionMnistSample' || name === 'mobyDickSample') return bad !== 'x';
  return large.includes(name) && (typeof bad === 'object' || bad === undefined);
}

/** Runs in a temporary folder. `fetch` and asynchronous child processes are refused. */
async function isolated(body: () => Promise<void>): Promise<void> {
  const refuse = (): never => {
    throw new Error('no network and no processes in this test');
  };
  const [{ fetch }, { spawn, fork, exec, execFile }] = [globalThis, child];
  Object.assign(globalThis, { fetch: async () => refuse() });
  Object.assign(child, { spawn: refuse, fork: refuse, exec: refuse, execFile: refuse });
  syncBuiltinESMExports();
  process.chdir(folder);
  try {
    await body();
  } finally {
    process.chdir(home);
    Object.assign(globalThis, { fetch });
    Object.assign(child, { spawn, fork, exec, execFile });
    syncBuiltinESMExports();
    await root.setThreads(1);
    await root.setBackend('reference');
  }
}

test('the entries of the package are the root, its parts, gpu, node and package.json', () => {
  const parts = ['.', './core', './nn', './optim', './theory', './sweep', './models', './datasets', './fit'];
  assert.equal(entries, [...parts, './gpu', './node', './package.json']);
});

test('each export has an entry of valid arguments, and is called with them unless it needs files or makes a large model', async () => {
  const missing = exported.filter(([name, value]) => valid[name]?.[0] !== value).map(([name]) => name);
  assert.equal(missing, [], 'give their arguments in valid.ts');
  assert.equal(Object.keys(valid).sort(), [...new Set(exported.map(([name]) => name))].sort());
  await isolated(async () => {
    for (const [name, [call, fits]] of Object.entries(valid)) {
      if (needFiles.includes(name) || large.includes(name)) continue;
      const error = await thrown(call, fits());
      assert.ok(error === undefined, `${name}: ${error}`);
    }
  });
});

test('no export throws anything but one of the project’s errors, whichever argument is wrong', async () => {
  const found = new Set<string>();
  await isolated(async () => {
    for (const [name, [call, fits]] of Object.entries(valid)) {
      for (const bad of wrong) {
        if (isSlow(name, bad)) continue;
        const calls = [
          [bad],
          [bad, bad, bad, bad],
          ...fits().map((_, at) => fits().map((v, i) => (i === at ? bad : v))),
        ];
        for (const given of calls) {
          const error = await thrown(call, given);
          if (error === undefined || error instanceof BoundgradError) continue;
          found.add(`${name}, argument ${given.indexOf(bad)} of ${given.length}: ${error}`);
        }
      }
    }
  });
  assert.equal([...found], []);
});

/** Functions that run as long as an option says. */
const long = /^(fit|lrFinder|generate|sweep|regret|online|theorems)\b/;

test('no export throws anything but one of the project’s errors, whichever option is wrong', async () => {
  const found = new Set<string>();
  let count = 0;
  await isolated(async () => {
    for (const [name, [call, fits]] of Object.entries(valid)) {
      if (long.test(name) || needFiles.includes(name) || large.includes(name)) continue;
      for (const [at, options] of fits().entries()) {
        if (![Object.prototype, null].includes(Object.getPrototypeOf(options ?? 0))) continue;
        const given = (more: object) => fits().map((v, i) => (i === at ? { ...(v as object), ...more } : v));
        // The refusal of an unknown option lists the known ones.
        const { message } = ((await thrown(call, given({ unheardOf: 1 }))) ?? {}) as Partial<Error>;
        const known = /it has ([\w, ]+)/.exec(message ?? '')?.[1].split(', ') ?? [];
        for (const option of new Set([...Object.keys(options as object), ...known])) {
          for (const bad of [...wrong, 1e12]) {
            const error = await thrown(call, given({ [option]: bad }));
            count++;
            if (error === undefined || error instanceof BoundgradError) continue;
            found.add(`${name}, ${option} = ${typeof bad} ${Object.prototype.toString.call(bad)}: ${error}`);
          }
        }
      }
    }
  });
  assert.ok(count > 5000, `only ${count} calls`);
  assert.equal([...found], []);
});
