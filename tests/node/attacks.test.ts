// Attempts to destroy a file outside a run folder. An attacker puts something into the folder before a command runs there, or replaces
// something while the command runs. After each attempt the files outside are unchanged. The attempts were designed without reading the code
// that writes files.

import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { refuseForeign } from '../../cli/foreignFiles.js';
import { Journal } from '../../cli/journal.js';
import { PanelRecords, parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { openCheckpoints, openFolder, replaceFile } from '../../cli/runFolder.js';
import { sessionOf } from '../../cli/session.js';
import { fetchFiles } from '../../node/download/fetchDataset.js';
import { formatJsonLines } from '../../node/jsonLines.js';
import { posterPage } from '../../reports/poster/page.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { boundgradHere, type Outcome, temporary, tiny } from '../cli/command.js';
import { goodRecords } from '../fuzz/formats/records.js';
import { assert, subject } from '../spec.js';
import { serving, whole } from './serving.js';

const test = subject('Attempts to destroy a file outside a run folder');
const space = temporary();
const PRECIOUS = '{"kind":"run","precious":true}\n';

interface Scene {
  /** The folder in which the command runs. */
  run: string;
  /** A folder outside, and a file in it. */
  outside: string;
  victim: string;
  /** The content of the folder outside: every path with its bytes. */
  before: string;
}

/** The paths below a folder with their modes, and with their bytes if they are files. */
function contents(folder: string): string {
  // If the command was given the folder through a link, the folder has a lock until this process ends.
  const paths = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => path !== 'lock').sort();
  return paths
    .map((path) => {
      const full = join(folder, path);
      const stats = lstatSync(full);
      return `${path} ${stats.mode} ${stats.isFile() ? readFileSync(full, 'latin1') : ''}`;
    })
    .join('\n');
}

function scene(): Scene {
  const top = mkdtempSync(join(space, 'attack-'));
  const [run, outside] = [join(top, 'run'), join(top, 'outside')];
  mkdirSync(run);
  mkdirSync(join(outside, 'adam'), { recursive: true });
  const names = [
    'victim',
    'report.html',
    'run.json',
    'adam.jsonl',
    'step-1.safetensors',
    'adam/step-1.safetensors',
    'poster.html',
  ];
  for (const name of names) writeFileSync(join(outside, name), PRECIOUS);
  return { run, outside, victim: join(outside, 'victim'), before: contents(outside) };
}

const train = (...more: string[]) =>
  boundgradHere(['train', ...tiny(1), '--max-steps', '1', '--optim', 'adam', ...more]);

/** Runs the command after the attack. The files outside must be unchanged, whether the command refuses or not. */
async function holds(attack: (at: Scene) => void, command: (at: Scene) => Promise<Outcome>): Promise<Outcome> {
  const at = scene();
  attack(at);
  const outcome = await command(at);
  assert.is(contents(at.outside), at.before, outcome.stderr);
  assert.not.match(outcome.stderr, /\n\s+at /, 'a stack trace');
  assert.ok(outcome.code === 0 || /^boundgrad: .*\n$/.test(outcome.stderr), outcome.stderr);
  return outcome;
}

const NAMES = [
  'report.html',
  'run.json',
  'adam.jsonl',
  'lock',
  '.writable',
  'report.html.1.tmp',
  'run.json.7.00ff.tmp',
  'adam/step-1.safetensors',
  'adam/lock',
];

test('1. symbolic links and hard links under every name that a run writes', async () => {
  for (const make of [symlinkSync, linkSync])
    for (const name of NAMES)
      await holds(
        ({ run, victim }) => {
          mkdirSync(join(run, 'adam'));
          make(victim, join(run, name));
        },
        ({ run }) => train('--out', run),
      );
});

test('2. links under names that a run writes, in a resumed run', async () => {
  for (const make of [symlinkSync, linkSync])
    for (const name of ['report.html', 'adam.jsonl', 'lock', 'adam/step-1.safetensors']) {
      const at = scene();
      assert.is((await train('--out', at.run)).code, 0);
      rmSync(join(at.run, 'lock'), { force: true });
      rmSync(join(at.run, name), { force: true });
      make(at.victim, join(at.run, name));
      await boundgradHere(['train', '--resume', at.run, '--max-steps', '4']);
      assert.is(contents(at.outside), at.before, name);
    }
});

