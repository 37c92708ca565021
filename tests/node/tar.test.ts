// Reading tar archives, and data sets that are downloaded as a tar archive.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '../../core/index.js';
import { cifar10 } from '../../node/datasets.js';
import { fetchFiles } from '../../node/download/fetchDataset.js';
import { placeFile } from '../../node/download/localFiles.js';
import type { Remote } from '../../node/download/sources.js';
import { untar } from '../../node/download/tar.js';
import { temporary } from '../cli/command.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { send, serving } from './serving.js';

const folder = temporary();
const fresh = () => mkdtempSync(join(folder, 'd-'));
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) >> 7);
const md5 = (file: Uint8Array) => createHash('md5').update(file).digest('hex');

const tar = subject('untar');

/** A member of an archive: its header, with `over` written at byte positions, and its data. */
function member(name: string, data: Uint8Array, over: Record<number, string> = {}): Uint8Array {
  const block = new Uint8Array(512 + Math.ceil(data.length / 512) * 512);
  const write = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  write(0, name);
  write(100, '0000644\x000000000\x000000000\0');
  write(124, `${data.length.toString(8).padStart(11, '0')}\0`);
  write(136, '11214172521\0');
  write(156, '0');
  write(257, 'ustar\x0000');
  for (const [at, text] of Object.entries(over)) write(Number(at), text);
  write(148, '        ');
  const sum = block.subarray(0, 512).reduce((a, b) => a + b, 0);
  write(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  block.set(data, 512);
  return block;
}
const END = new Uint8Array(1024);
const archive = (...parts: Uint8Array[]) => Buffer.concat(parts);
const names = (file: Uint8Array) => [...untar(file, 'a.tar')].map((m) => m.name);
const refusesTar = (file: Uint8Array, message: RegExp) =>
  assert.throws(
    () => names(file),
    (e: unknown) => e instanceof DataError && message.test(e.message),
    String(message),
  );

tar('files are returned with names and bytes; folders and extended headers are skipped', () => {
  const file = archive(
    member('d/', END.subarray(0, 0), { 156: '5' }),
    member('pax', bytes.subarray(0, 20), { 156: 'x' }),
    member('d/one', bytes.subarray(0, 513)),
    member('two', bytes.subarray(0, 0), { 345: 'long/prefix' }),
    // GNU tar: another magic, and other data in place of the prefix.
    member('./d/three', bytes.subarray(7, 7 + 512), { 156: '\0', 257: 'ustar  \0', 345: '13131313131' }),
    END,
    new Uint8Array(10_240),
  );
  const found = [...untar(file, 'a.tar')];
  assert.equal(
    found.map((m) => [m.name, md5(m.bytes)]),
    [
      ['d/one', md5(bytes.subarray(0, 513))],
      ['long/prefix/two', md5(new Uint8Array(0))],
      ['d/three', md5(bytes.subarray(7, 519))],
    ],
  );
});

tar('the folder of the archive itself is skipped; a name or size in a header of the pax format is refused', () => {
  const one = bytes.subarray(0, 1);
  const folder = member('./', new Uint8Array(0), { 156: '5' });
  assert.equal(
    [...untar(archive(folder, member('./x', one), END), 'a.tar')].map(({ name }) => name),
    ['x'],
  );
  const pax = (line: string) => archive(member('x', Buffer.from(line), { 156: 'x' }), member('short', one), END);
  assert.is([...untar(pax('22 mtime=1700000000.5\n'), 'a.tar')].length, 1);
  for (const key of ['path', 'size', 'linkpath'])
    refusesTar(
      pax(`22 mtime=1700000000.5\n12 ${key}=long\n`),
      new RegExp(`^a\\.tar: a header of the pax format with a ${key}`),
    );
});

tar('names that are not plain relative paths are refused, for example those that lead out of the folder', () => {
  for (const name of ['../x', 'a/../../x', '/etc/passwd', 'a//b', '..', 'C:\\x', 'a\\b', 'a\nb', '', 'c:x', 'é']) {
    refusesTar(
      archive(member(name, bytes.subarray(0, 1)), END),
      /^a\.tar: a name must be a plain relative path: ".*"; nothing else/,
    );
  }
  refusesTar(
    archive(member('x', bytes.subarray(0, 1), { 345: '/abs' }), END),
    /must be a plain relative path: "\/abs\/x"/,
  );
  refusesTar(
    archive(member('x', bytes.subarray(0, 1), { 345: '..' }), END),
    /must be a plain relative path: "\.\.\/x"/,
  );
});

tar('links, devices, long names and sparse files are refused', () => {
  const kinds = {
    1: 'a hard link',
    2: 'a symbolic link',
    3: 'type "3"',
    6: 'type "6"',
    L: 'a long name',
    S: 'a sparse file',
  };
  for (const [type, what] of Object.entries(kinds)) {
    refusesTar(
      archive(member('x', END.subarray(0, 0), { 156: type, 157: '/etc' }), END),
      new RegExp(`a.tar: ${what}: x; only files`),
    );
  }
});

tar('sizes that are wrong, negative, not octal or beyond the archive are refused', () => {
  const one = bytes.subarray(0, 600);
  refusesTar(archive(member('x', one, { 124: '77777777777\0' }), END), /truncated: it ends at byte/);
  for (const size of ['-0000000001\0', '0000000000x\0', '            ', '\u0000'.repeat(12), '0x0000000ff\0']) {
    refusesTar(archive(member('x', one, { 124: size }), END), /the size of x is not an octal number/);
  }
  // A size of one block less: the padding is then not zeros, or the next block is not a header.
  refusesTar(archive(member('x', one, { 124: '00000000100\0' }), END), /the padding after x is not zero/);
  refusesTar(archive(member('x', one, { 124: '00000001000\0' }), END), /a header is wrong/);
});

tar('an archive that is cut anywhere, or has bytes after its end, is refused', () => {
  const file = archive(member('x', bytes.subarray(0, 700)), member('y', bytes.subarray(0, 10)), END);
  assert.equal(names(file), ['x', 'y']);
  for (let n = 0; n < file.length; n += 64) refusesTar(file.subarray(0, n), /truncated: it ends at byte/);
  refusesTar(archive(file, Uint8Array.of(0, 0, 1)), /bytes after the end/);
});

tar('a flipped bit in any byte of a header or of padding is refused', () => {
  const file = archive(member('x', bytes.subarray(0, 700)), END);
  for (let at = 0; at < file.length; at++) {
    // Except in the file's own bytes, and in the blank after the checksum, which is not read.
    if ((at >= 512 && at < 512 + 700) || at === 155) continue;
    const damaged = Uint8Array.from(file, (b, i) => (i === at ? b ^ 1 : b));
    refusesTar(damaged, /wrong|padding|truncated|after the end|not an octal/);
  }
});

const set = subject('fetchDataset: an archive');

/** The names of CIFAR-10's files; here each has two records. */
const BATCHES = [
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
  'test_batch.bin',
];
const batch = (i: number) =>
  Uint8Array.from({ length: 2 * 3073 }, (_, k) => (k % 3073 === 0 ? i : (k * (i + 3)) % 256));
const packed = (...members: Uint8Array[]): [file: Uint8Array, remote: Remote] => {
  const file = gzipSync(archive(...members, END));
  const holds = Object.fromEntries(BATCHES.map((name) => [name, 2 * 3073]));
  return [
    file,
    {
      title: 'Batches',
      from: 'http://127.0.0.1:2/',
      files: [{ name: 'c.tar.gz', bytes: file.length, md5: md5(file), holds }],
    },
  ];
};
const top = 'cifar-10-batches-bin';
const six = BATCHES.map((name, i) => member(`${top}/${name}`, batch(i)));

set(
  'the batches are unpacked into the folder itself, other files are skipped, and the archive is removed',
  async () => {
    const [file, from] = packed(
      member(`${top}/`, END.subarray(0, 0), { 156: '5' }),
      member(`${top}/readme.html`, bytes.subarray(0, 88)),
      ...six,
    );
    await serving(
      (request, response) => send(request, response, file),
      async (url, ranges) => {
        const dir = fresh();
        assert.equal(await fetchFiles(from, { dir, from: url }), { downloaded: BATCHES, present: [] });
        assert.equal(readdirSync(dir).sort(), ['c.md5', ...BATCHES].sort());
        const sums = BATCHES.map((name, i) => `${md5(batch(i))}  ${name}\n`).join('');
        assert.is(
          readFileSync(join(dir, 'c.md5'), 'utf8'),
          `# format 1: the files of c.tar.gz, md5 ${md5(file)}\n${sums}`,
        );
        assert.equal([...(await cifar10({ dir })).labels], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
        assert.equal([...(await cifar10({ dir, train: false })).labels], [5, 5]);
        assert.equal(await fetchFiles(from, { dir, from: url }), { downloaded: [], present: BATCHES });
        assert.is(ranges.length, 1);
      },
    );
  },
);

set(
  'a complete archive of an earlier call is unpacked without a request; an equal file is kept, a different one refused',
  async () => {
    const [file, from] = packed(...six);
    const dir = fresh();
    writeFileSync(join(dir, 'c.tar.gz.part'), file);
    writeFileSync(join(dir, 'data_batch_2.bin'), batch(1));
    assert.equal((await fetchFiles(from, { dir })).downloaded, BATCHES);
    const other = fresh();
    writeFileSync(join(other, 'c.tar.gz.part'), file);
    writeFileSync(join(other, 'data_batch_2.bin'), batch(7));
    await rejects(
      fetchFiles(from, { dir: other }),
      /data_batch_2\.bin: there is another file of this name: its bytes differ/,
      DataError,
    );
    assert.ok(readFileSync(join(other, 'data_batch_2.bin')).equals(batch(7)));
    writeFileSync(join(other, 'data_batch_2.bin'), batch(1).subarray(1));
    await rejects(
      fetchFiles(from, { dir: other }),
      /data_batch_2\.bin: there is another file of this name: 6145 bytes, expected 6146/,
      DataError,
    );
  },
);

set('a file that appears during a download is refused as another file, also if it is longer', async () => {
  const path = join(fresh(), 'a');
  for (const [other, why] of [
    ['longer', '6 bytes, expected 4'],
    ['abcx', 'its bytes differ from those in the archive'],
  ]) {
    writeFileSync(path, other);
    const expected = new RegExp(`a: there is another file of this name: ${why}; remove it or`);
    await rejects(placeFile(path, Buffer.from('abcd')), expected, DataError);
    assert.is(readFileSync(path, 'utf8'), other);
  }
});

set('a file that was unpacked and then changed is refused by its sum, though its length is right', async () => {
  const [file, from] = packed(...six);
  const dir = fresh();
  writeFileSync(join(dir, 'c.tar.gz.part'), file);
  await fetchFiles(from, { dir });
  for (const [i, name] of BATCHES.entries()) {
    const damaged = batch(i).map((b, k) => (k === 3000 + i ? b ^ 1 : b));
    writeFileSync(join(dir, name), damaged);
    await rejects(
      fetchFiles(from, { dir }),
      new RegExp(`${name}: there is another file of this name: its md5 sum is not ${md5(batch(i))}; remove it or`),
      DataError,
    );
    assert.ok(readFileSync(join(dir, name)).equals(damaged));
    writeFileSync(join(dir, name), batch(i));
  }
  assert.equal(await fetchFiles(from, { dir }), { downloaded: [], present: BATCHES });
});

set(
  'files without recorded sums, or with those of another archive, are checked against the archive again; another file in place of the sums is refused',
  async () => {
    const [file, from] = packed(...six);
    await serving(
      (request, response) => send(request, response, file),
      async (url, ranges) => {
        for (const list of [null, '# format 1: the files of c.tar.gz, md5 00\n', '# format 2: later\n']) {
          const dir = fresh();
          for (const [i, name] of BATCHES.entries()) writeFileSync(join(dir, name), batch(i));
          if (list !== null) writeFileSync(join(dir, 'c.md5'), list);
          assert.equal((await fetchFiles(from, { dir, from: url })).downloaded, BATCHES);
          assert.equal((await fetchFiles(from, { dir, from: url })).present, BATCHES);
        }
        assert.is(ranges.length, 3);
        for (const other of ['mine\n', '']) {
          const dir = fresh();
          writeFileSync(join(dir, 'c.md5'), other);
          await rejects(
            fetchFiles(from, { dir, from: url }),
            /c\.md5: there is another file of this name: it is not a list of sums/,
            DataError,
          );
          assert.is(readFileSync(join(dir, 'c.md5'), 'utf8'), other);
        }
      },
    );
  },
);

set(
  'an archive is refused if a batch is missing, occurs twice or has another length, if it is not gzip, and if it unpacks to too much',
  async () => {
    const cases: [file: Uint8Array, from: Remote, RegExp][] = [
      [...packed(...six.slice(1)), /it does not hold data_batch_1\.bin; another archive\?/],
      [...packed(...six, six[0]), /it holds data_batch_1\.bin twice; another archive\?/],
      [
        ...packed(...six.slice(1), member('data_batch_1.bin', batch(0).subarray(3073))),
        /data_batch_1\.bin: 3073 bytes, expected 6146; another archive\?/,
      ],
      [...packed(...six, member('../escape', batch(0))), /c\.tar\.gz\.part: a name must be a plain relative path/],
      [...packed(...six, new Uint8Array(2 ** 21)), /cannot be unpacked: Cannot create a Buffer larger than/],
    ];
    const plain = archive(...six, END);
    const broken = Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 0xff), plain]);
    for (const [bytes, message] of [
      [plain, /c\.tar\.gz\.part: there is another file of this name: it does not begin like a \.gz file/],
      [broken, /cannot be unpacked: unknown header flags set/],
    ] as const)
      cases.push([
        bytes,
        { ...cases[0][1], files: [{ ...cases[0][1].files[0], bytes: bytes.length, md5: md5(bytes) }] },
        message,
      ]);
    for (const [file, from, message] of cases) {
      const dir = fresh();
      writeFileSync(join(dir, 'c.tar.gz.part'), file);
      await rejects(fetchFiles(from, { dir }), message, DataError);
      assert.ok(!existsSync(join(dir, '..', 'escape')));
    }
  },
);
