// Sweeps on many machines: the queue between `boundgrad sweep --engine` and `boundgrad worker`, on a real server.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { undoAll } from '../../cli/atEnd.js';
import { Failure } from '../../cli/failure.js';
import { addressOf, PASSWORD, shownAddress } from '../../cli/queue/address.js';
import { workersIn } from '../../cli/queue/asker.js';
import { QUEUE, reasonOf, sayErrors } from '../../cli/queue/server.js';
import { jobIdOf, type QueuedTask, resultOf, taskOf } from '../../cli/queue/task.js';
import { withoutPasswords } from '../../cli/secrets.js';
import { Results } from '../../cli/sweep/results.js';
import { answer } from '../../cli/sweep/run.js';
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import type { ResultRecord, TaskSettings } from '../../reports/sweep/record.js';
import { idOf } from '../../sweep/task.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgrad, boundgradHere, temporary } from './command.js';
import { freePort, NO_SERVER, redisServer } from './redisServer.js';

const test = subject('A queue of runs');
const root = temporary();

test('an address names host, port, database, user and password, and rediss: means TLS', () => {
  assert.equal(addressOf('redis://host', 'x'), { host: 'host', port: 6379, db: 0 });
  const { tls, ...whole } = addressOf('rediss://me:p%40ss@host:7000/2', 'x');
  assert.equal([whole, tls], [{ host: 'host', port: 7000, db: 2, username: 'me', password: 'p@ss' }, {}]);
  assert.is(addressOf('redis://[::1]:7000', 'x').host, '::1');
  for (const url of ['redis://[::1]:7000', 'rediss://host:6379/3']) assert.is(shownAddress(addressOf(url, 'x')), url);
});

test('the password may be in the environment, which a list of processes does not show', () => {
  process.env[PASSWORD] = 'from-env';
  try {
    assert.is(addressOf('redis://host', 'x').password, 'from-env');
    assert.is(addressOf('redis://:own@host', 'x').password, 'own');
  } finally {
    delete process.env[PASSWORD];
  }
});

for (const text of [
  'http://:hunter2@host',
  'redis://:hunter2@',
  'redis://:hunter2@host:99999',
  'redis://:hunter2@host/a',
  'redis://:hunter2@host?password=hunter2',
  'redis://:hunter2%@host',
  'redis://:hunter2 hunter2@host',
]) {
  test(`the address ${text} is refused, and the message does not repeat the password`, () => {
    assert.throws(
      () => addressOf(text, '--engine'),
      (error: Error) => /^--engine: /.test(error.message) && !error.message.includes('hunter2'),
    );
  });
}

test('no message or record contains the password of an address, whatever characters it has', () => {
  for (const secret of ['hunter2', 'a/b@c', ':x:'])
    assert.is(withoutPasswords(`--engine redis://me:${secret}@host:1 --x`), '--engine redis://***@host:1 --x');
});

const settings: TaskSettings = {
  ...{ model: 'mlp', data: 'blobs', trainBatches: null, augment: [], val: 0.2, epochs: 2, batchSize: 128 },
  ...{ schedule: 'constant', milestones: null, lrDecay: 0.1, labelSmoothing: 0, clipNorm: null },
};
const own = { method: 'adam', config: { lr: 0.01 }, seed: 1 };
const good = {
  job: { id: idOf(settings, own), ...own, budget: 2, whole: 2 },
  settings,
  backend: 'reference' as const,
  noWide: false,
};

test('a task is read from the queue as a sweep wrote it; its name in the queue has no colon and is not a number', () => {
  assert.equal(taskOf(JSON.parse(JSON.stringify(good))), good);
  assert.match(jobIdOf(good), /^run-[0-9a-f]{32}$/);
  const other = { ...good, job: { ...good.job, budget: 1 } };
  assert.is.not(jobIdOf(other), jobIdOf(good), 'a run of another budget is another task');
});

