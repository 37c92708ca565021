// The gradient of a convolution with respect to its weight.
//
//   gw[o][t] = sum_p x[tap t of window p] gy[o][p]
//
// gy is packed into panels of 8 channels, [p][8]; a last panel with at most 4 channels has 4. x is not packed: a tile of at most TAPS
// taps by 8 channels reads single values of x where they lie, so windows may overlap and have any stride. Products are added up in
// chunks of about 256 windows, which are whole rows of windows. Chunks are added in a fixed order.
//
// The engine does not pair the vectors of that tile. So if a group has 12 or more channels of gy, the wide build packs x into panels of NR
// taps, [p][NR], and uses the tile of lib/microkernel.ts, channels by taps. The sums have the same terms in the same order.
import { packChannels, packTaps } from '../lib/factors';
import { MR, NR } from '../lib/gemm';
import { clear, F, madd, tileArea } from '../lib/memory';
import { tile } from '../lib/microkernel';
import { begin, Conv, framesOf, imageBytes, tabulateTaps, take, taken } from '../lib/window';

/** The number of channels in a panel. */
const PANEL: usize = 8;
/** The approximate number of windows in a chunk. */
const LENGTH: usize = 256;
/** The largest number of taps in a tile. Five need more registers than Node 20 finds if multiplications and additions are not fused. */
const TAPS: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Whether x is packed. */
// @ts-ignore: decorator
@inline
function packs(g: Conv): bool {
  return WIDE && g.mg >= 12;
}

let taps: usize = 0;
let rows: usize = 0;
let packedG: usize = 0;
let packedX: usize = 0;
let sums: usize = 0;
let frames: usize = 0;

/** The number of rows of windows in a chunk. */
function rowsOf(g: Conv): usize {
  return min<usize>(g.n * g.oh, max<usize>(1, LENGTH / g.ow));
}

/** The number of images whose frames are built together. A chunk ends where these images end, so their number must not
 *  depend on NR, which differs between builds. */
function imagesOf(g: Conv): usize {
  return min<usize>(g.n, max<usize>(1, LENGTH / ((g.windows + 7) & ~7)));
}

/** The number of channels of gy in a group, rounded up to a multiple of 4: whole panels, and perhaps half of one. */
function widthOf(g: Conv): usize {
  return (g.mg + 3) & ~3;
}

function layOut(g: Conv, work: usize): usize {
  begin(work);
  taps = take(g.taps);
  rows = take(rowsOf(g));
  packedG = take(widthOf(g) * rowsOf(g) * g.ow);
  packedX = take(packs(g) ? rowsOf(g) * g.ow * NR : 0);
  // If x is packed, the sums of each panel are [mg][NR].
  sums = take(widthOf(g) * ((g.taps + NR - 1) & ~(NR - 1)));
  frames = take(g.bare ? 0 : imagesOf(g) * g.cg * g.fh * g.fw);
  return taken(work);
}

/** Bytes that `conv2dWeight` needs at `work`. */
export function conv2dWeightWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** gw [co, ci/groups, kh, kw] from x [n, ci, h, w] and gy [n, co, oh, ow]. Computes channels first to last - 1 of each group's
 *  inputs. */
export function conv2dWeight(at: usize, gw: usize, x: usize, gy: usize, first: usize, last: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  tabulateTaps(g, taps);
  const from = first * g.kh * g.kw;
  const to = last * g.kh * g.kw;
  const width = widthOf(g);
  const images = imagesOf(g);
  for (let group: usize = 0; group < g.groups; group++) {
    clear(sums, width * ((g.taps + NR - 1) & ~(NR - 1)));
    for (let image: usize = 0; image < g.n; image += images) {
      const count = min<usize>(images, g.n - image);
      const fromX = framesOf(g, frames, x, image, count, group, first, last - first);
      const fromG = gy + (image * g.co + group * g.mg) * g.windows * F;
      for (let row: usize = 0; row < count * g.oh; row += rowsOf(g)) {
        addChunk(g, fromX, fromG, row, min<usize>(rowsOf(g), count * g.oh - row), from, to);
      }
    }
    for (let o: usize = 0; o < g.mg; o++) {
      const out = gw + (group * g.mg + o) * g.taps * F;
      for (let t = from; t < to; t++) {
        const i = t - from;
        const at = packs(g) ? ((i / NR) * g.mg + o) * NR + (i % NR) : t * width + o;
        store<f32>(out + t * F, load<f32>(sums + at * F));
      }
    }
  }
}

