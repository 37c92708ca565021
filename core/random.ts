// Seeded random numbers in named, independent streams.
//
//   stream state = three 32-bit words from splitmix32 over a hash of (seed, name), and a counter; the first 12 numbers are skipped
//   next          = sfc32, period at least 2^32, passes PractRand    (Chris Doty-Humphrey, 2010)
//   hash          = FNV-1a, 32 bits                                  (Fowler, Noll, Vo, 1991)
//   normal        = the polar method                                 (Marsaglia and Bray, 1964)
//
// A stream depends only on the seed and its own name. For example, dropout draws from the stream `dropout`, and initializers draw
// from `init`, so adding dropout to a model does not change its initial weights.
import { atMost, checkInteger, must } from './arguments.js';
import { ValueError } from './errors.js';

/** The state of one stream, as JSON; the stream continues from it. */
export interface StreamState {
  /** Four 32-bit words of sfc32: a, b, c and the counter. */
  words: [number, number, number, number];
  /** The second normal deviate of the last pair, if not yet drawn; else null. */
  spare: number | null;
}

/** The state of a Random, as JSON. */
export interface RandomState {
  /** The seed, from which each stream starts. */
  seed: number;
  /** The states of the streams that were used, by name. */
  streams: Record<string, StreamState>;
}

/** One sequence of random numbers. `Random.stream(name)` creates it. */
export class Stream {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;
  #spare: number | null = null;

  /** Continues from a state. */
  constructor(state: StreamState) {
    this.load(state);
  }

  /** Makes this stream continue from a state. Throws ValueError if it is not one. */
  load(state: StreamState): void {
    const { words, spare = null } = state ?? {};
    if (!Array.isArray(words) || words.length !== 4 || ![...words, spare ?? 0].every(Number.isFinite))
      throw new ValueError('Stream: not a state');
    [this.#a, this.#b, this.#c, this.#counter] = words;
    this.#spare = spare;
  }

  /** Draws a 32-bit unsigned integer. */
  uint32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Draws a number in [0, 1) with 53 random bits. */
  uniform(): number {
    atMost(0, 'uniform', arguments);
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000;
  }

  /** Draws an integer in 0..n-1, without modulo bias. For low..high-1 write `low + below(high - low)`.
   *  Throws ValueError unless n is an integer in 1..2^32. */
  below(n: number): number {
    atMost(1, 'below', arguments);
    must(Number.isInteger(n) && n > 0 && n <= 0x100000000, 'below: n', 'an integer in 1..2^32', n);
    const limit = 0x100000000 - (0x100000000 % n);
    for (;;) {
      const x = this.uint32();
      if (x < limit) return x % n;
    }
  }

  /** Draws a standard normal number. */
  normal(): number {
    atMost(0, 'normal', arguments);
    if (this.#spare !== null) {
      const z = this.#spare;
      this.#spare = null;
      return z;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const r = Math.sqrt((-2 * ln(s)) / s);
        this.#spare = v * r;
        return u * r;
      }
    }
  }

  /** Draws a random order of the integers 0..n-1 (Fisher and Yates, 1938). */
  permutation(n: number): Int32Array {
    must(Number.isInteger(n) && n >= 0 && n < 2 ** 31, 'permutation: n', 'a size', n);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }

  /** A copy of the state. `new Stream(state)` continues from it. */
  state(): StreamState {
    return { words: [this.#a, this.#b, this.#c, this.#counter], spare: this.#spare };
  }

  /** The state: `JSON.stringify` calls this method. */
  toJSON(): StreamState {
    return this.state();
  }
}

/**
 * ln s of 0 < s < 1, to two units in the last place:
 *
 *    s = 2^-k m, 1/√2 ≤ m < √2,   t = (m - 1) / (m + 1),   ln s = 2 t (1 + t²/3 + t⁴/5 + .. + t²⁰/21) - k ln 2
 *
 * + - * / give the same bits in every engine; Math.log does not.
 */
function ln(s: number): number {
  let k = 0;
  for (; s < Math.SQRT1_2; s *= 2) k++;
  const t = (s - 1) / (s + 1);
  let sum = 0;
  for (let n = 21; n > 0; n -= 2) sum = sum * t * t + 1 / n;
  return 2 * t * sum - k * Math.LN2;
}

/** The state that each Random had before a call drew from it. */
export type Drawn = Map<Random, RandomState>;

let drawn: Drawn | null = null;

/** Returns the result of a call, and for each Random that it drew from, the state before the call. */
export function withDrawn<T>(call: () => T): [result: T, drawn: Drawn] {
  const outer = drawn;
  const own: Drawn = new Map();
  drawn = own;
  try {
    return [call(), own];
  } finally {
    drawn = outer;
    for (const [random, state] of own) if (outer && !outer.has(random)) outer.set(random, state);
  }
}

/** Calls a function with each Random in the given state. Afterwards each has its present state again. */
export function redrawn<T>(from: Drawn, call: () => T): T {
  const present = [...from.keys()].map((random) => [random, random.state()] as const);
  for (const [random, state] of from) random.load(state);
  try {
    return call();
  } finally {
    for (const [random, state] of present) random.load(state);
  }
}

/** A seed and its named streams. The same seed and name give the same numbers, whatever is drawn from other streams. */
export class Random {
  #seed: number;
  readonly #streams = new Map<string, Stream>();

  /** seed: an integer between -2^53 and 2^53. Throws ValueError otherwise. */
  constructor(seed: number) {
    this.#seed = checkInteger('Random: the seed', seed);
  }

  /** The seed, from which each stream starts. */
  get seed(): number {
    return this.#seed;
  }

  /** The stream with a name. The first call creates it; later calls return the same stream. */
  stream(name: string): Stream {
    name = String(name); // As in the state, whose keys are texts.
    if (drawn && !drawn.has(this)) drawn.set(this, this.state());
    const stream = this.#streams.get(name) ?? new Stream(initialState(this.seed, name));
    this.#streams.set(name, stream);
    return stream;
  }

  /** The state of every stream created so far, as JSON. */
  state(): RandomState {
    return { seed: this.seed, streams: Object.fromEntries([...this.#streams].map(([k, s]) => [k, s.state()])) };
  }

  /** The state: `JSON.stringify` calls this method, and `Random.from` reads its result. */
  toJSON(): RandomState {
    return this.state();
  }

  /** Continues from a state. Streams that `stream()` returned before continue from it too. Throws ValueError, and changes
   *  nothing, if it is not a state. */
  load(state: RandomState): void {
    const { seed, streams } = state ?? {};
    // Without streams: one undefined state, which is refused.
    const states = new Map(Object.entries(streams ?? [streams]));
    // Checks all before the first change.
    for (const state of states.values()) new Stream(state);
    this.#seed = new Random(seed).#seed;
    for (const name of [...this.#streams.keys(), ...states.keys()]) {
      this.stream(name).load(states.get(name) ?? initialState(seed, name));
    }
  }

  /** A new Random that continues from a state. */
  static from(state: RandomState): Random {
    const random = new Random(0);
    random.load(state);
    return random;
  }
}

function initialState(seed: number, name: string): StreamState {
  let h = 0x811c9dc5;
  for (const code of `${seed}/${name}`)
    for (let c = code.codePointAt(0)!; c; c >>= 8) h = Math.imul(h ^ (c & 255), 0x01000193);
  const word = () => {
    h = (h + 0x9e3779b9) | 0;
    let z = h ^ (h >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  const stream = new Stream({ words: [word(), word(), word(), 1], spare: null });
  for (let i = 0; i < 12; i++) stream.uint32();
  return stream.state();
}

let shared = new Random(0);

/** Replaces the default Random by one with this seed. Throws ValueError unless the seed is an integer. */
export function seed(value: number): void {
  shared = new Random(checkInteger('seed: the seed', value));
}

/** Replaces the default Random, and returns the previous one. */
export function useRandom(random: Random): Random {
  if (!(random instanceof Random)) {
    throw new ValueError(`useRandom: takes a Random: new Random(1): ${random && typeof random}`);
  }
  const before = shared;
  shared = random;
  return before;
}

/** The Random that everything draws from unless an option names another. Its seed is 0 until `seed` or `useRandom` replaces
 *  it. */
export function defaultRandom(): Random {
  return shared;
}
