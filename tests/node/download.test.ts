// Downloads from a server that breaks, stalls, lies and recovers.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, ValueError } from '../../core/index.js';
import { fashionMnist, fetchDataset } from '../../node/datasets.js';
import { fetchFiles } from '../../node/download/fetchDataset.js';
import { download } from '../../node/download/http.js';
import { fetchable, type Remote } from '../../node/download/sources.js';
import { boundgrad, boundgradHere, temporary } from '../cli/command.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { type Answer, send, serving, whole } from './serving.js';

const folder = temporary();
const fresh = () => mkdtempSync(join(folder, 'd-'));

/** An address that no server has. */
const CLOSED = 'http://127.0.0.1:2/';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7);
const md5 = (file: Uint8Array) => createHash('md5').update(file).digest('hex');
const remote: Remote = {
  title: 'Numbers',
  from: CLOSED,
  files: [{ name: 'numbers', bytes: bytes.length, md5: md5(bytes) }],
};
/** Retries at once. */
const quick = { pause: 5 };
/** Counts a fifth of a second as silence. A busy machine can be silent that long, so only tests of silence use it. */
const impatient = { ...quick, silence: 200 };

const test = subject('fetchDataset');

test('a file is downloaded into a new folder, gets its name only once it is complete, and reports its progress', () =>
  serving(
    (request, response) => {
      assert.is(request.url, '/files/numbers');
      send(request, response, bytes);
    },
    async (from, ranges) => {
      const dir = join(fresh(), 'a', 'b');
      const seen: number[] = [];
      const onProgress = (at: { file: string; received: number; bytes: number }) => {
        assert.equal([at.file, at.bytes], ['numbers', 300_000]);
        assert.equal(readdirSync(dir), ['lock', 'numbers.part']);
        seen.push(at.received);
      };
      const found = await fetchFiles(remote, { dir, from, onProgress });
      assert.equal(found, { downloaded: ['numbers'], present: [] });
      assert.equal(readdirSync(dir), ['numbers']);
      assert.ok(readFileSync(join(dir, 'numbers')).equals(bytes));
      assert.equal(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.is(seen.at(-1), 300_000);
      assert.equal(ranges, [undefined]);
    },
  ));

test('a complete folder is left as it is, without a request', async () => {
  const dir = fresh();
  writeFileSync(join(dir, 'numbers'), bytes);
  const found = await fetchFiles(remote, { dir });
  assert.equal(found, { downloaded: [], present: ['numbers'] });
});

test('a connection that breaks again and again is resumed at its last byte', () =>
  serving(
    (request, response) => send(request, response, bytes, 70_000),
    async (from, ranges) => {
      const dir = fresh();
      await fetchFiles(remote, { dir, from, ...quick });
      assert.ok(readFileSync(join(dir, 'numbers')).equals(bytes));
      // A broken connection can lose the last bytes that were sent.
      const starts = ranges.map((range) => Number(range?.slice(6, -1) ?? 0));
      assert.ok(starts.length >= 5, `${starts.length} connections of 70,000 bytes for 300,000`);
      assert.ok(
        starts.every((start, i) => i === 0 || start > starts[i - 1]),
        `${starts}`,
      );
    },
  ));

test('a partial file of an earlier call is completed, also by a server that ignores ranges', async () => {
  for (const knows of [true, false]) {
    await serving(
      (request, response) => (knows ? send(request, response, bytes) : whole(response, bytes)),
      async (from, ranges) => {
        const dir = fresh();
        writeFileSync(join(dir, 'numbers.part'), bytes.subarray(0, 1234));
        const seen: number[] = [];
        await fetchFiles(remote, { dir, from, ...quick, onProgress: ({ received }) => seen.push(received) });
        assert.ok(readFileSync(join(dir, 'numbers')).equals(bytes));
        assert.equal(ranges, ['bytes=1234-']);
        assert.is(seen.at(-1), 300_000);
      },
    );
  }
});

test('a complete .part file needs no request; one that is too long or belongs to another file is downloaded again', async () => {
  const dir = fresh();
  writeFileSync(join(dir, 'numbers.part'), bytes);
  assert.equal((await fetchFiles(remote, { dir })).downloaded, ['numbers']);
  const longer = new Uint8Array(300_001);
  for (const [left, expected] of [
    [longer, [undefined]],
    [longer.subarray(0, 300_000), [undefined]],
    [longer.subarray(0, 99), ['bytes=99-', undefined]],
  ] as const) {
    await serving(
      (request, response) => send(request, response, bytes),
      async (from, ranges) => {
        const other = fresh();
        writeFileSync(join(other, 'numbers.part'), left);
        await fetchFiles(remote, { dir: other, from, ...quick });
        assert.ok(readFileSync(join(other, 'numbers')).equals(bytes));
        assert.equal(ranges, expected);
      },
    );
  }
});

test('a server that ignores ranges and always breaks the connection is given up after five tries, and the bytes are kept', () =>
  serving(
    (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 10));
    },
    async (from, ranges) => {
      const dir = fresh();
      await rejects(
        fetchFiles(remote, { dir, from, ...quick }),
        /files\/numbers: the connection fails: other side closed; 50000 of 300000 bytes after 5 tries/,
        DataError,
      );
      assert.is(ranges.length, 6, 'the first sent new bytes, five did not');
      assert.ok(readFileSync(join(dir, 'numbers.part')).equals(bytes.subarray(0, 50_000)));
    },
  ));

