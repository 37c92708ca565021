// Two-dimensional convolution (cross-correlation), by matrix products on windows.
//
//   y[o][p] = sum_t w[o][t] x[tap t of window p]
//
// Window p is the part of x that output p reads, and tap t is a position in a window. The matrix of all taps of all windows is
// never built: panels of NR windows are packed when the product needs them.
import { F } from '../lib/memory';
import { KC, MC, multiply, NC, NR, packBlocks } from '../lib/gemm';
import { begin, Conv, framesOf, imageBytes, imagesOf, tabulateTaps, tabulateWindows, take, taken } from '../lib/window';

let packedW: usize = 0;
let packedX: usize = 0;
let frames: usize = 0;
let taps: usize = 0;
let windows: usize = 0;

function layOut(g: Conv, work: usize): usize {
  begin(work);
  packedW = take(g.mg * g.taps);
  taps = take(g.taps);
  windows = take(NC);
  packedX = take(min<usize>(KC, g.taps) * min<usize>(NC, imagesOf(g, NC) * g.panels * NR));
  frames = take(g.bare ? 0 : imagesOf(g, NC) * g.cg * g.fh * g.fw);
  return taken(work);
}

/** Bytes that `conv2d` needs at `work`. */
export function conv2dWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** y [n, co, oh, ow] from x [n, ci, h, w] and w [co, ci/groups, kh, kw]. */
export function conv2d(at: usize, y: usize, x: usize, w: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  tabulateTaps(g, taps);
  const images = imagesOf(g, NC);
  const k = g.taps;
  for (let group: usize = 0; group < g.groups; group++) {
    packBlocks(packedW, w + group * g.mg * k * F, g.mg, k, k * F, F);
    for (let image: usize = 0; image < g.n; image += images) {
      const count = min<usize>(images, g.n - image);
      const from = framesOf(g, frames, x, image, count, group, 0, g.cg);
      const to = y + (image * g.co + group * g.mg) * g.windows * F;
      const panels = count * g.panels;
      for (let q: usize = 0; q < panels; q += NC / NR) convPanels(g, to, from, q, min<usize>(NC / NR, panels - q));
    }
  }
}

/** Computes all rows of y in the columns of `count` panels from `first` on. */
function convPanels(g: Conv, y: usize, x: usize, first: usize, count: usize): void {
  const k = g.taps;
  const m = g.mg;
  const length = g.windows;
  const perImage = g.panels;
  tabulateWindows(g, windows, first, count, imageBytes(g));
  for (let pc: usize = 0; pc < k; pc += KC) {
    const kc = min<usize>(KC, k - pc);
    packWindows(packedX, x, windows, count, taps + pc * 4, kc);
    for (let ic: usize = 0; ic < m; ic += MC) {
      const a = packedW + (pc * m + ic * kc) * F;
      const rows = min<usize>(MC, m - ic);
      for (let j: usize = 0; j < count; j++) {
        const image = (first + j) / perImage;
        const p = (first + j - image * perImage) * NR;
        const c = y + ((image * g.co + ic) * length + p) * F;
        multiply(c, a, packedX + j * kc * NR * F, rows, kc, min<usize>(NR, length - p), length * F, pc > 0);
      }
    }
  }
}

/** Packs k taps from `tap` on of every window in the table, as one panel of B for each NR windows. */
function packWindows(to: usize, x: usize, window: usize, panels: usize, tap: usize, k: usize): void {
  for (let q: usize = 0; q < panels; q++) {
    for (let j: usize = 0; j < NR * 4; j += 16) packFour(to + j, x, window + q * NR * 4 + j, tap, k);
    to += k * NR * F;
  }
}

/** Packs four windows. A tap takes one load if the windows are neighbours, two if they are two values apart, else four. */
function packFour(to: usize, x: usize, window: usize, tap: usize, k: usize): void {
  const a = x + load<u32>(window);
  const b = x + load<u32>(window, 4);
  const c = x + load<u32>(window, 8);
  const d = x + load<u32>(window, 12);
  const end = tap + k * 4;
  const step = b - a;
  const even = c - b == step && d - c == step;
  if (even && step == F) {
    for (; tap < end; tap += 4, to += NR * F) v128.store(to, v128.load(a + load<u32>(tap)));
  } else if (even && step == 2 * F) {
    for (; tap < end; tap += 4, to += NR * F) {
      const at = a + load<u32>(tap);
      v128.store(to, v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7));
    }
  } else {
    for (; tap < end; tap += 4, to += NR * F) {
      const t = load<u32>(tap);
      store<f32>(to, load<f32>(a + t));
      store<f32>(to, load<f32>(b + t), 4);
      store<f32>(to, load<f32>(c + t), 8);
      store<f32>(to, load<f32>(d + t), 12);
    }
  }
}
