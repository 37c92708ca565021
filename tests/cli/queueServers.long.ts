// Servers of many kinds: with TLS, with little memory, with restricted users, and programs that are not Redis; machines that lack a package.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, MAIN, temporary } from './command.js';
import { busy, end, started, until } from './queueProcesses.js';
import { freePort, NO_SERVER, redisServer } from './redisServer.js';

const test = subject('The server of a queue');
const root = temporary();

const short = [
  ...['--data', 'blobs', '--backend', fastBackend, '--epochs', '2', '--batch-size', '128', '--seeds', '2'],
  ...['--trials', '1', '--optim', 'adam'],
];
const sweepWords = (url: string, name: string) => ['sweep', ...short, '--engine', url, '--out', join(root, name)];
const workerWords = (url: string, name: string) => ['worker', url, '--out', join(root, `${name}-worker`)];

/** Runs a sweep with one worker. */
async function swept(url: string, name: string, env: Record<string, string> = {}): Promise<void> {
  const worker = started(workerWords(url, name), { env });
  const sweep = started(sweepWords(url, name), { env });
  assert.equal([await sweep.ended, sweep.stderr, worker.stderr], [0, '', '']);
  assert.is(readFileSync(join(root, name, 'results.jsonl'), 'utf8').match(/"kind":"result"/g)!.length, 2);
  await end(worker);
}

/** Asserts that worker and sweep end with one line, and with the exit code of a refusal. */
async function assertRefused(url: string, message: RegExp, env?: Record<string, string>): Promise<void> {
  for (const words of [workerWords(url, 'refused'), sweepWords(url, 'refused')]) {
    const ended = env ? started(words, { env }) : await boundgradHere(words);
    if ('ended' in ended) await (ended as ReturnType<typeof started>).ended;
    assert.is(ended.code, 2);
    assert.match(ended.stderr, message);
    assert.is(ended.stderr.match(/\n/g)?.length, 1, JSON.stringify(ended.stderr));
  }
}

/** A self-signed certificate for localhost, and its key. */
function certificate(): { cert: string; key: string } {
  const [cert, key] = [join(root, 'cert.pem'), join(root, 'key.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'];
  const { status, stderr } = spawnSync('openssl', [
    ...words,
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  ]);
  if (status !== 0) throw new Error(String(stderr));
  return { cert, key };
}

/** A server with TLS, and one that also requires certificates from its clients. */
async function withTls() {
  const { cert, key } = certificate();
  const serve = async (clients: string) => {
    const tls = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const { port } = await redisServer('--tls-port', String(tls), ...files, '--tls-auth-clients', clients);
    return { tls, port };
  };
  const [open, strict] = await Promise.all([serve('no'), serve('yes')]);
  return { ...open, strict: strict.tls, trusts: { NODE_EXTRA_CA_CERTS: cert } };
}

const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? null : 'openssl is not installed';
const whyNot = NO_SERVER ?? NO_OPENSSL;
if (whyNot !== null) test.skip('TLS', whyNot);
else {
  let made: ReturnType<typeof withTls> | undefined;
  const servers = () => (made ??= withTls());

  test('with TLS, a certificate that NODE_EXTRA_CA_CERTS names is accepted', async () => {
    const { tls, trusts } = await servers();
    await swept(`rediss://localhost:${tls}`, 'tls', trusts);
  });

  test('a certificate of an unknown authority is refused with one line, which names NODE_EXTRA_CA_CERTS', async () => {
    const { tls } = await servers();
    await assertRefused(
      `rediss://localhost:${tls}`,
      /^boundgrad: rediss:\/\/localhost:\d+: no authority that this machine trusts has signed the server's certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\); give the authority's certificate in NODE_EXTRA_CA_CERTS\n$/,
    );
  });

  test('a certificate of another host, TLS that the server does not use, missing TLS and a missing client certificate cause one line each', async () => {
    const { tls, port, strict, trusts } = await servers();
    await assertRefused(`rediss://127.0.0.1:${tls}`, /: the server's certificate is for another host name;/, trusts);
    await assertRefused(
      `rediss://localhost:${port}`,
      /: no answer within 10 s; does it speak TLS\? if not, write redis:\/\/\n$/,
    );
    await assertRefused(
      `redis://localhost:${tls}`,
      /: the server closed the connection; does it expect TLS \(rediss:\/\/\)/,
    );
    await assertRefused(
      `rediss://localhost:${strict}`,
      /: the server .* certificate from its clients.* set tls-auth-clients no\n$/,
      trusts,
    );
  });
}

test('a program that is not Redis is refused with one line', async () => {
  const http = createServer((_, response) => response.end('hello')).listen(0, 'localhost');
  await new Promise((listening) => http.once('listening', listening));
  try {
    const { port } = http.address() as AddressInfo;
    await assertRefused(
      `redis://localhost:${port}`,
      /^boundgrad: redis:\/\/localhost:\d+: no Redis or Valkey answers there\n$/,
    );
  } finally {
    http.close();
  }
});

test('without bullmq and ioredis, sweep and worker print one line that says what to install', async () => {
  const built = resolve(dirname(MAIN), '..');
  const folder = temporary();
  const isNeeded = (path: string) => !path.endsWith('.map') && basename(path) !== 'tests';
  cpSync(built, join(folder, 'built'), { recursive: true, filter: isNeeded });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync('node_modules'))
    if (!/^(\.|bullmq$|ioredis$)/.test(name))
      symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name), 'junction');
  const main = join(folder, 'built', 'cli', 'main.mjs');
  for (const words of [workerWords('redis://localhost', 'none'), sweepWords('redis://localhost', 'none')]) {
    const one = started(words, { main });
    assert.is(await one.ended, 2);
    assert.is(
      one.stderr,
      'boundgrad: a queue needs two more packages: bullmq and ioredis are not installed; npm install bullmq ioredis\n',
    );
  }
});

