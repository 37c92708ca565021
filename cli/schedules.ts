// The schedules of the command line.
import { constant, cosine, inverseSqrt, multiStep, oneCycle, type Schedule } from '../optim/index.js';

/** Makes each schedule from the number of steps of the run. */
const schedules: Record<string, (steps: number) => Schedule> = {
  constant,
  cosine: (steps) => cosine(steps),
  'one-cycle': (steps) => oneCycle(steps),
  'inverse-sqrt': () => inverseSqrt(),
};

export const scheduleKeys = Object.keys(schedules);

/** A schedule by name, or milestones: epochs after which the factor is multiplied by lrDecay. */
interface Chosen {
  schedule: string;
  milestones?: number[];
  lrDecay: number;
}

/** Returns a function that makes the schedule from the number of steps. batches: the steps of an epoch. */
export function scheduleOf({ schedule, milestones, lrDecay }: Chosen, batches: number): (steps: number) => Schedule {
  if (!milestones) return schedules[schedule];
  const steps = milestones.map((epoch) => epoch * batches);
  return () => multiStep(steps, lrDecay);
}

/** A schedule in words, for records and reports. */
export function describeSchedule({ schedule, milestones, lrDecay }: Chosen): string {
  return milestones ? `times ${lrDecay} after epochs ${milestones.join(', ')}` : schedule;
}