/** Adds the products along `count` rows of windows from row `first` on, for taps `from` to `to` - 1. Rows are counted across images. */
function addChunk(g: Conv, x: usize, gy: usize, first: usize, count: usize, from: usize, to: usize): void {
  const width = widthOf(g);
  const row = g.sh * g.fw * F;
  let oy = first % g.oh;
  let base = (first / g.oh) * imageBytes(g);
  for (let i: usize = 0; i < count; i++) {
    store<u32>(rows + i * 4, base + oy * row);
    if (++oy == g.oh) {
      oy = 0;
      base += imageBytes(g);
    }
  }
  if (packs(g)) return addPacked(g, x, gy, first, count, from, to);
  const tiles = (to - from + TAPS - 1) / TAPS;
  for (let o: usize = 0; o < width; o += PANEL) {
    const panel = packedG + o * count * g.ow * F;
    const lanes = min<usize>(PANEL, width - o);
    packChannels(g, panel, gy + o * g.windows * F, min<usize>(PANEL, g.mg - o), lanes, first, count);
    for (let i: usize = 0; i < tiles; i++) {
      const start = from + (i * (to - from)) / tiles;
      const many = from + ((i + 1) * (to - from)) / tiles - start;
      const c = sums + (start * width + o) * F;
      const tap = taps + start * 4;
      if (lanes == PANEL) addTile(many, c, width * F, tap, x, panel, count, g.ow * PANEL * F, g.sw * F);
      else addHalf(many, c, width * F, tap, x, panel, count, g.ow * 4 * F, g.sw * F);
    }
  }
}

/** The rest of `addChunk` with packed x. */
function addPacked(g: Conv, x: usize, gy: usize, first: usize, count: usize, from: usize, to: usize): void {
  const width = widthOf(g);
  const area = tileArea();
  const panels = (g.mg + MR - 1) / MR;
  packChannels(g, packedG, gy, g.mg, width, first, count);
  for (let t = from; t < to; t += NR) {
    packTaps(g, packedX, x, rows, count, taps + t * 4, min<usize>(NR, to - t));
    for (let i: usize = 0; i < panels; i++) {
      const start = (i * g.mg) / panels;
      const many = ((i + 1) * g.mg) / panels - start;
      tile(area, packedG + start * F, packedX, many, count * g.ow, width * F, NR * F, false);
      const c = sums + ((t - from) * g.mg + start * NR) * F;
      for (let j: usize = 0; j < many * NR * F; j += 16) {
        v128.store(c + j, f32x4.add(v128.load(c + j), v128.load(area + j)));
      }
    }
  }
}

function addTile(
  many: usize, c: usize, ldc: usize, tap: usize, x: usize, b: usize, count: usize, length: usize, step: usize,
): void {
  if (TAPS == 6 && many == 6) tileOf(6, false, c, ldc, tap, x, b, count, length, step);
  else if (TAPS == 6 && many == 5) tileOf(5, false, c, ldc, tap, x, b, count, length, step);
  else if (many == 4) tileOf(4, false, c, ldc, tap, x, b, count, length, step);
  else if (many == 3) tileOf(3, false, c, ldc, tap, x, b, count, length, step);
  else if (many == 2) tileOf(2, false, c, ldc, tap, x, b, count, length, step);
  else tileOf(1, false, c, ldc, tap, x, b, count, length, step);
}