if (NO_SERVER !== null) test.skip('rights and memory', NO_SERVER);
else {
  test('a user with all commands on the keys boundgrad:* is enough, and its password may be in the environment', async () => {
    const me = ['--user', 'me', 'on', '>hunter2', '~boundgrad:*', '+@all'];
    const { port } = await redisServer(...me, '--user', 'default', 'off');
    await swept(`redis://me@localhost:${port}`, 'rights', { BOUNDGRAD_ENGINE_PASSWORD: 'hunter2' });
  });

  test('a user without these rights is refused with one line', async () => {
    const { port } = await redisServer('--user', 'me', 'on', '>hunter2', '~other:*', '+ping', '+info');
    const ended = await boundgradHere(sweepWords(`redis://me:hunter2@localhost:${port}`, 'few'));
    assert.is(ended.code, 1);
    assert.match(
      ended.stderr,
      /: the user may not do this on the server; it needs all commands on keys boundgrad:\*; to go on: /,
    );
    assert.is(ended.stderr.trim().split('\n').length, 1);
  });

  test('a warning names a server that loses runs at a restart, or evicts them', async () => {
    const { url } = await redisServer('--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru');
    const sweep = started(sweepWords(url, 'risks'));
    await until('it waits', () => /no worker yet/.test(sweep.stdout));
    await end(sweep);
    assert.match(
      sweep.stderr,
      /^boundgrad: redis:\/\/localhost:\d+: a restart loses the queue: set appendonly yes; it may evict the queue: set maxmemory-policy noeviction, not allkeys-lru\n$/,
    );
  });

  test('a server whose memory is full ends the sweep with one line, and --resume continues it', async () => {
    const { port, url } = await redisServer('--maxmemory', '1');
    const ended = await boundgradHere(sweepWords(url, 'full'));
    assert.is(ended.code, 1);
    assert.match(ended.stderr, /: the memory of the server is full; raise its maxmemory; to go on: .*--resume /);
    assert.is(ended.stderr.trim().split('\n').length, 1);
    const redis = new Redis({ port });
    const limit = (bytes: string) => redis.config('SET', 'maxmemory', bytes);
    try {
      await limit('0');
      const worker = started(workerWords(url, 'full'));
      const sweep = started(['sweep', '--resume', join(root, 'full'), '--engine', url]);
      await busy([worker]);
      // The worker reports the error, and its result comes once there is room.
      await limit('1');
      await until('the worker says so', () => /: the memory of the server is full/.test(worker.stdout));
      await limit('0');
      assert.equal([await sweep.ended, sweep.stderr], [0, '']);
      await end(worker);
    } finally {
      redis.disconnect();
    }
  });

  const { address } =
    Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal) ?? {};
  if (!address) test.skip('other machines', 'this machine has no address');
  else
    test('a server without a password accepts connections of its own machine only, as the line says', async () => {
      const { port } = await redisServer();
      await assertRefused(
        `redis://${address}:${port}`,
        /: the server (closed the connection; .* or )?refuses? other machines because it has no password/,
      );
    });
}
