// Normalization. With mean mu and biased variance s2 of the n values of a channel, and h = (x - mu) / sqrt(s2 + eps):
//
//   y  = w h + b                    plain
//   y  = w h + b + r                with a residual r
//   y  = max(0, one of these)       with relu; then g in the next line stands for g if y > 0, else 0
//   gb = sum g,   gw = sum g h,   gx = w / sqrt(s2 + eps) (g - (gb + h gw) / n),   gr = g
//
// Source: Ioffe and Szegedy 2015, arXiv 1502.03167.

import { checkFiniteNumber, checkFlag, checkOptions, checkTensor } from '../arguments.js';
import type { BatchNormAttributes, BatchNormGradAttributes } from '../backends/attributes.js';
import { withComposed } from '../composed.js';
import { floatOf } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { type Operation, type Operations, op, ops } from '../op.js';
import { checkShape, type Shape, sameShape, show, sizeOf, splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast, unify } from './cast.js';
import { filled } from './fill.js';
import { dense, total } from './loops.js';
import { relu, sqrt } from './map.js';
import { centerOp, mean, variance, varianceOp } from './reduce.js';
import { reshape } from './view.js';
import { add, div, mul, sub } from './zip.js';

/** Further operations that batchNorm and batchNormWith apply last; batchNorm runs them in the same pass. */
export interface NormFusion {
  /** A tensor of x's shape that is added to the normalized values. Default: none. */
  residual?: Tensor;
  /** Whether max(y, 0) is applied last. Default: false. */
  relu?: boolean;
}

/** Options of layerNorm, groupNorm, batchNorm and batchNormWith. */
export interface NormOptions {
  /** Added to the variance before the square root. Default: 1e-5. */
  eps?: number;
}

type GradArgs = [
  g: Tensor,
  x: Tensor,
  w: Tensor,
  mu: Tensor,
  s2: Tensor,
  y: Tensor | null,
  attrs: BatchNormGradAttributes,
];

/** Returns [y, mean, variance]: each channel normalized by the statistics of this batch, and these statistics.
 *  x [n, c, ..], weight [c], bias [c], residual as x  -> y as x, mean [c], biased variance [c]. Gradients flow through y only.
 *  Throws ShapeError if shapes do not fit or x is empty. Source: Ioffe and Szegedy 2015, arXiv 1502.03167. */
export const batchNorm: Operations<
  [x: Tensor, weight: Tensor, bias: Tensor, options?: NormOptions & NormFusion],
  BatchNormAttributes
> = ops(
  withComposed({
    name: 'batchNorm',
    args(x, w, b, given) {
      const options = given === undefined ? {} : given;
      const { eps, relu, residual: r } = normOptions('batchNorm', options);
      return [unify('batchNorm', x, w, b, ...(r ? [r] : [])), { eps, relu }];
    },
    shape([x, w, b, r]) {
      if (x.length < 2 || !sameShape(w, [x[1]]) || !sameShape(b, [x[1]])) {
        throw new ShapeError(
          `batchNorm: takes x [n,c,..] with weight and bias [c]: ${show(x)}, ${show(w)} and ${show(b)}`,
        );
      }
      if (r) checkResidual('batchNorm', r, x);
      if (sizeOf(x) === 0) throw new ShapeError(`batchNorm: x is empty: ${show(x)}`);
      return [x, w, w];
    },
    loop([y, mu, s2], views, { eps, relu }) {
      const [x, w, b, r] = views.map(dense);
      const { outer, n: channels, inner } = splitAtAxis(y.shape, 1);
      for (let c = 0; c < channels; c++) {
        const each = (visit: (i: number) => void) => {
          for (let o = 0; o < outer; o++) for (let j = 0, i = (o * channels + c) * inner; j < inner; j++, i++) visit(i);
        };
        let total = 0;
        each((i) => (total += x[i]));
        const m = total / (outer * inner);
        let squares = 0;
        each((i) => (squares += (x[i] - m) ** 2));
        const v = squares / (outer * inner);
        const scale = w[c] / Math.sqrt(v + eps);
        each((i) => {
          const value = (x[i] - m) * scale + b[c] + (r ? r[i] : 0);
          y.data[y.offset + i] = relu && value < 0 ? 0 : value;
        });
        mu.data[mu.offset + c] = m;
        s2.data[s2.offset + c] = v;
      }
    },
    vjp([g], [x, w, , r], [y, mu, s2], attrs) {
      let all: Tensor[] | undefined;
      const part = (i: number) => () => (all ??= batchNormGrad(g, x, w, mu, s2, attrs.relu ? y : null, attrs))[i];
      return [part(0), part(1), part(2), ...(r ? [attrs.relu ? part(3) : () => g] : [])];
    },
    composed([x, w, b, r], attrs) {
      const axes = [...x.shape.keys()].filter((i) => i !== 1);
      const m = mean(x, axes, { keepdim: true });
      const v = variance(x, axes, { keepdim: true, unbiased: false });
      const h = div(sub(x, m), sqrt(add(v, attrs.eps)));
      const y = fuse(add(mul(h, perChannel(w, x.ndim)), perChannel(b, x.ndim)), { residual: r, relu: attrs.relu });
      return [y, reshape(m.detach(), w.shape), reshape(v.detach(), w.shape)];
    },
  }),
);

