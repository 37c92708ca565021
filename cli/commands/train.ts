// `boundgrad train` and `compare`: train a net with one optimizer or with several in turn, each from the same weights on the
// same batches.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCheckpoint } from '../../node/checkpointFolder.js';
import { readJsonLines } from '../../node/jsonLines.js';
import { optimizers } from '../../optim/index.js';
import type { Run } from '../../reports/record.js';
import { groupsOf } from '../../reports/run/groups.js';
import { outcomeOf as resultOf } from '../../reports/run/outcome.js';
import { foldLines } from '../../reports/run/results.js';
import { hyperNotes, longerCommand, patienceNotes, predictCommand, resumeCommand, roughNote } from '../advice.js';
import { chooseBackend } from '../backend.js';
import { loadData, type Split } from '../datasets.js';
import { EXIT, Failure } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { checked } from '../journalRecords.js';
import { lossName, rareNote, untestedNote } from '../losses.js';
import { makeModel } from '../models.js';
import { optimizerKeys } from '../options/hyperparameters.js';
import { writeGiven } from '../options/resume.js';
import { keepingGiven } from '../options/runFile.js';
import { type Settings, settingsOf } from '../options/settings.js';
import { type Command as Name, trainingOptions } from '../options/training.js';
import { notesOnOwn } from '../ownChecks.js';
import { ownData } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { clearFolder, openFold, openFolder } from '../runFolder.js';
import { Screen } from '../screen.js';
import { Stop } from '../stop.js';
import { writeLine } from '../terminal.js';
import { stepsOf, trainAll, writeReport } from '../trainAll.js';
import { command, type Declaration } from './command.js';

export const train = trainingCommand('train', [
  'boundgrad train --data spirals',
  'boundgrad train --data csv:houses.csv --target price',
  'boundgrad train --data images:photos --model resnet8',
  'boundgrad train --data moby-dick --optim adam --lr 0.005 --epochs 2 --out runs/novel',
]);
export const compare = trainingCommand('compare', [
  'boundgrad compare --sgdm.lr 0.02',
  'boundgrad compare --data csv:houses.csv --target price --folds 5',
  'boundgrad compare --data cifar10 --data-dir cifar --model resnet20 --optim sgdm,adabound --epochs 200',
]);

function trainingCommand(name: Name, examples: readonly string[]): Declaration {
  return command({
    usage: '[options]',
    examples,
    options: trainingOptions[name],
    notes: [{ title: 'Optimizers', rows: optimizerKeys.map((key) => [key, optimizers[key].about]) }],
    run: (_, call) => run(settingsOf(name, call)),
  });
}

/** Trains with each optimizer and returns the exit code. Options, data and net are refused before the first step. */
async function run(settings: Settings): Promise<number> {
  const { out, resume } = settings;
  await chooseBackend(settings.backend, settings.threads, settings.noWide);
  const first = await dataOf({ ...settings, fold: 1 });
  lossName(settings, first.train);
  (await makeModel(settings.model, first.train, settings.seed)).dispose();
  const doubts = isOwnModel(settings.model) ? await notesOnOwn(settings, first.train) : [];
  openFolder(out);
  if (resume === undefined) clearFolder(out);
  else refuseForeignIn(settings);
  const train = () => runIn(settings, first, doubts);
  return resume === undefined ? train() : keepingGiven(out, train);
}

