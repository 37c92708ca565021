// Files that survive kills, short writes and full disks: JSON lines, and files written atomically.
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DataError } from '../../core/index.js';
import { crc32, hex } from '../../fit/crc32.js';
import { makeFolder, writeFileAtomic } from '../../node/atomicFile.js';
import { formatJsonLines, JsonLines, parseJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const folder = temporary();
const fresh = () => join(mkdtempSync(join(folder, 'f-')), 'file');
const text = (path: string) => readFileSync(path, 'utf8');
const bytes = (of: string) => new TextEncoder().encode(of);

/** Runs the body on a disk that accepts one byte per call and whose call after `room` bytes fails: it is full. */
function slowDisk(room: number, body: () => void): void {
  const { writeSync } = fs;
  fs.writeSync = ((file: number, from: Uint8Array, offset = 0) => {
    if (room-- === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    return writeSync(file, from, offset, 1);
  }) as typeof writeSync;
  syncBuiltinESMExports();
  try {
    body();
  } finally {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  }
}

const lines = subject('JSON lines');

const records = (path: string) => readJsonLines(path).map(({ record }) => record);
const faults = (of: string) => parseJsonLines(of, 'x').map(({ fault }) => fault);
const four = [{ kind: 'a', word: 'é' }, { kind: 'b', n: [1, null] }, { kind: 'b', sum: 3 }, { kind: 'a' }];

lines('appended records are read back in order, and later ones are added after them', () => {
  const path = fresh();
  const file = new JsonLines(path);
  file.append({ kind: 'a', n: 1 });
  file.append({ kind: 'b' }, { kind: 'a', n: 2 });
  const before = text(path);
  assert.match(
    before,
    /^\{"kind":"a","n":1,"format":2,"sum":"\w{8}"\}\n\{"kind":"b","sum":"\w{8}"\}\n\{"kind":"a","n":2,"sum":"\w{8}"\}\n$/,
  );
  assert.equal(records(path), [{ kind: 'a', n: 1 }, { kind: 'b' }, { kind: 'a', n: 2 }]);
  file.close();
  const again = new JsonLines(path);
  assert.is(text(path), before);
  again.append({ kind: 'c' });
  assert.ok(text(path).startsWith(before));
  assert.equal(records(path).at(-1), { kind: 'c' });
  assert.equal(faults(text(path)), [null, null, null, null]);
  again.replace(four);
  assert.is(text(path), formatJsonLines(four));
  again.append({ kind: 'd' });
  assert.equal(faults(text(path)), [null, null, null, null, null]);
  again.close();
});

lines('a fresh file is not opened if the name exists, also as a dangling link, and nothing changes', () => {
  const path = fresh();
  const file = new JsonLines(path, { fresh: true });
  file.append(four[0]);
  file.close();
  const link = `${path}-link`;
  symlinkSync('nowhere', link);
  for (const name of [path, link])
    assert.throws(() => new JsonLines(name, { fresh: true }), /^cannot write '.*': there is a file of that name$/);
  assert.is(text(path), formatJsonLines([four[0]]));
  assert.not.ok(existsSync(link));
});

lines('keep() copies the file to a free name, unless a copy with the same content exists', () => {
  const path = fresh();
  const file = new JsonLines(path);
  file.append(four[0]);
  const first = text(path);
  writeFileSync(`${path}.1.old`, 'mine');
  assert.equal([file.keep(), file.keep()], [`${path}.2.old`, `${path}.2.old`]);
  file.append(four[1]);
  assert.is(file.keep(), `${path}.3.old`);
  assert.equal(
    [1, 2].map((n) => text(`${path}.${n}.old`)),
    ['mine', first],
  );
  file.close();
});

lines('the checksum is the CRC-32 of the text before it, continued from line to line', () => {
  const [first, second] = ['{"kind":"a","format":2', '{"kind":"b"'];
  const sum = (of: string, before = 0) => crc32(bytes(of), before);
  assert.is(
    formatJsonLines([{ kind: 'a' }, { kind: 'b' }]),
    `${first},"sum":"${hex(sum(first))}"}\n${second},"sum":"${hex(sum(second, sum(first)))}"}\n`,
  );
  assert.is(sum(first + second), sum(second, sum(first)));
});

lines('a line that is edited at any byte is found, and no other line is blamed but the next', () => {
  const whole = bytes(formatJsonLines(four));
  const ends = [...whole].flatMap((byte, i) => (byte === 10 ? [i] : []));
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === 10) continue;
    const changed = whole.slice();
    changed[i] ^= 1;
    if (changed[i] === 10) continue;
    const at = ends.findIndex((end) => i < end);
    let found: (string | null)[];
    try {
      found = faults(new TextDecoder().decode(changed));
    } catch (error) {
      // The number of the format has become that of a later one.
      assert.match((error as Error).message, /^'x': format \d+, this version reads up to 2; a later version reads it$/);
      continue;
    }
    assert.ok(found[at] !== null, `byte ${i}`);
    found.forEach((fault, k) => assert.ok(fault === null || k === at || k === at + 1, `byte ${i}, line ${k + 1}`));
  }
});

