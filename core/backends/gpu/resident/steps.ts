// What a kernel call on the device is made of: nests, one after another, and where each finds its arrays.
import { sizeOf, stridesOf } from '../../../shape.js';
import type { Buffer } from '../../backend.js';
import type { Nest, Read } from './nest.js';

/** Values between two nests of a call. */
export class Temporary {
  constructor(readonly length: number) {}
}

/** What an array on the device holds. */
export type Source = Buffer | Temporary;

/** A read, and of what. */
export interface Input extends Read {
  of: Source;
}

/** One nest of a call. */
export interface Step {
  nest: Nest;
  of: Source[];
  to: Source;
}

interface Written extends Partial<Pick<Nest, 'over' | 'fold' | 'finish' | 'position'>>, Pick<Nest, 'axes' | 'term'> {
  reads: Input[];
}

/** Terms that one thread folds; where there are several times as many, and not many threads, they are divided among more.
 *  Sums of parts round less besides. */
const TERMS = 64;
const THREADS = 2 ** 16;

/** y[axes] = finish(fold over further axes of term(..)), where there are many terms by parts, and then the parts. */
export function steps(to: Source, written: Written): Step[] {
  const { axes, over = [], fold = 'sum', finish = '$s', reads, position, term } = written;
  const wanted = Math.min(Math.ceil(sizeOf(over) / TERMS), Math.ceil(THREADS / sizeOf(axes)));
  // Of a part without terms nothing is the largest.
  const hollow = fold !== 'sum' && reads.some(({ bounds }) => bounds);
  if (wanted < 4 || hollow || fold === 'argMax' || finish.includes('$n')) {
    return [step(to, { axes, over, fold, finish, term, position }, reads)];
  }
  const longest = over.indexOf(Math.max(...over));
  const length = over[longest];
  const each = Math.ceil(length / Math.min(length, wanted));
  const parts = Math.ceil(length / each);
  const k = axes.length + longest;
  // Axis k becomes `each` numbers from each * part on, and the part is the first axis of a result between.
  const cut = (s: readonly number[]) => [s[k] * each, ...s];
  const divided = reads.map((read): Input => {
    const bounds = read.bounds?.map((b) => ({ ...b, steps: cut(b.steps) }));
    return { ...read, steps: cut(read.steps), ...(bounds && { bounds }) };
  });
  if (length % parts !== 0) {
    const along = [...axes, ...over].map((_, i) => Number(i === k));
    const inside = { offset: 0, steps: cut(along), divisor: 1, size: length, stride: 0 };
    divided[0] = { ...divided[0], bounds: [...(divided[0].bounds ?? []), inside] };
  }
  const partial = new Temporary(sizeOf(axes) * parts);
  const first: Omit<Nest, 'reads'> = {
    axes: [parts, ...axes],
    over: over.map((n, i) => (i === longest ? each : n)),
    fold,
    finish: '$s',
    term,
    position: position && { ...position, steps: cut(position.steps) },
  };
  const all: Input = { of: partial, offset: 0, steps: [...stridesOf(axes), sizeOf(axes)] };
  return [step(partial, first, divided), ...steps(to, { axes, over: [parts], fold, finish, term: '$0', reads: [all] })];
}

function step(to: Source, nest: Omit<Nest, 'reads'>, inputs: Input[]): Step {
  return { to, nest: { ...nest, reads: inputs.map(({ of: _, ...read }) => read) }, of: inputs.map(({ of }) => of) };
}
