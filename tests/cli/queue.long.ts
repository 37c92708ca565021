// A queue on real servers when something goes wrong: blocked, killed and suspended workers, servers that restart or vanish, two networks.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { QUEUE } from '../../cli/queue/server.js';
import { fastBackend } from '../fastBackend.js';
import { afterFile, assert, subject } from '../spec.js';
import { temporary } from './command.js';
import { busy, end, isAlive, type Running, started, until } from './queueProcesses.js';
import { NO_SERVER, type RedisServer, redisServer, sleep } from './redisServer.js';

const test = subject('A queue of runs in trouble');
const root = temporary();

/** The options of a short sweep of two runs. more: further options, or other values for these. */
const short = (more: Record<string, string> = {}) =>
  Object.entries({
    ...{ '--data': 'blobs', '--backend': fastBackend, '--epochs': '2', '--batch-size': '128', '--seeds': '2' },
    ...{ '--trials': '1', '--optim': 'adam' },
    ...more,
  }).flat();

const worker = (url: string, name: string, ...more: string[]) =>
  started(['worker', url, '--out', join(root, name), ...more]);
const sweep = (url: string, name: string, more: Record<string, string> = {}) =>
  started(['sweep', ...short(more), '--engine', url, '--out', join(root, name)]);
const resumed = (url: string, name: string) => started(['sweep', '--resume', join(root, name), '--engine', url]);
const locally = (name: string, more: Record<string, string> = {}) =>
  started(['sweep', ...short(more), '--workers', '1', '--out', join(root, name)]).ended;

