// `boundgrad report`: writes the report of a finished run again, or one report that compares several finished runs.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BoundgradError } from '../../core/index.js';
import type { Run } from '../../reports/record.js';
import { whyNotComparable } from '../../reports/run/comparable.js';
import { groupsOf } from '../../reports/run/groups.js';
import { outcomeOf } from '../../reports/run/outcome.js';
import { reportPage } from '../../reports/run/page.js';
import { renewTable, tableIn, writeTable } from '../epochsTable.js';
import { Failure, refuse } from '../failure.js';
import { refuseForeign } from '../foreignFiles.js';
import { readRunOf } from '../journalRecords.js';
import { optimizerKeys } from '../options/hyperparameters.js';
import { path } from '../options/parsers.js';
import type { Schema } from '../options/schema.js';
import { holdsSweep, openFolder, replacePage } from '../runFolder.js';
import { quote } from '../shell.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

/** The most folders of one report. */
const MOST = 40;

const options = {
  out: {
    value: 'DIR',
    about: 'the folder of report.html; must be given for several runs',
    shownDefault: 'the folder of the run',
    parse: path,
  },
  csv: { about: 'also write epochs.csv: a row for each epoch of each run; it is renewed with the report' },
} satisfies Schema;

export const report = command({
  usage: 'RUN.. [--out DIR] [--csv]',
  examples: ['boundgrad report runs/mine', 'boundgrad report runs/a runs/b --out runs/both --csv'],
  options,
  run: async ({ out, csv }, { operands }) => make(operands, out, csv),
});

const journals = optimizerKeys.map((key) => `${key}.jsonl`);

/** Writes the report. Returns the lines to print. */
function make(folders: readonly string[], out: string | undefined, csv: boolean): string[] {
  if (folders.length === 0) throw refuse('report: name the folder of a run: boundgrad report runs/mine');
  if (folders.length > MOST) throw refuse(`report: ${folders.length} folders; at most ${MOST} fit one page`);
  const twice = folders.find((folder, i) => folders.findIndex((other) => resolve(other) === resolve(folder)) < i);
  if (twice !== undefined) throw refuse(`report: '${twice}' is named twice`);
  const isMixed = folders.length > 1;
  if (isMixed && out === undefined)
    throw refuse('report: several runs: --out DIR must name the folder of their report');
  if (isMixed && folders.some((folder) => resolve(folder) === resolve(out!)))
    throw refuse(`report: --out '${out}' is one of the runs, whose own report would be lost; give another folder`);
  const runs = folders.flatMap((folder) => runsIn(folder).map((run) => (isMixed ? { ...run, from: folder } : run)));
  const why = whyNotComparable(runs, ({ from, run }) => (isMixed ? `'${from}'` : run.title));
  if (why !== null) throw refuse(`report: cannot compare: ${why}`);
  const target = out ?? folders[0];
  const isOwn = !isMixed && existsSync(target) && realpathSync(target) === realpathSync(folders[0]);
  if (!isOwn && ['run.json', ...journals].some((name) => existsSync(join(target, name))))
    throw refuse(
      `report: --out '${target}' holds another run or a sweep, whose report would be lost; give another folder`,
    );
  openFolder(target);
  const page = join(target, 'report.html');
  refuseForeign(page);
  if (csv) refuseForeign(tableIn(target));
  replacePage(page, reportPage(runs));
  if (csv) writeTable(target, runs);
  const note = csv ? null : renewTable(target, runs);
  if (note) writeLine(process.stderr, `boundgrad: ${note}`);
  return [outcomeOf(groupsOf(runs)).sentence, `report: ${page}`, ...(csv ? [`epochs: ${tableIn(target)}`] : [])];
}

/** The runs in a folder, and in the folders of its seeds. Throws Failure if there is none. */
function runsIn(folder: string): Run[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw refuse(`report: no such folder: '${folder}'`);
  const seeds = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^seed--?\d+$/.test(entry.name))
    .map(({ name }) => join(folder, name));
  const found = [folder, ...seeds].flatMap(journalsIn);
  // In the order in which they were trained.
  const runs = found.sort((a, b) => (a.run.date < b.run.date ? -1 : Number(a.run.date > b.run.date)));
  if (runs.length > 0) return runs;
  const folds = readdirSync(folder).some((name) => /^fold-\d+$/.test(name));
  const remedy = folds
    ? '; it holds folds, each with its own test set: name one of them'
    : holdsSweep(folder)
      ? `; it holds a sweep, whose report is '${join(folder, 'sweep.html')}'`
      : journalsIn(join(folder, '..')).length > 0
        ? `; its run is in the folder above: ${quote(join(folder, '..'))}`
        : '';
  throw refuse(`report: no run in '${folder}': it has no journal, such as adam.jsonl${remedy}`);
}

function journalsIn(folder: string): Run[] {
  const paths = journals.map((name) => join(folder, name)).filter((file) => existsSync(file));
  return paths.flatMap((file) => {
    try {
      const run = readRunOf(file);
      if (run === null) writeLine(process.stderr, `boundgrad: '${file}' is empty: the report leaves it out`);
      return run ?? [];
    } catch (error) {
      if (error instanceof BoundgradError && !(error instanceof Failure))
        throw refuse(`report: ${error.message}`, error);
      throw error;
    }
  });
}
