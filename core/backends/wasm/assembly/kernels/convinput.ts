// The gradient of a convolution with respect to its input.
//
//   gx[tap t of window p] += sum_o w[o][t] gy[o][p]
//
// If the stride is 1, the gradient is also a convolution of gy. Its filters are those of w with inputs and outputs exchanged, each
// turned by 180 degrees. Its padding is d (k - 1) - p, for dilation d, filter size k and padding p. `turn` makes these filters for
// conv2d, if plans/conv.ts chooses this way.
import { clear, F } from '../lib/memory';
import { KC, MC, multiply, NC, NR, packBlocks, packB } from '../lib/gemm';
import { begin, Conv, tabulateTaps, tabulateWindows, take, taken, unframe } from '../lib/window';

let packedW: usize = 0;
let packedG: usize = 0;
let product: usize = 0;
let frames: usize = 0;
let taps: usize = 0;
let windows: usize = 0;

/** Writes the filters of w with inputs and outputs exchanged, each turned by 180 degrees, as [ci, co/groups, kh, kw]. */
export function turn(at: usize, to: usize, w: usize): void {
  const g = changetype<Conv>(at);
  const size = g.kh * g.kw;
  for (let group: usize = 0; group < g.groups; group++) {
    for (let c: usize = 0; c < g.cg; c++) {
      for (let o: usize = 0; o < g.mg; o++) {
        const from = w + ((group * g.mg + o) * g.cg + c) * size * F;
        for (let i: usize = 0; i < size; i++) store<f32>(to + i * F, load<f32>(from + (size - 1 - i) * F));
        to += size * F;
      }
    }
  }
}

/** The number of panels of gy that are multiplied at once. Their product, of taps x windows values, takes at most 1 MB, unless two
 *  panels need more. */
function panelsOf(g: Conv): usize {
  return min<usize>(g.panels, max<usize>(2, min<usize>(NC / NR, (1 << 18) / (NR * g.taps))));
}

function layOut(g: Conv, work: usize): usize {
  begin(work);
  const many = panelsOf(g) * NR;
  packedW = take(g.mg * g.taps);
  taps = take(g.taps);
  windows = take(NC);
  packedG = take(min<usize>(KC, g.mg) * many);
  product = take(g.taps * many);
  frames = take(g.cg * g.fh * g.fw);
  return taken(work);
}

/** Bytes that `conv2dInput` needs at `work`. */
export function conv2dInputWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** gx [n, ci, h, w] from gy [n, co, oh, ow] and w, for any stride. */
export function conv2dInput(at: usize, gx: usize, gy: usize, w: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  tabulateTaps(g, taps);
  clear(gx, g.n * g.ci * g.h * g.w);
  const k = g.taps;
  const panels = g.panels;
  const many = panelsOf(g);
  for (let group: usize = 0; group < g.groups; group++) {
    packBlocks(packedW, w + group * g.mg * k * F, k, g.mg, F, k * F);
    for (let image: usize = 0; image < g.n; image++) {
      const from = gy + (image * g.co + group * g.mg) * g.windows * F;
      clear(frames, g.cg * g.fh * g.fw);
      for (let q: usize = 0; q < panels; q += many) spreadPanels(g, from, q, min<usize>(many, panels - q));
      unframe(g, gx + (image * g.ci + group * g.cg) * g.h * g.w * F, frames, g.cg);
    }
  }
}

/** Multiplies `count` panels of gy by w transposed and adds each product to the element under its tap. */
function spreadPanels(g: Conv, gy: usize, first: usize, count: usize): void {
  const k = g.taps;
  const m = g.mg;
  const start = first * NR;
  const cols = min<usize>(count * NR, g.windows - start);
  const ldc = count * NR * F;
  for (let pc: usize = 0; pc < m; pc += KC) {
    const kc = min<usize>(KC, m - pc);
    packB(packedG, gy + (pc * g.windows + start) * F, kc, cols, g.windows * F, F);
    for (let ic: usize = 0; ic < k; ic += MC) {
      const a = packedW + (pc * k + ic * kc) * F;
      for (let j: usize = 0; j < count; j++) {
        const c = product + ic * ldc + j * NR * F;
        multiply(c, a, packedG + j * kc * NR * F, min<usize>(MC, k - ic), kc, NR, ldc, pc > 0);
      }
    }
  }
  tabulateWindows(g, windows, first, count, 0);
  for (let t: usize = 0; t < k; t++) addTo(frames + load<u32>(taps + t * 4), product + t * ldc, cols);
}

/** Adds n products to the elements under one tap of n windows, four at once if the windows are neighbours. */
function addTo(base: usize, from: usize, n: usize): void {
  let p: usize = 0;
  for (; p + 4 <= n; p += 4) {
    const at = load<u32>(windows + p * 4);
    if (load<u32>(windows + p * 4, 12) - at == 3 * F) {
      const to = base + at;
      v128.store(to, f32x4.add(v128.load(to), v128.load(from + p * F)));
    } else {
      for (let i = p; i < p + 4; i++) addOne(base + load<u32>(windows + i * 4), from + i * F);
    }
  }
  for (; p < n; p++) addOne(base + load<u32>(windows + p * 4), from + p * F);
}

// @ts-ignore: decorator
@inline
function addOne(to: usize, from: usize): void {
  store<f32>(to, load<f32>(to) + load<f32>(from));
}