const file = (name: string) => readFileSync(join(root, name, 'sweep.json'), 'utf8');
function resultsOf(name: string): string[] {
  const path = join(root, name, 'results.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.filter((line) => line.includes('"kind":"result"'));
}
const linesOf = (workers: Running[]) => workers.flatMap(({ stdout }) => stdout.match(/^run-\w+ Adam: .*$/gm) ?? []);

/** Asserts that a sweep ended with exit code 0, with each result once, and with the results of a local sweep. */
async function assertWhole(running: Running, name: string): Promise<void> {
  assert.equal([await running.ended, running.stderr], [0, '']);
  assert.is(resultsOf(name).length, 2);
  await local;
  assert.ok(file(name) === file('local'), `${name}: sweep.json is the local one`);
}

async function blocked({ url }: RedisServer) {
  const asked = sweep(url, 'blocked');
  const workers = [worker(url, 'b1'), worker(url, 'b2')];
  const { run } = await busy(workers);
  process.kill(run, 'SIGSTOP');
  await sleep(90_000);
  process.kill(run, 'SIGCONT');
  await assertWhole(asked, 'blocked');
  await end(...workers);
  assert.is(linesOf(workers).length, 2);
  assert.equal(
    workers.flatMap(({ stdout }) => stdout.match(/.*another worker.*/g) ?? []),
    [],
  );
}

async function killed({ url }: RedisServer) {
  const asked = sweep(url, 'killed');
  const first = worker(url, 'k1');
  const { run } = await busy([first]);
  first.child.kill('SIGKILL');
  await until('the process of the run ends with its worker', () => !isAlive(run), 60);
  const second = worker(url, 'k2');
  await assertWhole(asked, 'killed');
  await end(second);
}

async function suspended({ url }: RedisServer) {
  const asked = sweep(url, 'suspended');
  const first = worker(url, 's1');
  const { run } = await busy([first]);
  for (const pid of [first.child.pid!, run]) process.kill(pid, 'SIGSTOP');
  const second = worker(url, 's2');
  await assertWhole(asked, 'suspended');
  for (const pid of [first.child.pid!, run]) process.kill(pid, 'SIGCONT');
  await until('the first worker says so', () => /given to another worker/.test(first.stdout), 60);
  await end(first, second);
  assert.is(resultsOf('suspended').length, 2);
}

/** The only worker sleeps for longer than its locks last. So the server gives it a second time a run that its
 *  child process is still computing. */
async function slept({ url, port }: RedisServer) {
  const asked = sweep(url, 'slept');
  const one = worker(url, 'a1', '--concurrency', '3');
  const { run } = await busy([one]);
  process.kill(run, 'SIGSTOP');
  await until('the other run has a result', () => resultsOf('slept').length === 1);
  process.kill(one.child.pid!, 'SIGSTOP');
  await sleep(65_000);
  process.kill(one.child.pid!, 'SIGCONT');
  const queue = new Queue(QUEUE, { connection: { port }, prefix: 'boundgrad' });
  try {
    await until('it gets its run again', async () => {
      const [job] = await queue.getJobs(['active']);
      return job?.attemptsStarted > 1;
    });
  } finally {
    await queue.close();
  }
  // Longer than a process waits for the lock of the folder of checkpoints.
  await sleep(70_000);
  process.kill(run, 'SIGCONT');
  await assertWhole(asked, 'slept');
  await end(one);
  assert.not.match(one.stdout, /failed|in use/);
}

async function putBack({ url, port }: RedisServer) {
  const asked = sweep(url, 'back');
  const first = worker(url, 'p1');
  await busy([first]);
  const second = worker(url, 'p2');
  await until('the second worker waits', () => /waits for runs/.test(second.stdout));
  await end(first);
  assert.equal([first.code, first.stderr], [130, '']);
  await assertWhole(asked, 'back');
  await end(second);
  const queue = new Queue(QUEUE, { connection: { port }, prefix: 'boundgrad' });
  const stalled = (await queue.getJobs(['completed'])).map(({ stalledCounter }) => stalledCounter);
  await queue.close();
  assert.equal(stalled, [0, 0], 'no run waited until a lock expired');
}

/** SIGTERM to the process of a run: it no longer answers, though its channel may still be open. */
async function terminated({ url }: RedisServer) {
  const asked = sweep(url, 'terminated');
  const one = worker(url, 't1');
  const { run } = await busy([one]);
  process.kill(run, 'SIGTERM');
  await assertWhole(asked, 'terminated');
  assert.not.ok(isAlive(run));
  await end(one);
}

async function forgotten({ url, port }: RedisServer) {
  const asked = sweep(url, 'forgotten');
  const one = worker(url, 'f1');
  await busy([one]);
  const redis = new Redis({ port });
  await redis.flushall();
  redis.disconnect();
  await assertWhole(asked, 'forgotten');
  await end(one);
}

/** Ctrl-C while the sweep connects, before the server has said which workers there are. */
async function early({ url }: RedisServer) {
  for (let i = 0; i < 3; i++) {
    const asked = sweep(url, `early${i}`);
    await until('its first line', () => /0 with a result/.test(asked.stdout));
    await end(asked);
    assert.equal([asked.code, asked.stderr], [130, '']);
    assert.match(asked.stdout, /\nto resume: .*\n$/);
  }
}

/** Two sweeps of the same runs and one of other runs at the same time. The first is stopped, and removes from the queue runs that the
 *  second waits for. */
async function together({ url, port }: RedisServer) {
  const first = sweep(url, 'first');
  const queue = new Queue(QUEUE, { connection: { port }, prefix: 'boundgrad' });
  await until('the runs of the first wait', async () => (await queue.getWaitingCount()) === 2);
  const [same, other] = [sweep(url, 'same'), sweep(url, 'other', { '--val': '0.3' })];
  await until('all runs wait', async () => (await queue.getWaitingCount()) === 4);
  await end(first);
  assert.equal([first.code, first.stderr], [130, '']);
  assert.match(first.stdout, /to resume: boundgrad sweep --resume \S+first --engine redis:\/\/localhost:\d+\n$/);
  assert.is(resultsOf('first').length, 0);
  await until('the second sweep has put its runs back', async () => (await queue.getWaitingCount()) === 4);
  await end(same, other);
  assert.is(await queue.getWaitingCount(), 0, 'sweeps that were stopped leave no run');
  await queue.close();
  const one = worker(url, 'm1', '--concurrency', '2');
  const all = ['first', 'same', 'other'].map((name) => resumed(url, name));
  for (const name of ['first', 'same']) await assertWhole(all.shift()!, name);
  assert.equal([await all[0].ended, all[0].stderr], [0, '']);
  assert.is(resultsOf('other').length, 2);
  assert.is(linesOf([one]).length, 4, 'no run is computed for two sweeps');
  await end(one);
}

/** --resume with another server: the folder has the results, and the server gets only the missing runs. */
async function moved({ url }: RedisServer) {
  const asked = sweep(url, 'moved');
  const first = worker(url, 'v1');
  await until('a result', () => resultsOf('moved').length > 0);
  await end(asked, first);
  const { url: another } = await redisServer();
  const again = resumed(another, 'moved');
  const second = worker(another, 'v2');
  await assertWhole(again, 'moved');
  await end(second);
  assert.is(linesOf([second]).length, 2 - Number(/, ([012]) with a result/.exec(again.stdout)![1]));
}

async function halved({ url }: RedisServer) {
  const words = { '--epochs': '4', '--halving': '2', '--trials': '4', '--seeds': '1', '--lr': 'log(1e-4,0.1)' };
  const here = locally('halvedHere', words);
  const asked = sweep(url, 'halved', words);
  const workers = [worker(url, 'h1'), worker(url, 'h2')];
  assert.equal([await asked.ended, asked.stderr], [0, '']);
  assert.is(await here, 0);
  assert.ok(file('halved') === file('halvedHere'));
  // All trials, half of them, and half of these.
  assert.is(resultsOf('halved').length, 4 + 2 + 1);
  await end(...workers);
}

async function restarted(server: RedisServer) {
  const asked = sweep(server.url, 'restarted');
  const one = worker(server.url, 'r1');
  await busy([one]);
  await server.kill();
  await sleep(2000);
  await server.start();
  await assertWhole(asked, 'restarted');
  assert.match(asked.stdout, /connection is lost; waiting 300 s.*\n.*connected again/);
  await end(one);
}

async function lost(server: RedisServer) {
  const asked = sweep(server.url, 'lost', { '--patience': '3' });
  const one = worker(server.url, 'l1', '--patience', '3');
  await busy([one]);
  await server.kill();
  assert.equal([await asked.ended, await one.ended], [1, 1]);
  for (const { stderr } of [asked, one]) {
    assert.match(
      stderr,
      /^boundgrad: redis:\/\/localhost:\d+: the connection was lost 3 s ago; start the server again/,
    );
    assert.is(stderr.trim().split('\n').length, 1);
  }
  assert.match(asked.stderr, /; to go on: boundgrad sweep --resume \S+ --engine redis:\/\/localhost/);
  await server.start();
  const two = worker(server.url, 'l2');
  const again = resumed(server.url, 'lost');
  await assertWhole(again, 'lost');
  await server.kill();
  await until('the worker says so', () => /connection is lost/.test(two.stdout));
  const began = Date.now();
  await end(two);
  assert.ok(Date.now() - began < 20_000, 'a worker that has lost the server stops at once');
}

/** Two networks, each of which is connected only to the network of this process; null if this user may not create networks. */
function networks(): { name: string; here: string }[] | null {
  const ip = (...words: string[]) => spawnSync('ip', words).status === 0;
  // Two runs of this file at a time use different networks.
  const net = 100 + (process.pid % 150);
  const all = [1, 2].map((i) => ({
    name: `bg${process.pid}n${i}`,
    i,
    here: `10.${net}.${i}.1`,
    there: `10.${net}.${i}.2`,
  }));
  for (const { name, i, here, there } of all) {
    if (!ip('netns', 'add', name)) return null;
    afterFile(() => ip('netns', 'del', name));
    const [a, b] = [`bga${process.pid % 1e6}n${i}`, `bgb${process.pid % 1e6}n${i}`];
    const isMade =
      ip('link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', name) &&
      ip('addr', 'add', `${here}/24`, 'dev', a) &&
      ip('link', 'set', a, 'up') &&
      ip('-n', name, 'addr', 'add', `${there}/24`, 'dev', b) &&
      ip('-n', name, 'link', 'set', b, 'up');
    if (!isMade) return null;
  }
  return all;
}

let local: Promise<number | null> = Promise.resolve(null);
/** Tests that take seconds, one after another. */
const quick: [sentence: string, run: (server: RedisServer) => Promise<void>][] = [
  ['a worker that is stopped gives its runs to others at once', putBack],
  ['a process of a run that is terminated is replaced', terminated],
  ['a server that has forgotten the queue gets its runs again', forgotten],
  ['the last line of a sweep that is stopped while it connects says how to resume it', early],
  [
    'sweeps of the same and of other runs share a queue; a stopped one leaves no run and takes none from the others',
    together,
  ],
  ['a sweep resumes with another server, which gets only what is missing', moved],
  ['with --halving, sweep.json is that of one machine, byte for byte', halved],
];
/** Slow tests: most wait until a lock expires, or for longer than a lock lasts. They run at the same time, beside the quick ones. */
const slow: typeof quick = [
  ['a run that blocks its event loop for 90 s is not run twice', blocked],
  ['the process of a run ends if its worker is killed, and another worker computes the same result', killed],
  ['a suspended worker loses its run to another one: the result counts once, and the first worker says so', suspended],
  ['if the only worker sleeps, it computes its run only once, and no attempt fails', slept],
  ['a server that is killed and restarted with its append-only file has all runs', restarted],
  ['a server that is lost ends sweep and worker with one line each, and --resume goes on', lost],
];
const outcomes = new Map<string, Promise<void>>();
function beginAll(): void {
  if (outcomes.size > 0) return;
  local = locally('local');
  for (const [sentence, run] of slow) {
    const outcome = redisServer().then(run);
    outcome.catch(() => {});
    outcomes.set(sentence, outcome);
  }
}

for (const [sentence, run] of [...quick, ...slow]) {
  if (NO_SERVER !== null || process.platform !== 'linux') test.skip(sentence, NO_SERVER ?? 'it needs /proc');
  else
    test(sentence, async () => {
      beginAll();
      await (outcomes.get(sentence) ?? redisServer().then(run));
    });
}

const found = NO_SERVER === null && process.platform === 'linux' ? networks() : null;
const TWO = 'two workers in networks of their own give the sweep.json of one machine, byte for byte';
if (found === null) test.skip(TWO, NO_SERVER ?? 'this user may not make networks');
else
  test(TWO, async () => {
    beginAll();
    const { port } = await redisServer('--bind', '0.0.0.0', '--requirepass', 'hunter2');
    const workers = found.map(({ name, here }) =>
      started(['worker', `redis://:hunter2@${here}:${port}`, '--out', join(root, name)], {
        prefix: ['ip', 'netns', 'exec', name],
      }),
    );
    for (const one of workers) await until('a worker waits', () => /waits for runs/.test(one.stdout));
    const asked = sweep(`redis://:hunter2@localhost:${port}`, 'networks');
    await assertWhole(asked, 'networks');
    assert.is(linesOf(workers).length, 2);
    await end(...workers);
  });
