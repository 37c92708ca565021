// The graph that backward walks: one node for every recorded operation and for every leaf that requires a gradient.
import { isCallable } from './callable.js';
import { GradError } from './errors.js';
import type { Op } from './op.js';
import type { Tensor } from './tensor.js';

let count = 0;
let recording = true;

/** A recorded operation, or a leaf that gathers its gradient. Ids grow, so they order the graph topologically. */
export class Node {
  /** The number of this node in the order of creation: 1, 2, .. */
  readonly id = ++count;
  /** The tensors whose `grad` backward fills, by output: the leaf itself, or results with retainGrad(). */
  readonly gradTargets: (Tensor | undefined)[] = [];
  /** The id of the root of the last backward that visited this node. */
  root = 0;

  constructor(
    /** The operation; null for a leaf. */
    readonly op: Op<any> | null,
    /** The attributes of the call. */
    readonly attrs: unknown,
    /** The operands and results, guarded so that a later write in place is noticed; null for a leaf, and once backward has freed them. */
    public saved: { xs: Tensor[]; ys: Tensor[] } | null,
    /** The number of outputs that have a gradient. */
    readonly outputs: number,
  ) {}

  /** The name of the operation, or 'leaf'. */
  get name(): string {
    return this.op?.name ?? 'leaf';
  }
}

/** The id of the newest node. Nodes created later have larger ids. */
export function newestId(): number {
  return count;
}

/** Whether operations are recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Runs a synchronous function with recording on or off, then restores the previous setting. */
export function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** Runs a function without recording, so its results require no gradient, and returns its result.
 *  The function must be synchronous: what it computed after an await would be recorded.
 *  Throws GradError if it returns a promise. */
export function noGrad<T>(fn: () => T): T {
  if (!isCallable(fn)) throw new GradError(`noGrad: takes a plain function: got ${typeof fn}`);
  const result = withRecording(false, fn);
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new GradError('noGrad: the function returned a promise; it must not await');
  }
  return result;
}

let pendingChecks: Promise<unknown> | null = null;

/** Makes the next `data()` or `item()` of any tensor wait for this check of queued work, and reject if the check does. */
export function addPendingCheck(check: Promise<void>): void {
  pendingChecks = Promise.all([pendingChecks, check]);
  // The next read handles a rejection.
  pendingChecks.catch(() => {});
}

/** Returns the checks that the current read must wait for, and forgets them. */
export function takePendingChecks(): Promise<unknown> | null {
  const taken = pendingChecks;
  pendingChecks = null;
  return taken;
}