const hostile: [what: string, change: (task: any) => void, message: RegExp][] = [
  [
    'with an id that leads out of the folder',
    (t) => {
      t.job.id = '../../x';
    },
    /not the id of this task/,
  ],
  [
    'with the id of another task',
    (t) => {
      t.job.seed = 2;
    },
    /not the id of this task/,
  ],
  [
    'whose model is a file of code',
    (t) => {
      t.settings.model = './evil.mjs';
    },
    /settings\.model: must be one of/,
  ],
  [
    'whose data are a file',
    (t) => {
      t.settings.data = 'csv:/etc/passwd';
    },
    /settings\.data: must be one of/,
  ],
  [
    'of an unknown optimizer',
    (t) => {
      t.job.method = 'constructor';
    },
    /method: must be one of/,
  ],
  [
    'with a hyper-parameter that its optimizer does not have',
    (t) => {
      t.job.config.gamma = 1;
    },
    /adam has no hyper-parameter gamma/,
  ],
  [
    'with a rate below 0',
    (t) => {
      t.job.config.lr = -1;
    },
    /lr must be/,
  ],
  [
    'whose configuration has the key __proto__',
    (t) => {
      t.job.config = JSON.parse('{"__proto__":{}}');
    },
    /__proto__/,
  ],
  [
    'with a budget of half an epoch',
    (t) => {
      t.job.budget = 0.5;
    },
    /budget: must be an integer/,
  ],
  [
    'with more epochs than its sweep',
    (t) => {
      t.job.budget = 9;
    },
    /its budget is 9 of 2 epochs/,
  ],
  [
    'with an unknown backend',
    (t) => {
      t.backend = 'evil';
    },
    /backend: must be one of/,
  ],
  [
    'with files that its data set does not have',
    (t) => {
      t.settings.trainBatches = [1];
    },
    /trainBatches: blobs has no such batches: 1/,
  ],
  [
    'with an unknown augmentation',
    (t) => {
      t.settings.augment = ['x'];
    },
    /augment\[0\]: must be one of/,
  ],
];
for (const [what, change, message] of hostile) {
  test(`a task ${what} is refused`, () => {
    const task = JSON.parse(JSON.stringify(good));
    change(task);
    assert.throws(() => taskOf(task), message);
  });
}

test('a task that is not an object is refused', () => {
  for (const task of [null, 'x', []]) assert.throws(() => taskOf(task), /task: must be an object/);
});

const epoch = { loss: 1, validationLoss: 1, validationAccuracy: 0.5 };
const device = { cpu: 'x', cores: 1, platform: 'linux', node: 'v20.0.0' };
const computed = {
  outcome: { validation: 0.5, test: 0.25, note: '', epochs: [epoch, epoch] },
  build: { backend: 'reference', via: { matmul: 'loops' } },
  seconds: 1,
  by: { boundgrad: VERSION, device },
};
const copy = (value: object) => JSON.parse(JSON.stringify(value));

test('of a result in the queue only what a worker writes is read, also if the run diverged', () => {
  assert.equal(copy(resultOf(good, { ...computed, path: '../x', id: 'run-other' })), {
    ...{ kind: 'result', id: good.job.id, ...own, budget: 2 },
    ...computed,
  });
  const diverged = { validation: null, test: null, note: 'the loss is NaN', epochs: [epoch] };
  assert.equal(copy(resultOf(good, { ...computed, outcome: diverged })).outcome, diverged);
});

test('the file of results tells which builds computed its results, on this machine and on others', () => {
  const path = join(temporary(), 'results.jsonl');
  const record = { kind: 'result' as const, ...good.job, ...computed };
  const results = new Results(path, 'boundgrad sweep', false);
  for (const seed of [1, 2]) results.add({ ...record, seed, by: undefined });
  results.add(record);
  results.close();
  const again = new Results(path, 'boundgrad sweep', false);
  again.close();
  const origin = (node: string) => `reference: matmul by loops, ${node}`;
  assert.equal(again.origins, [origin(process.version), origin('v20.0.0')]);
});

