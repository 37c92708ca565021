// Random inputs from a seed: choices, damage to bytes and texts, and hostile changes of JSON values.
import { Random } from '../../core/index.js';

/** Sizes at the limits of integers, which readers compare and multiply. */
const LIMITS = [0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32];
const NUMBERS = ['-1', '-0', '0', '1', '0.5', '1e400', '-1e400', '1e-400', '9007199254740993', '4294967296', 'NaN'];
/** Keys that every object inherits, and keys that have a meaning for functions, lists and promises. */
const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'length', 'then', '', '0'];
export const TEXTS = [
  '',
  ' ',
  'x',
  '../x',
  '/',
  'NaN',
  '\u0000',
  '\u001b[2J',
  '\ud800',
  '\u202e',
  '</script>',
  '%s',
  '{}',
];
/** Levels of nesting that overflow the stack of a recursive reader. */
const DEEP = 20_000;
/** The number of characters of a long text. */
const LONG = 100_000;

/** The random choices of one input. */
export class Draw {
  readonly #stream;

  /** name: the format. The same seed gives different choices for each format. */
  constructor(seed: number, name: string) {
    this.#stream = new Random(seed).stream(name);
  }

  /** An integer in 0..n-1. */
  below(n: number): number {
    return this.#stream.below(n);
  }

  /** true with probability p. */
  chance(p: number): boolean {
    return this.#stream.uniform() < p;
  }

  /** One element of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** 1, 2, 3, .., each half as likely as the one before. */
  few(): number {
    return this.chance(0.5) ? 1 : 1 + this.few();
  }

  /** A copy of the bytes, damaged in one way or a few. */
  damage(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let found = new Uint8Array(bytes);
    for (let left = this.few(); left > 0; left--) found = this.pick(damages)(found, this);
    return found;
  }

  /** The text, damaged in one way or a few: its bytes, numbers, words, keys, nesting or lines. */
  damageText(text: string): string {
    let found = text;
    for (let left = this.few(); left > 0; left--) found = this.pick(textDamages)(found, this);
    return found;
  }

  /** A copy of a JSON value with one or a few of its values or keys replaced, removed, renamed, copied, added or exchanged. */
  alter<T>(value: T): T {
    const root = { value: structuredClone(value) };
    for (let left = this.few(); left > 0; left--) alterOne(root, this);
    return root.value;
  }

  /** A value that a careful reader refuses in most places. */
  hostile(): unknown {
    return this.pick(hostiles)(this);
  }
}

type Damage = (bytes: Uint8Array<ArrayBuffer>, draw: Draw) => Uint8Array<ArrayBuffer>;

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}

/** The beginning and the end of a part of the bytes, mostly of a short one. */
function range(bytes: Uint8Array, draw: Draw): [begin: number, end: number] {
  const begin = draw.below(bytes.length + 1);
  const length = draw.below(1 + Math.min(bytes.length - begin, draw.chance(0.8) ? 16 : bytes.length));
  return [begin, begin + length];
}

const damages: Damage[] = [
  // A flipped bit.
  (bytes, draw) => {
    if (bytes.length) bytes[draw.below(bytes.length)] ^= 1 << draw.below(8);
    return bytes;
  },
  // Another byte.
  (bytes, draw) => {
    if (bytes.length) bytes[draw.below(bytes.length)] = draw.below(256);
    return bytes;
  },
  // Truncated.
  (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1)),
  // A part removed.
  (bytes, draw) => {
    const [begin, end] = range(bytes, draw);
    return joined(bytes.subarray(0, begin), bytes.subarray(end));
  },
  // A part written again, in another position.
  (bytes, draw) => {
    const [begin, end] = range(bytes, draw);
    const at = draw.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(begin, end), bytes.subarray(at));
  },
  // A part copied over another.
  (bytes, draw) => {
    const [begin, end] = range(bytes, draw);
    return bytes.copyWithin(draw.below(bytes.length + 1), begin, end);
  },
  // Bytes inserted.
  (bytes, draw) => {
    const at = draw.below(bytes.length + 1);
    const inserted = Uint8Array.from({ length: draw.few() }, () => draw.below(256));
    return joined(bytes.subarray(0, at), inserted, bytes.subarray(at));
  },
  // Zeros over a part.
  (bytes, draw) => bytes.fill(0, ...range(bytes, draw)),
  // An integer at a limit, of 1 to 8 bytes in either order.
  (bytes, draw) => {
    const size = draw.pick([1, 2, 4, 8]);
    if (bytes.length < size) return bytes;
    const view = new DataView(bytes.buffer);
    const value = BigInt(draw.pick(LIMITS)) - BigInt(draw.below(2));
    const at = draw.below(Math.min(bytes.length - size + 1, draw.chance(0.5) ? 64 : bytes.length));
    const isLittle = draw.chance(0.5);
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (isLittle ? i : size - 1 - i));
      view.setUint8(Math.min(at + i, bytes.length - 1), Number((value >> shift) & 255n));
    }
    return bytes;
  },
];

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

