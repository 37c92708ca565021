// Convolution with 3 x 3 windows and stride 1 by Winograd's form F(2x2, 3x3): 16 multiplications for four outputs instead of 36.
//
//   Y = A' M A,  M = sum over channels of (G w G') . (B' d B)     d: 4 x 4 of x,  Y: 2 x 2 of y,  . element by element
//
//        | 1  0 -1  0 |        | 1   0   0 |         | 1  1  1  0 |
//   B' = | 0  1  1  0 |    G = | ½   ½   ½ |    A' = | 0  1 -1 -1 |
//        | 0 -1  1  0 |        | ½  -½   ½ |
//        | 0  1  0 -1 |        | 0   0   1 |
//
// The sums are 16 matrix products, one for each place in the 4 x 4. Four neighbouring tiles are transformed at once, one in each
// lane. Rows of tiles are padded to a multiple of 4. They are computed in blocks, so that the transforms stay in the cache. The
// transforms are stored as 16 planes, one for each place: planes of filters in panels of rows, planes of tiles and of products in
// panels of NR columns.
//
// The rounding error of an output is relative to the largest value in its window, even if the weight of that value is 0. Infinite
// or very large values can overflow in the transforms. Then a result is not finite, the kernel reports it, and the caller runs
// the plain form.
// Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", CVPR.
import { MR, multiplyPanels, NR } from '../lib/gemm';
import { clear, F } from '../lib/memory';
import { across, down, fourTiles, pitchOf, planeBytes, rowsOf, setRows, tell } from '../lib/tiles';
import { begin, Conv, take, taken } from '../lib/window';

/** The number of rows of tiles in a block. Its transforms take 384 kB, which stay in the second-level cache. If the transformed
 *  filters are larger than twice that, the block's transforms take half as much as the filters, because each block reads every
 *  filter. */
function blockOf(g: Conv): usize {
  return rowsOf(g, max<usize>(3 << 17, 8 * g.co * g.ci * F));
}

/** The tiles of a block, padded to whole panels. */
function tilesOf(g: Conv): usize {
  return (blockOf(g) * across(g) + NR - 1) & ~(NR - 1);
}

let frame: usize = 0;
let inputs: usize = 0;
let products: usize = 0;
/** NaN in a lane if a result was not finite. */
let doubt: v128 = i64x2.splat(0);

function layOut(g: Conv, work: usize): usize {
  begin(work);
  frame = take((2 * blockOf(g) + 2) * pitchOf(g));
  inputs = take((16 * planeBytes(g.ci * tilesOf(g))) / F);
  products = take((16 * planeBytes(g.co * tilesOf(g))) / F);
  return taken(work);
}

/** Bytes that `winograd` needs at `work`. */
export function winogradWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** Bytes of the transformed filters. */
export function winogradFilterBytes(at: usize): usize {
  const g = changetype<Conv>(at);
  return 16 * planeBytes(g.co * g.ci);
}

/** The number of panels of the transformed filters. */
export function winogradPanels(at: usize): usize {
  return (changetype<Conv>(at).co + MR - 1) / MR;
}

/** u = G w G' of every filter, packed for `winograd`. Computes panels first to last - 1. turned: w is [ci, co, 3, 3], and each
 *  filter is turned by 180 degrees. */
export function winogradFilter(at: usize, u: usize, w: usize, turned: bool, first: usize, last: usize): void {
  const g = changetype<Conv>(at);
  const panels = winogradPanels(at);
  const plane = planeBytes(g.co * g.ci);
  for (let i = first; i < last; i++) {
    const start = (i * g.co) / panels;
    const rows = ((i + 1) * g.co) / panels - start;
    let to = u + start * g.ci * F;
    for (let c: usize = 0; c < g.ci; c++) {
      for (let o = start; o < start + rows; o++, to += F) {
        if (turned) filter(to, plane, w + ((c * g.co + o) * 9 + 8) * F, -F);
        else filter(to, plane, w + (o * g.ci + c) * 9 * F, F);
      }
    }
  }
}

/** The 16 values of one filter, `plane` bytes apart. The values of w are `by` bytes apart. */
// @ts-ignore: decorator
@inline
function filter(to: usize, plane: usize, w: usize, by: usize): void {
  const a0 = load<f32>(w);
  const a1 = load<f32>(w + by);
  const a2 = load<f32>(w + 2 * by);
  const b0 = load<f32>(w + 3 * by);
  const b1 = load<f32>(w + 4 * by);
  const b2 = load<f32>(w + 5 * by);
  const c0 = load<f32>(w + 6 * by);
  const c1 = load<f32>(w + 7 * by);
  const c2 = load<f32>(w + 8 * by);
  filterRow(to, plane, a0, a1, a2);
  filterRow(to + 4 * plane, plane, 0.5 * (a0 + b0 + c0), 0.5 * (a1 + b1 + c1), 0.5 * (a2 + b2 + c2));
  filterRow(to + 8 * plane, plane, 0.5 * (a0 - b0 + c0), 0.5 * (a1 - b1 + c1), 0.5 * (a2 - b2 + c2));
  filterRow(to + 12 * plane, plane, c0, c1, c2);
}

/** A row of G w, times G'. */
// @ts-ignore: decorator
@inline
function filterRow(to: usize, plane: usize, a: f32, b: f32, c: f32): void {
  store<f32>(to, a);
  store<f32>(to + plane, 0.5 * (a + b + c));
  store<f32>(to + 2 * plane, 0.5 * (a - b + c));
  store<f32>(to + 3 * plane, c);
}

