// Parses the header of a safetensors file, by a grammar that is a part of JSON:
//
//   header    { name : entry, .. }        an entry named __metadata__ is { key : text, .. }
//   entry     { "dtype" : text, "shape" : [ integer, .. ], "data_offsets" : [ integer, integer ] }
//
// Keys may have any order; blanks and texts are JSON's, an integer is digits alone. Unlike JSON.parse, this bounds the depth, finds duplicate
// names, and builds no values outside the grammar.
import { DataError } from '../errors.js';

/** A tensor in a header. All integers are in 0..2^53 - 1, and so is the product of the shape. */
export interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/** The name of the entry that holds texts instead of a tensor. */
export const METADATA = '__metadata__';
/** The format's limit on the header, in bytes. */
const MAX_BYTES = 100_000_000;
/** The limit on keys in one object: far more than models have, and few enough for memory. */
const MAX_NAMES = 100_000;
/** PyTorch's limit on axes. */
const MAX_AXES = 64;

/** Whether a name is reserved: `__metadata__`, and `__proto__`, which would set the prototype of an object. */
export function isReserved(name: string): boolean {
  return name === METADATA || name === '__proto__';
}

/** A name in quotes, shortened, for messages. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}..` : name);
}

/** Parses the header of a file. start: the byte at which the data begin. Throws DataError for anything outside the grammar. */
export function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Record<string, string>; start: number } {
  const refuse = (why: string) => new DataError(`safetensors: ${why}`);
  if (bytes.length < 8) throw refuse(`truncated: ${bytes.length} bytes; a file has at least 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_BYTES)
    throw refuse(`the header is too long: ${length} bytes, at most ${MAX_BYTES}; another format?`);
  if (length > bytes.length - 8) throw refuse(`truncated: a header of ${length} bytes in a file of ${bytes.length}`);
  if (bytes[8] !== 0x7b || length === 0) throw refuse('the header does not begin with {; another format?');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
  } catch (cause) {
    throw new DataError('safetensors: the header is not UTF-8; damaged?', { cause });
  }
  const scanner = new Scanner(text);
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  scanner.object((name) => {
    if (name === METADATA) metadata = readTexts(scanner);
    else entries.push({ name, ...readEntry(scanner, name) });
  });
  scanner.end();
  return { entries, metadata, start: 8 + length };
}

function readTexts(scanner: Scanner): Record<string, string> {
  const texts: [string, string][] = [];
  scanner.object((key) => texts.push([key, scanner.text()]));
  return Object.fromEntries(texts);
}

function readEntry(scanner: Scanner, name: string): Omit<Entry, 'name'> {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  const refuse = (why: string) => new DataError(`safetensors: ${quote(name)}: ${why}`);
  scanner.object((key) => {
    if (key === 'dtype') dtype = scanner.text();
    else if (key === 'shape') shape = scanner.integers(MAX_AXES);
    else if (key === 'data_offsets') offsets = scanner.integers(2);
    else throw refuse(`an unknown key: ${quote(key)}; an entry has dtype, shape and data_offsets`);
  });
  if (dtype === undefined || !shape || offsets?.length !== 2) {
    throw refuse('the entry is incomplete; an entry has dtype, shape and two data_offsets');
  }
  let product = 1;
  for (const d of shape) {
    product *= d;
    if (!Number.isSafeInteger(product)) throw refuse(`the product of the shape is above 2^53 - 1: (${shape})`);
  }
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** Reads a text token by token. Throws DataError with the position for an unexpected token. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** { key : .., .. }. value: reads the value of a key. Throws DataError for a duplicate key and for `__proto__`. */
  object(value: (key: string) => void): void {
    const seen = new Set<string>();
    this.#list('{', '}', () => {
      const key = this.text();
      if (seen.has(key)) throw new DataError(`safetensors: the header has a key twice: ${quote(key)}`);
      if (key === '__proto__') throw new DataError('safetensors: the header has a key that is refused: "__proto__"');
      if (seen.size === MAX_NAMES)
        throw new DataError(`safetensors: the header has more than ${MAX_NAMES} keys; a hostile file?`);
      seen.add(key);
      if (!this.#take(':')) this.#refuse('a colon');
      value(key);
    });
  }

  /** [ integer, .. ]. most: the limit on the number of integers. */
  integers(most: number): number[] {
    const list: number[] = [];
    this.#list('[', ']', () => {
      if (list.length === most) this.#refuse(`at most ${most} numbers`);
      list.push(this.#integer());
    });
    return list;
  }

  text(): string {
    if (!this.#take('"')) this.#refuse('a text');
    const begin = this.#at - 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"')
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    try {
      return JSON.parse(this.#text.slice(begin, this.#at));
    } catch {
      this.#at = begin;
      return this.#refuse('a text in JSON syntax');
    }
  }

  /** Throws DataError unless only blanks are left. */
  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) this.#refuse('the end of the header');
  }

  #list(open: string, close: string, element: () => void): void {
    if (!this.#take(open)) this.#refuse(open);
    if (this.#take(close)) return;
    do element();
    while (this.#take(','));
    if (!this.#take(close)) this.#refuse(`a comma or ${close}`);
  }

  #integer(): number {
    this.#blanks();
    const begin = this.#at;
    // One digit more than 2^53 - 1 has, so that a longer number is refused.
    while (this.#at < begin + 17 && /[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const digits = this.#text.slice(begin, this.#at);
    const value = Number(digits);
    if (digits !== '' && String(value) === digits && Number.isSafeInteger(value)) return value;
    this.#at = begin;
    return this.#refuse('an integer from 0 to 2^53 - 1');
  }

  #take(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'end')) this.#at++;
  }

  #refuse(expected: string): never {
    const found = this.#at < this.#text.length ? quote(this.#text[this.#at]) : 'its end';
    throw new DataError(`safetensors: the header is damaged: ${found} at character ${this.#at}, expected ${expected}`);
  }
}
