// What is timed, and what the rows of the table say.

/** One figure of a case: `value` makes it of a sample. */
export interface Rate {
  name: string;
  unit: string;
  value(sample: number): number;
}

/** A run that is timed from outside, in milliseconds; or one that says itself what share of its time a part took. */
export interface Case {
  rates: Rate[];
  run(): void | Promise<void> | Promise<Share>;
  /** Whether a sample is a share and no time. */
  portion?: boolean;
}

/** Cases that are compared with each other, and so measured in turn. */
export type Group = Case[];

/** Makes groups one after another. What a group needs is made before it is handed out, and freed after. */
export type Suite = () => Generator<Group, void, undefined>;

/** What a measurement says. spread: between the quartiles of the samples, relative to the median.
 *  ceilingShare: of the ceiling loop's operations a second, where the run multiplies and adds in matmul or conv2d. */
export interface Row {
  name: string;
  threads: number;
  value: number;
  unit: string;
  spread: number;
  via: string;
  ceilingShare: number | null;
}

/** In tinybench's words: the sample, and the milliseconds that it took. */
export interface Share {
  overriddenDuration: number;
  overriddenIterationCost: number;
}

/** A rate of so much work a run. */
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
