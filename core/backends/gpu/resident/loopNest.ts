// Writes loop nests as program text for gpu.js. A nest computes one array on the device from other arrays on the device.
//
//   y[axes] = finish(fold over further axes of term(a0[..], a1[..], ..))
//
// Arrays are flat, in row-major order. The index of a read is a sum of axes times literals. A thread computes four neighbouring
// values of y, one vector of gpu.js, and fetches a value once if several of the four use it. Every number in the text is a
// literal. gpu.js holds indices in float32, so an array has at most 2^23 values.

/** offset + sum over the axes of step * axis. The axes of the result come first, then the folded axes. */
export interface Affine {
  offset: number;
  steps: readonly number[];
}

/** A coordinate: the affine value divided by `divisor`. A term counts if each coordinate is an integer in [0, size). coordinate *
 *  stride is added to the index. */
export interface Bound extends Affine {
  divisor: number;
  size: number;
  stride: number;
}

/** The index at which an array is read. */
export interface Read extends Affine {
  bounds?: readonly Bound[];
  /** If true, a read out of bounds gives 0, and its term counts. Default: false. */
  zero?: boolean;
}

/** A loop nest: y[axes] = finish(fold over further axes of term(..)). */
export interface Nest {
  /** Sizes of the result's axes, the fastest-varying axis last. */
  axes: readonly number[];
  /** Sizes of the folded axes. */
  over: readonly number[];
  reads: readonly Read[];
  /** argMax: the `position` of the first of the largest terms. NaN counts as the largest value. */
  fold: 'sum' | 'max' | 'min' | 'argMax';
  /** The expression of a term: $0, $1, .. are the reads, $p is the position. */
  term: string;
  /** The expression of a result: $s is the folded value, $n the number of terms that counted. */
  finish: string;
  /** The position of a term, for argMax and $p. Default: 0. */
  position?: Affine;
}

/** Number of values that a thread computes. */
export const LANES = 4;
/** Folded axes with at most this many terms are unrolled; others become loops. */
const TERMS = 9;

/** base + sum of literal * variable: `of` maps each variable to its literal. */
interface Sum {
  base: number;
  of: Record<string, number>;
}

/** A choice between two values. Inside loops both must be variables or literals: then a compiler makes it one instruction. With
 *  larger expressions, ?: and && become branches, and some shader compilers take minutes over many branches. */
function select(condition: string, value: string, otherwise: string): string {
  return `(${condition} ? ${value} : ${otherwise})`;
}

/** Returns the source of a nest as a function for gpu.js. Its arguments are the arrays, in the order of `reads`. */
export function nestText(nest: Nest): string {
  return new Writer(nest).text();
}

class Writer {
  readonly #nest: Nest;
  /** The largest value of each variable; the smallest is 0. */
  readonly #most: Record<string, number> = {};
  #names = 0;

  constructor(nest: Nest) {
    this.#nest = nest;
  }

  text(): string {
    const { axes, over, reads, fold, finish } = this.#nest;
    const lanes = [...Array(LANES).keys()];
    const [decomposed, at] = this.#axes();
    const names = ['s', ...(fold !== 'sum' || finish.includes('$n') ? ['f'] : []), ...(fold === 'argMax' ? ['p'] : [])];
    const starts = lanes.map((c) => names.map((name) => `let ${name}${c} = 0;`).join(' '));
    const known = new Map<string, string>();
    const hoisted: string[] = [];
    // Values that are the same for all terms are fetched before the loops.
    reads.forEach((read, i) => {
      if (read.bounds || over.some((n, k) => n > 1 && read.steps[axes.length + k])) return;
      for (const c of lanes) this.#fetch(i, [...at[c], ...over.map(() => literal(0))], known, hoisted);
    });
    const terms = this.#fold(0, at, known);
    const results = lanes.map((c) => {
      const value = fold === 'argMax' ? `p${c}` : `s${c}`;
      return `const y${c} = ${finish.replaceAll('$s', value).replaceAll('$n', `f${c}`)};`;
    });
    return [
      `function (${reads.map((_, i) => `a${i}`).join(', ')}) {`,
      ...[...decomposed, ...starts, ...hoisted, ...terms, ...results],
      `return [${lanes.map((c) => `y${c}`).join(', ')}];\n}`,
    ].join('\n');
  }

