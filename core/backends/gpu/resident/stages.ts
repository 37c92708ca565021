// The stages of a kernel call on the device: each is one loop nest, with the arrays that it reads and the one that it writes.
import { sizeOf, stridesOf } from '../../../strides.js';
import type { Buffer } from '../../backend.js';
import type { Nest, Read } from './loopNest.js';

/** Values that one stage passes to the next. */
export class Temporary {
  constructor(readonly length: number) {}
}

/** Where the values of an array on the device come from. */
export type Source = Buffer | Temporary;

/** A read of an array. */
export interface Input extends Read {
  of: Source;
}

/** One loop nest of a call: it reads `of` and writes `to`. */
export interface Stage {
  nest: Nest;
  of: Source[];
  to: Source;
}

interface Written extends Partial<Pick<Nest, 'over' | 'fold' | 'finish' | 'position'>>, Pick<Nest, 'axes' | 'term'> {
  reads: Input[];
}

/** The number of terms that one thread folds. If there are several times as many terms and few results, several threads fold a
 *  part each, which also rounds less. */
const TERMS = 64;
/** The number of threads that keep a device busy. */
const THREADS = 2 ** 16;

/** The stages of y[axes] = finish(fold over further axes of term(..)). Usually one; for many terms two or more: the first folds parts, the
 *  next folds their results. */
export function stages(to: Source, written: Written): Stage[] {
  const { axes, over = [], fold = 'sum', finish = '$s', reads, position, term } = written;
  const wanted = Math.min(Math.ceil(sizeOf(over) / TERMS), Math.ceil(THREADS / sizeOf(axes)));
  // A part whose terms are all out of bounds would have no maximum.
  const hollow = fold !== 'sum' && reads.some(({ bounds }) => bounds);
  if (wanted < 4 || hollow || fold === 'argMax' || finish.includes('$n')) {
    return [stage(to, { axes, over, fold, finish, term, position }, reads)];
  }
  const longest = over.indexOf(Math.max(...over));
  const length = over[longest];
  const each = Math.ceil(length / Math.min(length, wanted));
  const parts = Math.ceil(length / each);
  const k = axes.length + longest;
  // Axis k is cut into parts of `each` indices. The number of the part is the first axis of the intermediate result.
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
  return [
    stage(partial, first, divided),
    ...stages(to, { axes, over: [parts], fold, finish, term: '$0', reads: [all] }),
  ];
}

function stage(to: Source, nest: Omit<Nest, 'reads'>, inputs: Input[]): Stage {
  return { to, nest: { ...nest, reads: inputs.map(({ of: _, ...read }) => read) }, of: inputs.map(({ of }) => of) };
}
