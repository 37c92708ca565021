// The lock of a folder: held by a live process, stale after the end of the process, and held by one process at a time.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { checkpointFolder } from '../../node/checkpointFolder.js';
import { lockFolder } from '../../node/lock.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { assertOneWins, lockOf } from './racing.js';

if (!isMainThread) {
  // One of the tests below has started this file as a worker thread.
  lockFolder(workerData);
  parentPort!.postMessage('locked');
  await new Promise((resolve) => parentPort!.once('message', resolve));
  process.exit();
}

const locks = subject('Lock');
const space = temporary();
let number = 0;
const fresh = () => join(space, `folder-${number++}`);

/** Runs the body while an idle process exists. */
async function beside(body: (pid: number) => void | Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('spawn', resolve));
  try {
    await body(child.pid!);
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** When a process started, in the lock's notation. */
function beganOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

locks('a locked folder is refused, also to this process, until it is unlocked', () => {
  const path = fresh();
  const folder = checkpointFolder(path);
  assert.throws(
    () => checkpointFolder(path),
    /^'.*': in use by this process since \d{4}-\d\d-\d\dT.*; first close what opened it, for example by folder\.close\(\), or use another folder$/,
  );
  folder.close();
  assert.equal(readdirSync(path), []);
  checkpointFolder(path).close();
});

const linux = process.platform === 'linux';
if (linux) {
  locks('the lock of a live process is held', () =>
    beside((pid) => {
      const path = lockOf(fresh(), { pid, began: beganOf(pid) });
      assert.throws(() => lockFolder(path), new RegExp(`in use by process ${pid} since`));
      assert.ok(existsSync(join(path, 'lock')));
    }),
  );
  locks('a lock is stale if its process number belongs to a process that started at another time', () =>
    beside((pid) => {
      const path = lockOf(fresh(), { pid, began: `${beganOf(pid)}0` });
      lockFolder(path)();
      assert.equal(readdirSync(path), []);
    }),
  );
  locks('the lock of a zombie process is stale', async () => {
    // The shell becomes a program that never waits for its child. Only then does the child end, so it stays a zombie.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout!.once('data', resolve)));
    const until = async (of: number, state: RegExp) => {
      while (!state.test(readFileSync(`/proc/${of}/stat`, 'utf8')))
        await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until(parent.pid!, /\(sleep\)/);
    (parent.stdio[3] as Writable).end();
    await until(pid, / Z /);
    try {
      lockFolder(lockOf(fresh(), { pid, began: beganOf(pid) }))();
    } finally {
      parent.kill('SIGKILL');
    }
  });
  locks('the lock of a worker thread is held while it runs, and stale once it is terminated or has ended', async () => {
    const path = fresh();
    mkdirSync(path);
    for (const end of [(thread: Worker) => thread.terminate(), (thread: Worker) => thread.postMessage('end')]) {
      const thread = new Worker(fileURLToPath(import.meta.url), { workerData: path });
      assert.is(await new Promise((resolve) => thread.once('message', resolve)), 'locked');
      assert.throws(
        () => lockFolder(path),
        /in use by this process since .*; wait for it, end it, or take another folder$/,
      );
      const gone = new Promise((resolve) => thread.once('exit', resolve));
      end(thread);
      await gone;
      lockFolder(path)();
      assert.equal(readdirSync(path), []);
    }
  });
} else
  for (const whose of ['a live process', 'a process that began at another time', 'a zombie process', 'a worker thread'])
    locks.skip(`the lock of ${whose}`, 'needs /proc');

locks('the lock of a process that is gone is stale and is taken over', async () => {
  let gone = 0;
  await beside((pid) => {
    gone = pid;
  });
  const path = lockOf(fresh(), { pid: gone, began: 'then' });
  const release = lockFolder(path);
  assert.is(JSON.parse(readFileSync(join(path, 'lock'), 'utf8')).pid, process.pid);
  release();
});

locks('the lock of another machine is held, and the message names the file to remove', () => {
  const path = lockOf(fresh(), { pid: 1, host: `not-${hostname()}` });
  assert.throws(
    () => lockFolder(path),
    /in use by process 1 of the machine not-.* since .*; if that has ended, remove '.*lock'$/,
  );
});

locks(
  'the lock of a worker thread about which nothing can be learnt is held, and the message names the file to remove',
  () => {
    const path = lockOf(fresh(), { thread: 0 });
    assert.throws(
      () => lockFolder(path),
      /in use by this process since .*; if a terminated worker thread had it, remove '.*lock'$/,
    );
  },
);

locks('a lock that cannot be parsed is held', () => {
  const path = fresh();
  mkdirSync(path);
  for (const content of ['', '{', '{"pid":-1}', '{"pid":1,"thread":"x","host":"h","since":"s"}', '[]', 'null']) {
    writeFileSync(join(path, 'lock'), content);
    assert.throws(() => lockFolder(path), /in use by process \(unknown\) .*; if that has ended, remove '.*lock'/);
  }
});

locks('of eight processes that race for a stale lock exactly one wins', () => assertOneWins(8, 1));
