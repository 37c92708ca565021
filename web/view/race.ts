// What the page shows of a race, as signals: what the worker sends, and the file that the page was given.
import { computed, signal } from '@preact/signals';
import type { Mark, Measured, RaceFacts } from '../core/race.js';
import { type CsvFile, checksumOf, kindOfData } from '../core/raceTasks.js';
import type { Slice } from '../core/slice.js';
import { type Change, firstRace, type RaceState, type RuleChoice } from '../core/state.js';
import type { TestSamples } from '../raceRuns.js';
import type { Answer } from '../worker.js';

/** The state of the race, also while another room is shown. */
export const race = signal<RaceState>(firstRace);
/** The state whose results are shown. Until a new run begins, and if it is refused, this is the last run's state. Null: no run has
 *  begun. */
export const raced = signal<RaceState | null>(null);
/** The rules of `raced`. */
export const raceRules = computed<readonly RuleChoice[]>(() => raced.value?.rules ?? []);
/** By rule: the loss of each step's batch. The arrays grow in place; `grownRace` counts the changes. */
export const losses = signal<number[][]>([]);
export const marks = signal<Mark[]>([]);
export const grownRace = signal(0);
export const raceFacts = signal<RaceFacts | null>(null);
/** By rule: why it stopped early; empty if it did not. */
export const raceNotes = signal<string[]>([]);
/** The test samples: points or images. */
export const samples = signal<TestSamples | null>(null);
export const slice = signal<Slice | null>(null);
/** The CSV file that the page was given. */
export const csvFile = signal<CsvFile | null>(null);
/** The checksum of `csvFile`. */
export const csvCheck = computed(() => csvFile.value && checksumOf(csvFile.value.text));

/** The largest number of steps of a rule. */
export const racedSteps = computed(() => {
  grownRace.value;
  return Math.max(0, ...losses.value.map(({ length }) => length));
});

export const raceKind = computed(() => kindOfData(race.value.data));

/** What the nets of a race learn. */
const taskKey = ({ data, race, text, file }: RaceState) =>
  JSON.stringify([data, race, data === 'text' && text, data === 'csv' && file]);
/** The facts of `race`. Null unless the results are of the same task. */
export const ownFacts = computed(() =>
  raced.value && taskKey(raced.value) === taskKey(race.value) ? raceFacts.value : null,
);

/** Whether the scores are accuracies. If not, they are R2. */
export const hasClasses = computed(() => raceFacts.value === null || raceFacts.value.classes !== null);
export const scoreName = computed(() => (hasClasses.value ? 'accuracy' : 'R²'));

/** Adds the results of an answer. isFresh: whether it begins a new run. of: the state of its run. */
export function appendRace(answer: Extract<Answer, { kind: 'race' }>, isFresh: boolean, of: RaceState): void {
  if (isFresh) {
    losses.value = answer.losses;
    marks.value = answer.marks;
    raced.value = of;
    samples.value = answer.samples ?? null;
    slice.value = null;
  } else {
    answer.losses.forEach((list, i) => {
      losses.value[i].push(...list);
    });
    marks.value.push(...answer.marks);
  }
  raceFacts.value = answer.facts;
  raceNotes.value = answer.notes;
  grownRace.value++;
}

/** The last measurement of a rule up to a step. The rule may have stopped before the last mark. */
export function measuredAt(step: number, rule: number): { step: number; measured: Measured } | null {
  const mark = marks.value.filter((mark) => mark.step <= step && mark.rules[rule]).at(-1);
  return mark ? { step: mark.step, measured: mark.rules[rule]! } : null;
}

/** What a race depends on; the rest of its state only changes what is shown. */
export function raceKey({ data, race, batch, rules, steps, seed, changes, text, file }: RaceState): string {
  // A file that is given later starts the run again.
  const given = data === 'csv' && csvCheck.value;
  return JSON.stringify([data, race, batch, rules, steps, seed, changes, data === 'text' && text, file, given]);
}

/** The changes that still fit after the rules or the number of steps have changed. */
export function fittingChanges(before: RaceState, after: RaceState): readonly Change[] {
  const moved = before.changes.flatMap((change) => {
    const rule = before.rules[change.rule];
    const at = after.rules.indexOf(rule);
    if (at >= 0) return [{ ...change, rule: at }];
    const isEdited = after.rules.length === before.rules.length && after.rules[change.rule].key === rule.key;
    return isEdited ? [change] : [];
  });
  return moved.filter(({ step }) => step <= after.steps);
}

/** A score as the page prints it: the accuracy in percent, or R2. */
export const shownScore = (score: number): string =>
  !Number.isFinite(score)
    ? '–'
    : hasClasses.value
      ? `${(100 * score).toFixed(1)}\u00a0%`
      : score.toFixed(3).replace('-', '−');