test('a server that is silent, before or after its headers, or answers without bytes, is given up after a bounded time', async () => {
  const silent: [Answer, RegExp][] = [
    [() => {}, /the connection fails: nothing came for 0\.2 s; 0 of 300000 bytes/],
    [
      (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.flushHeaders();
      },
      /nothing came for 0\.2 s; 0 of 300000/,
    ],
    [
      (request, response) => {
        send(request, response, bytes.subarray(0, 0));
      },
      /another file: it has 0 bytes, expected 300000/,
    ],
    [
      (_, response) => {
        response.writeHead(200);
        response.end();
      },
      /it ended after 0 of 300000 bytes/,
    ],
  ];
  for (const [answer, message] of silent) {
    await serving(answer, async (from) => {
      const dir = fresh();
      await rejects(fetchFiles(remote, { dir, from, ...impatient }), message, DataError);
      assert.equal(readdirSync(dir), [], 'no bytes, no file');
    });
  }
});

test('silence in the middle of a file counts as a broken connection', () =>
  serving(
    (request, response, count) => {
      if (count > 1) return send(request, response, bytes);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1000));
    },
    async (from, ranges) => {
      const dir = fresh();
      await fetchFiles(remote, { dir, from, ...impatient });
      assert.ok(readFileSync(join(dir, 'numbers')).equals(bytes));
      assert.equal(ranges, [undefined, 'bytes=1000-']);
    },
  ));

test('a file with a wrong checksum is refused and removed', () =>
  serving(
    (_, response) =>
      whole(
        response,
        bytes.map((b, i) => (i === 150_000 ? b ^ 1 : b)),
      ),
    async (from, ranges) => {
      const dir = fresh();
      await rejects(
        fetchFiles(remote, { dir, from, ...quick }),
        new RegExp(`/numbers: another file, or damaged .*: md5 [0-9a-f]{32}, expected ${md5(bytes)}; nothing was kept`),
        DataError,
      );
      assert.equal(readdirSync(dir), []);
      assert.is(ranges.length, 1);
    },
  ));

test('another length, another part, an error and a compressed file are refused without a retry, by headers or bytes', async () => {
  const wrong: [Answer, RegExp][] = [
    [(_, response) => whole(response, bytes.subarray(1)), /another file: it has 299999 bytes, expected 300000/],
    [(_, response) => whole(response, new Uint8Array(300_001)), /another file: it has 300001 bytes, expected 300000/],
    [
      (_, response) => {
        response.writeHead(200);
        response.end(new Uint8Array(300_001));
      },
      /another file: it is longer than 300000 bytes/,
    ],
    [
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 100-99999/100000' });
        response.end(new Uint8Array(99_900));
      },
      /another file: it has 100000 bytes, expected 300000/,
    ],
    [
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 90-299999/300000' });
        response.end(bytes.subarray(90));
      },
      /the server sent another part: bytes 90-299999\/300000; requested: 100-/,
    ],
    [
      (_, response) => response.writeHead(206).end(bytes),
      /the server sent another part: without Content-Range; requested: 100-/,
    ],
    [(_, response) => response.writeHead(416).end(), /the server answered 416 Range Not Satisfiable/],
    [(_, response) => whole(response, bytes, { 'content-encoding': 'gzip' }), /compressed it once more, as gzip/],
  ];
  for (const [answer, message] of wrong) {
    await serving(answer, async (from, ranges) => {
      const dir = fresh();
      writeFileSync(join(dir, 'numbers.part'), bytes.subarray(0, 100));
      await rejects(fetchFiles(remote, { dir, from, ...quick }), message, DataError);
      assert.is(ranges.length, 1, `${message}: a retry would not help`);
      assert.equal(readdirSync(dir), ['numbers.part']);
    });
  }
});

