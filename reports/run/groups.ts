// Runs that differ in their seed only are one group: a line with a band, and a row of the table.
import { DASHES, dashOf, variantName } from '../charts/palette.js';
import { kebab } from '../format.js';
import type { Run, RunRecord } from '../record.js';

/** The runs of one optimizer with the same settings, one for each seed. */
export interface Group {
  /** The optimizer's title, with what differs from another group of the same optimizer. */
  title: string;
  optimizer: string;
  /** The name of its colour, and its dash. */
  colour: string;
  dash: number;
  runs: Run[];
}

/** A setting of a run by its name, as text. */
export type Setting = readonly [name: string, value: string];

/** The setting that tells training data of the same name and number apart. */
export const TRAINING_DATA = 'checksum of training data';

/** The settings of a run as texts, without its optimizer, its seed and the name of its data. others: the runs that it is compared with; the
 *  checksum of its training data is included if all of these have one. */
export function settingsOf(run: RunRecord, others: readonly Run[]): Setting[] {
  const { data, reduceOnPlateau: plateau } = run;
  const isKnown = others.every((other) => other.run.data.checksums);
  const all: [string, unknown][] = [
    ['training samples', data.train],
    ...(isKnown ? ([[TRAINING_DATA, data.checksums?.train]] as [string, unknown][]) : []),
    ['files', data.trainBatches?.join()],
    ['fold', data.fold],
    ['model', run.model],
    ['parameters', run.parameters],
    ['epochs', run.epochs],
    ['steps at most', run.maxSteps],
    ['batch size', run.batchSize],
    ['schedule', run.schedule],
    ['label smoothing', run.labelSmoothing],
    ['augmentation', run.augment.join()],
    ['loss', run.loss ?? 'cross-entropy'],
    ['class weights', run.classWeights],
    ['accumulated batches', run.accumulate],
    ['largest gradient norm', run.clipNorm],
    ['lower lr after', plateau && `${plateau.patience} epochs, times ${plateau.factor}`],
    ['early stopping after', run.earlyStopping],
    ['averaged weights', run.average],
    ['best epoch saved', run.keepBest],
    ...Object.entries(run.hyper).map(([name, value]): [string, unknown] => [kebab(name), value]),
  ];
  return all.map(([name, value]) => [name, `${value ?? 'none'}` || 'none']);
}

/** The groups of runs, in the order of their first runs. */
export function groupsOf(runs: readonly Run[]): Group[] {
  const found = new Map<string, Run[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.run.optimizer, run.run.title, settingsOf(run.run, runs)]);
    found.set(key, [...(found.get(key) ?? []), run]);
  }
  const all = [...found.values()];
  return all.map((own) => {
    const { optimizer, title } = own[0].run;
    const same = all.filter(([{ run }]) => run.optimizer === optimizer);
    const nth = same.indexOf(own);
    return {
      title: same.length > 1 ? `${title} (${differenceOf(own[0].run, same)})` : title,
      optimizer,
      colour: variantName(optimizer, nth),
      dash: (dashOf(optimizer) + nth) % DASHES.length,
      runs: own,
    };
  });
}

/** Returns a function that counts the groups of an optimizer, by its key; at least 1, also for a key without groups. */
export function groupsOfOptimizer(groups: readonly Group[]): (key: string) => number {
  return (key) => Math.max(1, groups.filter(({ optimizer }) => optimizer === key).length);
}

/** The settings of a run that other groups do not have, for example `lr 0.01, batch size 32`. */
function differenceOf(run: RunRecord, groups: readonly Run[][]): string {
  const runs = groups.flat();
  const all = groups.map(([first]) => new Map(settingsOf(first.run, runs)));
  const own = settingsOf(run, runs).filter(([name, value]) => all.some((other) => other.get(name) !== value));
  return own.map(([name, value]) => `${name} ${value}`).join(', ');
}

/** The settings in which groups differ, a row for each: its name and its value in each group; `–` if a group's optimizer has no such
 *  setting. A hyper-parameter is compared between groups of one optimizer only. */
export function differences(groups: readonly Group[]): { name: string; values: string[] }[] {
  const runs = groups.flatMap((group) => group.runs);
  const all = groups.map(({ runs: [{ run }] }) => new Map(settingsOf(run, runs)));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const isHyper = (name: string) =>
    groups.some(({ runs: [{ run }] }) => Object.keys(run.hyper).map(kebab).includes(name));
  return names.flatMap((name) => {
    const values = all.map((settings) => settings.get(name));
    const differs = groups.some((a, i) =>
      groups.some((b, j) => (!isHyper(name) || a.optimizer === b.optimizer) && values[i] !== values[j]),
    );
    return differs ? [{ name, values: values.map((value) => value ?? '–') }] : [];
  });
}
