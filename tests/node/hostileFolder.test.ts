// A folder with links, pipes, devices and other programs' files under the names that boundgrad uses. They are
// refused or replaced, and no target of a link changes.
import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../cli/journal.js';
import { PanelRecords } from '../../cli/poster/panelRecords.js';
import { clearFolder, openCheckpoints, openFolder } from '../../cli/runFolder.js';
import { sessionOf } from '../../cli/session.js';
import { writeFileAtomic } from '../../node/atomicFile.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { fashionMnist } from '../../node/datasets.js';
import { fetchFiles } from '../../node/download/fetchDataset.js';
import { JsonLines } from '../../node/jsonLines.js';
import { lockFolder } from '../../node/lock.js';
import { boundgradHere, temporary, tiny } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { serving, whole } from './serving.js';

const space = temporary();
const PRECIOUS = 'line1\npart';

/** A folder, and a file outside it that must not change. */
function scene(): { folder: string; victim: string; intact: () => void } {
  const top = mkdtempSync(join(space, 's-'));
  const [folder, victim] = [join(top, 'folder'), join(top, 'victim')];
  mkdirSync(folder);
  writeFileSync(victim, PRECIOUS);
  return { folder, victim, intact: () => assert.is(readFileSync(victim, 'utf8'), PRECIOUS) };
}

const remote = {
  title: 'numbers',
  from: '',
  files: [{ name: 'numbers', bytes: 5, md5: '827ccb0eea8a706c4c34a16891f84e7b' }],
};

const links = subject('Links in a folder');

