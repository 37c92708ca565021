// Runs the tasks of a sweep: every trial with every seed, with or without halving. It uses neither disk nor processes: `run` computes, and
// with `onResult` and `done` a caller keeps the results and continues later.
import {
  atMost,
  checkChoice,
  checkCount,
  checkFunction,
  checkInteger,
  checkJson,
  checkOptions,
  must,
  type Signal,
  ValueError,
} from '../core/index.js';
import { DRAWS, type Draw } from './draw.js';
import { budgetsOf, promoted } from './halving.js';
import { checkSpace, type Space } from './space.js';
import { mean } from './statistics.js';
import { type Json, type Task, type Trial, trialsOf } from './task.js';

/** The request for a run. */
export interface Job extends Task {
  /** How long to train, for example in epochs. With halving, a task is requested again with a larger budget, and may continue from a
   *  checkpoint that is stored under its id. */
  budget: number;
  /** The budget of a run that is not stopped early. Schedules are made for it. */
  whole: number;
  /** Stops the run. */
  signal?: Signal;
}

/** The scores of a run. Higher is better. NaN, infinity and null mean that it diverged. */
export interface Outcome {
  /** The score by which trials are chosen. */
  validation: number | null;
  /** The score that is reported, on data that no choice has seen. */
  test: number | null;
}

/** A task with its outcome after a budget. */
export interface Result<O extends Outcome = Outcome> extends Task {
  /** How long it was trained, for example in epochs. */
  budget: number;
  /** What `run` returned, with null for scores that are not finite. */
  outcome: O;
}

/** A trial with the results of its seeds. */
export interface RunTrial<O extends Outcome = Outcome> extends Trial {
  /** The largest of its budgets with which every seed was run; 0 if there is none. */
  budget: number;
  /** The results with that budget, in the order of the seeds. */
  results: Result<O>[];
}

/** What is run, how often, and what is known already. */
export interface SweepOptions<O extends Outcome = Outcome> {
  /** For each method, the ranges of its hyper-parameters. */
  space: Space;
  /** Trains once and returns the scores; null if the signal stopped it. */
  run: (job: Job) => Promise<O | null> | O | null;
  /** How many runs are in progress at a time: above 1 for runs in processes of their own, since those in one process cannot overlap.
   *  Default: 1. */
  pool?: number;
  /** The number of trials of each method. Default: 20. */
  trials?: number;
  /** Every trial is run with each of these seeds. A number n stands for 1 to n. Default: 3. */
  seeds?: number | readonly number[];
  /** Determines the trials. Default: 7. */
  seed?: number;
  /** How the trials are drawn. Default: 'random'. */
  draw?: Draw;
  /** The budget of a run, for example its number of epochs. Default: 1. */
  budget?: number;
  /** Stops hopeless trials early: of n trials of a method only n / halving continue to each larger budget. Default: all continue. */
  halving?: number;
  /** Everything else that determines a result, for example the data and the model: a part of the ids. Default: null. */
  settings?: Json;
  /** Results of an earlier call. They are not computed again. Default: none. */
  done?: Iterable<Result<O>>;
  /** Called with each new result, in the order in which runs end. */
  onResult?: (result: Result<O>) => void;
  /** Starts no further runs when aborted. */
  signal?: Signal;
}

const OPTIONS = [
  ...['space', 'run', 'pool', 'trials', 'seeds', 'seed', 'draw', 'budget', 'halving', 'settings', 'done', 'onResult'],
  'signal',
];

/** The trials of a sweep in the order of the space, and whether all of them were run. */
export interface Sweep<O extends Outcome = Outcome> {
  /** Every trial, method by method; one that has not run has no results. */
  trials: RunTrial<O>[];
  /** False if the signal or a run that returned null stopped it. */
  isComplete: boolean;
}

/** Runs trials of each method with every seed. Equal tasks run once. The result depends on the options and on `run` alone, not on `pool`, on the
 *  order in which runs end, or on how often the sweep was interrupted and continued with `done`.
 *
 *    const { trials } = await sweep({
 *      space: { adam: { lr: { log: [1e-5, 1e-1] } }, sgdm: { lr: { log: [1e-3, 1] } } },
 *      run: async ({ method, config, seed }) => ({ validation: .., test: .. }),
 *    });
 *    judge(trials);
 *
 *  Throws ValueError if an option is unknown or out of its range, and what `run` throws, after the runs in progress have ended. */
