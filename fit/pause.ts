// Letting signals, timers and a page's own work through. A training on the processor waits for nothing else, so they would
// not be seen otherwise.

/** Milliseconds between pauses: a browser makes each at least four long. */
const OFTEN = 20;
let last = 0;

/** Waits for one turn of the event loop, where the last was a moment ago. */
export async function pause(): Promise<void> {
  if (performance.now() - last < OFTEN) return;
  // Node's way takes microseconds.
  const { setImmediate } = globalThis as { setImmediate?: (resume: () => void) => void };
  await new Promise<void>((resume) => (setImmediate ? setImmediate(resume) : setTimeout(resume)));
  last = performance.now();
}
