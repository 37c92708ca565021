// What goes wrong with a queue, on real servers: blocked, killed and suspended workers, servers that restart or vanish, two networks.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fastBackend } from '../fastBackend.js';
import { afterFile, assert, subject } from '../spec.js';
import { MAIN, type Outcome, temporary } from './command.js';
import { NO_SERVER, type RedisServer, redisServer, sleep } from './redisServer.js';

const test = subject('A queue of runs that meets trouble');
const root = temporary();

const small = [
  ...['--data', 'blobs', '--backend', fastBackend, '--epochs', '2', '--batch-size', '128', '--seeds', '2'],
  ...['--trials', '1', '--optim', 'adam'],
];

interface Running extends Outcome {
  child: ChildProcess;
  ended: Promise<number | null>;
}

/** Starts boundgrad. prefix: what starts Node, as in another network. */
function started(words: string[], prefix: string[] = []): Running {
  const [program, ...rest] = [...prefix, process.execPath, MAIN, ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  afterFile(() => child.kill('SIGKILL'));
  const running: Running = { child, code: null, stdout: '', stderr: '', ended: Promise.resolve(null) };
  child.stdout.on('data', (piece) => (running.stdout += piece));
  child.stderr.on('data', (piece) => (running.stderr += piece));
  running.ended = new Promise((resolve) =>
    child.on('close', (code) => {
      running.code = code;
      resolve(code);
    }),
  );
  return running;
}

const worker = (url: string, name: string, ...more: string[]) =>
  started(['worker', url, '--out', join(root, name), ...more]);
const sweep = (url: string, name: string, ...more: string[]) =>
  started(['sweep', ...small, '--engine', url, '--out', join(root, name), ...more]);

const childrenOf = ({ child: { pid } }: Running): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};
const isAlive = (pid: number) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until<T>(what: string, find: () => T | undefined | false | null, seconds = 200): Promise<T> {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(50)) {
    const found = find();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}
/** The first worker with a run, and the process of the run. */
const busy = (workers: Running[]) =>
  until('a worker takes a run', () => {
    const taker = workers.find((one) => childrenOf(one).length > 0);
    return taker && { taker, run: childrenOf(taker)[0] };
  });

const file = (name: string) => readFileSync(join(root, name, 'sweep.json'), 'utf8');
const resultsOf = (name: string) =>
  readFileSync(join(root, name, 'results.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"kind":"result"'));
const linesOf = (workers: Running[]) => workers.flatMap(({ stdout }) => stdout.match(/^run-\w+ Adam: .*$/gm) ?? []);

/** Asserts that a sweep ended well, with each result once, and as the local one. */
async function assertWhole(running: Running, name: string): Promise<void> {
  assert.equal([await running.ended, running.stderr], [0, '']);
  assert.is(resultsOf(name).length, 2);
  await local;
  assert.ok(file(name) === file('local'), `${name}: sweep.json is the local one`);
}

const end = async (...all: Running[]) => {
  for (const { child } of all) child.kill('SIGINT');
  await Promise.all(all.map(({ ended }) => ended));
};

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
  const asked = sweep(server.url, 'lost', '--patience', '3');
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
  const again = started(['sweep', '--resume', join(root, 'lost'), '--engine', server.url]);
  await assertWhole(again, 'lost');
  await end(two);
}

/** Two networks, each of which reaches this one only; null if this user may not make any. */
function networks(): { name: string; here: string }[] | null {
  const ip = (...words: string[]) => spawnSync('ip', words).status === 0;
  // Of two runs of this file at a time each has its own.
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
/** All of them wait for locks to expire, so they run at the same time. */
const cases: [sentence: string, run: (server: RedisServer) => Promise<void>][] = [
  ['a run that blocks its event loop for 90 s is not run twice', blocked],
  ['a worker that is killed takes its run along, and another worker makes the same result', killed],
  ['a worker that was suspended has lost its run: the result counts once, and it says so', suspended],
  ['a server that is killed and restarted with its append-only file has all runs', restarted],
  ['a server that is lost ends sweep and worker with one line each, and --resume goes on', lost],
];
const outcomes = new Map<string, Promise<void>>();
function beginAll(): void {
  if (outcomes.size > 0) return;
  local = started(['sweep', ...small, '--workers', '1', '--out', join(root, 'local')]).ended;
  for (const [sentence, run] of cases) {
    const outcome = redisServer().then(run);
    outcome.catch(() => {});
    outcomes.set(sentence, outcome);
  }
}

for (const [sentence] of cases) {
  if (NO_SERVER !== null || process.platform !== 'linux') test.skip(sentence, NO_SERVER ?? 'it needs /proc');
  else
    test(sentence, async () => {
      beginAll();
      await outcomes.get(sentence);
    });
}

const found = NO_SERVER === null && process.platform === 'linux' ? networks() : null;
const TWO = 'two workers in networks of their own make sweep.json byte for byte';
if (found === null) test.skip(TWO, NO_SERVER ?? 'this user may not make networks');
else
  test(TWO, async () => {
    beginAll();
    const { port } = await redisServer('--bind', '0.0.0.0', '--requirepass', 'hunter2');
    const workers = found.map(({ name, here }) =>
      started(['worker', `redis://:hunter2@${here}:${port}`, '--out', join(root, name)], ['ip', 'netns', 'exec', name]),
    );
    for (const one of workers) await until('a worker waits', () => /waits for runs/.test(one.stdout));
    const asked = sweep(`redis://:hunter2@localhost:${port}`, 'networks');
    await assertWhole(asked, 'networks');
    assert.is(linesOf(workers).length, 2);
    await end(...workers);
  });
