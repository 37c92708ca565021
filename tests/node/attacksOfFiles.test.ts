// A second set of attempts to destroy a file outside a run folder, made only from SECURITY.md and the files that a run writes:
// races, files that boundgrad itself wrote, and paths that options name. After each attempt the files outside are unchanged.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { boundgradHere, type Outcome, temporary, tiny } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { serving, whole } from './serving.js';

const test = subject('More attempts to destroy a file outside a run folder');
const space = temporary();
const PRECIOUS = '{"kind":"run","precious":true}\n';

/** Every path below a folder with its mode and bytes, or the target of a link; locks are left out. */
function contents(folder: string): string {
  const paths = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => !/(^|\/)lock$/.test(path))
    .sort();
  return paths
    .map((path) => {
      const full = join(folder, path);
      const stats = lstatSync(full);
      const held = stats.isFile()
        ? createHash('sha1').update(readFileSync(full)).digest('hex')
        : stats.isSymbolicLink()
          ? readlinkSync(full)
          : '';
      return `${path} ${stats.mode} ${held}`;
    })
    .join('\n');
}

const unlock = (folder: string) => {
  for (const path of readdirSync(folder, { recursive: true }) as string[])
    if (/(^|\/)lock$/.test(path)) rmSync(join(folder, path));
};
/** A training of one step. These options replace the usual ones of the same name. */
function train(more: Record<string, string>, command = 'train'): Promise<Outcome> {
  const own = { model: 'mlp', data: 'blobs', backend: 'reference', epochs: '1', 'max-steps': '1', optim: 'adam' };
  return boundgradHere([command, ...Object.entries({ ...own, ...more }).map(([name, value]) => `--${name}=${value}`)]);
}

/** A finished run of one step outside, which boundgrad itself wrote. It is made once. */
const genuine = join(space, 'genuine');
assert.is((await train({ out: genuine })).code, 0);
unlock(genuine);

/** An empty run folder, and a folder outside with a file of another program and a finished run. */
function scene(): { run: string; outside: string; victim: string; before: string; intact: (what: string) => void } {
  const top = mkdtempSync(join(space, 'scene-'));
  const [run, outside] = [join(top, 'run'), join(top, 'outside')];
  mkdirSync(run);
  mkdirSync(join(outside, 'other', 'adam'), { recursive: true });
  for (const path of readdirSync(genuine, { recursive: true }) as string[])
    if (lstatSync(join(genuine, path)).isFile())
      writeFileSync(join(outside, 'other', path), readFileSync(join(genuine, path)));
  const victim = join(outside, 'victim');
  writeFileSync(victim, PRECIOUS);
  const before = contents(outside);
  return { run, outside, victim, before, intact: (what) => assert.is(contents(outside), before, what) };
}

/** Asserts that a command ended with code 0, or with a message of boundgrad: no stack trace. */
function clear({ code, stderr }: Outcome): void {
  assert.not.match(stderr, /\n\s+at |Error:/);
  assert.ok(code === 0 || /^boundgrad: [^\n]*\n$/m.test(stderr), stderr);
}

test('1. hard links and symbolic links to the files of another run: a new run, and a resumed one', async () => {
  for (const make of [linkSync, symlinkSync])
    for (const resumed of [false, true]) {
      const { run, outside, intact } = scene();
      mkdirSync(join(run, 'adam'));
      for (const name of ['run.json', 'adam.jsonl', 'report.html', 'adam/step-1.safetensors'])
        make(join(outside, 'other', name), join(run, name));
      clear(resumed ? await boundgradHere(['train', '--resume', run, '--max-steps', '2']) : await train({ out: run }));
      intact(`${make.name} ${resumed}`);
    }
});

test('2. a thread that puts links under the names of the files, in a loop, while runs begin, write and resume', async () => {
  const { run, outside, victim, intact } = scene();
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const loop = `
    const { workerData: { run, victim, outside, stop } } = require('node:worker_threads');
    const { symlinkSync, linkSync, lstatSync, renameSync, rmSync } = require('node:fs');
    const names = ['report.html', 'adam.jsonl', 'run.json', '.writable', 'lock', 'adam/step-1.safetensors', 'adam/step-2.safetensors'];
    const attempt = (act) => { try { return act(); } catch {} };
    for (let i = 0; !Atomics.load(stop, 0); i++) {
      const name = names[i % names.length];
      if (i % 50 === 0) {
        attempt(() => renameSync(run + '/adam', run + '/aside-' + i));
        attempt(() => symlinkSync(outside + '/other/adam', run + '/adam'));
      }
      // Through its own link the thread would itself change the files outside.
      const isOwn = name.startsWith('adam/') && attempt(() => lstatSync(run + '/adam').isSymbolicLink());
      attempt(() => (i & 8 ? symlinkSync : linkSync)(victim, run + '/bait'));
      if (!isOwn) attempt(() => renameSync(run + '/bait', run + '/' + name));
      if (!isOwn && i % 3 === 0) attempt(() => rmSync(run + '/' + name, { force: true }));
      rmSync(run + '/bait', { force: true });
      if (i % 50 === 25) rmSync(run + '/adam', { force: true, recursive: true });
      Atomics.add(stop, 1, 1);
      Atomics.wait(stop, 0, 0, 0.2);
    }`;
  const thread = new Worker(loop, { eval: true, workerData: { run, victim, outside, stop } });
  await new Promise((resolve) => thread.once('online', resolve));
  // On a busy machine the thread may run rarely, so there may be more rounds.
  for (let i = 0; i < 12 || (i < 200 && Atomics.load(stop, 1) <= 20); i++) {
    clear(await train({ out: run }));
    clear(await boundgradHere(['train', '--resume', run, '--max-steps', '2']));
    rmSync(join(run, 'lock'), { force: true });
  }
  const turns = Atomics.load(stop, 1);
  Atomics.store(stop, 0, 1);
  Atomics.notify(stop, 0);
  await new Promise((resolve) => thread.once('exit', resolve));
  assert.ok(turns > 20, `${turns} turns of the loop`);
  intact('links in a loop');
});