/** y [n, co, oh, ow] from x [n, ci, h, w] and transformed filters u. Writes 1 to `odd` if a result is not finite. */
export function winograd(at: usize, y: usize, x: usize, u: usize, odd: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  const rows = blockOf(g);
  const all = g.n * down(g);
  clear(frame, (2 * rows + 2) * pitchOf(g));
  doubt = i64x2.splat(0);
  const plane = planeBytes(g.ci * tilesOf(g));
  const productPlane = planeBytes(g.co * tilesOf(g));
  const filterPlane = planeBytes(g.co * g.ci);
  for (let first: usize = 0; first < all; first += rows) {
    const count = min<usize>(rows, all - first);
    for (let i: usize = 0; i < count; ) {
      // The rows of tiles that belong to one image.
      const many = min<usize>(count - i, down(g) - ((first + i) % down(g)));
      for (let c: usize = 0; c < g.ci; c++) transformRows(g, x, c, first + i, many, i * across(g), plane);
      i += many;
    }
    const panels = (count * across(g) + NR - 1) / NR;
    for (let k: usize = 0; k < 16; k++) {
      multiplyPanels(products + k * productPlane, u + k * filterPlane, inputs + k * plane, g.co, g.ci, panels);
    }
    for (let i: usize = 0; i < count; i++) {
      for (let o: usize = 0; o < g.co; o++) writeRow(g, y, first + i, o, i * across(g), productPlane);
    }
  }
  tell(odd, doubt);
}

/** Writes the transforms of `count` rows of tiles of channel c of one image, as the tiles from `tile` on. */
function transformRows(g: Conv, x: usize, c: usize, index: usize, count: usize, tile: usize, plane: usize): void {
  setRows(g, frame, x, g.ci, c, g.h, g.w, index, g.ph, <usize>g.pw, 2 * count + 2);
  const pitch = pitchOf(g) * F;
  for (let from = frame; count > 0; count--, from += 2 * pitch) {
    for (let t: usize = 0; t < across(g); t += 4, tile += 4) {
      fourTiles(inPanel(inputs, g.ci, c, tile), plane, from + 2 * t * F, pitch);
    }
  }
}

/** The address of a tile's value of one channel in panels of NR tiles. */
// @ts-ignore: decorator
@inline
function inPanel(planes: usize, channels: usize, c: usize, tile: usize): usize {
  return planes + ((tile & ~(NR - 1)) * channels + c * NR + (tile & (NR - 1))) * F;
}

/** Writes two rows of y: A' M A of a row of tiles, from `tile` on, of output channel o. The 16 values of a tile are `step` bytes apart. */
function writeRow(g: Conv, y: usize, index: usize, o: usize, tile: usize, step: usize): void {
  const image = index / down(g);
  const row: usize = (index % down(g)) * 2;
  const top = y + ((image * g.co + o) * g.oh + row) * g.ow * F;
  const both = row + 1 < g.oh;
  for (let column: usize = 0; column < g.ow; column += 8, tile += 4) {
    const from = inPanel(products, g.co, o, tile);
    const left = g.ow - column;
    const at = top + column * F;
    // Columns of A' M: sums over the rows of M.
    const a0 = three(true, from, step);
    const a1 = three(true, from + step, step);
    const a2 = three(true, from + 2 * step, step);
    const a3 = three(true, from + 3 * step, step);
    pairs(at, f32x4.add(f32x4.add(a0, a1), a2), f32x4.sub(f32x4.sub(a1, a2), a3), left);
    if (!both) continue;
    const b0 = three(false, from, step);
    const b1 = three(false, from + step, step);
    const b2 = three(false, from + 2 * step, step);
    const b3 = three(false, from + 3 * step, step);
    pairs(at + g.ow * F, f32x4.add(f32x4.add(b0, b1), b2), f32x4.sub(f32x4.sub(b1, b2), b3), left);
  }
}

/** m0 + m1 + m2, or m1 - m2 - m3, of a column of M. Its values are 4 steps apart. */
// @ts-ignore: decorator
@inline
function three(sum: bool, at: usize, step: usize): v128 {
  const m1 = v128.load(at + 4 * step);
  const m2 = v128.load(at + 8 * step);
  if (sum) return f32x4.add(f32x4.add(v128.load(at), m1), m2);
  return f32x4.sub(f32x4.sub(m1, m2), v128.load(at + 12 * step));
}

/** Stores the first `left` of the values a0 b0 a1 b1 .. */
// @ts-ignore: decorator
@inline
function pairs(to: usize, a: v128, b: v128, left: usize): void {
  const first = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const second = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  if (left >= 8) {
    doubt = f32x4.add(doubt, f32x4.add(f32x4.sub(a, a), f32x4.sub(b, b)));
    v128.store(to, first);
    v128.store(to, second, 16);
  } else {
    storeSome(to, first, min<usize>(4, left));
    if (left > 4) storeSome(to + 16, second, left - 4);
  }
}

/** Stores the first n <= 4 lanes. */
function storeSome(to: usize, a: v128, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    const value = f32x4.extract_lane(a, 0);
    doubt = f32x4.add(doubt, f32x4.splat(value - value));
    store<f32>(to + i * F, value);
    a = v128.shuffle<f32>(a, a, 1, 2, 3, 0);
  }
}
