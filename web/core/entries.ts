// The entries of a fragment, and the values that they hold.

/** The error for a fragment that cannot be read. */
export class FragmentError extends Error {
  override name = 'FragmentError';
}

/** Returns the error of a part of a fragment. */
export const refuse = (what: string, why: string, remedy = '') =>
  new FragmentError(`${what}: ${why}${remedy ? `; ${remedy}` : ''}`);

/** The entries of a fragment. Each is taken once. */
export class Entries {
  readonly #given = new Map<string, string[]>();
  readonly #asked: string[] = [];

  /** Throws FragmentError for a text that is not a list of entries. */
  constructor(text: string) {
    for (const part of text.split('&').filter(Boolean)) {
      const at = part.indexOf('=');
      if (at < 1) throw refuse('address', `an entry is not name=value: '${part}'`);
      const name = part.slice(0, at);
      this.#given.set(name, [...(this.#given.get(name) ?? []), decoded(part.slice(at + 1))]);
    }
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  all(name: string): string[] | undefined {
    this.#asked.push(name);
    const values = this.#given.get(name);
    this.#given.delete(name);
    return values;
  }

  one(name: string): string | undefined {
    const values = this.all(name);
    if (values && values.length > 1) throw refuse(name, `given ${values.length} times`, 'keep one');
    return values?.[0];
  }

  /** Throws FragmentError if an entry was not taken. */
  end(): void {
    const [unknown] = this.#given.keys();
    if (unknown === undefined) return;
    const known = this.#asked.filter((name) => name !== 'lab' && name !== 'by');
    throw refuse('address', `unknown entry: '${unknown}'`, `one of ${known.join(', ')}`);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%2B'));
  } catch {
    throw refuse('address', `a % code is wrong or incomplete: '${text}'`, 'the address may be cut off');
  }
}

/** Returns a name if it is allowed. Throws FragmentError if not. */
export function chosen(what: string, name: string, allowed: readonly string[]): string {
  if (allowed.includes(name)) return name;
  throw refuse(what, `unknown: '${name}'`, `one of ${allowed.join(', ')}`);
}

/** Returns a text as a finite number. */
export function number(what: string, text: string, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw refuse(what, `not a number: '${text}'`);
  if (value >= min && value <= max) return value;
  throw refuse(
    what,
    Number.isFinite(value) && max < 1e300 ? `must lie in [${min}, ${max}]: ${text}` : `must be finite: ${text}`,
  );
}

/** Returns a text as a whole number. */
export function whole(what: string, text: string, min: number, max: number): number {
  const value = number(what, text, min, max);
  if (Number.isInteger(value)) return value;
  throw refuse(what, `must be a whole number: ${text}`);
}

/** Returns a text as `length` finite numbers. */
export function numbers(what: string, text: string, length: number, mark = ','): number[] {
  const parts = text.split(mark);
  if (parts.length !== length) throw refuse(what, `takes ${length} numbers: '${text}'`);
  return parts.map((part) => number(what, part));
}