test('3. while it trains, a run folder is renamed, or its folder of checkpoints is exchanged for a link', async () => {
  for (const what of ['the run', 'its checkpoints']) {
    const { run, outside, intact } = scene();
    let moved = false;
    const timer = setInterval(() => {
      if (moved || !existsSync(join(run, 'adam')) || readdirSync(join(run, 'adam')).length < 2) return;
      moved = true;
      if (what === 'the run') renameSync(run, `${run}-away`);
      else {
        renameSync(join(run, 'adam'), join(run, 'away'));
        symlinkSync(join(outside, 'other', 'adam'), join(run, 'adam'));
      }
    }, 0);
    const outcome = await boundgradHere(['train', ...tiny(20), '--optim', 'adam', '--out', run]);
    clearInterval(timer);
    assert.ok(moved, what);
    intact(what);
    assert.is.not(outcome.code, 0, what);
    clear(outcome);
    if (what === 'the run') assert.ok(existsSync(join(`${run}-away`, 'adam.jsonl')));
  }
});

test('4. a data folder that is a link, whose files are links and hard links', async () => {
  const { run, outside, victim, intact } = scene();
  const real = join(run, 'data');
  mkdirSync(real);
  for (const kind of ['train', 't10k'])
    for (const name of [`${kind}-images-idx3-ubyte`, `${kind}-labels-idx1-ubyte.gz`])
      symlinkSync(victim, join(real, name));
  for (let i = 1; i <= 5; i++) linkSync(victim, join(real, `data_batch_${i}.bin`));
  linkSync(victim, join(real, 'test_batch.bin'));
  symlinkSync(real, join(run, 'linked'));
  for (const data of ['mnist', 'fashion-mnist', 'cifar10'])
    for (const dir of [join(run, 'linked'), outside])
      clear(
        await boundgradHere(['train', '--data', data, '--data-dir', dir, '--model', 'mlp', '--out', join(run, 'o')]),
      );
  intact('data');
});

test("5. a poster's folder that is a link to a file, or contains hard links to a file", async () => {
  const { run, victim, intact } = scene();
  symlinkSync(victim, join(run, 'file'));
  const foreign = join(run, 'foreign');
  mkdirSync(foreign);
  for (const name of ['poster.html', 'theorems.jsonl']) linkSync(victim, join(foreign, name));
  for (const out of ['file', 'foreign'])
    clear(await boundgradHere(['poster', '--panels', 'theorems', '--workers', '1', '--out', join(run, out)]));
  intact('poster');
});

test('6. data fetch into a folder where each file of the data set, its part and its draft are hard links or links', async () => {
  const names = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ];
  const ends = ['', '.gz', '.part', '.gz.part', '.gz.0.tmp', '.tmp'];
  for (const make of [linkSync, symlinkSync]) {
    const { run, victim, intact } = scene();
    for (const name of names) for (const end of ends) make(victim, join(run, name + end));
    symlinkSync(run, `${run}-link`);
    await serving(
      (_, response) => whole(response, new Uint8Array(10)),
      async (from) => {
        for (const dir of [run, `${run}-link`])
          clear(await boundgradHere(['data', 'fetch', 'mnist', '--dir', dir, '--from', from]));
      },
    );
    intact(make.name);
  }
});

test('7. names similar to those of checkpoints: upper case, leading zeros, signs, exponents, huge numbers', async () => {
  const { run, outside, victim, intact } = scene();
  mkdirSync(join(run, 'adam'));
  const names = [
    'STEP-1',
    'step-01',
    'step-1e0',
    'step--1',
    'step-+1',
    `step-${'9'.repeat(30)}`,
    'step-1.0',
    'step-1 ',
    'step-',
  ];
  for (const name of names) {
    const make = name.length % 2 ? linkSync : symlinkSync;
    make(
      name.length % 3 ? victim : join(outside, 'other/adam/step-1.safetensors'),
      join(run, 'adam', `${name}.safetensors`),
    );
  }
  const before = names.map((name) => lstatSync(join(run, 'adam', `${name}.safetensors`)).ino);
  for (let i = 0; i < 2; i++) {
    assert.is((await train({ out: run })).code, 0);
    unlock(run);
  }
  assert.equal(
    names.map((name) => lstatSync(join(run, 'adam', `${name}.safetensors`)).ino),
    before,
  );
  intact('names');
});