test('404 is refused at once; after 503 a download is tried five times in all, and succeeds if the server recovers', async () => {
  await serving(
    (_, response) => response.writeHead(404).end('<html>'),
    async (from, ranges) => {
      const dir = fresh();
      await rejects(
        fetchFiles(remote, { dir, from, ...quick }),
        /files\/numbers: the server answered 404 Not Found$/,
        DataError,
      );
      assert.equal([ranges.length, ...readdirSync(dir)], [1]);
    },
  );
  for (const tries of [2, 6]) {
    await serving(
      (request, response, count) => (count < tries ? response.writeHead(503).end() : send(request, response, bytes)),
      async (from, ranges) => {
        const promise = fetchFiles(remote, { dir: fresh(), from, ...quick });
        if (tries === 2) assert.equal((await promise).downloaded, ['numbers']);
        else
          await rejects(
            promise,
            /the server answered 503 Service Unavailable; 0 of 300000 bytes after 5 tries/,
            DataError,
          );
        assert.is(ranges.length, Math.min(tries, 5));
      },
    );
  }
});

test('a redirect is followed with the same range', () =>
  serving(
    (request, response) => {
      if (request.url === '/moved') return send(request, response, bytes);
      response.writeHead(302, { location: '/moved' }).end();
    },
    async (from, ranges) => {
      const dir = fresh();
      writeFileSync(join(dir, 'numbers.part'), bytes.subarray(0, 10));
      await fetchFiles(remote, { dir, from: `${from}/`, ...quick });
      assert.ok(readFileSync(join(dir, 'numbers')).equals(bytes));
      assert.equal(ranges, ['bytes=10-', 'bytes=10-']);
    },
  ));

test('no server, an address that is not http(s) and an unknown name are refused with the reason', async () => {
  const dir = fresh();
  await rejects(fetchFiles(remote, { dir, from: CLOSED, ...quick }), /the connection fails: .*ECONNREFUSED/, DataError);
  for (const from of ['files', 'ftp://x/', 'file:///etc', '']) {
    await rejects(fetchFiles(remote, { dir, from }), /fetch: not a web address: .*; give http/, ValueError);
  }
  assert.throws(
    () => fetchDataset('cifar', { dir }),
    new RegExp(`fetchDataset: unknown: cifar; one of ${Object.keys(fetchable).join(', ')}`),
  );
  assert.throws(() => fetchDataset('toString', { dir }), /unknown: toString/);
});

test('a folder that cannot be written, and a different file of the same name, are refused by name', async () => {
  const dir = fresh();
  writeFileSync(join(dir, 'file'), '');
  for (const bad of [join(dir, 'file'), join(dir, 'file', 'below'), '/proc/none/data']) {
    await rejects(fetchFiles(remote, { dir: bad }), new RegExp(`^cannot write '${bad}': `), DataError);
  }
  mkdirSync(join(dir, 'numbers.part'));
  await rejects(
    fetchFiles(remote, { dir }),
    /cannot write '.*numbers\.part': there is a folder of that name/,
    DataError,
  );
  for (const [other, why] of [
    [bytes.subarray(1), '299999 bytes, expected 300000'],
    [bytes.map((b) => b ^ 1), `its md5 sum is not ${md5(bytes)}`],
  ] as const) {
    writeFileSync(join(dir, 'numbers'), other);
    await rejects(
      fetchFiles(remote, { dir }),
      new RegExp(`numbers: there is another file of this name: ${why}; remove it or choose another folder`),
      DataError,
    );
    assert.ok(readFileSync(join(dir, 'numbers')).equals(other), 'it is left unchanged');
  }
});