/** Returns the options with their defaults. Throws ValueError for an unknown option or a wrong eps or relu, DTypeError if the residual
 *  is not a tensor. */
export function normOptions(what: string, options: NormOptions & NormFusion, known = ['eps', 'residual', 'relu']) {
  checkOptions(what, options, known);
  const { eps = 1e-5, relu = false, residual } = options;
  return {
    eps: checkFiniteNumber(`${what}: eps`, eps, 0),
    relu: checkFlag(`${what}: relu`, relu),
    residual: residual && checkTensor(`${what}: residual`, residual),
  };
}

function checkResidual(what: string, r: Shape, x: Shape): void {
  if (!sameShape(r, x))
    throw new ShapeError(`${what}: the residual must have the shape of x: ${show(r)} and ${show(x)}`);
}

/** Returns y + residual, then max(.., 0): NormFusion in terms of plain operations. */
function fuse(y: Tensor, { residual, relu: last }: NormFusion): Tensor {
  const sum = residual ? add(y, residual) : y;
  return last ? relu(sum) : sum;
}

/** Returns the gradients of batchNorm in one call: [gx, gw, gb]. If y, the output after relu, is given, also the residual's gradient:
 *  g if y > 0, else 0. It has no vjp: second derivatives use batchNorm's composed form. */
export const batchNormGrad: Operations<GradArgs, BatchNormGradAttributes> = ops({
  name: 'batchNormGrad',
  args: (g, x, w, mu, s2, y, { eps }) => [[g, x, w, mu, s2, ...(y ? [y] : [])], { eps }],
  shape: ([g, x, w, , , y]) => [x, w, w, ...(y ? [g] : [])],
  loop([gx, gw, gb, gy], views, { eps }) {
    const [all, x, w, mu, s2, y] = views.map(dense);
    const g = y ? all.map((v, i) => (y[i] > 0 ? v : 0)) : all;
    if (gy) g.forEach((v, i) => (gy.data[gy.offset + i] = v));
    const { outer, n: channels, inner } = splitAtAxis(gx.shape, 1);
    for (let c = 0; c < channels; c++) {
      const each = (visit: (i: number) => void) => {
        for (let o = 0; o < outer; o++) for (let j = 0, i = (o * channels + c) * inner; j < inner; j++, i++) visit(i);
      };
      const r = 1 / Math.sqrt(s2[c] + eps);
      let sumG = 0;
      let sumGh = 0;
      each((i) => {
        sumG += g[i];
        sumGh += g[i] * (x[i] - mu[c]) * r;
      });
      const n = outer * inner;
      each((i) => (gx.data[gx.offset + i] = w[c] * r * (g[i] - (sumG + (x[i] - mu[c]) * r * sumGh) / n)));
      gw.data[gw.offset + c] = sumGh;
      gb.data[gb.offset + c] = sumG;
    }
  },
});

/** Returns x with each channel normalized by given statistics, which are the running means and variances in evaluation:
 *  y = weight (x - mu) / sqrt(s2 + eps) + bias.  x [n, c, ..]; weight, bias, mu, s2 [c]  -> as x */
export function batchNormWith(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mu: Tensor,
  s2: Tensor,
  options: NormOptions & NormFusion = {},
): Tensor {
  const { eps, relu, residual } = normOptions('batchNormWith', options);
  for (const t of [x, weight, bias, mu, s2]) checkTensor('batchNormWith', t);
  if (x.ndim < 2 || !sameShape(mu.shape, [x.shape[1]]))
    throw new ShapeError(`batchNormWith: takes x [n,c,..] and statistics [c]: ${show(x.shape)} and ${show(mu.shape)}`);
  if (residual) checkResidual('batchNormWith', residual.shape, x.shape);
  const scale = div(weight, sqrt(add(s2, eps)));
  // `x scale - mu scale` would save a pass over x. But its terms cancel if the mean is large: at 1e7
  // standard deviations no digit is left in float32.
  const h = mul(sub(x, perChannel(mu, x.ndim)), perChannel(scale, x.ndim));
  return fuse(add(h, perChannel(bias, x.ndim)), { relu, residual });
}

/** A view of v [c] that broadcasts to tensors [n, c, ..] of `ndim` axes. */
export function perChannel(v: Tensor, ndim: number): Tensor {
  return reshape(v, [v.size, ...new Array<number>(ndim - 2).fill(1)]);
}

