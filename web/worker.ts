// The page's worker: it runs the core, and answers about once a frame while a run computes. The page starts one for each kind of state that
// it shows: surfaces compute on the backend `reference`, nets and races on plain SIMD.
import { type Bytes, fashionMnistSample } from '../index.js';
import { type Facts, Funnel, type Kind, type Row, type Weight } from './core/funnel.js';
import { StateError, type Where } from './core/optimizerOf.js';
import type { Mark, RaceFacts } from './core/race.js';
import type { CsvFile } from './core/raceTasks.js';
import { runState } from './core/run.js';
import type { Slice } from './core/slice.js';
import {
  isNet,
  isRace,
  isTheorem,
  type NetState,
  type SliceName,
  type State,
  type SurfaceState,
  type TheoremState,
} from './core/state.js';
import { type Field, fieldOf, Surface, type Track } from './core/surface.js';
import { runTheorem, type TheoremRun } from './core/theorems.js';
import { type Images, useNetBackend } from './core/training.js';
import { type Unrolled, unroll, unrollOf } from './core/unroll.js';
import { RaceRuns, type TestSamples } from './raceRuns.js';

/** A request of the page. A new run replaces the one in progress. */
export type Request =
  | { kind: 'run'; id: number; state: State }
  | { kind: 'field'; id: number; state: SurfaceState; box: Field['box']; columns: number; rows: number }
  /** Unroll a step. For a net: a step of the run `run`, also before the run has taken it. */
  | { kind: 'unroll'; id: number; state: SurfaceState | NetState; run: number }
  | { kind: 'numbers'; id: number; state: State }
  /** The images of the page, packed and in base64: the first request to a worker of nets or races, if the page has images. */
  | { kind: 'images'; id: number; base64: string }
  /** Send the effect of the run on a weight, now and with each answer of rows. */
  | { kind: 'watch'; id: number; layer: string; index: number }
  /** Find a weight of the run `run` by its rate at a step: the rate nearest to a number, or a rate of a kind. */
  | { kind: 'pick'; id: number; run: number; step: number; wanted: number | Kind; layer?: string }
  /** The CSV file of races. */
  | { kind: 'file'; id: number; file: CsvFile }
  /** Compute a slice of the race `run` when it has ended. */
  | { kind: 'slice'; id: number; run: number; name: SliceName };

/** An answer. tracks: the new points of each rule since the last answer. rows: the new steps. */
export type Answer =
  | { kind: 'chunk'; id: number; tracks: Track[]; isDone: boolean }
  | { kind: 'rows'; id: number; rows: Row[]; facts: Facts; weight: Weight | null; isDone: boolean; note: string }
  /** losses, marks: the new ones since the last answer. notes: why a rule stopped early. samples: only in the first answer, for
   *  points and images. */
  | {
      kind: 'race';
      id: number;
      losses: number[][];
      marks: Mark[];
      facts: RaceFacts;
      notes: string[];
      samples?: TestSamples;
      isDone: boolean;
    }
  /** id: of the run. */
  | { kind: 'slice'; id: number; slice: Slice }
  | { kind: 'theorem'; id: number; run: TheoremRun }
  | { kind: 'field'; id: number; field: Field }
  | { kind: 'unroll'; id: number; unrolled: Unrolled }
  | { kind: 'numbers'; id: number; numbers: number[] }
  /** id: of the run. */
  | { kind: 'weight'; id: number; weight: Weight }
  | { kind: 'pick'; id: number; picked: { layer: string; index: number } | null }
  | { kind: 'error'; id: number; message: string; where: Where | 'program' };

/** About the time between two answers of a run, in milliseconds. */
const FRAME = 16;

let current = 0;
let packed: Bytes | null = null;
const images: Images = async () => packed && fashionMnistSample(packed);

/** The run of a net that the page shows. over: resolves when it has ended. */
let shown: { id: number; funnel: Funnel; over: Promise<void> } | null = null;
let watched: { layer: string; index: number } | null = null;
/** Resolves when the last run of a net has made its net. */
let begun: Promise<unknown> = Promise.resolve();
/** Resolves when the last step has been unrolled. One net is replayed for all requests, so they wait for each other. */
let replays: Promise<unknown> = Promise.resolve();

function answer(message: Answer): void {
  postMessage(message);
}

/** Lets waiting messages in. A timeout would be delayed by 4 ms. */
const yieldToMessages = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/** The races of this worker. */
const races = new RaceRuns(answer, images, yieldToMessages, FRAME);

/** Lets waiting messages in, and returns whether a newer run is among them. A slider that is dragged requests a run at each of its
 *  positions; only the last run is worth making. */
async function isReplaced(id: number): Promise<boolean> {
  await yieldToMessages();
  return current !== id;
}

async function runTheory(id: number, state: TheoremState): Promise<void> {
  if (await isReplaced(id)) return;
  answer({ kind: 'theorem', id, run: runTheorem(state) });
}

