// Running a sweep: which runs, in which order, with which budgets, and the effects of an interruption.
import { budgetsOf, promoted } from '../../sweep/halving.js';
import { type Job, type Outcome, type Result, type SweepOptions, sweep } from '../../sweep/index.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Running a sweep');

const space = { adam: { lr: { log: [1e-4, 1] } }, sgdm: { lr: { log: [1e-3, 1] } } } as const;
/** A score that depends on the job only. */
const scoreOf = ({ config, seed, budget }: Job) => {
  const score = -Math.abs(Math.log10(config.lr as number) + 2) + seed / 1000 + budget / 100;
  return { validation: score, test: score };
};
const base = { space, trials: 4, seeds: 2, run: scoreOf };

/** The jobs of a sweep, in order. */
async function jobsOf(options: Partial<SweepOptions<Outcome>>): Promise<Job[]> {
  const jobs: Job[] = [];
  await sweep({
    ...base,
    ...options,
    run: (job) => {
      jobs.push(job);
      return scoreOf(job);
    },
  });
  return jobs;
}

test('each method has the same number of trials, each with every seed, the first trials of all methods first', async () => {
  const jobs = await jobsOf({});
  assert.is(jobs.length, 16);
  assert.equal(
    jobs.slice(0, 4).map(({ method, seed }) => `${method} ${seed}`),
    ['adam 1', 'adam 2', 'sgdm 1', 'sgdm 2'],
  );
  assert.is(new Set(jobs.map(({ id }) => id)).size, 16);
});

test('the result does not depend on how many runs are in progress at a time, or on the order in which they end', async () => {
  let started = 0;
  const ended: number[] = [];
  const slow = async (job: Job) => {
    const start = started++;
    // Of the first eight runs, the last to start is the first to end.
    for (let i = start; i < 8; i++) await null;
    ended.push(start);
    return scoreOf(job);
  };
  const one = await sweep({ ...base, halving: 2, budget: 4 });
  const eight = await sweep({ ...base, run: slow, pool: 8, halving: 2, budget: 4 });
  assert.equal(eight, one);
  assert.ok(ended.indexOf(7) < ended.indexOf(0), `${ended}`);
});

test('a sweep that is interrupted after every run and continued each time has the result of an uninterrupted one', async () => {
  const options = { ...base, halving: 2, budget: 8 };
  const whole = await sweep(options);
  const done: Result[] = [];
  let calls = 0;
  for (;;) {
    const abort = new AbortController();
    const part = await sweep({
      ...options,
      done,
      signal: abort.signal,
      onResult: (result) => {
        done.push(result);
        abort.abort();
      },
    });
    calls++;
    if (!part.isComplete) continue;
    assert.equal(part, whole);
    break;
  }
  // 16 runs of budget 2, then 8 of 4 and 4 of 8: every call computes one.
  assert.ok(calls >= 28, `${calls} calls`);
});

test('a stopped run has no result, and ends the sweep', async () => {
  const { trials, isComplete } = await sweep({ ...base, run: () => null });
  assert.equal([isComplete, trials.length, trials.flatMap(({ results }) => results)], [false, 8, []]);
});

test('equal tasks run once', async () => {
  const jobs = await jobsOf({ space: { a: { lr: { values: [0.1, 0.01] } } }, trials: 9, seeds: [1] });
  assert.is(jobs.length, 2);
});

test('the budget of the last round is the whole, that of each earlier round is a part of it, and none is below 1', () => {
  assert.equal(budgetsOf(27, 27, 3), [1, 3, 9, 27]);
  assert.equal(budgetsOf(10, 20, 3), [1, 3, 10]);
  assert.equal(budgetsOf(10, 4, 3), [1, 3, 10], 'of 4 trials 2 and 1 go on');
  assert.equal(budgetsOf(10, 3, 3), [3, 10]);
  assert.equal(budgetsOf(10, 1, 3), [10]);
  assert.equal(budgetsOf(1, 20, 3), [1]);
  assert.equal(budgetsOf(10, 20, undefined), [10]);
});

test('with a factor of 3 the best third continues; of equal scores the first ones do; a trial that diverged never does', () => {
  assert.equal(promoted([1, 5, 3, 4, 2, 6], 3), [1, 5]);
  assert.equal(promoted([1, 1, 1, 1], 2), [0, 1]);
  assert.equal(promoted([null, 2, null, null], 2), [1]);
  assert.equal(promoted([null, null], 2), []);
});

