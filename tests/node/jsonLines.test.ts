// Files that survive kills, short writes and full disks: JSON lines, and files written atomically.
import fs, {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DataError } from '../../core/index.js';
import { makeFolder, writeFileAtomic } from '../../node/atomicFile.js';
import { JsonLines, parseJsonLines } from '../../node/jsonLines.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const folder = temporary();
const fresh = () => join(mkdtempSync(join(folder, 'f-')), 'file');
const text = (path: string) => readFileSync(path, 'utf8');
const bytes = (of: string) => new TextEncoder().encode(of);

/** Runs the body on a disk that takes one byte a call, and is full after `room` bytes. */
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

lines('appended records are read again, in order, and later ones are added behind them', () => {
  const path = fresh();
  const file = new JsonLines(path);
  assert.is(file.text, '');
  file.append({ kind: 'a', n: 1 });
  file.append({ kind: 'b' }, { kind: 'a', n: 2 });
  assert.is(text(path), '{"kind":"a","n":1}\n{"kind":"b"}\n{"kind":"a","n":2}\n');
  file.close();
  const again = new JsonLines(path);
  assert.is(again.text, text(path));
  again.append({ kind: 'c' });
  assert.match(text(path), /"n":2\}\n\{"kind":"c"\}\n$/);
  again.close();
  const anew = new JsonLines(path, { fresh: true });
  assert.equal([anew.text, text(path)], ['', '']);
  anew.close();
});

lines('a partial last line, cut at any byte, is removed, and the lines before it stay', () => {
  const whole = '{"kind":"a","word":"é"}\n';
  const last = bytes('{"kind":"b","word":"ü"}\n');
  for (let n = 0; n < last.length; n++) {
    const path = fresh();
    writeFileSync(path, whole);
    appendFileSync(path, last.subarray(0, n));
    const file = new JsonLines(path);
    assert.equal([file.text, text(path)], [whole, whole], `${n} bytes`);
    file.close();
  }
});

lines('short writes are completed; a write that fails on a full disk is undone, and a later one succeeds', () => {
  const path = fresh();
  const file = new JsonLines(path);
  slowDisk(Infinity, () => file.append({ kind: 'a' }));
  const before = text(path);
  assert.is(before, '{"kind":"a"}\n');
  slowDisk(20, () =>
    assert.throws(
      () => file.append({ kind: 'b' }, { kind: 'c' }),
      (e: Error) => e instanceof DataError && e.message === `cannot write '${path}': the disk is full`,
    ),
  );
  assert.is(text(path), before);
  file.append({ kind: 'd' });
  assert.is(text(path), `${before}{"kind":"d"}\n`);
  file.close();
});

lines('a file that has vanished, or been replaced, is an error and is not made anew', () => {
  const path = fresh();
  const file = new JsonLines(path);
  renameSync(path, `${path}.moved`);
  assert.throws(() => file.append({ kind: 'a' }), /^cannot write '.*file': the file or its folder has vanished$/);
  writeFileSync(path, 'mine');
  assert.throws(() => file.append({ kind: 'a' }), /^cannot write '.*file': another file has taken its place$/);
  assert.equal([text(path), text(`${path}.moved`)], ['mine', '']);
  file.close();
});

lines('the first line that is not JSON, or of another kind, is refused by its number', () => {
  const refuse = (line: number) => new Error(`line ${line}`);
  const parse = (of: string) => parseJsonLines<{ kind: 'a' | 'b' }>(of, ['a', 'b'], refuse);
  assert.equal(parse('{"kind":"a"}\n{"kind":"b"}\n'), [{ kind: 'a' }, { kind: 'b' }]);
  assert.equal([parse(''), parse('{"kind":"a"}\n{"ki')], [[], [{ kind: 'a' }]]);
  for (const bad of ['{', '', 'null', '3', '[]', '{}', '{"kind":"c"}', '{"kind":["a"]}']) {
    assert.throws(() => parse(`{"kind":"a"}\n${bad}\n{"kind":"b"}\n`), /^line 2$/, bad);
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

atomic('a name that a folder has is refused, and the folder stays', () => {
  const path = fresh();
  mkdirSync(path);
  assert.throws(() => writeFileAtomic(path, bytes('x')), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.equal([readdirSync(path), readdirSync(join(path, '..'))], [[], ['file']]);
});

atomic('a folder is made with its parents, twice without error, and not where a file is', () => {
  const path = join(fresh(), 'a', 'b');
  makeFolder(path);
  makeFolder(path);
  writeFileSync(join(path, 'c'), '');
  for (const bad of [join(path, 'c'), join(path, 'c', 'd')]) assert.throws(() => makeFolder(bad), /EEXIST|ENOTDIR/);
});
