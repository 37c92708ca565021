// The numbers of a race, in the order in which the page and `boundgrad lab --state` give them.
import { Race } from './race.js';
import { type CsvFile, checksumOf } from './raceTasks.js';
import { sliceOf } from './slice.js';
import type { RaceState } from './state.js';
import type { Images } from './training.js';

/** Runs a race to its end. Returns its numbers with their names: for each rule the steps it took, the loss of its last batch and the sum
 *  of the weights at the last point of its path; then for each mark the loss and the score on the test samples, for example
 *  `1.adam.at20.loss`, and for a text the checksum of what the net writes; then of a slice its least and greatest loss, and for each rule
 *  the coordinates of its end, the loss there, and the share of its move in the plane. Throws StateError if the state cannot be run. */
export async function raceNumbers(
  state: RaceState,
  images: Images,
  file: CsvFile | null,
): Promise<{ name: string; value: number }[]> {
  const race = await Race.of(state, images, file);
  try {
    while (!race.isDone) await race.advance();
    const numbers: { name: string; value: number }[] = [];
    const of = (i: number) => `${i + 1}.${state.rules[i].key}`;
    const add = (name: string, values: Readonly<Record<string, number>>) => {
      for (const [key, value] of Object.entries(values)) numbers.push({ name: `${name}.${key}`, value });
    };
    for (const [i, { training, losses, trail }] of race.racers.entries()) {
      const sum = trail.at(-1)!.reduce((a, b) => a + b, 0);
      add(of(i), { steps: training.steps, loss: losses.at(-1) ?? Number.NaN, sum });
    }
    for (const { step, rules } of race.marks)
      for (const [i, measured] of rules.entries()) {
        if (!measured) continue;
        const { loss, score, sample } = measured;
        add(`${of(i)}.at${step}`, { loss, score });
        if (sample !== undefined) add(`${of(i)}.at${step}`, { sample: Number.parseInt(checksumOf(sample), 16) });
      }
    if (state.slice === undefined) return numbers;
    const { field, trajectories } = (await sliceOf(race, state.slice))!;
    const least = field.values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = field.values.reduce((a, b) => Math.max(a, b), -Infinity);
    add('slice', { least, most });
    for (const [i, { a, b, loss, share }] of trajectories.entries())
      add(`slice.${of(i)}`, { a: a.at(-1)!, b: b.at(-1)!, loss, share });
    return numbers;
  } finally {
    race.dispose();
  }
}
