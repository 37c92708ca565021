// `boundgrad train` and `compare`: train a net with one optimizer or with several in turn, each from the same weights on the
// same batches.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BoundgradError } from '../../core/index.js';
import { hasCheckpoint } from '../../node/checkpointFolder.js';
import { readJsonLines } from '../../node/jsonLines.js';
import { optimizers } from '../../optim/index.js';
import type { LineRecord, Run, RunRecord } from '../../reports/record.js';
import { groupsOf } from '../../reports/run/groups.js';
import { outcomeOf as resultOf } from '../../reports/run/outcome.js';
import { reportPage } from '../../reports/run/page.js';
import { foldLines } from '../../reports/run/results.js';
import { hyperNotes, longerCommand, patienceNotes, predictCommand, resumeCommand, roughNote } from '../advice.js';
import { chooseBackend } from '../backend.js';
import { dataChecksums } from '../dataChecksums.js';
import { batchSizeOf, loadData, type Split } from '../datasets.js';
import { renewTable } from '../epochsTable.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { checked, Journal } from '../journal.js';
import { lossName, rareNote, untestedNote } from '../losses.js';
import { makeModel } from '../models.js';
import { optimizerKeys } from '../options/hyperparameters.js';
import { keepingGiven, writeGiven } from '../options/resume.js';
import { type Settings, settingsOf } from '../options/settings.js';
import { type Command as Name, trainingOptions } from '../options/training.js';
import { notesOnOwn } from '../ownChecks.js';
import { ownData } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { clearFolder, historyIn, openCheckpoints, openFold, openFolder, replacePage } from '../runFolder.js';
import { computing, isRunOf } from '../runRecord.js';
import { Screen } from '../screen.js';
import { Stop } from '../stop.js';
import { writeLine } from '../terminal.js';
import { type Place, trainOne } from '../trainOne.js';
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

/** Trains with each optimizer and returns the exit code. Everything that can be refused is refused before the first step. */
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
    const runs = await runAll({ ...settings, fold: undefined }, first, stop);
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
    all.push(...(await runAll(own, fold === 1 ? first : await dataOf(own), stop)));
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
    all.push(...(await runAll(own, data, stop)));
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

/** Records the number of epochs of a finished run in place of a smaller one that a resume was given. */
function recordEpochs(settings: Settings, epochs: number): void {
  const { out, command, given } = settings;
  const options = trainingOptions[command];
  writeGiven(out, { name: command, options }, { ...settings, given: { ...given, epochs: String(epochs) } });
}

/** Throws Failure if a report or a journal in the folder of the resumed run is not boundgrad's. A damaged journal is accepted. */
function refuseForeignIn({ out, optim, folds = 1 }: Settings): void {
  const folders = folds === 1 ? [out] : Array.from({ length: folds }, (_, i) => join(out, `fold-${i + 1}`));
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

/** Trains with each optimizer in turn, and writes the report. */
async function runAll(settings: Settings, data: Split, stop: Stop): Promise<Run[]> {
  const { out, optim } = settings;
  const report = join(out, 'report.html');
  const screen = new Screen(settings.json, optim.length, stepsOf(settings, data));
  const runs: Run[] = [];
  for (const key of optim) {
    if (stop.requested) break;
    const run = await runOne(key, settings, data, stop, screen);
    if (run) runs.push(run);
  }
  if (runs.length === 0) return runs;
  writeReport(out, runs);
  screen.table(runs);
  screen.record({ kind: 'report', path: report });
  return runs;
}

/** Runs or resumes the training of one optimizer, and skips one that is complete. Null if it was stopped before it began. */
async function runOne(key: string, settings: Settings, data: Split, stop: Stop, screen: Screen): Promise<Run | null> {
  const journal = new Journal(join(settings.out, `${key}.jsonl`), settings.resume !== undefined);
  try {
    if (journal.opening && !isRunOf(journal.opening, settings, data)) journal.rejectOpening();
    if (journal.opening && ownData(settings.data)) await refuseChanged(journal.opening, settings, data);
    if (journal.isDone(stepsOf(settings, data), historyIn(join(settings.out, key)))) {
      const run = journal.run()!;
      screen.skip(run, settings.epochs);
      // Otherwise a later --resume would name an --epochs that it was not given.
      if (settings.epochs < run.epochs.length && !settings.folds && !settings.seeds)
        recordEpochs(settings, run.epochs.length);
      const place = join(settings.out, key);
      if (run.end.outcome === 'finished' && !hasCheckpoint(place))
        writeLine(
          process.stderr,
          `boundgrad: '${place}': no checkpoint: the net cannot predict, and with more --epochs it starts over`,
        );
      return run;
    }
    await trainInto(journal, key, settings, data, stop, screen);
    return journal.run();
  } finally {
    journal.close();
  }
}

/** Throws Failure if the user's own data are not those with which the run began. */
async function refuseChanged({ data: { checksums } }: RunRecord, { data: name }: Settings, data: Split): Promise<void> {
  const now = checksums && (await dataChecksums(data));
  if (!now || (now.train === checksums.train && now.test === checksums.test)) return;
  const part = now.train === checksums.train ? 'test' : 'training';
  throw refuse(
    `--resume: --data ${name}: other ${part} samples than when the run began; give the same data, or begin a new run`,
  );
}

async function trainInto(
  journal: Journal,
  key: string,
  settings: Settings,
  data: Split,
  { signal }: Stop,
  screen: Screen,
): Promise<void> {
  const checkpoints = openCheckpoints(join(settings.out, key));
  const place: Place = {
    record(r: LineRecord) {
      journal.append(r);
      screen.record(r);
    },
    restore: (history, step) => journal.restore(history, step),
    step: (at) => screen.step(at),
    checkpoints,
    begun: journal.opening !== null,
    signal,
  };
  try {
    const note = hasCheckpoint(checkpoints.path) ? null : journal.startOver();
    if (note) writeLine(process.stderr, `boundgrad: ${note}`);
    if (journal.opening) screen.begin({ ...journal.opening, ...computing() });
    await trainOne(key, settings, data, place);
  } catch (error) {
    // `fit` refuses a checkpoint that cannot resume, before anything is changed.
    const [, why] = /^fit: (the checkpoint .*)$/s.exec(error instanceof BoundgradError ? error.message : '') ?? [];
    if (why === undefined) throw error;
    throw refuse(`--resume: ${why.replace('into another folder', 'into another --out folder')}`, error);
  } finally {
    checkpoints.close();
  }
}

/** Writes the report, and renews the table beside it. */
function writeReport(folder: string, runs: readonly Run[]): void {
  replacePage(join(folder, 'report.html'), reportPage(runs));
  const note = renewTable(folder, runs);
  if (note) writeLine(process.stderr, `boundgrad: ${note}`);
}

/** The steps of one run. */
function stepsOf(settings: Settings, data: Split): number {
  const { epochs, accumulate, maxSteps = Infinity } = settings;
  const batches = Math.ceil(data.train.length / batchSizeOf(settings, data));
  return Math.min(maxSteps, epochs * Math.ceil(batches / accumulate));
}