  #name(prefix: string, most = 0): string {
    const name = `${prefix}${this.#names++}`;
    this.#most[name] = most;
    return name;
  }

  /** Returns statements that compute the axes of a thread's four values, and the axes of each value (lane) as sums. */
  #axes(): [string[], Sum[][]] {
    const { axes } = this.#nest;
    const large = [...axes.keys()].filter((i) => axes[i] > 1);
    const lanes = [...Array(LANES).keys()];
    const place = (found: Map<number, Sum>) => axes.map((_, i) => found.get(i) ?? literal(0));
    const last = large.at(-1);
    if (last === undefined) return [[], lanes.map(() => place(new Map()))];
    const rest = large.slice(0, -1);
    const all = axes.reduce((a, b) => a * b, 1);
    const statements: string[] = [];
    // If a row is a whole number of vectors, or the only row, the lanes differ in the last axis only.
    if (rest.length === 0 || axes[last] % LANES === 0) {
      const [row, column] = this.#divide('this.thread.x', all / LANES, axes[last] / LANES, rest.length > 0, statements);
      const x = this.#name('x', Math.max(axes[last] - LANES, (axes[last] - 1) * Number(axes[last] % LANES !== 0)));
      statements.push(`const ${x} = ${LANES} * ${column};`);
      const outer = this.#decompose(row, rest, statements);
      return [statements, lanes.map((c) => place(new Map(outer).set(last, { base: c, of: { [x]: 1 } })))];
    }
    const sums = lanes.map((c) => {
      const flat = this.#name('t');
      statements.push(`const ${flat} = ${LANES} * this.thread.x + ${c};`);
      return place(this.#decompose(flat, large, statements));
    });
    return [statements, sums];
  }

  /** Splits an index in row-major order into the axes in `list`. */
  #decompose(index: string, list: number[], statements: string[]): Map<number, Sum> {
    const { axes } = this.#nest;
    const found = new Map<number, Sum>();
    let left = index;
    for (let i = list.length - 1; i >= 0; i--) {
      const size = axes[list[i]];
      const above = list.slice(0, i).reduce((n, axis) => n * axes[axis], 1);
      const [quotient, remainder] = this.#divide(left, above * size, size, i > 0, statements);
      this.#most[remainder] = size - 1;
      found.set(list[i], { base: 0, of: { [remainder]: 1 } });
      left = quotient;
    }
    return found;
  }

  /** Divides an index below `end` by a literal. Returns the names of quotient and remainder. A device may round a quotient to the
   *  wrong side of an integer, so 0.5 is added to the index first. For large indices the quotient may still be one off, and
   *  further statements correct it. */
  #divide(index: string, end: number, by: number, needed: boolean, statements: string[]): [string, string] {
    if (!needed) return ['0', index];
    const [q, r] = [this.#name('q'), this.#name('r')];
    if (by === 1) {
      statements.push(`const ${q} = ${index}; const ${r} = 0;`);
      return [q, r];
    }
    const guess = `Math.floor((${index} + 0.5) / ${by})`;
    if (end <= 2 ** 20) {
      statements.push(`const ${q} = ${guess}; const ${r} = ${index} - ${q} * ${by};`);
      return [q, r];
    }
    statements.push(
      `let ${q} = ${guess}; let ${r} = ${index} - ${q} * ${by};`,
      `if (${r} < 0) { ${q} = ${q} - 1; ${r} = ${r} + ${by}; }`,
      `if (${r} >= ${by}) { ${q} = ${q} + 1; ${r} = ${r} - ${by}; }`,
    );
    return [q, r];
  }

  /** Returns statements that fold the folded axes from number k on. at: the axes before them, for each lane. */
  #fold(k: number, at: Sum[][], known: Map<string, string>): string[] {
    const { over } = this.#nest;
    const rest = over.slice(k);
    if (rest.reduce((a, b) => a * b, 1) <= TERMS) {
      const lines: string[] = [];
      const own = new Map(known);
      for (const index of indices(rest)) {
        this.#terms(
          at.map((sums) => [...sums, ...index.map(literal)]),
          own,
          lines,
        );
      }
      return lines;
    }
    const name = this.#name('k', over[k] - 1);
    const next = at.map((sums) => [...sums, { base: 0, of: { [name]: 1 } }]);
    return [`for (let ${name} = 0; ${name} < ${over[k]}; ${name}++) {`, ...this.#fold(k + 1, next, known), '}'];
  }

  /** Adds statements that compute one term for each lane. */
  #terms(at: Sum[][], known: Map<string, string>, lines: string[]): void {
    const { reads, over, fold, term, finish, position } = this.#nest;
    at.forEach((sums, c) => {
      const names: string[] = [];
      const all = new Set<string>();
      reads.forEach((read, i) => {
        const [name, conditions] = this.#fetch(i, sums, known, lines);
        names.push(name);
        if (!read.zero) for (const condition of conditions) all.add(condition);
      });
      const p = position ? textOf(evaluate(position, sums)) : '0';
      const value = term.replace(/\$(\d)/g, (_, i) => names[i]).replaceAll('$p', `(${p})`);
      if (fold === 'sum' && all.size === 0 && over.every((n) => n === 1)) return void lines.push(`s${c} = ${value};`);
      const v = this.#const(value, lines);
      const inside = (variable: string) => this.#where(all, variable, lines);
      if (fold === 'sum') {
        lines.push(`s${c} += ${inside(v)};`);
        if (finish.includes('$n')) lines.push(`f${c} += ${inside('1')};`);
        return;
      }
      // 1 if v replaces the folded value.
      let wins = this.#isNaN(v, lines);
      if (fold === 'argMax') wins = this.#const(select(`${this.#isNaN(`s${c}`, lines)} == 1`, '0', wins), lines);
      wins = this.#const(select(`${v} ${fold === 'min' ? '<' : '>'} s${c}`, '1', wins), lines);
      wins = inside(this.#const(select(`f${c} == 0`, '1', wins), lines));
      const replace = (name: string, by: string) => lines.push(`${name} = ${select(`${wins} == 1`, by, name)};`);
      if (fold === 'argMax') replace(`p${c}`, this.#const(p, lines));
      replace(`s${c}`, v);
      replace(`f${c}`, '1');
    });
  }

  #const(value: string, lines: string[]): string {
    const name = this.#name('v');
    lines.push(`const ${name} = ${value};`);
    return name;
  }

  /** A variable if all conditions hold, else 0. */
  #where(conditions: Iterable<string>, variable: string, lines: string[]): string {
    let found = variable;
    for (const condition of conditions) found = this.#const(select(condition, found, '0'), lines);
    return found;
  }

  /** 1 if a variable is NaN, else 0. It does not test x != x, because some shader compilers assume that this is false. */
  #isNaN(name: string, lines: string[]): string {
    let found = '1';
    for (const test of ['< 1', '> 0']) found = this.#const(select(`${name} ${test}`, '0', found), lines);
    return found;
  }

  /** Returns the variable that holds the value of read i, and the conditions under which it is within bounds. Reuses an earlier
   *  fetch of the same value. Out of bounds an unrelated value is fetched, which the conditions discard. */
  #fetch(i: number, sums: Sum[], known: Map<string, string>, lines: string[]): [name: string, conditions: string[]] {
    const read = this.#nest.reads[i];
    const index = evaluate(read, sums);
    const conditions: string[] = [];
    for (const bound of read.bounds ?? []) {
      const coordinate = this.#coordinate(bound, evaluate(bound, sums), conditions, known, lines);
      addTimes(index, coordinate, bound.stride);
    }
    const once = (key: string, make: () => string) => {
      const name = known.get(key) ?? make();
      known.set(key, name);
      return name;
    };
    const text = textOf(index);
    const fetched = once(`${i} ${text}`, () => this.#const(`a${i}[${text}]`, lines));
    if (!read.zero) return [fetched, conditions];
    return [once(`${fetched} where ${conditions}`, () => this.#where(conditions, fetched, lines)), conditions];
  }

  /** Returns a coordinate and adds the conditions under which it is within bounds, except those that always hold. */
  #coordinate(
    { divisor, size }: Bound,
    sum: Sum,
    conditions: string[],
    known: Map<string, string>,
    lines: string[],
  ): Sum {
    const [least, most] = this.#range(sum);
    const text = textOf(sum);
    if (least < 0) conditions.push(`${text} >= 0`);
    if (most >= size * divisor) conditions.push(`${text} < ${size * divisor}`);
    if (divisor === 1) return sum;
    if ([sum.base, ...Object.values(sum.of)].every((n) => n % divisor === 0)) return divided(sum, divisor);
    const key = `${text} over ${divisor}`;
    let name = known.get(key);
    if (!name) {
      name = this.#name('d', size - 1);
      known.set(key, name);
      lines.push(`const ${name} = Math.floor((${text} + 0.5) / ${divisor});`);
    }
    conditions.push(`${name} * ${divisor} == ${text}`);
    return { base: 0, of: { [name]: 1 } };
  }

  /** The least and the largest value of a sum. */
  #range({ base, of }: Sum): [least: number, most: number] {
    let [least, most] = [base, base];
    for (const [name, times] of Object.entries(of)) {
      if (times < 0) least += times * this.#most[name];
      else most += times * this.#most[name];
    }
    return [least, most];
  }
}