function addHalf(
  many: usize, c: usize, ldc: usize, tap: usize, x: usize, b: usize, count: usize, length: usize, step: usize,
): void {
  if (TAPS == 6 && many == 6) tileOf(6, true, c, ldc, tap, x, b, count, length, step);
  else if (TAPS == 6 && many == 5) tileOf(5, true, c, ldc, tap, x, b, count, length, step);
  else if (many == 4) tileOf(4, true, c, ldc, tap, x, b, count, length, step);
  else if (many == 3) tileOf(3, true, c, ldc, tap, x, b, count, length, step);
  else if (many == 2) tileOf(2, true, c, ldc, tap, x, b, count, length, step);
  else tileOf(1, true, c, ldc, tap, x, b, count, length, step);
}

/** Adds a tile of `many` taps by 8 channels, or by 4 with `half`; both are constants at each call. b: a panel of gy with `count` rows of
 *  windows, `length` bytes each. Windows of a row are `step` bytes apart in x. */
// @ts-ignore: decorator
@inline
function tileOf(
  many: usize, half: bool, c: usize, ldc: usize, tap: usize, x: usize, b: usize, count: usize, length: usize, step: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  const t0 = load<u32>(tap);
  const t1 = many > 1 ? load<u32>(tap, 4) - t0 : 0;
  const t2 = many > 2 ? load<u32>(tap, 8) - t0 : 0;
  const t3 = many > 3 ? load<u32>(tap, 12) - t0 : 0;
  const t4 = many > 4 ? load<u32>(tap, 16) - t0 : 0;
  const t5 = many > 5 ? load<u32>(tap, 20) - t0 : 0;
  const lastRow = rows + count * 4;
  for (let row = rows; row < lastRow; row += 4) {
    let a = x + load<u32>(row) + t0;
    for (const end = b + length; b < end; b += half ? 16 : 32) {
      const b0 = v128.load(b);
      const b1 = half ? b0 : v128.load(b, 16);
      const a0 = v128.load_splat<f32>(a);
      c00 = madd(a0, b0, c00);
      if (!half) c01 = madd(a0, b1, c01);
      if (many > 1) {
        const a1 = v128.load_splat<f32>(a + t1);
        c10 = madd(a1, b0, c10);
        if (!half) c11 = madd(a1, b1, c11);
      }
      if (many > 2) {
        const a2 = v128.load_splat<f32>(a + t2);
        c20 = madd(a2, b0, c20);
        if (!half) c21 = madd(a2, b1, c21);
      }
      if (many > 3) {
        const a3 = v128.load_splat<f32>(a + t3);
        c30 = madd(a3, b0, c30);
        if (!half) c31 = madd(a3, b1, c31);
      }
      if (many > 4) {
        const a4 = v128.load_splat<f32>(a + t4);
        c40 = madd(a4, b0, c40);
        if (!half) c41 = madd(a4, b1, c41);
      }
      if (many > 5) {
        const a5 = v128.load_splat<f32>(a + t5);
        c50 = madd(a5, b0, c50);
        if (!half) c51 = madd(a5, b1, c51);
      }
      a += step;
    }
  }
  addPair(half, c, c00, c01);
  if (many > 1) addPair(half, c + 1 * ldc, c10, c11);
  if (many > 2) addPair(half, c + 2 * ldc, c20, c21);
  if (many > 3) addPair(half, c + 3 * ldc, c30, c31);
  if (many > 4) addPair(half, c + 4 * ldc, c40, c41);
  if (many > 5) addPair(half, c + 5 * ldc, c50, c51);
}

// @ts-ignore: decorator
@inline
function addPair(half: bool, c: usize, a: v128, b: v128): void {
  v128.store(c, f32x4.add(v128.load(c), a));
  if (!half) v128.store(c, f32x4.add(v128.load(c, 16), b), 16);
}
