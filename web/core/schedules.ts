// Schedules that an address can name. All but `sqrt` depend on the number of steps of the run.
import { cosine, inverseSqrt, multiStep, oneCycle, type Schedule, warmUp } from '../../index.js';
import type { ScheduleName } from './state.js';

const schedules: Readonly<Record<ScheduleName, (steps: number) => Schedule>> = {
  drop: (steps) => multiStep([Math.floor(steps / 2), Math.floor((3 * steps) / 4)]),
  cosine: (steps) => cosine(steps),
  warmup: (steps) => warmUp(Math.max(1, Math.floor(steps / 10))),
  onecycle: (steps) => oneCycle(steps),
  sqrt: () => inverseSqrt(),
};

/** Returns the schedule of that name for a run of `steps` steps. */
export function scheduleNamed(name: ScheduleName, steps: number): Schedule {
  return schedules[name](steps);
}