test("3. the folder of an optimizer's checkpoints, or the run's own, is a link to another folder", async () => {
  await holds(
    ({ run, outside }) => symlinkSync(join(outside, 'adam'), join(run, 'adam')),
    ({ run }) => train('--out', run),
  );
  await holds(
    ({ run, outside }) => symlinkSync(outside, join(run, 'linked')),
    ({ run }) => train('--out', join(run, 'linked')),
  );
  await holds(
    ({ run, outside }) => symlinkSync(outside, join(run, 'linked')),
    ({ run }) => train('--out', `${run}/linked/../linked`),
  );
});

test('4. a run.json with paths that lead out of the folder, as an optimizer, a folder or a checkpoint', async () => {
  const base = { model: 'mlp', data: 'blobs', optim: 'adam', epochs: '2' };
  const outs = [
    { optim: '../outside/adam' },
    { optim: 'adam/../../outside/adam' },
    { out: '../outside' },
    { resume: '../outside' },
  ];
  for (const options of [
    ...outs,
    { 'data-dir': '../outside' },
    { optim: 'adam\n../outside' },
    { checkpoint: '../outside/victim' },
  ]) {
    const { code } = await holds(
      ({ run }) =>
        writeFileSync(
          join(run, 'run.json'),
          JSON.stringify({ boundgrad: '0.1.0', command: 'train', options: { ...base, ...options } }),
        ),
      ({ run }) => boundgradHere(['train', '--resume', run]),
    );
    assert.is(code, 2);
  }
});

test('5. a journal whose records have a path as the optimizer’s name', async () => {
  const records = await goodRecords();
  for (const optimizer of ['../outside/adam', '/etc/passwd', 'adam/../../outside/victim', '..', 'adam\0/x']) {
    const at = scene();
    assert.is((await train('--out', at.run)).code, 0);
    rmSync(join(at.run, 'lock'), { force: true });
    const [first, ...rest] = records;
    writeFileSync(join(at.run, 'adam.jsonl'), formatJsonLines([{ ...first, optimizer, title: optimizer }, ...rest]));
    await boundgradHere(['train', '--resume', at.run, '--max-steps', '4']);
    assert.is(contents(at.outside), at.before);
    assert.equal(readdirSync(at.run).sort(), ['adam', 'adam.jsonl', 'adam.jsonl.1.old', 'report.html', 'run.json']);
  }
});

test('6. a stale lock that is a hard link to a file, and temporary files that are links to folders', async () => {
  const stale = JSON.stringify({ pid: 2 ** 22 - 1, began: null, host: hostname(), since: '2025-01-01' });
  const at = scene();
  const lock = join(at.outside, 'lock-of-another');
  writeFileSync(lock, stale);
  at.before = contents(at.outside);
  linkSync(lock, join(at.run, 'lock'));
  assert.is((await train('--out', at.run)).code, 0);
  assert.is(contents(at.outside), at.before);
  await holds(
    ({ run, outside }) => {
      symlinkSync(outside, join(run, 'lock.4194303.00ff.tmp'));
      symlinkSync(outside, join(run, 'lock.4194303.00ff.stale'));
      symlinkSync(outside, join(run, 'lock.0011223344556677.claim'));
      symlinkSync(outside, join(run, 'report.html.1.tmp'));
    },
    ({ run }) => train('--out', run),
  );
});

test('7. between two records, a link takes the place of a journal', async () => {
  const { run, victim, outside, before } = scene();
  const path = join(run, 'adabound.jsonl');
  const records = await goodRecords();
  for (const make of [symlinkSync, linkSync]) {
    rmSync(path, { force: true });
    const journal = new Journal(path, false);
    journal.append(records[0]);
    renameSync(path, `${path}.aside`);
    make(victim, path);
    assert.throws(() => journal.append(records[1]), /another file has taken its place/);
    journal.rejectOpening();
    assert.throws(() => journal.append(records[0]), /another file has taken its place/);
    journal.close();
    assert.is(contents(outside), before);
  }
});