/** Trains in the folder of the settings. first: the data, or those of the first fold. doubts: notes on a user's own net. */
async function runIn(settings: Settings, first: Split, doubts: readonly string[]): Promise<number> {
  const { out, command, resume, folds = 1, seeds = 1 } = settings;
  writeGiven(out, { name: command, options: trainingOptions[command] }, settings);
  const doubtful = [...patienceNotes(settings), ...hyperNotes(settings, stepsOf(settings, first))];
  const notes = resume === undefined ? [...(first.notes ?? []), ...doubts, ...doubtful] : [];
  for (const note of notes) writeLine(process.stderr, `boundgrad: ${note}`);
  const stop = new Stop();
  if (seeds > 1) return runSeeds(settings, seeds, first, stop);
  if (folds === 1) {
    const runs = await trainAll({ ...settings, fold: undefined }, first, stop);
    const screen = new Screen(settings.json, 0, 0);
    const isWritten = runs.some(
      ({ run, end }) => end.outcome === 'finished' && hasCheckpoint(join(out, run.optimizer)),
    );
    if (command === 'train' && isWritten) screen.print(`to predict: ${predictCommand(settings, first)}`);
    // A resume may name fewer epochs than are done.
    const whole = { ...settings, epochs: Math.max(settings.epochs, ...runs.map(({ epochs }) => epochs.length)) };
    const longer = longerCommand(whole, stepsOf(whole, first), runs);
    if (longer) screen.print(longer);
    const isFinished = runs.some(({ end }) => end.outcome === 'finished');
    const isOwn = ownData(settings.data);
    const rare = isOwn ? await rareNote(settings, first.train) : null;
    const untested = isOwn ? await untestedNote(first.test) : null;
    for (const note of [roughNote(settings, first), rare, untested]) if (note && isFinished) screen.print(note);
    return outcomeOf(settings, runs, stop);
  }
  const all: Run[] = [];
  for (let fold = 1; fold <= folds && !stop.requested; fold++) {
    const own = { ...settings, fold, out: join(out, `fold-${fold}`) };
    openFold(own.out);
    all.push(...(await trainAll(own, fold === 1 ? first : await dataOf(own), stop)));
  }
  const screen = new Screen(settings.json, 0, 0);
  for (const line of foldLines(all)) screen.print(line);
  return outcomeOf(settings, all, stop);
}

/** Trains with each seed in a folder of its own, and writes the report of all. Returns the exit code. */
async function runSeeds(settings: Settings, seeds: number, data: Split, stop: Stop): Promise<number> {
  const { out, seed: first } = settings;
  const all: Run[] = [];
  for (let seed = first; seed < first + seeds && !stop.requested; seed++) {
    const own = { ...settings, seed, splitSeed: first, out: join(out, `seed-${seed}`) };
    openFold(own.out);
    all.push(...(await trainAll(own, data, stop)));
  }
  const report = join(out, 'report.html');
  if (all.length > 0) {
    writeReport(out, all);
    const screen = new Screen(settings.json, 0, 0);
    const { sentence, basis } = resultOf(groupsOf(all));
    for (const line of ['', sentence, basis]) screen.print(line);
    screen.record({ kind: 'report', path: report });
  }
  return outcomeOf(settings, all, stop);
}

/** Throws Failure if a report or a journal in the folder of the resumed run, or in those of its folds or seeds, is not boundgrad's. A damaged
 *  journal is accepted. */
function refuseForeignIn({ out, optim, folds = 0, seeds = 0, seed }: Settings): void {
  const part = (name: string, first: number, count: number) =>
    Array.from({ length: count }, (_, i) => join(out, `${name}-${first + i}`));
  const folders = folds > 0 ? part('fold', 1, folds) : [out, ...part('seed', seed, seeds)];
  for (const folder of folders) {
    refuseForeign(join(folder, 'report.html'));
    for (const path of optim.map((key) => join(folder, `${key}.jsonl`)))
      if (existsSync(path)) checked(readJsonLines(path), path);
  }
}

/** The data of the settings, with the part that `settings.fold` names held out. */
function dataOf(settings: Settings): Promise<Split> {
  const { dataDir: dir, augment, trainBatches: batches } = settings;
  return loadData(settings.data, { dir, augment, batches, own: settings });
}

/** The exit code of the runs. Throws Failure if all of them diverged. */
function outcomeOf(settings: Settings, runs: readonly Run[], stop: Stop): number {
  // With --json, stdout is JSON lines and nothing else.
  if (stop.requested && runs.length > 0)
    writeLine(settings.json ? process.stderr : process.stdout, `to resume: ${resumeCommand(settings)}`);
  if (stop.requested) return stop.code;
  if (runs.every(({ end }) => end.outcome === 'diverged'))
    throw new Failure(
      runs.length > 1 ? 'no optimizer finished; see the table' : `${runs[0].run.title} diverged`,
      EXIT.failed,
    );
  return EXIT.ok;
}