const forged: [what: string, change: (result: any) => unknown, message: RegExp][] = [
  ['that is nothing', () => null, /outcome: must be an object: nothing/],
  ['that is a text', () => 'x', /outcome: must be an object/],
  ['of another version', (r) => Object.assign(r.by, { boundgrad: '9.9.9' }), /not computed by boundgrad/],
  ['that does not say who computed it', (r) => delete r.by, /not computed by boundgrad/],
  ['of another backend', (r) => Object.assign(r.build, { backend: 'wasm' }), /computed by wasm, not by reference/],
  ['with an accuracy above 1', (r) => Object.assign(r.outcome, { test: 1.5 }), /outcome.test: must lie in \[0, 1\]/],
  [
    'with fewer epochs than asked for',
    (r) => r.outcome.epochs.pop(),
    /has 1 of 2 epochs, which does not fit its scores/,
  ],
  [
    'with more epochs than asked for',
    (r) => r.outcome.epochs.push(epoch),
    /has 3 of 2 epochs, which does not fit its scores/,
  ],
  ['that diverged and has a score', (r) => Object.assign(r.outcome, { validation: null }), /does not fit its scores/],
  ['with a text that is too long', (r) => Object.assign(r.build.via, { x: 'y'.repeat(20_000) }), /longer than 10000/],
  ['with the key __proto__', (r) => Object.assign(r.build, { via: JSON.parse('{"__proto__":"x"}') }), /__proto__/],
  ['with a negative duration', (r) => Object.assign(r, { seconds: -1 }), /seconds: must be at least 0/],
];
for (const [what, change, message] of forged) {
  test(`a result ${what} is refused`, () => {
    const result = copy(computed);
    const changed = change(result);
    const isOther = changed === null || typeof changed === 'string';
    assert.throws(() => resultOf(good, isOther ? changed : result), message);
  });
}

const reasons: [error: { code?: string; message: string }, reason: RegExp][] = [
  [{ message: 'ERR AUTH <hunter2> WRONGPASS invalid' }, /^the server refuses user or password/],
  [{ message: "OOM command not allowed when used memory > 'maxmemory'." }, /memory of the server is full/],
  [{ message: "READONLY You can't write against a read only replica." }, /is a replica/],
  [{ message: 'MISCONF Redis is configured to save RDB snapshots' }, /cannot write to its disk/],
  [{ message: 'ERR max number of clients reached' }, /as many connections as it permits/],
  [{ code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' }, /certificate has expired; renew it/],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: 'Host: x.' }, /for another host name/],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed' }, /in NODE_EXTRA_CA_CERTS/],
  [{ code: 'ENOTFOUND', message: 'getaddrinfo' }, /no host of this name/],
];
for (const [error, reason] of reasons) {
  test(`${error.code ?? error.message} is explained in words, without the server’s answer`, () => {
    assert.match(reasonOf(error), reason);
    assert.not.match(reasonOf(error), /hunter2/);
  });
}

test('each error of a connection is printed once; the loss of the connection is printed elsewhere', () => {
  const lines: string[] = [];
  const say = sayErrors('redis://x', (line) => lines.push(line));
  for (const message of ['OOM command', 'OOM command', 'Connection is closed.']) say(new Error(message));
  say(Object.assign(new Error('read'), { code: 'ECONNRESET' }));
  assert.equal(lines, ['redis://x: the memory of the server is full; raise its maxmemory']);
});

/** Computes a run in this process, with checkpoints in this folder. */
async function computedHere(task: QueuedTask, folder: string, dataDir?: string) {
  const question = { ...task, dataDir, checkpoints: join(root, folder) };
  try {
    return (await answer(question, new AbortController().signal)).result!.outcome;
  } finally {
    await undoAll();
  }
}

test('a run starts again if another sweep left a checkpoint beyond its budget', async () => {
  const halved = { ...good, job: { ...good.job, budget: 1 } };
  const [whole, fresh] = [await computedHere(good, 'shared'), await computedHere(halved, 'fresh')];
  assert.equal(await computedHere(halved, 'shared'), fresh);
  assert.equal([fresh.epochs.length, whole.epochs.length], [1, 2]);
  assert.equal(await computedHere(good, 'shared'), whole, 'and one that is within it is used');
});

test('missing data are an error of the machine; a task that no sweep writes is an error of the task', async () => {
  const refusal = (settings: Partial<TaskSettings>, dataDir?: string) =>
    computedHere({ ...good, settings: Object.assign({ ...good.settings }, settings) }, 'faults', dataDir).then(
      () => assert.unreachable(),
      (error) => error,
    );
  const missing = await refusal({ data: 'mnist', model: 'lenet' }, join(root, 'no-data'));
  assert.equal([missing instanceof Failure, missing.code], [true, 2]);
  for (const settings of [{ val: 1e-9 }, { model: 'lenet' }]) {
    const error = await refusal(settings);
    assert.equal([error instanceof DataError, error instanceof Failure], [true, false], error.message);
  }
});

