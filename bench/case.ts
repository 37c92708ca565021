// The cases that are timed, and the rows of the table.

/** One figure of a case. value: computes it from a sample. */
export interface Rate {
  name: string;
  unit: string;
  value(sample: number): number;
}

/** A run. Its time is measured in milliseconds, unless it returns the share that a part took of its time. */
export interface Case {
  rates: Rate[];
  run(): void | Promise<void> | Promise<Share>;
  /** Whether samples are shares, not times. */
  portion?: boolean;
}

/** Cases that are compared with each other, and therefore measured in turn. */
export type Group = Case[];

/** Yields groups one after another. It makes the tensors of a group before it yields the group. Afterwards it frees them, or leaves them to
 *  the garbage collector. */
export type Suite = () => Generator<Group, void, undefined>;

/** The result of a measurement. spread: between the quartiles of the samples, relative to the median. ceilingShare: the operations a
 *  second relative to those of the ceiling loop, if the run calls matmul, conv2d or a gradient of conv2d, and is not a portion; else null. */
export interface Row {
  name: string;
  threads: number;
  value: number;
  unit: string;
  spread: number;
  via: string;
  ceilingShare: number | null;
}

/** A sample, and the milliseconds that it took, under tinybench's names. */
export interface Share {
  overriddenDuration: number;
  overriddenIterationCost: number;
}

/** A rate: the work of one run, per second. */
export function rate(name: string, unit: string, work: number): Rate {
  return { name, unit, value: (milliseconds) => (1000 * work) / milliseconds };
}

/** A case with one rate. */
export function timed(name: string, unit: string, work: number, run: Case['run']): Case {
  return { rates: [rate(name, unit, work)], run };
}

/** The share that a part has of a whole, both in milliseconds. */
export function share(part: number, whole: number): Share {
  return { overriddenDuration: part / whole, overriddenIterationCost: whole };
}

/** A case with one share, in percent. */
export function portion(name: string, unit: string, run: () => Promise<Share>): Case {
  return { rates: [{ name, unit, value: (share) => 100 * share }], run, portion: true };
}
