// Normalization. With mean mu and biased variance s2 of the n values of a channel, and h = (x - mu) / sqrt(s2 + eps):
//
//   y  = w h + b
//   gb = sum g,   gw = sum g h,   gx = w / sqrt(s2 + eps) (g - (gb + h gw) / n)
//
// Sources: Ioffe and Szegedy 2015, arXiv 1502.03167; Ba, Kiros and Hinton 2016, arXiv 1607.06450.
import { ShapeError } from '../errors.js';
import { type Operations, ops } from '../op.js';
import { type Shape, sameShape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { around, dense } from './loops.js';
import { sqrt } from './map.js';
import { mean, variance } from './reduce.js';
import { unify } from './select.js';
import { reshape } from './view.js';
import { add, div, mul, sub } from './zip.js';

interface Eps {
  eps: number;
}

/** Normalizes each channel by the statistics of this batch.  x [n, c, ..], weight [c], bias [c]
 *  -> [y, mean [c], biased variance [c]]. No gradient flows from the statistics' own outputs. */
export const batchNorm: Operations<[x: Tensor, weight: Tensor, bias: Tensor, options?: Partial<Eps>], Eps> = ops({
  name: 'batchNorm',
  args: (x, weight, bias, options = {}) => [unify(x, weight, bias), { eps: options.eps ?? 1e-5 }],
  shape([x, w, b]) {
    if (x.length < 2 || !sameShape(w, [x[1]]) || !sameShape(b, [x[1]])) {
      throw new ShapeError(
        `batchNorm: takes x [n,c,..] with weight and bias [c]: ${show(x)}, ${show(w)} and ${show(b)}`,
      );
    }
    if (sizeOf(x) === 0) throw new ShapeError(`batchNorm: no values to take a mean of: ${show(x)}`);
    return [x, w, w];
  },
  loop([y, mu, s2], views, { eps }) {
    const [x, w, b] = views.map(dense);
    const { outer, n: channels, inner } = around(y.shape, 1);
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
      each((i) => (y.data[y.offset + i] = (x[i] - m) * scale + b[c]));
      mu.data[mu.offset + c] = m;
      s2.data[s2.offset + c] = v;
    }
  },
  vjp([g], [x, w], [, mu, s2], attrs) {
    let all: Tensor[] | undefined;
    const part = (i: number) => () => (all ??= batchNormGrad(g, x, w, mu, s2, attrs))[i];
    return [part(0), part(1), part(2)];
  },
  composed([x, w, b], { eps }) {
    const axes = [...x.shape.keys()].filter((i) => i !== 1);
    const m = mean(x, axes, { keepdim: true });
    const v = variance(x, axes, { keepdim: true, unbiased: false });
    const y = add(mul(div(sub(x, m), sqrt(add(v, eps))), perChannel(w, x.ndim)), perChannel(b, x.ndim));
    return [y, reshape(m.detach(), w.shape), reshape(v.detach(), w.shape)];
  },
  examples: (t) => [
    [t([3, 2, 2, 2]), t([2]), t([2]), { eps: 1e-3 }],
    [t([5, 3]), t([3]), t([3]), { eps: 1e-5 }],
  ],
});

/** The three gradients of batchNorm in one pass: [gx, gw, gb]. */
export const batchNormGrad: Operations<[g: Tensor, x: Tensor, w: Tensor, mu: Tensor, s2: Tensor, attrs: Eps], Eps> =
  ops({
    name: 'batchNormGrad',
    args: (g, x, w, mu, s2, attrs) => [[g, x, w, mu, s2], attrs],
    shape: ([, x, w]) => [x, w, w],
    loop([gx, gw, gb], views, { eps }) {
      const [g, x, w, mu, s2] = views.map(dense);
      const { outer, n: channels, inner } = around(gx.shape, 1);
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
    examples: (t) => [[t([3, 2, 2, 2]), t([3, 2, 2, 2]), t([2]), t([2]), t([2], 0.5, 1), { eps: 1e-3 }]],
  });

/** Normalizes each channel by statistics from elsewhere: running means and variances, in evaluation. */
export function batchNormWith(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mu: Tensor,
  s2: Tensor,
  options: Partial<Eps> = {},
): Tensor {
  const scale = div(weight, sqrt(add(s2, options.eps ?? 1e-5)));
  const shift = sub(bias, mul(mu, scale));
  return add(mul(x, perChannel(scale, x.ndim)), perChannel(shift, x.ndim));
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
  options: Partial<Eps> = {},
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
