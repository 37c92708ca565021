// `boundgrad sweep`: runs many configurations of several optimizers with several seeds, and judges which optimizer is best.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runWords } from '../../reports/sweep/command.js';
import type { ResultRecord, RunOutcome } from '../../reports/sweep/record.js';
import { type RunTrial, sweep as runSweep } from '../../sweep/sweep.js';
import { trialsOf } from '../../sweep/task.js';
import { refuse } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { buildModel } from '../models.js';
import { ownDataOptions } from '../options/data.js';
import type { Call } from '../options/parse.js';
import { isSameRun, writeGiven } from '../options/resume.js';
import { openFolder } from '../runFolder.js';
import { program, quote } from '../shell.js';
import { compute, sweepSettings } from '../sweep/compute.js';
import { schemaOfFile, withFile } from '../sweep/describe.js';
import { sweepOptions } from '../sweep/options.js';
import { Progress } from '../sweep/progress.js';
import { Results, readResults } from '../sweep/results.js';
import { answer, partsOf } from '../sweep/run.js';
import { checkConfigs, type Settings, settingsOf, taskSettings } from '../sweep/settings.js';
import { type DataSize, writeResults } from '../sweep/write.js';
import { writeLine } from '../terminal.js';
import { serve } from '../worker.js';
import { command } from './command.js';

const NAME = 'sweep';

export const sweep = command({
  usage: "--optim NAMES --NAME.lr 'log(A,B)' [options], or --file FILE, or --resume DIR",
  options: sweepOptions,
  untaken: {
    names: Object.keys(ownDataOptions),
    why: 'a sweep takes data sets of the library, no data of your own: write a program with sweep() of boundgrad/sweep',
  },
  examples: [
    "boundgrad sweep --optim sgdm,adam --sgdm.lr 'log(1e-3,1)' --adam.lr 'log(1e-5,0.1)' --trials 10 --epochs 3",
    "boundgrad sweep --optim adabound --lr 'log(1e-4,1e-2)' --gamma 1e-4,1e-3,1e-2 --halving 3",
    "boundgrad sweep --optim adam --adam.lr 'log(1e-5,0.1)' --list --out sweeps/adam",
  ],
  async run(values, call) {
    if (values.worker) return serve(answer);
    if (values.schema) return JSON.stringify(schemaOfFile(), null, 2).split('\n');
    const [folder] = call.operands;
    if (folder !== undefined && !values.collect)
      throw refuse(
        `'${folder}': not an option; folders follow --collect; a sweep goes on with --resume ${quote(folder)}`,
      );
    const whole = values.file === undefined ? call : withFile(values.file, call);
    return make(settingsOf(whole), whole);
  },
});

async function make(settings: Settings, { operands }: Call): Promise<number | string[]> {
  if (operands.length === 0 && settings.collect)
    throw refuse('--collect: the folders of the runs are missing: --collect DIR..');
  const { out, space, draw, trials, seed, seeds } = settings;
  const shared = taskSettings(settings);
  const all = trialsOf(space, { draw, trials, seed, seeds, settings: shared });
  checkConfigs(all);
  if (settings.list) return listed(settings, all);
  // Before the folder is made, refuses a share that leaves no samples, and a net that cannot take the data.
  const { train, test } = await partsOf(shared, settings.dataDir);
  buildModel(settings.model, train.shape, train.classes.length, seed).dispose();
  const data = { classes: train.classes.length, testSamples: test.length };
  const ids = new Set(all.flatMap(({ tasks }) => tasks.map(({ id }) => id)));
  const gathered = settings.collect ? gather(operands, ids) : [];
  openFolder(out);
  refuseOther(settings);
  const short = roundsNote(settings);
  if (short) writeLine(process.stderr, `boundgrad: ${short}`);
  for (const name of ['sweep.html', 'sweep.json']) refuseForeign(join(out, name));
  // The options are written first, so that a folder with results can always be resumed.
  writeGiven(out, { name: NAME, options: sweepOptions }, settings);
  const results = new Results(join(out, 'results.jsonl'), settings.recorded, settings.private);
  try {
    if (settings.collect) return await collected(gathered, operands, settings, results, data);
    return await compute(settings, results, ids, data);
  } finally {
    results.close();
  }
}

