// Normalization. With mean mu and biased variance s2 of the n values of a channel, and h = (x - mu) / sqrt(s2 + eps):
//
//   y  = w h + b,  + r with a residual r,  max(y, 0) with relu;   then for g below  g [y > 0]
//   gb = sum g,   gw = sum g h,   gx = w / sqrt(s2 + eps) (g - (gb + h gw) / n),   gr = g
//
// Sources: Ioffe and Szegedy 2015, arXiv 1502.03167; Ba, Kiros and Hinton 2016, arXiv 1607.06450.
import { ShapeError } from '../errors.js';
import { type Operations, ops } from '../op.js';
import { type Shape, sameShape, show, sizeOf, splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { BatchNormAttributes, BatchNormGradAttributes } from './attributes.js';
import { dense } from './loops.js';
import { relu, sqrt } from './map.js';
import { mean, variance } from './reduce.js';
import { unify } from './select.js';
import { reshape } from './view.js';
import { add, div, mul, sub } from './zip.js';

/** What batch normalization does besides, in the same pass. */
export interface NormFusion {
  /** Added to what is normalized, of its shape. */
  residual?: Tensor;
  /** Whether max(y, 0) comes last. */
  relu?: boolean;
}

type NormArgs = [x: Tensor, weight: Tensor, bias: Tensor, options?: { eps?: number } & NormFusion];
type GradArgs = [
  g: Tensor,
  x: Tensor,
  w: Tensor,
  mu: Tensor,
  s2: Tensor,
  y: Tensor | null,
  attrs: BatchNormGradAttributes,
];

/** Normalizes each channel by the statistics of this batch.  x [n, c, ..], weight [c], bias [c], residual as x
 *  -> [y, mean [c], biased variance [c]]. No gradient flows from the statistics' own outputs. */
export const batchNorm: Operations<NormArgs, BatchNormAttributes> = ops({
  name: 'batchNorm',
  args: (x, w, b, { eps = 1e-5, relu = false, residual: r } = {}) => [unify(x, w, b, ...(r ? [r] : [])), { eps, relu }],
  shape([x, w, b, r]) {
    if (x.length < 2 || !sameShape(w, [x[1]]) || !sameShape(b, [x[1]])) {
      throw new ShapeError(
        `batchNorm: takes x [n,c,..] with weight and bias [c]: ${show(x)}, ${show(w)} and ${show(b)}`,
      );
    }
    if (r) checkResidual(r, x);
    if (sizeOf(x) === 0) throw new ShapeError(`batchNorm: no values to take a mean of: ${show(x)}`);
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
    const y = also(add(mul(h, perChannel(w, x.ndim)), perChannel(b, x.ndim)), { residual: r, relu: attrs.relu });
    return [y, reshape(m.detach(), w.shape), reshape(v.detach(), w.shape)];
  },
  examples: (t) => [
    [t([3, 2, 2, 2]), t([2]), t([2]), { eps: 1e-3 }],
    [t([5, 3]), t([3]), t([3]), { eps: 1e-5 }],
    [t([3, 2, 2, 2]), t([2]), t([2]), { residual: t([3, 2, 2, 2]), relu: true }],
    [t([3, 2, 5]), t([2]), t([2]), { relu: true }],
    [t([5, 3]), t([3]), t([3]), { residual: t([5, 3]) }],
  ],
});

function checkResidual(r: Shape, x: Shape): void {
  if (!sameShape(r, x)) throw new ShapeError(`batchNorm: the residual must be as x: ${show(r)} and ${show(x)}`);
}

/** What is fused with batchNorm, step by step. */
function also(y: Tensor, { residual, relu: last }: NormFusion): Tensor {
  if (residual) checkResidual(residual.shape, y.shape);
  const sum = residual ? add(y, residual) : y;
  return last ? relu(sum) : sum;
}

/** The gradients of batchNorm in one pass: [gx, gw, gb], and where y is given, what relu sends back, g [y > 0]. */
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
  examples: (t) => [
    [t([3, 2, 2, 2]), t([3, 2, 2, 2]), t([2]), t([2]), t([2], 0.5, 1), null, { eps: 1e-3 }],
    [t([3, 2, 5]), t([3, 2, 5]), t([2]), t([2]), t([2], 0.5, 1), t([3, 2, 5]), { eps: 1e-3 }],
  ],
});

/** Normalizes each channel by statistics from elsewhere: running means and variances, in evaluation. */
export function batchNormWith(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mu: Tensor,
  s2: Tensor,
  options: { eps?: number } & NormFusion = {},
): Tensor {
  const scale = div(weight, sqrt(add(s2, options.eps ?? 1e-5)));
  const shift = sub(bias, mul(mu, scale));
  return also(add(mul(x, perChannel(scale, x.ndim)), perChannel(shift, x.ndim)), options);
}

function perChannel(v: Tensor, ndim: number): Tensor {
  return reshape(v, [v.size, ...new Array<number>(ndim - 2).fill(1)]);
}

/** Normalizes over the last axes, whose sizes are `shape`; weight and bias are of that shape, or null.
 *  Throws ShapeError where x does not end in that shape. */
export function layerNorm(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options: { eps?: number } = {},
): Tensor {
  if (!sameShape(x.shape.slice(x.ndim - shape.length), shape)) {
    throw new ShapeError(`layerNorm: the input must end in the normalized shape: ${show(x.shape)} and ${show(shape)}`);
  }
  const axes = shape.map((_, i) => x.ndim - shape.length + i);
  const centred = sub(x, mean(x, axes, { keepdim: true }));
  const v = mean(mul(centred, centred), axes, { keepdim: true });
  const h = div(centred, sqrt(add(v, options.eps ?? 1e-5)));
  const y = weight ? mul(h, weight) : h;
  return bias ? add(y, bias) : y;
}