async function runSurface(id: number, state: SurfaceState): Promise<void> {
  if (await isReplaced(id)) return;
  const surface = new Surface(state);
  const sent = surface.tracks.map(() => 0);
  let steps = 1;
  do {
    const began = performance.now();
    await surface.advance(steps);
    // As many steps as fit into a frame. The first ones are slow, because the engine compiles.
    steps = Math.max(1, Math.min(500, Math.round((steps * FRAME) / Math.max(0.1, performance.now() - began))));
    const tracks = surface.tracks.map((track, i) => since(track, sent[i]));
    surface.tracks.forEach(({ x }, i) => {
      sent[i] = x.length;
    });
    answer({ kind: 'chunk', id, tracks, isDone: surface.isDone });
    await yieldToMessages();
  } while (!surface.isDone && current === id);
}

/** The part of a track from an index on. */
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

async function runNet(id: number, state: NetState): Promise<void> {
  const making = makeNet(id, state);
  begun = making.catch(() => {});
  const made = await making;
  if (made) await made.over;
}

/** Makes the net of a run, which begins to train. Returns null if a newer run replaces it. */
async function makeNet(id: number, state: NetState): Promise<{ over: Promise<void> } | null> {
  if (await isReplaced(id)) return null;
  const backend = await useNetBackend();
  const funnel = await Funnel.of(state, images);
  if (current !== id) {
    funnel.dispose();
    return null;
  }
  const before = shown;
  // The net of the run before is freed when nothing can use it any more.
  void before?.over.then(() => replays).then(() => before.funnel.dispose());
  const over = train(id, funnel, backend.name === 'wasm' ? 'wasm simd' : 'loops');
  shown = { id, funnel, over: over.catch(() => {}) };
  return { over };
}

async function train(id: number, funnel: Funnel, via: string): Promise<void> {
  do {
    const began = performance.now();
    const rows: Row[] = [];
    do {
      const row = await funnel.advance();
      if (row) rows.push(row);
    } while (!funnel.isDone && performance.now() - began < FRAME);
    const { isDone } = funnel;
    const { note } = funnel.training;
    answer({ kind: 'rows', id, rows, facts: funnel.facts(via), weight: weightOf(funnel), isDone, note });
    await yieldToMessages();
  } while (!funnel.isDone && current === id);
}

/** What a run does to the weight that is watched. Null if it has no such weight. */
function weightOf(funnel: Funnel): Weight | null {
  const part = funnel.parts.find(({ name }) => name === watched?.layer);
  return watched && part && watched.index < part.size ? funnel.weight(watched.layer, watched.index) : null;
}

/** Unrolls a step. For the shown net, uses its run, so that the net is not trained again. */
async function unrolledOf(state: SurfaceState | NetState, run: number): Promise<Unrolled> {
  if (!isNet(state) || shown?.id !== run) return unroll(state, images);
  const { funnel } = shown;
  const step = Math.min(Math.max(1, state.at ?? state.steps), state.steps);
  return unrollOf(await funnel.replay(step - 1), state);
}

async function handle(request: Request): Promise<void> {
  const { id } = request;
  try {
    switch (request.kind) {
      case 'images':
        packed = Uint8Array.from(atob(request.base64), (c) => c.charCodeAt(0));
        return;
      case 'run':
        current = id;
        if (isRace(request.state)) return await races.run(id, request.state);
        if (isTheorem(request.state)) return await runTheory(id, request.state);
        return await (isNet(request.state) ? runNet(id, request.state) : runSurface(id, request.state));
      case 'field': {
        const { state, box, columns, rows } = request;
        return answer({ kind: 'field', id, field: fieldOf(state, box, columns, rows) });
      }
      case 'unroll': {
        const { state, run } = request;
        const next = replays.then(() => begun).then(() => unrolledOf(state, run));
        replays = next.catch(() => {});
        return answer({ kind: 'unroll', id, unrolled: await next });
      }
      case 'watch': {
        watched = request;
        // Until a new run has its net, the net of the last run is shown, which may have no such weight.
        const weight = shown && weightOf(shown.funnel);
        if (weight) answer({ kind: 'weight', id: shown!.id, weight });
        return;
      }
      case 'pick': {
        const { run, step, wanted, layer } = request;
        const picked = shown?.id === run ? shown.funnel.pick(step, wanted, layer) : null;
        return answer({ kind: 'pick', id, picked });
      }
      case 'file':
        races.file = request.file;
        return;
      case 'slice':
        return await races.slice(request.run, request.name);
      case 'numbers': {
        const numbers = await runState(request.state, images, races.file);
        return answer({ kind: 'numbers', id, numbers: numbers.map(({ value }) => value) });
      }
    }
  } catch (error) {
    const where = error instanceof StateError ? error.where : 'program';
    answer({ kind: 'error', id, message: String((error as Error).message), where });
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => void handle(data));