export async function sweep<O extends Outcome>(options: SweepOptions<O>): Promise<Sweep<O>> {
  atMost(1, 'sweep', arguments);
  const all = checked(options);
  const trials = trialsOf(all.space, all);
  const given = [...all.done];
  const found = new Map(given.map((result) => [keyOf(result), result]));
  const known = new Set(trials.flatMap(({ tasks }) => tasks.map(({ id }) => id)));
  if (given.length > 0 && !given.some(({ id }) => known.has(id)))
    console.warn('sweep: done: no result is of this sweep: did its space, a seed or a setting change?');
  const methods = Object.keys(all.space);
  const budgets = methods.map((method) => {
    const count = trials.filter((trial) => trial.method === method).length;
    return budgetsOf(all.budget, count, all.halving);
  });
  let isComplete = true;
  // A method with fewer trials may have fewer rounds: it begins later, so that the last round is the same for all.
  const rounds = Math.max(...budgets.map(({ length }) => length));
  let left = methods.map((method) => trials.filter((trial) => trial.method === method));
  // The budgets that each trial was asked for. `done` may have results with other budgets, for example from a sweep without halving.
  const asked = new Map(trials.map((trial): [Trial, number[]] => [trial, []]));
  for (let round = 0; round < rounds && isComplete; round++) {
    const budgetOf = (i: number) => budgets[i][round - rounds + budgets[i].length];
    const jobs = left.flatMap((own, i) => {
      const budget = budgetOf(i);
      if (budget === undefined) return [];
      for (const trial of own) asked.get(trial)!.push(budget);
      return own.flatMap(({ number, tasks }) => tasks.map((task) => ({ number, task, budget })));
    });
    // The first trials of all methods come first, so that an interrupted sweep compares equally many.
    jobs.sort((a, b) => a.number - b.number);
    isComplete = await runAll(
      jobs.map(({ task, budget }) => ({ ...task, budget })),
      all,
      found,
    );
    if (!isComplete || all.halving === undefined || round === rounds - 1) continue;
    const { halving } = all;
    left = left.map((own, i) => {
      const budget = budgetOf(i);
      if (budget === undefined) return own;
      return promoted(
        own.map((trial) => scoreOf(trial, budget, found)),
        halving,
      ).map((index) => own[index]);
    });
  }
  const reached = trials.map((trial) => {
    const isRun = (budget: number) => trial.tasks.every((task) => found.has(keyOf({ ...task, budget })));
    const budget = asked.get(trial)!.filter(isRun).at(-1) ?? 0;
    const results =
      budget === 0 ? [] : trial.tasks.map((task) => ({ ...found.get(keyOf({ ...task, budget }))!, ...task }));
    return { ...trial, budget, results };
  });
  warnIfSeedless('sweep', reached);
  warnIfSame(reached);
  return { trials: reached, isComplete };
}

/** The trials that had the warning. */
const warnedOf = new WeakSet<RunTrial>();

/** Warns, once for these trials, if the seeds do not change the scores of any trial: `run` ignores its seed. Scores of 0 and 1 and scores that
 *  are the same in all trials tell nothing. */
export function warnIfSeedless(what: string, trials: readonly RunTrial[]): void {
  const scores = trials.map(({ results }) => results.map(({ outcome: o }) => `${o.validation} ${o.test}`));
  const isTelling = ({ results }: RunTrial) =>
    results.length > 1 &&
    results.every(({ outcome: o }) => o.validation !== null && o.validation * (1 - o.validation) !== 0);
  const distinct = new Set(trials.flatMap((trial, i) => (isTelling(trial) ? scores[i] : [])));
  if (distinct.size < 2 || warnedOf.has(trials[0]) || scores.some((of) => new Set(of).size > 1)) return;
  warnedOf.add(trials[0]);
  const count = Math.max(...scores.map((of) => of.length));
  console.warn(
    `${what}: each trial has the same scores with all ${count} seeds: give the seed of a job to its model and its DataLoader, or take seeds: 1`,
  );
}

/** Warns if the trials of a method, three or more, have the same scores although their configurations differ: `run` ignores `config`. Scores
 *  that seeds do not change tell nothing: they may be those of a guess. */
function warnIfSame(trials: readonly RunTrial[]): void {
  for (const method of new Set(trials.map((trial) => trial.method))) {
    const own = trials.filter((trial) => trial.method === method && trial.budget > 0);
    const scores = new Set(
      own.map(({ results }) => JSON.stringify(results.map(({ outcome: o }) => [o.validation, o.test]))),
    );
    const configs = new Set(own.map(({ config }) => JSON.stringify(config)));
    const [{ results }] = own.length ? own : [{ results: [] }];
    const bySeed = new Set(results.map(({ outcome: o }) => `${o.validation} ${o.test}`));
    if (scores.size === 1 && configs.size > 2 && bySeed.size > 1)
      console.warn(
        `sweep: ${method}: ${own.length} trials have the same scores: give the config of a job to its optimizer or model`,
      );
  }
}

type Checked<O extends Outcome> = Required<Omit<SweepOptions<O>, 'halving' | 'onResult' | 'signal' | 'seeds'>> &
  Pick<SweepOptions<O>, 'halving' | 'onResult' | 'signal'> & { seeds: readonly number[] };