/** Returns x normalized over its last axes, whose sizes are `shape`: y = weight (x - mean) / sqrt(variance + eps) + bias.
 *  weight and bias have that shape, or are null (default). Throws ShapeError if x's shape does not end in `shape`.
 *  Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450. */
export function layerNorm(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: NormOptions = {},
): Tensor {
  const { eps } = normOptions('layerNorm', options, ['eps']);
  if (!sameShape(checkTensor('layerNorm', x).shape.slice(x.ndim - checkShape('layerNorm', shape).length), shape)) {
    throw new ShapeError(`layerNorm: the input must end in the normalized shape: ${show(x.shape)} and ${show(shape)}`);
  }
  for (const t of [weight, bias]) if (t !== null) checkTensor('layerNorm: weight and bias', t);
  const odd = [weight, bias].find((t) => t && !sameShape(t.shape, shape));
  if (odd) throw new ShapeError(`layerNorm: weight and bias must have the shape ${show(shape)}: ${show(odd.shape)}`);
  const n = sizeOf(shape);
  const rows = reshape(cast(x, floatOf(x.dtype)), [n ? x.size / n : 0, n]);
  // The kernel takes a bias only after a weight. A weight of 1 does not change the bits.
  const w = weight ?? (bias && filled(shape, 1, bias.dtype, x));
  const flat = [w, bias].flatMap((t) => (t ? [reshape(t, [n])] : []));
  return reshape(layerNormOp(rows, flat, eps), x.shape);
}

// For each row of x [m, n], with mean mu and biased variance s2, r = 1 / sqrt(s2 + eps) and h = (x - mu) r:
//   y = w h + b
//   gx = r (k - mean(k) - h mean(k h))      k = w g, along the row
//   gw = sum g h,   gb = sum g          over the rows
export const layerNormOp: Operation<[x: Tensor, affine: Tensor[], eps: number], BatchNormGradAttributes> = op(
  withComposed({
    name: 'layerNorm',
    args: (x, affine, eps) => [unify('layerNorm', x, ...affine), { eps }],
    shape: ([x]) => [x],
    loop([y], views, { eps }) {
      const [x, w, b] = views.map(dense);
      const n = y.shape[1];
      for (let from = 0; from < x.length; from += n) {
        const m = total(x, from, from + n) / n;
        let squares = 0;
        for (let i = 0; i < n; i++) squares += (x[from + i] - m) ** 2;
        const r = 1 / Math.sqrt(squares / n + eps);
        for (let i = 0; i < n; i++)
          y.data[y.offset + from + i] = (x[from + i] - m) * r * (w ? w[i] : 1) + (b ? b[i] : 0);
      }
    },
    vjp([g], [x, w, b], _ys, { eps }) {
      let all: Tensor[] | undefined;
      const part = (i: number) => () => (all ??= layerNormGrad(g, x, w ?? null, eps))[i];
      return [part(0), ...(w ? [part(1)] : []), ...(b ? [part(2)] : [])];
    },
    composed([x, w, b], { eps }) {
      const r = div(1, sqrt(add(varianceOp(x, [1], x.shape[1]), eps)));
      const h = mul(centerOp(x, [1]), r);
      const scaled = w ? mul(h, w) : h;
      return [b ? add(scaled, b) : scaled];
    },
  }),
);

/** Returns the gradients of layerNorm in one call: [gx, gw, gb], or [gx] without a weight. It has no vjp: second derivatives use
 *  layerNorm's composed form. */
export const layerNormGrad: Operations<[g: Tensor, x: Tensor, w: Tensor | null, eps: number], BatchNormGradAttributes> =
  ops({
    name: 'layerNormGrad',
    args: (g, x, w, eps) => [[g, x, ...(w ? [w] : [])], { eps }],
    shape: ([, x, w]) => [x, ...(w ? [w, w] : [])],
    loop([gx, gw, gb], views, { eps }) {
      const [g, x, w] = views.map(dense);
      const n = gx.shape[1];
      const [sumGh, sumG] = [new Float64Array(n), new Float64Array(n)];
      for (let from = 0; from < x.length; from += n) {
        const m = total(x, from, from + n) / n;
        let squares = 0;
        for (let i = 0; i < n; i++) squares += (x[from + i] - m) ** 2;
        const r = 1 / Math.sqrt(squares / n + eps);
        let sumK = 0;
        let sumKh = 0;
        for (let i = 0; i < n; i++) {
          const h = (x[from + i] - m) * r;
          const k = g[from + i] * (w ? w[i] : 1);
          sumK += k;
          sumKh += k * h;
          sumGh[i] += g[from + i] * h;
          sumG[i] += g[from + i];
        }
        for (let i = 0; i < n; i++) {
          const k = g[from + i] * (w ? w[i] : 1);
          gx.data[gx.offset + from + i] = r * (k - (sumK + (x[from + i] - m) * r * sumKh) / n);
        }
      }
      gw?.data.set(sumGh, gw.offset);
      gb?.data.set(sumG, gb.offset);
    },
  });
