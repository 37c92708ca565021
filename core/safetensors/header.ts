// The header of a safetensors file, read by its own grammar and nothing more:
//
//   header    { name : entry, .. }        an entry named __metadata__ is { key : text, .. }
//   entry     { "dtype" : text, "shape" : [ integer, .. ], "data_offsets" : [ integer, integer ] }
//
// in any order, with JSON's blanks, texts and integers. Depth is therefore bounded, a name that comes twice is seen, and
// nothing is built that the grammar does not ask for, which a general JSON parser would do.
import { DataError } from '../errors.js';

/** What a header says of a tensor. Integers are at least 0 and at most 2^53; the product of a shape too. */
export interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/** The entry that is no tensor. */
export const METADATA = '__metadata__';
/** The format's own limit on a header, in bytes. */
const LONGEST = 100_000_000;
/** Names in one header: far more than models have, and few enough to be held. */
const MOST = 100_000;
/** PyTorch's limit on axes. */
const AXES = 64;

/** Whether a name is kept from tensors and texts: it would be taken for the metadata, or for a prototype. */
export function isReserved(name: string): boolean {
  return name === METADATA || name === '__proto__';
}

/** A name as messages show it. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}..` : name);
}

/** Reads the header of a file; start: where its data begin. Throws DataError for anything that the grammar does not have. */
export function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Record<string, string>; start: number } {
  const refuse = (why: string) => new DataError(`safetensors: ${why}`);
  if (bytes.length < 8) throw refuse(`truncated: ${bytes.length} bytes; a file has at least 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST) throw refuse(`the header is too long: ${length} bytes, at most ${LONGEST}; another format?`);
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
    else if (key === 'shape') shape = scanner.integers(AXES);
    else if (key === 'data_offsets') offsets = scanner.integers(2);
    else throw refuse(`an unknown key: ${quote(key)}; an entry has dtype, shape and data_offsets`);
  });
  if (dtype === undefined || !shape || offsets?.length !== 2) {
    throw refuse('the entry is incomplete; it has a dtype, a shape and two data_offsets');
  }
  let product = 1;
  for (const d of shape) {
    product *= d;
    if (!Number.isSafeInteger(product)) throw refuse(`the shape has more than 2^53 elements: (${shape})`);
  }
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** Walks over a text, a token at a time. Whatever it does not expect is a DataError that says where. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** { key : .., .. }. value: reads what follows the colon. Refuses a key that comes twice or is `__proto__`. */
  object(value: (key: string) => void): void {
    const seen = new Set<string>();
    this.#list('{', '}', () => {
      const key = this.text();
      if (seen.has(key)) throw new DataError(`safetensors: the header has a key twice: ${quote(key)}`);
      if (key === '__proto__') throw new DataError('safetensors: the header has a key that is refused: "__proto__"');
      if (seen.size === MOST)
        throw new DataError(`safetensors: the header has more than ${MOST} keys; a hostile file?`);
      seen.add(key);
      if (!this.#take(':')) this.#refuse('a colon');
      value(key);
    });
  }

  /** [ integer, .. ], at most so many. */
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
      return this.#refuse('a text as JSON has it');
    }
  }

  /** Nothing may follow but blanks. */
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
    // 2^53 has sixteen digits.
    while (this.#at < begin + 17 && /[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const digits = this.#text.slice(begin, this.#at);
    const value = Number(digits);
    if (digits !== '' && String(value) === digits && Number.isSafeInteger(value)) return value;
    this.#at = begin;
    return this.#refuse('an integer from 0 to 2^53');
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