test('with halving, each round runs fewer trials with the next budget, the same number for each method', async () => {
  const jobs = await jobsOf({ trials: 9, seeds: 1, budget: 9, halving: 3 });
  const counts = (method: string) =>
    [1, 3, 9].map((budget) => jobs.filter((job) => job.method === method && job.budget === budget).length);
  assert.equal(
    [counts('adam'), counts('sgdm')],
    [
      [9, 3, 1],
      [9, 3, 1],
    ],
  );
  assert.ok(jobs.every(({ whole }) => whole === 9));
});

test('the mean over the seeds of a trial decides whether it continues, and a trial diverges if a run of it does', async () => {
  const { trials } = await sweep({
    space: { a: { x: { values: [0, 1, 2, 3] } } },
    draw: 'grid',
    trials: 4,
    seeds: 2,
    budget: 2,
    halving: 2,
    run: ({ config, seed }) => {
      const by = [
        [9, 0],
        [5, 5],
        [NaN, 99],
        [4, 5.5],
      ];
      const validation = by[config.x as number][seed - 1];
      return { validation, test: validation };
    },
  });
  assert.equal(
    trials.map(({ budget }) => budget),
    [1, 2, 1, 2],
  );
  assert.is(trials[2].results[0].outcome.validation, null, 'NaN becomes null');
});

test('a method with fewer trials has fewer rounds, and its last round has the whole budget too', async () => {
  const two = { many: { x: { integer: [1, 9] } }, one: { x: { values: [1] } } } as const;
  const { trials } = await sweep({
    ...{ space: two, draw: 'grid', trials: 9, seeds: 1, budget: 9, halving: 3 },
    run: ({ config }) => ({ validation: config.x as number, test: config.x as number }),
  });
  assert.equal(trials.find(({ method }) => method === 'one')!.budget, 9);
  assert.equal(
    trials.filter(({ method, budget }) => method === 'many' && budget === 9).map(({ config }) => config.x),
    [9],
  );
});

test('results of larger budgets than halving needs, such as those of a sweep without it, change nothing', async () => {
  const results: Result[] = [];
  const options = {
    ...({ space: { a: { x: { values: [0, 1, 2, 3] } } }, draw: 'grid', trials: 4, seeds: 1, budget: 2 } as const),
    run: ({ config }: Job) => ({ validation: config.x as number, test: config.x as number }),
  };
  await sweep({ ...options, onResult: (result) => void results.push(result) });
  const [one, other] = [
    await sweep({ ...options, halving: 2 }),
    await sweep({ ...options, halving: 2, done: results }),
  ];
  assert.equal(other, one);
  assert.equal(
    other.trials.map(({ budget }) => budget),
    [1, 1, 2, 2],
  );
});

test('an error of a run is thrown after the runs in progress have ended', async () => {
  let ended = 0;
  const run = async ({ seed, method }: Job) => {
    if (seed === 1 && method === 'adam') throw new Error('no space');
    await new Promise((resolve) => setTimeout(resolve, 5));
    ended++;
    return { validation: 1, test: 1 };
  };
  await rejects(sweep({ ...base, run, pool: 4 }), /no space/, Error);
  assert.is(ended, 3);
});

const refused: [what: string, options: object, message: RegExp][] = [
  ['an unknown option', { trails: 3 }, /sweep: unknown option: trails; .*did you mean trials/],
  ['no function', { run: 3 }, /sweep: run/],
  ['no trial', { trials: 0 }, /sweep: trials must be a positive integer: 0/],
  ['half a seed', { seeds: [1.5] }, /sweep: seeds\[0\] must be an integer: 1.5/],
  ['no seed', { seeds: [] }, /sweep: seeds must be a positive integer, or a list/],
  ['a seed twice', { seeds: [1, 1] }, /one is listed twice: \[1,1\]/],
  ['an unknown draw', { draw: 'haltn' }, /sweep: unknown draw: haltn; .*did you mean halton/],
  ['a pool of none', { pool: 0 }, /sweep: pool must be a positive integer/],
  ['a factor of 1', { halving: 1 }, /sweep: halving must be an integer of at least 2: 1/],
  ['a null among the results', { done: [null] }, /sweep: done\[0\] must be a result/],
  ['a result without scores', { done: [{ id: 'run-1' }] }, /sweep: done\[0\]\.outcome must be \{ validation, test \}/],
  [
    'a result whose outcome is null',
    { done: [{ id: 'run-1', outcome: null }] },
    /sweep: done\[0\]\.outcome must be \{ validation, test \}.*: null/,
  ],
  [
    'a run without scores',
    { run: () => 0.9 },
    /sweep: what run returns must be \{ validation, test \}.*number 0.9|: 0.9/,
  ],
];
for (const [what, options, message] of refused) {
  test(`a sweep with ${what} is refused`, async () => {
    await rejects(sweep({ ...base, ...options } as SweepOptions<Outcome>), message);
  });
}
