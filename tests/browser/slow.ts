// A slow browser: SLOW=300 npm run test:browser -- the lab. Each frame, each request to a worker, each of its answers and each change of the
// address arrives so many milliseconds late. A sentence that holds only in a fast browser then fails each time, not once in a hundred runs.

/** The milliseconds of SLOW; 0: as fast as the browser is. */
export const SLOW = Number(process.env.SLOW ?? 0);
if (!Number.isFinite(SLOW) || SLOW < 0) throw new Error(`SLOW must be milliseconds, not '${process.env.SLOW}'`);

/** Runs in each page before its own programs. */
export function slowDown(ms: number): void {
  const later =
    <E>(listener: (event: E) => void) =>
    (event: E) =>
      setTimeout(() => listener(event), ms);
  const frame = requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => window.setTimeout(() => frame(draw), ms);
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...request: unknown[]) {
    setTimeout(() => postMessage.apply(this, request as [unknown]), ms);
  };
  const { set } = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage')!;
  Object.defineProperty(Worker.prototype, 'onmessage', {
    set(listener) {
      set!.call(this, later(listener));
    },
  });
  const listen = window.addEventListener.bind(window);
  window.addEventListener = (kind: string, listener: any, options?: any) =>
    listen(kind, kind === 'hashchange' ? later(listener) : listener, options);
}
