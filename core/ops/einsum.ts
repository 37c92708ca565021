// Einstein's summation: products of tensors whose axes have letters, summed over the letters that the result lacks.
//
// Two operands at a time are multiplied: shared letters that are still needed become batch axes, the other shared letters are contracted
// by matmul, and the letters of only one operand become rows or columns.

import { checkTensor, describeValue } from '../arguments.js';
import { ShapeError, ValueError } from '../errors.js';
import { show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { slice } from './slice.js';
import { permute, reshape } from './view.js';
import { mul } from './zip.js';

/** A tensor with a label for each axis, all different. */
interface Term {
  x: Tensor;
  labels: readonly string[];
}

/** Returns the sum of products that an equation describes, as in NumPy and PyTorch: a letter for each axis, a comma between operands.
 *  `einsum('ij,jk->ik', a, b)` is a matrix product, `'bhid,bhjd->bhij'` one for each b and h, `'ii->i'` a diagonal, `'ij->j'` a sum.
 *  '...' stands for any number of leading, middle or last axes. Without '->' the result has the axes of '...', then the letters that
 *  occur once, in alphabetical order. Operands are multiplied from left to right; contractions run as `matmul`.
 *  Unlike in NumPy and PyTorch, an axis of size 1 is not repeated: axes with one label have one size.
 *  Throws ValueError for an equation that is not of this form, ShapeError if it does not fit the shapes. */
export function einsum(equation: string, ...xs: Tensor[]): Tensor {
  if (typeof equation !== 'string')
    throw new ValueError(`einsum: the equation must be text, such as 'ij,jk->ik': got ${describeValue(equation)}`);
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const texts = left.split(',');
  const wrong = [...texts, right ?? ''].find((text) => !/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(text));
  if (wrong !== undefined || more.length)
    throw new ValueError(`einsum: not an equation: '${equation}'; write letters, such as 'ij,jk->ik'`);
  if (texts.length !== xs.length)
    throw new ValueError(`einsum: '${equation}' has ${texts.length} operands: got ${xs.length}`);
  for (const x of xs) checkTensor('einsum', x);
  const all = xs.map((x, i) => labelsOf(texts[i], x));
  checkSizes(equation, xs, all);
  const to = right === undefined ? onceOnly(all) : resultOf(equation, right, all);
  const terms = xs.map((x, i) => diagonal(x.dtype === 'bool' ? cast(x, 'int32') : x, all[i]));
  const result = terms.reduce((done, next, i) => {
    const needed = new Set([...to, ...terms.slice(i + 1).flatMap((term) => term.labels)]);
    return product(summed(done, [...needed, ...next.labels]), summed(next, [...needed, ...done.labels]), needed);
  });
  const { x, labels } = summed(result, to);
  return permute(
    x,
    to.map((label) => labels.indexOf(label)),
  );
}

/** The label of each axis: a letter, or for the axes of '...' their number from the last one. */
function labelsOf(text: string, x: Tensor): string[] {
  const [before, after] = text.split('...');
  const rest = x.ndim - before.length - (after?.length ?? 0);
  if (rest < 0 || (after === undefined && rest > 0))
    throw new ShapeError(`einsum: '${text}' does not name the axes of ${show(x.shape)}`);
  return [...before, ...numbered(rest), ...(after ?? '')];
}

/** The labels of the n axes of '...'. */
function numbered(n: number): string[] {
  return Array.from({ length: n }, (_, i) => String(n - 1 - i));
}

function checkSizes(equation: string, xs: readonly Tensor[], all: readonly string[][]): void {
  const sizes = new Map<string, number>();
  all.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const size = xs[i].shape[axis];
      const other = sizes.get(label) ?? size;
      if (size !== other) {
        const name = /\d/.test(label) ? '...' : label;
        const shapes = xs.map((x) => show(x.shape)).join(', ');
        throw new ShapeError(`einsum: sizes of '${name}' differ in '${equation}': ${other} and ${size} of ${shapes}`);
      }
      sizes.set(label, size);
    });
  });
}

/** The axes of '...', then the letters that occur once, in alphabetical order. */
function onceOnly(all: readonly string[][]): string[] {
  const labels = all.flat();
  const letters = labels.filter((label) => /\D/.test(label));
  return [...dotted(all), ...letters.filter((l) => letters.indexOf(l) === letters.lastIndexOf(l)).sort()];
}

/** The labels of the axes that '...' has in the result. */
function dotted(all: readonly string[][]): string[] {
  return numbered(Math.max(0, ...all.map((labels) => labels.filter((label) => /\d/.test(label)).length)));
}

function resultOf(equation: string, text: string, all: readonly string[][]): string[] {
  const [before, after] = text.split('...');
  const labels = [...before, ...(after === undefined ? [] : dotted(all)), ...(after ?? '')];
  const odd = labels.find((label, i) => labels.indexOf(label) !== i || !all.flat().includes(label));
  if (odd === undefined) return labels;
  const why = all.flat().includes(odd) ? 'occurs twice in the result' : 'is in no operand';
  throw new ValueError(`einsum: '${odd}' ${why}: '${equation}'`);
}

/** The term with one axis for each label. Axes that share a label become one: the elements at equal positions. */
function diagonal(x: Tensor, labels: readonly string[]): Term {
  const first = labels.findIndex((label, i) => labels.lastIndexOf(label) !== i);
  if (first < 0) return { x, labels };
  const second = labels.indexOf(labels[first], first + 1);
  const rest = [...labels.keys()].filter((i) => i !== first && i !== second);
  const d = x.shape[first];
  // In a matrix [d, d] in row-major order, the diagonal is every (d + 1)-th element.
  const flat = reshape(permute(x, [...rest, first, second]), [...rest.map((i) => x.shape[i]), d * d]);
  const whole = rest.map(() => null);
  return diagonal(slice(flat, [...whole, [0, d * d, d + 1]]), [...rest.map((i) => labels[i]), labels[first]]);
}

/** The term summed over the labels that are not needed. */
function summed({ x, labels }: Term, needed: Iterable<string>): Term {
  const held = new Set(needed);
  const axes = [...labels.keys()].filter((i) => !held.has(labels[i]));
  return axes.length ? { x: sum(x, axes), labels: labels.filter((label) => held.has(label)) } : { x, labels };
}

/** The product of two terms, summed over the labels of both that are not needed. */
function product(a: Term, b: Term, needed: Set<string>): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const contracted = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const size = (labels: readonly string[], { x, labels: own }: Term) => labels.map((l) => x.shape[own.indexOf(l)]);
  const arranged = (term: Term, order: readonly string[], shape: readonly number[]) =>
    reshape(
      permute(
        term.x,
        order.map((label) => term.labels.indexOf(label)),
      ),
      shape,
    );
  const [batches, m, k, n] = [size(batch, a), size(rows, a), size(contracted, a), size(columns, b)];
  const left = arranged(a, [...batch, ...rows, ...contracted], [...batches, sizeOf(m), sizeOf(k)]);
  const right = arranged(b, [...batch, ...contracted, ...columns], [...batches, sizeOf(k), sizeOf(n)]);
  const y = contracted.length ? matmul(left, right) : mul(left, right);
  return { x: reshape(y, [...batches, ...m, ...n]), labels: [...batch, ...rows, ...columns] };
}
