// Trainings as the command line runs them, without a folder: their records are collected in memory.
import { parseCall } from '../../cli/options/parse.js';
import { type Settings, settingsOf } from '../../cli/options/settings.js';
import { trainingOptions } from '../../cli/options/training.js';
import type { Place } from '../../cli/trainOne.js';
import type { LineRecord } from '../../reports/record.js';

/** The settings of `train` with these words. */
export const trainSettings = (words: string[]): Settings =>
  settingsOf('train', parseCall({ name: 'train', options: trainingOptions.train }, words)!);

/** A new place for `trainOne`, and the list to which it adds each record. */
export function recording(): { place: Place; records: LineRecord[] } {
  const records: LineRecord[] = [];
  const record = (added: LineRecord) => void records.push(added);
  return { place: { record, step() {}, begun: false, signal: new AbortController().signal }, records };
}