/** A note that the last round has fewer than --halving times the epochs of the first; else null. */
function roundsNote({ halving, epochs }: Settings): string | null {
  if (halving === undefined || epochs >= halving) return null;
  const why = `the last round has only ${epochs} times the epochs of the first, ${epochs} and 1`;
  return `--halving ${halving}: ${why}; give more --epochs, ${halving} or ${halving ** 2}, or --halving ${epochs}`;
}

/** Throws Failure if the folder holds another sweep or run. The same command line continues a sweep: a cluster starts a job again with its
 *  first command. */
function refuseOther(settings: Settings): void {
  const { out, resume } = settings;
  const has = (name: string) => existsSync(join(out, name));
  if (resume !== undefined || (!has('run.json') && !has('results.jsonl'))) return;
  if (has('run.json') && isSameRun({ name: NAME, options: sweepOptions }, out, settings)) return;
  const remedy = has('run.json')
    ? `to continue that one: --resume ${quote(out)}; else give another folder`
    : 'its run.json is missing; give another folder';
  throw refuse(`--out: '${out}' holds another sweep or run; ${remedy}`);
}

/** The results of this sweep in other folders. Throws Failure if one has none, DataError if it cannot be read. */
function gather(folders: readonly string[], ids: ReadonlySet<string>): ResultRecord[] {
  return folders.flatMap((folder) => {
    if (existsSync(folder) && !existsSync(join(folder, 'results.jsonl')))
      throw refuse(`--collect: '${folder}' holds no run of a sweep: it has no results.jsonl`);
    const own = readResults(join(folder, 'results.jsonl')).filter(({ id }) => ids.has(id));
    if (own.length > 0) return own;
    throw refuse(`--collect: '${folder}' holds no run of this sweep; give the options that --list was given`);
  });
}

/** Adds results from other folders, and writes the page. Returns the exit code. */
async function collected(
  gathered: readonly ResultRecord[],
  folders: readonly string[],
  settings: Settings,
  results: Results,
  data: DataSize,
): Promise<number> {
  const have = new Set(results.all.map(({ id, budget }) => `${id} ${budget}`));
  let count = 0;
  for (const result of gathered) {
    if (have.has(`${result.id} ${result.budget}`)) continue;
    have.add(`${result.id} ${result.budget}`);
    results.add(result);
    count++;
  }
  const progress = new Progress(1, 0);
  const from = folders.length === 1 ? 'one folder' : `${folders.length} folders`;
  progress.print(`${count} new results from ${from}`);
  const whole = await runSweep<RunOutcome>({ ...sweepSettings(settings, results), run: () => null });
  writeResults(whole, settings, results, data, progress);
  if (!whole.isComplete) progress.print(`to run the rest here: ${program()} sweep --resume ${quote(settings.out)}`);
  return 0;
}

/** A line for each run that has no result, neither in the folder of the sweep nor in the folder of the run. */
function listed(
  settings: Settings,
  all: readonly { method: string; config: RunTrial['config']; tasks: RunTrial['tasks'] }[],
): string[] {
  const { out, epochs, dataDir, backend, noWide, private: isPrivate } = settings;
  const isDone = (id: string) =>
    [out, join(out, id)].some((folder) => {
      const path = join(folder, 'results.jsonl');
      return existsSync(path) && readResults(path).some((result) => result.id === id && result.budget === epochs);
    });
  const where = [
    ...(dataDir === undefined ? [] : [`--data-dir=${dataDir}`]),
    ...(backend === 'wasm' ? [] : [`--backend=${backend}`]),
    ...(noWide ? ['--no-wide'] : []),
    ...(isPrivate ? ['--private'] : []),
    '--workers=1',
  ];
  const shared = taskSettings(settings);
  const tasks = new Map(all.flatMap((trial) => trial.tasks.map((task) => [task.id, { ...trial, task }])));
  return [...tasks.values()]
    .filter(({ task }) => !isDone(task.id))
    .map(({ method, config, task }) => {
      const words = runWords(shared, method, config, task.seed);
      return ['npx', ...words, ...where, `--out=${join(out, task.id)}`].map(quote).join(' ');
    });
}
