// What determines the bits of a run: its settings, which must be equal when it resumes, and its maker, that is the engine, machine,
// backend and kernels that compute it. Resuming warns if the maker differs. The maker also names the number of threads, which does not
// change the bits and is not compared.
import {
  type Backend,
  backend,
  conv2d,
  grad,
  logSoftmax,
  matmul,
  Random,
  rand,
  runtime,
  type Stream,
  scope,
  threads,
  VERSION,
} from '../core/index.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';
import { Adam, type Optimizer } from '../optim/index.js';
import type { Settings } from './checkpoint.js';
import { crc32, hex } from './crc32.js';
import type { Json } from './validate.js';

/** The most samples of a data set that have checksums. */
const SAMPLES = 64;
/** Steps at which schedules are compared: 1, 2, 5, 10, .. */
const SCHEDULE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((t) => [t, 2 * t, 5 * t]);

/** The most characters of a setting that a message shows. */
const LONGEST = 60;

/** Returns the maker: engine, machine, backend, kernels, threads. */
export async function describeMaker(): Promise<Settings> {
  const { process, navigator } = globalThis as {
    process?: { versions?: Record<string, string | undefined>; platform?: string; arch?: string };
    navigator?: { userAgent?: string };
  };
  const { bun, v8, webkit } = process?.versions ?? {};
  const name = runtime();
  // Wide tiles do not change the bits.
  const kernels = backend().via('matmul').replace(' wide', '');
  return {
    boundgrad: VERSION,
    engine: name ? `${name}, ${bun ? `JavaScriptCore ${webkit}` : `V8 ${v8}`}` : (navigator?.userAgent ?? 'unknown'),
    machine: process?.arch ? `${process.platform} ${process.arch}` : 'unknown',
    backend: backend().name,
    kernels: `${kernels}, results ${await results()}`,
    threads: threads(),
  };
}

/** The checksums by backend. */
const known = new WeakMap<Backend, string>();

/** The checksum of what the kernels compute from fixed numbers. It differs between builds that round differently. Computed once for
 *  each backend. */
async function results(): Promise<string> {
  const on = backend();
  const found = known.get(on);
  if (found) return found;
  const checksum = await scope(async () => {
    const stream = new Random(1).stream('results');
    const drawn = (...shape: number[]) => rand(shape, { stream });
    const w = drawn(16, 16, 3, 3);
    w.requiresGrad = true;
    const y = conv2d(drawn(8, 16, 8, 8), w, null, { padding: 1 });
    const [gw] = grad(y.square().mean(), [w], { retainGraph: true });
    const z = logSoftmax(matmul(y.reshape([128, 64]).mul(0.1), drawn(64, 64)), 1);
    const p = drawn(64);
    p.requiresGrad = true;
    p.grad = drawn(64);
    const optimizer = new Adam([p], { lr: 0.1 });
    optimizer.step();
    optimizer.dispose();
    let sum = 0;
    for (const t of [y, gw, z, z.exp(), p]) sum = crc32(bytesOf((await t.data()) as Float32Array), sum);
    return hex(sum);
  });
  known.set(on, checksum);
  return checksum;
}

/** Returns the settings: what determines a run's bits, apart from its initial weights and its maker. A schedule is a function, which
 *  cannot be compared, so its values at some steps stand for it. */
export async function settingsOf(train: DataLoader<any>, optimizer: Optimizer<any>): Promise<Settings> {
  const { dataset, batchSize, shuffle, dropLast } = train;
  const { meta } = optimizer.stateDict();
  const hyper = meta.groups.flatMap(({ names: _, ...group }, i) => {
    const { schedule } = optimizer.paramGroups[i];
    const entries = { ...(group as Settings), schedule: schedule ? SCHEDULE_STEPS.map((t) => schedule(t)) : null };
    return Object.entries(entries).map(([name, value]) => [i ? `group ${i} ${name}` : name, value] as const);
  });
  return {
    data: dataset.name,
    samples: dataset.length,
    'data checksum': await checksumOf(dataset),
    batchSize,
    shuffle,
    dropLast,
    seed: train.state().seed,
    optimizer: meta.optimizer,
    ...Object.fromEntries(hyper),
  };
}

