// Shapes and strides. Strides count elements, as in npm's ndarray; 0 repeats an axis. Backends import this file but not shape.ts.

/** The size of each axis; [] for a scalar. */
export type Shape = readonly number[];

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape[i];
  }
  return stride;
}

/** Whether the strides walk the shape in row-major order without gaps; true without elements, whatever the strides. */
export function isContiguous({ shape, stride }: { shape: Shape; stride: Shape }): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== step) return shape.includes(0);
    step *= shape[i];
  }
  return true;
}

/** Whether two shapes have the same axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape for messages: `(2,3)`; `()` for a scalar. */
export function show(shape: Shape): string {
  return `(${shape.join(',')})`;
}

/** Strides that read a tensor as the larger shape `to`; repeated axes have stride 0. */
export function broadcastStrides(shape: Shape, stride: Shape, to: Shape): number[] {
  const lead = to.length - shape.length;
  return to.map((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? 0 : stride[i - lead]));
}

/** Strides for a reshape without a copy; null if there are none. */
export function reshapeStrides(shape: Shape, stride: Shape, to: Shape): number[] | null {
  if (isContiguous({ shape, stride })) return stridesOf(to);
  const from = shape.map((d, i) => [d, stride[i]]).filter(([d]) => d !== 1);
  const out = new Array<number>(to.length).fill(0);
  let i = 0;
  let j = 0;
  while (i < from.length && j < to.length) {
    // A group: the fewest old axes and the fewest new axes with the same number of elements.
    let oldEnd = i + 1;
    let newEnd = j + 1;
    let oldSize = from[i][0];
    let newSize = to[j];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from[oldEnd++][0];
      else newSize *= to[newEnd++];
    }
    for (let k = i; k < oldEnd - 1; k++) if (from[k][1] !== from[k + 1][0] * from[k + 1][1]) return null;
    let step = from[oldEnd - 1][1];
    for (let k = newEnd - 1; k >= j; k--) {
      out[k] = step;
      step *= to[k];
    }
    i = oldEnd;
    j = newEnd;
  }
  return out;
}

/** Splits a shape around an axis into [outer, n, inner]. Element (o, i, j) is at (o * n + i) * inner + j. */
export function splitAtAxis(shape: Shape, axis: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}