test('8. links whose names differ from those of a run’s files only in upper and lower case', async () => {
  const { run, victim, outside, intact } = scene();
  const names = ['Report.html', 'REPORT.HTML', 'Adam.jsonl', 'RUN.json', 'Lock', '.WRITABLE'];
  for (const name of names) symlinkSync(victim, join(run, name));
  symlinkSync(join(outside, 'other'), join(run, 'ADAM'));
  for (const optim of ['Adam,adam', 'ADAM']) {
    const outcome = await train({ optim, out: run }, 'compare');
    clear(outcome);
    assert.is(outcome.code, 2);
  }
  assert.is((await train({ out: run })).code, 0);
  intact('cases');
  for (const name of names) assert.is(readlinkSync(join(run, name)), victim);
});

test('9. --out is a file, a link to one, a dangling link, a device, empty, or leads through a file', async () => {
  const { run, victim, outside, intact } = scene();
  symlinkSync(victim, join(run, 'link'));
  symlinkSync(join(outside, 'nowhere'), join(run, 'dangling'));
  const outs = [
    victim,
    `${victim}/`,
    join(run, 'link'),
    `${run}/link/`,
    join(run, 'dangling'),
    `${victim}/../x`,
    `${victim}/x`,
  ];
  for (const out of [...outs, '/dev/null', '/dev/stdout', '', '\n', `${victim}\n`, `${victim}\0`]) {
    const outcome = await train({ out });
    clear(outcome);
    if (out !== '\n' && out !== `${victim}\n`) assert.is(outcome.code, 2, JSON.stringify(out));
    rmSync(`${victim}\n`, { recursive: true, force: true });
    rmSync('\n', { recursive: true, force: true });
    intact(JSON.stringify(out));
  }
});

test('10. --out is the home folder, or a folder of pictures whose classes have the names of optimizers', async () => {
  const { run } = scene();
  const home = join(run, 'home');
  mkdirSync(join(home, 'adam'), { recursive: true });
  for (const name of ['.profile', 'notes.jsonl', 'adam/step-1.safetensors', 'adam/a.png', 'run.json'])
    writeFileSync(join(home, name), PRECIOUS);
  const before = contents(home);
  const csv = join(home, 'run.json');
  const names: Record<string, string>[] = [
    {},
    { data: `images:${home}` },
    { data: `csv:${home}/notes.jsonl`, target: 'y' },
    { data: `csv:${csv}`, target: 'y' },
    { resume: home },
  ];
  for (const more of names) {
    const outcome = await train({ out: home, ...more });
    clear(outcome);
    assert.is(outcome.code, 2);
    const after = contents(home);
    for (const line of before.split('\n').filter(Boolean)) assert.ok(after.includes(line), `${line} of\n${after}`);
  }
});

test('11. --model names something that is not a model: links, folders, pipes, addresses and program texts', async () => {
  const { run, victim, outside, intact } = scene();
  const owned = join(outside, 'owned');
  const program = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(owned)}, '')`;
  symlinkSync(victim, join(run, 'net.mjs'));
  execFileSync('mkfifo', [join(run, 'pipe.mjs')]);
  const models = [
    `${run}/net.mjs`,
    `${run}/pipe.mjs`,
    `${outside}/other`,
    `${victim}/../victim`,
    `${outside}/other/adam/step-1.safetensors`,
  ];
  const texts = [
    `data:text/javascript,${encodeURIComponent(program)}`,
    `${pathToFileURL(victim)}`,
    'node:fs',
    '__proto__',
    'constructor',
  ];
  for (const model of [...models, ...texts]) {
    const outcome = await train({ model, out: join(run, 'o') });
    clear(outcome);
    assert.is(outcome.code, 2, model);
  }
  intact('models');
});

test('12. eval and predict of links, pipes and other files change nothing', async () => {
  const { run, victim, outside, intact } = scene();
  symlinkSync(join(outside, 'other'), join(run, 'linked'));
  symlinkSync(victim, join(run, 'step-1.safetensors'));
  execFileSync('mkfifo', [join(run, 'pipe.csv')]);
  for (const checkpoint of [join(run, 'linked'), run, victim, join(outside, 'other', 'adam.jsonl')]) {
    clear(await boundgradHere(['eval', '--checkpoint', checkpoint, '--data', 'blobs']));
    for (const input of [victim, join(run, 'pipe.csv'), outside, join(run, 'step-1.safetensors')])
      clear(await boundgradHere(['predict', '--checkpoint', checkpoint, input]));
    intact(checkpoint);
  }
});