/** Returns the checksum of up to 64 samples, spread evenly over the set and augmented as in training. Other files, another
 *  normalization or another augmentation change it. */
export async function checksumOf(set: AnyDataset): Promise<string> {
  const lists = await listsOf(set, spread(set), new Random(0).stream('checksum'));
  return hex(lists.reduce((sum, list) => crc32(bytesOf(list), sum), 0));
}

/** Returns a checksum for each of these samples, not augmented. Default: up to 64, spread evenly over the set. */
export async function checksumsOf(set: AnyDataset, indices = spread(set)): Promise<string[]> {
  const lists = await listsOf(set, indices);
  const part = (list: Float32Array, i: number) => {
    const size = list.length / indices.length;
    return bytesOf(list.subarray(i * size, (i + 1) * size));
  };
  return Array.from(indices, (_, i) => hex(lists.reduce((sum, list) => crc32(part(list, i), sum), 0)));
}

/** The indices of up to 64 samples, spread evenly over the set. */
function spread({ length }: AnyDataset): Int32Array {
  const n = Math.min(SAMPLES, length);
  return Int32Array.from({ length: n }, (_, i) => Math.floor((i * length) / n));
}

/** The inputs and the targets of samples. */
async function listsOf(set: AnyDataset, indices: Int32Array, stream?: Stream): Promise<Float32Array[]> {
  const { inputs, labels, targets } = await set.batch(indices, stream);
  return [...(set.shapes ? inputs : [inputs]), targets ?? labels];
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A text for each setting that differs: `seed: 7 then, 8 now`. */
export function differences(then: Settings, now: Settings): string[] {
  const [groupsThen, groupsNow] = [then, now].map(groupsOf);
  // Groups that one of the two does not have are counted, not listed.
  const isCounted = (name: string) => groupOf(name) >= Math.min(groupsThen, groupsNow);
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((name) => !isCounted(name));
  const pairs = names.flatMap((name): [name: string, before: Json | undefined, after: Json | undefined][] => {
    const [before, after] = [then, now].map((of) => (Object.hasOwn(of, name) ? of[name] : STANDARD.get(name)));
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [[name, before, after]];
  });
  const changed = pairs.map(([name]) => name);
  const texts = pairs.flatMap(([name, before, after]) => {
    // baseLr is the lr at the start: the option `lr` sets both, so one text is enough.
    if (/^(group \d+ )?baseLr$/.test(name) && changed.includes(name.replace('baseLr', 'lr'))) return [];
    if (name === 'data checksum') return ['the training samples: other values, order, preparation or augmentation'];
    if (/^(group \d+ )?schedule$/.test(name)) return [`${name}: ${scheduleChange(before, after)}`];
    return [`${name}: ${shown(before)} then, ${shown(after)} now`];
  });
  return groupsThen === groupsNow ? texts : [...texts, `parameter groups: ${groupsThen} then, ${groupsNow} now`];
}

/** Settings that are left out if they have these values. */
const STANDARD: ReadonlyMap<string, Json> = new Map([['accumulate', 1]]);

/** The group of a setting `group 1 lr`; -1 if the setting is of no group or of the first. */
function groupOf(name: string): number {
  return Number(/^group (\d+) /.exec(name)?.[1] ?? -1);
}

/** The number of parameter groups in settings. */
function groupsOf(settings: Settings): number {
  return 1 + Math.max(0, ...Object.keys(settings).map(groupOf));
}

/** Where two schedules, lists of factors on the lr, begin to differ. */
function scheduleChange(before: Json | undefined, after: Json | undefined): string {
  const [a, b] = [before, after].map((list) => (Array.isArray(list) ? (list as Json[]) : null));
  if (!a || !b) return `${a ? 'one' : 'none'} then, ${b ? 'one' : 'none'} now`;
  const at = SCHEDULE_STEPS.findIndex((_, i) => a[i] !== b[i]);
  return `a factor of ${shown(a[at])} on the lr at step ${SCHEDULE_STEPS[at]} then, ${shown(b[at])} now; is it made for the same number of steps?`;
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}..` : text;
}
