// The schedules that the command line knows.
import { constant, cosine, inverseSqrt, multiStep, oneCycle, type Schedule } from '../../optim/index.js';
import type { Settings } from './settings.js';

/** Each from the number of all steps. */
const schedules: Record<string, (steps: number) => Schedule> = {
  constant,
  cosine: (steps) => cosine(steps),
  'one-cycle': (steps) => oneCycle(steps),
  'inverse-sqrt': () => inverseSqrt(),
};

export const scheduleKeys = Object.keys(schedules);

type Chosen = Pick<Settings, 'schedule' | 'milestones' | 'lrDecay'>;

/** What makes the schedule of a run. batches: those of an epoch. */
export function scheduleOf({ schedule, milestones, lrDecay }: Chosen, batches: number): (steps: number) => Schedule {
  if (milestones.length === 0) return schedules[schedule];
  return () =>
    multiStep(
      milestones.map((epoch) => epoch * batches),
      lrDecay,
    );
}

/** Its name in print. */
export function describeSchedule({ schedule, milestones, lrDecay }: Chosen): string {
  return milestones.length ? `times ${lrDecay} after epochs ${milestones.join(', ')}` : schedule;
}
