// The page's worker: it runs the core, and answers at most once a frame.
import { runState } from './core/run.js';
import type { State } from './core/state.js';
import { type Field, fieldOf, StateError, Surface, type Track } from './core/surface.js';
import { type Unrolled, unroll } from './core/unroll.js';

/** A request of the page. A new run replaces the one in progress. */
export type Request =
  | { kind: 'run'; id: number; state: State }
  | { kind: 'field'; id: number; state: State; box: Field['box']; columns: number; rows: number }
  | { kind: 'unroll'; id: number; state: State }
  | { kind: 'numbers'; id: number; state: State };

/** An answer. tracks: what each rule has got since the last answer. */
export type Answer =
  | { kind: 'chunk'; id: number; tracks: Track[]; isDone: boolean }
  | { kind: 'field'; id: number; field: Field }
  | { kind: 'unroll'; id: number; unrolled: Unrolled }
  | { kind: 'numbers'; id: number; numbers: number[] }
  | { kind: 'error'; id: number; message: string; where: 'formula' | number | 'program' };

/** The least time between two answers of a run, in milliseconds. */
const FRAME = 16;

let current = 0;

function answer(message: Answer): void {
  postMessage(message);
}

/** Lets waiting messages in. A timeout would be delayed by 4 ms. */
const breathe = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

async function run(id: number, state: State): Promise<void> {
  const surface = new Surface(state);
  const sent = surface.tracks.map(() => 0);
  let steps = 1;
  do {
    const began = performance.now();
    await surface.advance(steps);
    // As many steps as fit into a frame. The first ones are slow: the engine compiles.
    steps = Math.max(1, Math.min(500, Math.round((steps * FRAME) / Math.max(0.1, performance.now() - began))));
    const tracks = surface.tracks.map((track, i) => since(track, sent[i]));
    surface.tracks.forEach(({ x }, i) => {
      sent[i] = x.length;
    });
    answer({ kind: 'chunk', id, tracks, isDone: surface.isDone });
    await breathe();
  } while (!surface.isDone && current === id);
}

/** The part of a track from an entry on. */
function since({ x, y, loss, rate, clip, sharpness, stability, note }: Track, from: number): Track {
  const cut = <T>(list: T[]) => list.slice(from);
  return {
    x: cut(x),
    y: cut(y),
    loss: cut(loss),
    rate: [cut(rate[0]), cut(rate[1])],
    clip: [cut(clip[0]), cut(clip[1])],
    sharpness: cut(sharpness),
    stability: cut(stability),
    note,
  };
}

async function handle(request: Request): Promise<void> {
  const { id, state } = request;
  try {
    if (request.kind === 'run') {
      current = id;
      await run(id, state);
    } else if (request.kind === 'field') {
      const { box, columns, rows } = request;
      answer({ kind: 'field', id, field: fieldOf(state, box, columns, rows) });
    } else if (request.kind === 'unroll') {
      answer({ kind: 'unroll', id, unrolled: await unroll(state) });
    } else {
      const numbers = await runState(state);
      answer({ kind: 'numbers', id, numbers: numbers.map(({ value }) => value) });
    }
  } catch (error) {
    const where = error instanceof StateError ? error.where : 'program';
    answer({ kind: 'error', id, message: String((error as Error).message), where });
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => void handle(data));