lines('lines that are removed, doubled or swapped are found; missing ones at the end are not', () => {
  const split = formatJsonLines(four).trimEnd().split('\n');
  const orders = (function permute(left: number[]): number[][] {
    if (left.length === 0) return [[]];
    return [[], ...left.flatMap((i) => permute(left.filter((j) => j !== i)).map((rest) => [i, ...rest]))];
  })([0, 1, 2, 3]);
  const doubled = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].flatMap((j) => (i === j ? [j, j] : [j])));
  for (const order of [...orders, ...doubled]) {
    const isPrefix = order.every((line, i) => line === i);
    const found = faults(order.map((i) => `${split[i]}\n`).join(''));
    assert.is(
      found.every((fault) => fault === null),
      isPrefix,
      `${order}`,
    );
  }
});

lines('format 1, without checksums, is read; the first added record rewrites the file', () => {
  const old = four.map((record) => `${JSON.stringify(record)}\n`).join('');
  const path = fresh();
  writeFileSync(path, old);
  const file = new JsonLines(path);
  assert.equal([text(path), faults(old)], [old, [null, null, null, null]]);
  file.append({ kind: 'c' });
  assert.is(text(path), formatJsonLines([...four, { kind: 'c' }]));
  file.close();
  // A file of format 2 without its checksums is not one of format 1.
  const bare = formatJsonLines(four).replaceAll(/,"sum":"\w{8}"/g, '');
  assert.equal(new Set(faults(bare)), new Set(['it has no checksum']));
});