function checked<O extends Outcome>(options: SweepOptions<O>): Checked<O> {
  checkOptions('sweep', options, OPTIONS);
  const { space, run, pool = 1, trials = 20, seeds = 3, seed = 7, draw = 'random', budget = 1 } = options;
  const { halving, settings = null, done = [], onResult, signal } = options;
  checkSpace(space);
  checkFunction('sweep: run', run, 'give a function of a job that returns { validation, test }');
  if (onResult !== undefined) checkFunction('sweep: onResult', onResult, 'give a function of a result');
  checkCount('sweep: pool', pool);
  checkCount('sweep: trials', trials);
  checkInteger('sweep: seed', seed);
  checkChoice('sweep', 'draw', draw, DRAWS);
  checkCount('sweep: budget', budget);
  checkJson('sweep: settings', settings);
  if (halving !== undefined) checkInteger('sweep: halving', halving, 2);
  if (halving !== undefined && budget === 1)
    throw new ValueError('sweep: halving: no trial can end early: budget is 1; give the epochs of a run as budget');
  must(typeof done === 'object' && done !== null && Symbol.iterator in done, 'sweep: done', 'a list of results', done);
  const known = [...done];
  known.forEach((result, i) => {
    const fits = typeof result === 'object' && result !== null && typeof result.id === 'string';
    must(fits, `sweep: done[${i}]`, 'a result, as onResult gets it', result);
    checkOutcome(`done[${i}].outcome`, result.outcome);
  });
  const list = typeof seeds === 'number' ? upTo(checkCount('sweep: seeds', seeds)) : seeds;
  must(Array.isArray(list) && list.length > 0, 'sweep: seeds', 'a positive integer, or a list of integers', seeds);
  list.forEach((each: number, i: number) => checkInteger(`sweep: seeds[${i}]`, each));
  if (new Set(list).size < list.length)
    throw new ValueError(`sweep: seeds: one is listed twice: [${list}]; list it once`);
  return {
    space,
    run,
    pool,
    trials,
    seeds: list,
    seed,
    draw,
    budget,
    halving,
    settings,
    done: known,
    onResult,
    signal,
  };
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

/** The name of a result: a task has one for each budget that it was run with. */
function keyOf({ id, budget }: { id: string; budget: number }): string {
  return `${id} ${budget}`;
}

/** Runs the jobs that have no result. Returns false if the signal, or a run that returned null, stopped it. */
async function runAll<O extends Outcome>(
  jobs: readonly (Task & { budget: number })[],
  { run, pool, budget: whole, onResult, signal }: Checked<O>,
  found: Map<string, Result<O>>,
): Promise<boolean> {
  const queue = [...new Map(jobs.map((job) => [keyOf(job), job])).values()].filter((job) => !found.has(keyOf(job)));
  let isStopped = false;
  const failures: unknown[] = [];
  const one = async () => {
    for (;;) {
      if (signal?.aborted && queue.length > 0) isStopped = true;
      const job = isStopped || failures.length > 0 ? undefined : queue.shift();
      if (job === undefined) return;
      // A copy, so that `run` may change it: the record says what was drawn.
      const config = structuredClone(job.config);
      const outcome = await run({ ...job, config, whole, ...(signal && { signal }) });
      if (outcome === null) {
        isStopped = true;
        return;
      }
      const result = { ...job, outcome: checkOutcome('what run returns', outcome) };
      found.set(keyOf(job), result);
      onResult?.(result);
    }
  };
  const guarded = () => one().catch((error) => void failures.push(error));
  await Promise.all(Array.from({ length: pool }, guarded));
  if (failures.length > 0) throw failures[0];
  return !isStopped;
}

/** Returns the outcome with null for scores that are not finite. Throws ValueError if it has no scores. */
function checkOutcome<O extends Outcome>(what: string, outcome: O): O {
  const isScore = (x: unknown) => x === null || typeof x === 'number';
  const usage = '{ validation, test }, numbers or null';
  must(typeof outcome === 'object' && outcome !== null, `sweep: ${what}`, usage, outcome);
  for (const score of ['validation', 'test'] as const)
    must(isScore(outcome[score]), `sweep: ${what}`, `${usage}: ${score}`, outcome[score]);
  const finite = (x: number | null) => (x !== null && Number.isFinite(x) ? x : null);
  return { ...outcome, validation: finite(outcome.validation), test: finite(outcome.test) };
}

/** The mean validation score of a trial over its seeds; null if it diverged with one of them. */
function scoreOf<O extends Outcome>({ tasks }: Trial, budget: number, found: Map<string, Result<O>>): number | null {
  const scores = tasks.map((task) => found.get(keyOf({ ...task, budget }))!.outcome.validation);
  return scores.some((score) => score === null) ? null : mean(scores as number[]);
}