test('an aborted signal ends the download, waiting or receiving, and keeps the bytes', () =>
  serving(
    (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 4000));
    },
    async (from, ranges) => {
      const dir = fresh();
      const stop = new AbortController();
      const reason = new Error('enough');
      const options = { dir, from, signal: stop.signal, onProgress: () => stop.abort(reason) };
      const ended = await fetchFiles(remote, options).catch((e) => e);
      assert.is(ended, reason);
      assert.ok(readFileSync(join(dir, 'numbers.part')).equals(bytes.subarray(0, 4000)));
      assert.is(await fetchFiles(remote, options).catch((e) => e), reason, 'no request after the abort');
      assert.is(ranges.length, 1);
      // During the pause before a retry, which would last an hour.
      const waiting = new AbortController();
      const long = fetchFiles(remote, { dir, from: CLOSED, pause: 3.6e6, signal: waiting.signal });
      setTimeout(() => waiting.abort(reason), 100);
      assert.is(await long.catch((e) => e), reason);
    },
  ));

test('the pause doubles from failure to failure, and begins again at its first length after new bytes', async () => {
  const { fetch, setTimeout } = globalThis;
  const [pause, silence, length] = [1000, 7, 30];
  const breaking = (from: number) =>
    new ReadableStream({
      start: (stream) => stream.enqueue(new Uint8Array(10)),
      pull: (stream) => (from === 20 ? stream.close() : stream.error(new Error('broken'))),
    });
  /** Where each connection begins; null: it fails. */
  const connections = [null, null, 0, 10, null, null, 20];
  const waits: number[] = [];
  globalThis.fetch = async () => {
    const from = connections.shift() ?? null;
    if (from === null) throw new TypeError('fetch failed');
    const headers = { 'content-range': `bytes ${from}-${length - 1}/${length}` };
    return new Response(
      breaking(from),
      from ? { status: 206, headers } : { headers: { 'content-length': `${length}` } },
    );
  };
  globalThis.setTimeout = ((f: () => void, ms: number) => {
    if (ms !== silence) waits.push(ms);
    return setTimeout(f, ms === silence ? 1000 : 0);
  }) as typeof setTimeout;
  try {
    for await (const piece of download('http://example/', { length, pause, silence }))
      assert.is(piece.bytes.length, 10);
  } finally {
    Object.assign(globalThis, { fetch, setTimeout });
  }
  assert.equal(waits, [pause, 2 * pause, pause, pause, 2 * pause, 4 * pause]);
});

test('a caller that stops early closes the connection', () =>
  serving(
    (request, response) => {
      request.on('close', () => closed.resolve(0));
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100));
    },
    async (from) => {
      for await (const { at } of download(from, { length: bytes.length })) {
        assert.is(at, 0);
        break;
      }
      await closed.promise;
    },
  ));
const closed = (() => {
  let resolve: (v: number) => void = () => {};
  const promise = new Promise<number>((r) => (resolve = r));
  return { promise, resolve };
})();

const command = subject('boundgrad data fetch');
const FIRST = fetchable['fashion-mnist'].files[0];