lines('a file in a later format is refused and not changed, and the message names the version that wrote it', () => {
  const path = fresh();
  const later = '{"kind":"a","boundgrad":"7.0.0","format":3,"sum":"12345678"}\n{"ki';
  writeFileSync(path, later);
  for (const open of [() => new JsonLines(path), () => readJsonLines(path)])
    assert.throws(open, /file': format 3, this version reads up to 2; boundgrad 7\.0\.0 reads it$/);
  assert.is(text(path), later);
});

lines('a partial last line, cut at any byte, is removed, and the lines before it stay', () => {
  const whole = formatJsonLines([four[0]]);
  const epoch = { kind: 'epoch', epoch: 1, word: 'ü' };
  const last = bytes(formatJsonLines([four[0], epoch]).slice(whole.length));
  for (let n = 0; n < last.length; n++) {
    const path = fresh();
    writeFileSync(path, whole);
    appendFileSync(path, last.subarray(0, n));
    assert.equal(records(path), [four[0]]);
    const file = new JsonLines(path);
    assert.equal([records(path), text(path)], [[four[0]], whole], `${n} bytes`);
    file.close();
  }
});

lines('short writes are completed; a write that fails on a full disk is undone, and a later one succeeds', () => {
  const path = fresh();
  const file = new JsonLines(path);
  slowDisk(Infinity, () => file.append({ kind: 'a' }));
  const before = text(path);
  assert.is(before, formatJsonLines([{ kind: 'a' }]));
  for (const write of [() => file.append({ kind: 'b' }, { kind: 'c' }), () => file.replace([{ kind: 'b' }])]) {
    for (let room = 0; room < 40; room++) {
      slowDisk(room, () =>
        assert.throws(
          write,
          (e: Error) => e instanceof DataError && e.message === `cannot write '${path}': the disk is full`,
        ),
      );
      assert.is(text(path), before);
    }
  }
  assert.equal(readdirSync(join(path, '..')), ['file']);
  file.append({ kind: 'd' });
  assert.is(text(path), formatJsonLines([{ kind: 'a' }, { kind: 'd' }]));
  file.close();
});

lines('a file that has vanished, or been replaced, is an error and is not created again', () => {
  const path = fresh();
  const file = new JsonLines(path);
  renameSync(path, `${path}.moved`);
  assert.throws(() => file.append({ kind: 'a' }), /^cannot write '.*file': the file or its folder has vanished$/);
  writeFileSync(path, 'mine');
  assert.throws(() => file.append({ kind: 'a' }), /^cannot write '.*file': another file has taken its place$/);
  assert.equal([text(path), text(`${path}.moved`)], ['mine', '']);
  file.close();
});

lines('a line that is not JSON has no record; the lines around it are read', () => {
  const [first, second] = formatJsonLines(four.slice(0, 2)).trimEnd().split('\n');
  for (const bad of ['{', '', 'x', '{"kind":"a"']) {
    const found = parseJsonLines(`${first}\n${bad}\n${second}\n`, 'x');
    assert.equal(
      found.map(({ record, fault }) => [record, fault]),
      [
        [four[0], null],
        [undefined, 'it is not JSON'],
        [four[1], null],
      ],
    );
  }
});

const atomic = subject('Atomic file');

atomic('a file is replaced whole; if that fails it keeps its old bytes, and nothing is left beside it', () => {
  const path = fresh();
  slowDisk(Infinity, () => writeFileAtomic(path, bytes('first')));
  assert.is(text(path), 'first');
  slowDisk(3, () => assert.throws(() => writeFileAtomic(path, bytes('second')), /ENOSPC/));
  assert.is(text(path), 'first');
  writeFileAtomic(path, bytes('third'));
  assert.is(text(path), 'third');
  assert.equal(readdirSync(join(path, '..')), ['file']);
});

atomic('the name of a folder is refused, and the folder stays', () => {
  const path = fresh();
  mkdirSync(path);
  assert.throws(() => writeFileAtomic(path, bytes('x')), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.equal([readdirSync(path), readdirSync(join(path, '..'))], [[], ['file']]);
});

atomic('makeFolder makes a folder with its parents, accepts one that exists, and fails where a file is', () => {
  const path = join(fresh(), 'a', 'b');
  makeFolder(path);
  makeFolder(path);
  writeFileSync(join(path, 'c'), '');
  for (const bad of [join(path, 'c'), join(path, 'c', 'd')]) assert.throws(() => makeFolder(bad), /EEXIST|ENOTDIR/);
});

for (const [what, meanwhile] of [
  ['the parent', ['a']],
  ['parent and folder', ['a', 'a/b']],
] as const)
  atomic(`a folder is made also if another process makes ${what} at the same time`, () => {
    const place = fresh();
    fs.mkdirSync(place);
    const { mkdirSync } = fs;
    let isFirst = true;
    fs.mkdirSync = ((path: string) => {
      if (!isFirst) return mkdirSync(path);
      isFirst = false;
      try {
        return mkdirSync(path);
      } finally {
        for (const name of meanwhile) mkdirSync(join(place, name));
      }
    }) as typeof mkdirSync;
    syncBuiltinESMExports();
    try {
      makeFolder(join(place, 'a', 'b'));
    } finally {
      fs.mkdirSync = mkdirSync;
      syncBuiltinESMExports();
    }
    assert.ok(fs.statSync(join(place, 'a', 'b')).isDirectory());
  });