const textDamages: ((text: string, draw: Draw) => string)[] = [
  (text, draw) => latin1(draw.pick(damages)(new Uint8Array(Buffer.from(text, 'latin1')), draw)),
  // Another number.
  (text, draw) => replaceOne(text, /-?\d[\d.e+-]*/g, draw.pick(NUMBERS), draw),
  (text, draw) => replaceOne(text, /-?\d[\d.e+-]*/g, String(draw.pick(LIMITS)), draw),
  // Another word of JSON.
  (text, draw) => replaceOne(text, /"(?:[^"\\]|\\.)*"|\d+|true|null/g, JSON.stringify(draw.pick(TEXTS)), draw),
  (text, draw) => replaceOne(text, /"(?:[^"\\]|\\.)*"/g, JSON.stringify(draw.pick(KEYS)), draw),
  (text, draw) => replaceOne(text, /"(?:[^"\\]|\\.)*"|\d+/g, draw.pick(['null', '[]', '{}', 'true', '[[]]']), draw),
  // A key twice.
  (text, draw) => {
    const pairs = [...text.matchAll(/"(?:[^"\\]|\\.)*":(?:\d+|"[^"]*")/g)];
    if (pairs.length === 0) return text;
    const [pair] = draw.pick(pairs);
    return replaceOne(text, /[{,](?=")/g, `$&${pair},`, draw);
  },
  // Nested too deeply, or without an end.
  (text, draw) => {
    if (!draw.chance(0.2)) return text;
    const [open, close] = draw.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ]);
    return replaceOne(
      text,
      /\d+|null|"[^"]*"/g,
      `${open.repeat(DEEP)}1${draw.chance(0.8) ? close.repeat(DEEP) : ''}`,
      draw,
    );
  },
  // Very long.
  (text, draw) => (draw.chance(0.2) ? replaceOne(text, /"[^"]*"/g, JSON.stringify('a'.repeat(LONG)), draw) : text),
  // Two lines exchanged.
  (text, draw) => {
    const lines = text.split('\n');
    const [a, b] = [draw.below(lines.length), draw.below(lines.length)];
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return lines.join('\n');
  },
  // A line removed or doubled.
  (text, draw) => {
    const lines = text.split('\n');
    const at = draw.below(lines.length);
    lines.splice(at, draw.below(2), ...(draw.chance(0.5) ? [lines[at]] : []));
    return lines.join('\n');
  },
];

/** The text with one of the matches replaced, chosen at random. */
function replaceOne(text: string, pattern: RegExp, by: string, draw: Draw): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { index, 0: match } = draw.pick(found);
  return text.slice(0, index) + by.replace('$&', () => match) + text.slice(index + match.length);
}

const hostiles: ((draw: Draw) => unknown)[] = [
  () => null,
  () => undefined,
  () => [],
  () => ({}),
  () => [null],
  () => true,
  (draw) => draw.pick(TEXTS),
  (draw) => draw.pick(KEYS),
  (draw) => draw.pick([-1, -0, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 53 + 2, 2 ** 31, 2 ** 32, 1e-320, ...LIMITS]),
  (draw) => Array.from({ length: draw.few() }, () => draw.pick(LIMITS)),
  (draw) => ({ [draw.pick(KEYS)]: draw.pick(LIMITS) }),
  // A key that an assignment would take for the prototype.
  () => JSON.parse('{"__proto__":{"polluted":1}}'),
  (draw) => (draw.chance(0.1) ? 'a'.repeat(LONG) : 'a'),
  (draw) => {
    let nested: unknown = 1;
    for (let i = draw.chance(0.1) ? 1000 : 20; i > 0; i--) nested = [nested];
    return nested;
  },
];

/** A place in a value: an object or list, and a key of it. */
type Place = [within: any, key: string];

function placesOf(value: any, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return found;
  // The first items of a long list, because all are alike.
  for (const key of Object.keys(value).slice(0, 200)) {
    found.push([value, key]);
    if (found.length < 5000) placesOf(value[key], found);
  }
  return found;
}

function alterOne(root: { value: unknown }, draw: Draw): void {
  const places = placesOf(root);
  if (places.length === 0) return;
  const [within, key] = draw.pick(places.length > 1 ? places.slice(draw.chance(0.02) ? 0 : 1) : places);
  const set = (name: string, value: unknown) =>
    Object.defineProperty(within, name, { value, enumerable: true, configurable: true, writable: true });
  const how = draw.below(8);
  if (how === 0 && Array.isArray(within)) within.splice(Number(key), 1);
  else if (how === 0) delete within[key];
  else if (how === 1 && Array.isArray(within)) within.push(structuredClone(within[key as any]));
  else if (how === 1) {
    const value = within[key];
    delete within[key];
    set(draw.pick(KEYS), value);
  } else if (how === 2) {
    const [other, name] = draw.pick(places.slice(1).length ? places.slice(1) : places);
    // Copied, because exchanging a value with one inside it would make a cycle.
    const copies = [within[key], other[name]].map((v) => structuredClone(v));
    set(key, copies[1]);
    Object.defineProperty(other, name, { value: copies[0], enumerable: true, configurable: true, writable: true });
  } else if (how === 3 && !Array.isArray(within)) set(draw.pick(KEYS), draw.hostile());
  else set(key, draw.hostile());
}
