// The settings of a sweep, made of its options.
import type { TaskSettings } from '../../reports/sweep/record.js';
import { type Range, type Space, sizeOfSpace, type Value } from '../../sweep/space.js';
import { refuse } from '../failure.js';
import { checkHyper, givenHyper, settable } from '../options/hyperparameters.js';
import type { Call } from '../options/parse.js';
import { nameOf, type Values } from '../options/schema.js';
import { options } from './options.js';

/** What determines the runs of a sweep, and how they are computed. */
export interface Settings extends Values<typeof options> {
  /** The command line, for records. */
  recorded: string;
  /** The options as texts, by name. */
  given: Call['given'];
  /** The defaults of the others. */
  defaults: Call['defaults'];
  space: Space;
}

/** The settings of a call. Throws Failure if no chosen optimizer can take a range, or if there are fewer configurations than trials. */
export function settingsOf({ values, given, defaults, recorded }: Call): Settings {
  const chosen = values as Values<typeof options>;
  const space = givenHyper<Range>(chosen.optim, values, given, options);
  for (const [key, ranges] of Object.entries(space)) {
    const count = sizeOfSpace(ranges);
    if (chosen.trials === 1 || chosen.draw === 'grid' || count >= chosen.trials) continue;
    const { lr } = settable(key);
    const some = typeof lr === 'number' ? `--${key}.lr 'log(${shown(lr / 100)},${shown(lr * 100)})'` : 'a range';
    const found = count === 1 ? 'one configuration' : `${count} configurations`;
    throw refuse(
      `--trials ${chosen.trials}: ${key} has ${found}; give it ranges, for example ${some}, or --draw grid for lists, or --trials 1`,
    );
  }
  return { ...chosen, recorded, given, defaults, space };
}

const shown = (x: number) => String(Number(x.toPrecision(2)));

/** Throws Failure if a configuration is outside the domain of its optimizer. */
export function checkConfigs(trials: readonly { method: string; config: Readonly<Record<string, Value>> }[]): void {
  for (const { method, config } of trials) {
    try {
      checkHyper(method, config as never);
    } catch (error) {
      const values = Object.entries(config).map(([name, value]) => `${nameOf(name)} ${value}`);
      throw refuse(`${method} with ${values.join(', ')}: ${(error as Error).message}; change the range`, error);
    }
  }
}

/** The settings of all tasks. */
export function taskSettings(settings: Settings): TaskSettings {
  const { model, data, augment, val, epochs, schedule, lrDecay, labelSmoothing } = settings;
  const { trainBatches = null, batchSize = null, milestones = null, clipNorm = null } = settings;
  return {
    model,
    data,
    trainBatches,
    augment,
    val,
    epochs,
    batchSize,
    schedule,
    milestones,
    lrDecay,
    labelSmoothing,
    clipNorm,
  };
}