/** A sum that is one number. */
function literal(base: number): Sum {
  return { base, of: {} };
}

/** The value of an affine function at axes that are sums themselves. */
function evaluate({ offset, steps }: Affine, sums: Sum[]): Sum {
  const sum = literal(offset);
  steps.forEach((step, i) => addTimes(sum, sums[i], step));
  return sum;
}

/** Adds a multiple of another sum to a sum. */
function addTimes(sum: Sum, other: Sum, times: number): void {
  sum.base += times * other.base;
  for (const [name, n] of Object.entries(other.of)) if (n * times) sum.of[name] = (sum.of[name] ?? 0) + n * times;
}

/** A sum divided by a number that divides its base and each factor. */
function divided({ base, of }: Sum, by: number): Sum {
  return { base: base / by, of: Object.fromEntries(Object.entries(of).map(([name, n]) => [name, n / by])) };
}

/** The expression of a sum. */
function textOf({ base, of }: Sum): string {
  const parts = Object.entries(of)
    .filter(([, n]) => n)
    .map(([name, n]) => (n === 1 ? name : `${name} * ${n}`));
  if (base || parts.length === 0) parts.push(`${base}`);
  return parts.join(' + ');
}

/** The indices of a shape in row-major order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => [...Array(n).keys()].map((i) => [...index, i])),
    [[]],
  );
}
