// A task: one run of one configuration with one seed. Its id is a hash of everything that determines its result.
import { type Draw, drawTrials } from './draw.js';
import { sha256 } from './sha256.js';
import type { Config, Space } from './space.js';

/** A value that JSON can express. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One run of a sweep. */
export interface Task {
  /** `run-` and a hash of the sweep's settings, the method, the configuration and the seed. Equal tasks have the same id in every sweep. */
  id: string;
  /** The compared method, for example an optimizer. */
  method: string;
  /** The values of its hyper-parameters. */
  config: Config;
  /** The seed of the run: of its initial weights and the order of its batches. */
  seed: number;
}

/** One configuration of a method, with a task for each seed. */
export interface Trial {
  /** The compared method, for example an optimizer. */
  method: string;
  /** The number of the trial among those of the method, from 1. */
  number: number;
  /** The values of its hyper-parameters. */
  config: Config;
  /** One task for each seed, in the order of the seeds. */
  tasks: Task[];
}

/** Hexadecimal digits of an id: 80 bits, so that two of a million tasks have the same id with a probability below 1e-12. */
const DIGITS = 20;

/** JSON with sorted keys: equal for equal values, in whatever order their entries are. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v) =>
    v && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

/** The id of a task. settings: everything else that determines its result. */
export function idOf(settings: Json, { method, config, seed }: Omit<Task, 'id'>): string {
  return `run-${sha256(canonical({ settings, method, config, seed })).slice(0, DIGITS)}`;
}

/** All trials of a sweep, method by method. */
export function trialsOf(
  space: Space,
  how: { draw: Draw; trials: number; seed: number; seeds: readonly number[]; settings: Json },
): Trial[] {
  return Object.entries(space).flatMap(([method, ranges]) =>
    drawTrials(method, ranges, how).map((config, i) => ({
      method,
      number: i + 1,
      config,
      tasks: how.seeds.map((seed) => {
        const task = { method, config, seed };
        return { id: idOf(how.settings, task), ...task };
      }),
    })),
  );
}