test('8. folders under the names of files, with files in them', async () => {
  for (const name of [
    'report.html',
    'run.json',
    'adam.jsonl',
    'sgdm.jsonl',
    'lock',
    'adam/step-1.safetensors',
    'adam/step-9.safetensors.3.tmp',
  ]) {
    const { run } = scene();
    mkdirSync(join(run, name, 'deep'), { recursive: true });
    writeFileSync(join(run, name, 'deep', 'file'), PRECIOUS);
    await train('--out', run);
    assert.is(readFileSync(join(run, name, 'deep', 'file'), 'utf8'), PRECIOUS, name);
  }
});

test("9. the poster's folder of checkpoints, or one in it, is a link to a folder with files", () => {
  for (const linked of ['checkpoints', 'checkpoints/00112233']) {
    const { run, outside, before } = scene();
    if (linked !== 'checkpoints') mkdirSync(join(run, 'checkpoints'));
    symlinkSync(outside, join(run, linked));
    mkdirSync(join(outside, '00112233'), { recursive: true });
    assert.throws(() => openCheckpoints(join(run, 'checkpoints/00112233')), /it is a symbolic link/);
    rmSync(join(outside, '00112233'), { recursive: true });
    assert.is(contents(outside), before);
  }
});

test('10. a poster into a folder where its page, or a file of its records, is a link', () => {
  const panel = panels.find(({ key }) => key === 'theorems')!;
  const { sessions, done } = parsePanelRecords(readFileSync('docs/poster/theorems.jsonl', 'utf8'), 'theorems.jsonl');
  for (const make of [symlinkSync, linkSync])
    for (const name of ['poster.html', 'theorems.jsonl']) {
      const { run, victim, outside, before } = scene();
      const [page, records] = [join(run, 'poster.html'), join(run, 'theorems.jsonl')];
      make(victim, join(run, name));
      openFolder(run);
      if (name === 'poster.html') {
        assert.throws(() => refuseForeign(page), /poster\.html/);
        replaceFile(page, posterPage([{ panel, sessions, tasks: [], done: [] }], quick(), null));
      } else
        assert.throws(
          () => new PanelRecords(records, sessionOf('')).add(done[0]),
          /it is a (symbolic link|second name)/,
        );
      assert.is(contents(outside), before, name);
    }
});

test('11. a download into a folder where the file, its part, its draft or the lock is a link', async () => {
  const file = new TextEncoder().encode('12345');
  const md5 = createHash('md5').update(file).digest('hex');
  for (const make of [symlinkSync, linkSync])
    for (const name of ['file.bin', 'file.bin.part', 'lock', 'file.bin.5.00ff.tmp']) {
      const { run, victim, outside, before } = scene();
      make(victim, join(run, name));
      await serving(
        (_, response) => whole(response, file),
        async (from) => {
          const files = [{ name: 'file.bin', bytes: file.length, md5 }];
          await fetchFiles({ title: 'f', from, files }, { dir: run, pause: 1 }).catch((error: Error) => {
            assert.is(error.name, 'DataError', String(error.stack));
          });
        },
      );
      assert.is(contents(outside), before, name);
    }
});

test('12. paths with newlines, dashes, quotes and control characters are ordinary folders', async () => {
  for (const name of [
    'a\nb',
    '-rf',
    "it's",
    '$(touch owned)',
    '`touch owned`',
    '\u001b]0;x\u0007',
    'é\u0301\u202e',
    'x'.repeat(200),
  ]) {
    const at = scene();
    const { code, stdout, stderr } = await train(`--out=${join(at.run, name)}`);
    assert.is(code, 0, stderr);
    assert.ok(existsSync(join(at.run, name, 'report.html')));
    for (const c of ['\u001b', '\u0007', '\u202e']) assert.not.ok((stdout + stderr).includes(c));
    assert.is(contents(at.outside), at.before);
  }
});