test('workers are counted by the names of their connections, also those of other versions, but not those of other databases', () => {
  const name = (queue: string, slots: number) =>
    `id=1 name=boundgrad:${Buffer.from(queue).toString('base64')}:w:${slots} age=0 db=0 sub=0`;
  const others = ['id=3 name=boundgrad db=0 sub=0', 'id=4 name= db=0 sub=0'];
  const list = [name(QUEUE, 2), name('runs-9.9.9', 1), name(QUEUE, 1).replace('db=0', 'db=1'), ...others].join('\n');
  assert.equal(workersIn(list, 0), [
    { queue: `runs-${VERSION}`, slots: 2 },
    { queue: 'runs-9.9.9', slots: 1 },
  ]);
});

const small = [
  ...['--data', 'blobs', '--backend', fastBackend, '--epochs', '2', '--batch-size', '128', '--seeds', '1'],
  ...['--trials', '2', '--optim', 'adam', '--adam.lr', 'log(1e-4,0.1)'],
];
const resultsIn = (folder: string): ResultRecord[] =>
  readFileSync(join(root, folder, 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'result');

test('without a server there is one line, and the exit code of a refusal', async () => {
  const url = `redis://:hunter2@localhost:${await freePort()}`;
  for (const words of [
    ['sweep', ...small, '--engine', url, '--out', join(root, 'none')],
    ['worker', url],
  ]) {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.is(code, 2);
    assert.match(stderr, /^boundgrad: redis:\/\/localhost:\d+: no server listens there; start it, .*\n$/);
    assert.not.match(stdout + stderr, /hunter2/);
  }
});

test('--engine is refused with options that run nothing', async () => {
  const { stderr } = await boundgradHere(['sweep', ...small, '--engine', 'redis://x', '--list']);
  assert.match(stderr, /--engine: --list runs nothing/);
});

if (NO_SERVER !== null) test.skip('on a server', NO_SERVER);
else {
  // The first of these tests starts the server: a start while the file loads would delay all tests of the file.
  let started: ReturnType<typeof redisServer> | undefined;
  const server = () => (started ??= redisServer('--requirepass', 'hunter2'));
  const own = async (password = 'hunter2') => `redis://:${password}@localhost:${(await server()).port}`;

  test('a wrong or missing password causes one line that does not repeat it', async () => {
    for (const [url, message] of [
      [await own('wrong-one'), /the server refuses user or password/],
      [(await server()).url, /the server wants a password; give it in the address or in BOUNDGRAD_ENGINE_PASSWORD/],
    ] as const) {
      const { code, stderr } = await boundgradHere(['worker', url]);
      assert.is(code, 2);
      assert.match(stderr, message);
      assert.not.match(stderr, /wrong-one/);
      assert.is(stderr.trim().split('\n').length, 1);
    }
  });

  test('two workers give the sweep.json of one machine, byte for byte: every result once, with the worker that computed it and without the password', async () => {
    const url = await own();
    const connection = { host: 'localhost', port: (await server()).port, password: 'hunter2' };
    // A worker of another version takes nothing, and is named. A task that no sweep wrote is refused and harms no run.
    const foreign = new Worker('runs-9.9.9', async () => {}, { connection, prefix: 'boundgrad', name: '1' });
    const queue = new Queue(QUEUE, { connection, prefix: 'boundgrad' });
    await queue.add('run', { job: { id: '../x' } }, { jobId: 'run-evil' });
    // A task whose data are not JSON cannot even be read; the workers continue.
    await queue.add('run', {}, { jobId: 'run-broken' });
    const redis = new Redis(connection);
    await redis.hset(`boundgrad:${QUEUE}:run-broken`, { data: '{' });
    redis.disconnect();
    const out = (name: string) => ['--out', join(root, name)];
    await boundgradHere(['sweep', ...small, '--workers', '1', ...out('local')]);
    const [workers, asked] = [new Set<ChildProcess>(), { stdout: '' }];
    const one = (name: string) => boundgrad(['worker', url, ...out(name)], (_, child) => workers.add(child));
    let running: ReturnType<typeof one>[] = [];
    const sweep = await boundgrad(['sweep', ...small, '--engine', url, ...out('queued')], (stdout) => {
      asked.stdout = stdout;
      if (running.length === 0 && /no worker yet/.test(stdout)) running = [one('w1'), one('w2')];
    });
    assert.equal([sweep.code, sweep.stderr], [0, '']);
    assert.match(
      sweep.stdout,
      /no worker yet: on each machine run boundgrad worker redis:\/\/localhost:\d+; workers of boundgrad 9\.9\.9 take no runs/,
    );
    assert.equal(await queue.getJobState('run-evil'), 'failed');
    await foreign.close();
    await queue.close();
    for (const child of workers) child.kill('SIGINT');
    const ends = await Promise.all(running);
    assert.equal(
      ends.map(({ code, stderr }) => [code, stderr]),
      [
        [130, ''],
        [130, ''],
      ],
    );
    assert.match(ends.map(({ stdout }) => stdout).join(''), /a task was refused: task\.job\.method: /);
    assert.match(ends.map(({ stdout }) => stdout).join(''), /a job in the queue is damaged: /);
    const read = (folder: string, name: string) => readFileSync(join(root, folder, name), 'utf8');
    for (const name of ['sweep.json', 'sweep.html']) assert.ok(read('queued', name) === read('local', name), name);
    const results = resultsIn('queued');
    assert.is(new Set(results.map(({ id }) => id)).size, 2);
    assert.is(results.length, 2);
    for (const { by } of results) assert.equal([by!.boundgrad, by!.device.node], [VERSION, process.version]);
    const files = ['results.jsonl', 'run.json', 'sweep.json', 'sweep.html'].map((name) => read('queued', name));
    assert.not.match([...files, sweep.stdout, ...ends.map(({ stdout }) => stdout)].join(''), /hunter2/);
    assert.match(files[0], /redis:\/\/\*\*\*@localhost/);
    assert.not.ok(existsSync(join(root, 'queued', 'checkpoints')));
  });

  test('results that the server kept from an earlier sweep are used, a forged result is refused, and two builds are named', async () => {
    const url = await own();
    // The server still has the results of the earlier sweep.
    const again = await boundgradHere(['sweep', ...small, '--engine', url, '--out', join(root, 'again')]);
    assert.equal([again.code, again.stderr], [0, '']);
    assert.is(resultsIn('again').length, 2);
    const connection = { host: 'localhost', port: (await server()).port, password: 'hunter2' };
    // A worker that answers each task with what the function returns for it.
    const answering = (answer: (task: any) => unknown) =>
      new Worker(QUEUE, async ({ data }) => answer(data), { connection, prefix: 'boundgrad', name: '1' });
    const forged = answering(() => ({ by: { boundgrad: '9.9.9' } }));
    const words = ['sweep', ...small, '--val', '0.3', '--engine', url, '--out', join(root, 'forged')];
    const { code, stderr } = await boundgradHere(words);
    await forged.close();
    assert.is(code, 1);
    assert.match(stderr, /a result from the queue: run-\w+\.outcome: must be an object: .*; to go on: .*--resume/);
    // The server keeps the forged result, so --resume has that run computed again. A line names the build that differs.
    let count = 0;
    const honest = answering(({ backend }) => ({
      ...copy(computed),
      build: { backend, via: { matmul: `build ${++count}` } },
    }));
    const resumed = await boundgradHere(['sweep', '--resume', join(root, 'forged'), '--engine', url]);
    await honest.close();
    assert.equal([resumed.code, resumed.stderr], [0, '']);
    assert.match(resumed.stdout, /must be an object: .*; the run is computed again/);
    assert.match(
      resumed.stdout,
      /another build or engine computes too: \w+: matmul by build [12], v20\.0\.0; before: \w+: /,
    );
    assert.is(JSON.parse(readFileSync(join(root, 'forged', 'sweep.json'), 'utf8')).builds.length, 2);
    assert.match(readFileSync(join(root, 'forged', 'sweep.html'), 'utf8'), /build 1.*build 2/s);
  });
}