links('a link to a file outside is refused or replaced, and the file keeps its bytes', async () => {
  for (const make of [symlinkSync, linkSync]) {
    const { folder, victim, intact } = scene();
    for (const name of ['.writable', 'adam.jsonl', 'panel.jsonl', 'numbers.part']) make(victim, join(folder, name));
    openFolder(folder);
    assert.throws(() => new JsonLines(join(folder, 'adam.jsonl')), /adam\.jsonl': it is a (symbolic|second)/);
    assert.throws(() => new Journal(join(folder, 'adam.jsonl'), true), /it is a (symbolic|second)/);
    assert.throws(() => new PanelRecords(join(folder, 'panel.jsonl'), sessionOf('')), /it is a (symbolic|second)/);
    await serving(
      (_, response) => whole(response, new TextEncoder().encode('12345')),
      async (from) => {
        // openFolder locks the folder, so the link is in a folder of its own.
        const other = join(folder, 'data');
        mkdirSync(other);
        make(victim, join(other, 'numbers.part'));
        let message = '';
        await fetchFiles(remote, { dir: other, from }).catch((error: Error) => (message = error.message));
        assert.match(message, /numbers\.part': it is a (symbolic|second)/);
      },
    );
    intact();
    make(victim, join(folder, 'run.json'));
    writeFileAtomic(join(folder, 'run.json'), new TextEncoder().encode('{}'));
    intact();
    assert.ok(lstatSync(join(folder, 'run.json')).isFile(), 'the link is replaced');
  }
});

links('a folder of checkpoints that is a link is refused, and the checkpoints in it stay', () => {
  const { folder } = scene();
  const other = join(folder, '..', 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'step-3.safetensors'), 'precious');
  symlinkSync(other, join(folder, 'adam'));
  assert.throws(() => openCheckpoints(join(folder, 'adam')), /adam': it is a symbolic link/);
  assert.throws(() => clearFolder(folder), /adam': it is a symbolic link/);
  assert.equal(readdirSync(other), ['step-3.safetensors']);
});

links('if one fold cannot be cleared, no fold is', () => {
  const { folder, victim } = scene();
  for (const fold of ['fold-1', 'fold-2']) mkdirSync(join(folder, fold));
  writeFileSync(join(folder, 'fold-1', 'adam.jsonl'), '{"kind":"run"');
  symlinkSync(victim, join(folder, 'fold-2', 'run.json'));
  assert.throws(() => clearFolder(folder), /fold-2.run\.json': it is a symbolic link/);
  assert.equal(readdirSync(join(folder, 'fold-1')), ['adam.jsonl']);
});

links('a lock that is a link, dangling or not, a folder, a pipe or too large is refused at once', () => {
  const kinds: [make: (path: string) => void, why: RegExp][] = [
    [(path) => symlinkSync('nowhere', path), /it is a symbolic link/],
    [(path) => symlinkSync('/dev/zero', path), /it is a symbolic link/],
    [(path) => mkdirSync(path), /there is a folder of that name/],
    [(path) => execFileSync('mkfifo', [path]), /it is a pipe/],
    [(path) => writeFileSync(path, 'x'.repeat(10_000)), /too large: 10000 bytes/],
  ];
  for (const [make, why] of kinds) {
    const { folder } = scene();
    make(join(folder, 'lock'));
    assert.throws(() => lockFolder(folder), why);
    assert.equal(readdirSync(folder), ['lock']);
  }
});

const foreign = subject("Other programs' files");

foreign('a file that holds no records is refused before a byte of it is cut', () => {
  for (const text of [
    PRECIOUS,
    'precious',
    '{"kind":"run","bo',
    '{"kind":"run"}',
    '{"kind":"epoch"}\n{"ki',
    '[1]\n{"kind":"a',
  ]) {
    const { folder } = scene();
    const path = join(folder, 'adam.jsonl');
    writeFileSync(path, text);
    let refused = false;
    try {
      new Journal(path, true).close();
    } catch {
      refused = true;
    }
    // Only a line that a kill cut short is removed.
    assert.equal([refused, readFileSync(path, 'utf8')], text === '{"kind":"run","bo' ? [false, ''] : [true, text]);
  }
});

const reading = subject('Reading irregular files');

reading('pipes, devices, folders and sizes beyond the limit are refused by name and at once', async () => {
  const { folder } = scene();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  assert.throws(() => readCheckpoint(pipe), /cannot read '.*pipe': it is a pipe/);
  assert.throws(() => readCheckpoint('/dev/zero'), /cannot read '\/dev\/zero': it is a pipe, a socket or a device/);
  assert.throws(() => new JsonLines(pipe), /cannot write '.*pipe': it is a pipe/);
  assert.throws(() => new JsonLines(folder), /cannot write '.*folder': there is a folder of that name/);
  for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'])
    symlinkSync('/dev/zero', join(folder, name));
  let message = '';
  await fashionMnist({ dir: folder }).catch((error: Error) => (message = error.message));
  assert.match(message, /train-images-idx3-ubyte: cannot be read: it is a pipe, a socket or a device/);
  const long = join(folder, 'long.jsonl');
  writeFileSync(long, '');
  truncateSync(long, 671_000_000);
  assert.throws(() => new JsonLines(long), /cannot read '.*long\.jsonl': too large: 671000000 bytes/);
  assert.is(lstatSync(long).size, 671_000_000);
});

reading(
  'a pipe under any name that a command reads or writes is refused in one line or replaced, and no read waits for a writer',
  async () => {
    const made = (run: string, name: string) => {
      mkdirSync(join(run, name, '..'), { recursive: true });
      rmSync(join(run, name), { recursive: true, force: true });
      execFileSync('mkfifo', [join(run, name)]);
      return join(run, name);
    };
    const fresh = (): string => scene().folder;
    const names = ['data_batch_1.bin', 'train-images-idx3-ubyte', 'train-labels-idx1-ubyte.gz'];
    const calls: string[][] = [
      ['eval', '--data', 'blobs', '--checkpoint', made(fresh(), 'c.safetensors')],
      ['eval', '--data', 'blobs', '--checkpoint', '/dev/stdin'],
      ['poster', '--out', fresh(), '--reference', made(fresh(), 'curves.json')],
      ['poster', '--out', fresh(), '--reference', '-'],
      ...['cifar10', 'mnist', 'fashion-mnist'].map((data, i) => {
        return ['train', '--data', data, '--out', fresh(), '--data-dir', join(made(fresh(), names[i]), '..')];
      }),
      ['train', '--resume', join(made(fresh(), 'run.json'), '..')],
    ];
    for (const name of ['run.json', 'adam.jsonl', 'report.html', 'lock', 'adam/step-1.safetensors', 'adam/lock'])
      calls.push([
        'train',
        ...tiny(1),
        '--optim',
        'adam',
        '--max-steps',
        '1',
        '--out',
        made(fresh(), name).slice(0, -name.length),
      ]);
    for (const words of calls) {
      const { code, stderr } = await boundgradHere(words);
      if (code === 0 && words.includes('--optim')) continue;
      assert.ok(code === 1 || code === 2, `${words}: ${code}`);
      assert.match(stderr, /^boundgrad: .*\n$/, words.join(' '));
    }
  },
);

const fetching = subject('Download, secrets and folders');

fetching('an address with a password or a query is refused, and the message does not repeat it', async () => {
  const slashes = [
    'http:/me:hunter2@host/x',
    'https:me:hunter2@host',
    'http:\\\\me:hunter2@host/',
    'http://me@hunter2@host',
  ];
  for (const from of [
    ...slashes,
    'http://me:hunter2@host/x',
    'http://host/x?key=hunter2',
    'ftp://me:hunter2@host/?hunter2',
  ]) {
    let message = '';
    await fetchFiles(remote, { dir: space, from }).catch((error: Error) => (message = error.message));
    assert.match(message, /^fetch: .*host/);
    assert.ok(!message.includes('hunter2'), message);
  }
});

fetching('an address that fetch refuses is tried once', async () => {
  const began = performance.now();
  let message = '';
  await fetchFiles(remote, { dir: scene().folder, from: 'http://127.0.0.1:1/', pause: 60_000 }).catch(
    (error: Error) => (message = error.message),
  );
  assert.match(message, /cannot be requested: bad port/);
  assert.ok(performance.now() - began < 10_000);
});

fetching(
  'a host that no name server knows is tried once; a host whose name server does not answer is tried again',
  async () => {
    const { fetch } = globalThis;
    try {
      for (const [code, tries, message] of [
        ['ENOTFOUND', 1, /no address is known for this host; tried once: is the name right, and is there a network\?$/],
        ['EAI_AGAIN', 5, /the connection fails: getaddrinfo EAI_AGAIN; 0 of 5 bytes after 5 tries$/],
      ] as const) {
        let calls = 0;
        globalThis.fetch = async () => {
          calls++;
          throw new TypeError('fetch failed', { cause: Object.assign(new Error(`getaddrinfo ${code}`), { code }) });
        };
        const error = await fetchFiles(remote, { dir: scene().folder, from: 'http://host.invalid/', pause: 1 }).catch(
          (e) => e,
        );
        assert.match(error.message, message);
        assert.is(calls, tries, code);
      }
    } finally {
      globalThis.fetch = fetch;
    }
  },
);

fetching('of two simultaneous downloads into one folder, one is refused, and the other gets its file', async () => {
  const { folder } = scene();
  await serving(
    (_, response) => setTimeout(() => whole(response, new TextEncoder().encode('12345')), 100),
    async (from) => {
      const both = [1, 2].map(() => fetchFiles(remote, { dir: folder, from, pause: 1 }).catch((e: Error) => e.message));
      const refused = (await Promise.all(both)).filter((result) => /in use by this process/.test(String(result)));
      assert.is(refused.length, 1);
      assert.is(readFileSync(join(folder, 'numbers'), 'utf8'), '12345');
      assert.ok(!readdirSync(folder).includes('lock'));
    },
  );
});

fetching('a retry leaves no listener on the signal of the caller', async () => {
  const abort = new AbortController();
  let requests = 0;
  await serving(
    (_, response) => {
      requests++;
      response.destroy();
    },
    async (from) => {
      const options = { dir: scene().folder, from, pause: 1, signal: abort.signal };
      await fetchFiles(remote, options).catch(() => {});
    },
  );
  assert.is(requests, 5);
  assert.is(getEventListeners(abort.signal, 'abort').length, 0);
});