command('Ctrl-C keeps the bytes, and the same command continues from there', async () => {
  const dir = fresh();
  const sent = Buffer.concat([Buffer.of(0x1f, 0x8b, 8), bytes.subarray(3, 100_000)]);
  await serving(
    (_, response) => {
      response.writeHead(200, { 'content-length': FIRST.bytes });
      response.write(sent);
    },
    async (from) => {
      const words = ['data', 'fetch', 'fashion-mnist', '--dir', dir, '--from', from];
      const part = join(dir, `${FIRST.name}.part`);
      const { code, stdout, stderr } = await boundgrad(words, (_, child) => {
        const timer = setInterval(() => {
          if (!existsSync(part) || statSync(part).size < sent.length) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 20);
      });
      assert.equal([code, stdout], [130, '']);
      assert.match(
        stderr,
        /^Fashion-MNIST: 30\.9 MB, from http.*\nboundgrad: ended early: finished parts are kept; .*\n$/,
      );
      assert.ok(readFileSync(part).equals(sent));
    },
  );
  await serving(
    (_, response) => response.writeHead(404).end(),
    async (from, ranges) => {
      const { code, stderr } = await boundgradHere(['data', 'fetch', 'fashion-mnist', '--dir', dir, '--from', from]);
      assert.equal([code, ranges], [1, ['bytes=100000-']]);
      assert.match(stderr, /\nboundgrad: http.*train-images-idx3-ubyte\.gz: the server answered 404 Not Found\n$/);
    },
  );
});

command(
  'a file over the size limit ends the command with code 1, as a full disk does, and keeps the bytes',
  async () => {
    const dir = fresh();
    await serving(
      (_, response) => {
        response.writeHead(200, { 'content-length': FIRST.bytes });
        response.write(new Uint8Array(4_000_000));
      },
      async (from) => {
        const words = ['data', 'fetch', 'fashion-mnist', '--dir', dir, '--from', from];
        const { code, stderr } = await boundgrad(words, undefined, 2000);
        assert.is(code, 1);
        assert.match(
          stderr,
          /\nboundgrad: cannot write '.*train-images-idx3-ubyte\.gz\.part': the file would exceed the size limit\n$/,
        );
        const { size } = statSync(join(dir, `${FIRST.name}.part`));
        assert.ok(size >= 2000 * 512 && size <= 2000 * 1024, `${size} bytes`);
      },
    );
  },
);

command('a wrong command line is refused with code 2; --help names every data set with its address', async () => {
  const refusals: [words: string[], RegExp][] = [
    [['data', 'get'], /data: unknown: 'get'; one of fetch/],
    [['data', 'fetch'], new RegExp(`data fetch: a name is missing; one of ${Object.keys(fetchable).join(', ')}`)],
    [['data', 'fetch', 'cifar11', '--dir', 'x'], /data fetch: unknown: 'cifar11'; .*; did you mean cifar10\?/],
    [['data', 'fetch', 'mnist'], /data fetch: --dir DIR must name the folder/],
    [['data', 'fetch', 'mnist', '--dirr', 'x'], /--dirr: unknown option; did you mean --dir\?/],
    [['data', 'fetch', 'mnist', 'more', '--dir', 'x'], /'more': one word too many; data takes fetch NAME/],
    [['data', 'fetch', 'mnist', '--dir', folder, '--from', 'mirror'], /--from: fetch: not a web address: mirror/],
  ];
  for (const [words, line] of refusals) {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.equal([code, stdout], [2, ''], words.join(' '));
    assert.match(stderr, line);
  }
  for (const words of [['data'], ['data', '--help'], ['data', 'fetch', '-h']]) {
    const { code, stdout } = await boundgradHere(words);
    assert.is(code, 0);
    for (const [name, { from }] of Object.entries(fetchable)) assert.match(stdout, new RegExp(`  ${name} .*${from}`));
  }
});

// The local copy was compressed without the names and times in the headers of the published files. With these it equals the published
// files byte for byte, so the table's sums are right.
const TIMES = [1504176606, 1504176606, 1504176627, 1504176627];
const full = join(process.env.BOUNDGRAD_DATA ?? '', 'fashion-mnist');
const published = (i: number): Uint8Array => {
  const { name } = fetchable['fashion-mnist'].files[i];
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  header.writeUInt32LE(TIMES[i], 4);
  return Buffer.concat([header, Buffer.from(`${name.slice(0, -3)}\0`), readFileSync(join(full, name)).subarray(10)]);
};
const sentence =
  'the published Fashion-MNIST is downloaded through two broken connections, loads, and is not downloaded again';
if (!process.env.BOUNDGRAD_DATA || !existsSync(join(full, FIRST.name))) {
  command.skip(sentence, 'BOUNDGRAD_DATA names no folder that holds fashion-mnist');
} else {
  command(sentence, async () => {
    const { files } = fetchable['fashion-mnist'];
    files.forEach(({ name, bytes, md5: sum }, i) =>
      assert.equal([published(i).length, md5(published(i))], [bytes, sum], name),
    );
    const dir = join(fresh(), 'fashion');
    await serving(
      (request, response, count) => {
        const i = files.findIndex(({ name }) => request.url === `/files/${name}`);
        send(request, response, published(i), count <= 2 ? 10_000_000 : Infinity);
      },
      async (from, ranges) => {
        const words = ['data', 'fetch', 'fashion-mnist', '--dir', dir, '--from', from];
        const first = await boundgradHere(words);
        assert.equal(
          [first.code, first.stdout],
          [
            0,
            `Fashion-MNIST is in ${dir}: 4 of 4 files are new; to train on it: --data fashion-mnist --data-dir ${dir}\n`,
          ],
        );
        assert.is(ranges.length, 6);
        assert.equal(
          [(await fashionMnist({ dir })).length, (await fashionMnist({ dir, train: false })).length],
          [60_000, 10_000],
        );
        const second = await boundgradHere(words);
        assert.match(second.stdout, /Fashion-MNIST is in .*: nothing had to be downloaded; to train/);
        assert.is(ranges.length, 6);
      },
    );
  });
}
