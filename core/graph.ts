// What backward walks: one node for every recorded operation and every leaf.
import { GradError } from './errors.js';
import type { Op } from './op.js';
import type { Tensor } from './tensor.js';

let count = 0;
let recording = true;

/** A recorded operation, or a leaf that gathers its gradient. Ids grow, so they are a topological order. */
export class Node {
  readonly id = ++count;
  /** Tensors whose `grad` backward fills, by output: the leaf itself, or those that asked with retainGrad(). */
  readonly gradTargets: (Tensor | undefined)[] = [];

  constructor(
    /** null for a leaf. */
    readonly op: Op<any> | null,
    readonly attrs: unknown,
    /** The operands and results as they were: guarded, so that a later write in place is noticed. Emptied by backward. */
    public saved: { xs: Tensor[]; ys: Tensor[] } | null,
    readonly outputs: number,
  ) {}

  get name(): string {
    return this.op?.name ?? 'leaf';
  }
}

/** The id of the newest node: those made from now on have larger ones. */
export function newestId(): number {
  return count;
}

/** Whether operations are being recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Runs a synchronous function with recording switched on or off, as it was before afterwards. */
export function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** Runs a function without recording: its results require no gradient.
 *  The function must not wait: other code would run unrecorded meanwhile. Throws GradError if it returns a promise. */
export function noGrad<T>(fn: () => T): T {
  if (typeof fn !== 'function') throw new GradError(`noGrad: takes a function: got ${typeof fn}`);
  const result = withRecording(false, fn);
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new GradError(
      'noGrad: the function returned a promise: what runs after its first await would be recorded; await outside',
    );
  }
  return result;
}

let verdict: Promise<unknown> | null = null;

/** Makes the next read of any tensor wait for a check of queued work, and reject where the check does. */
export function addPendingCheck(check: Promise<void>): void {
  verdict = Promise.all([verdict, check]);
  // Whoever reads hears of it.
  verdict.catch(() => {});
}

/** The checks that this read has to wait for; later reads are free of them. */
export function takePendingChecks(): Promise<unknown> | null {
  const taken = verdict;
  verdict = null;
  return taken;
}
