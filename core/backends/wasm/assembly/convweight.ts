// The gradient of a convolution to its weight.
//
//   gw[o][t] = sum_p gy[o][p] x[tap t of window p]
//
// Both factors are dense along p, so rows are multiplied with rows: tiles of at most 4 x 2 sums, four partial sums
// each, run along a chunk of about 512 windows. Chunks are whole rows of windows and follow in a fixed order.
import { clear, F, madd, move } from './memory';
import { begin, Conv, framesOf, imageBytes, imagesOf, tabulateTaps, take, taken } from './window';

/** Windows of a chunk, about; taps whose rows are put together at once. */
const LENGTH: usize = 512;
const TAPS: usize = 128;

let taps: usize = 0;
let rowsG: usize = 0;
let rowsX: usize = 0;
let frames: usize = 0;
// The taps that this call is for.
let from: usize = 0;
let to: usize = 0;

/** Rows of windows in a chunk. */
function rowsOf(g: Conv): usize {
  return min<usize>(g.n * g.oh, max<usize>(1, LENGTH / g.ow));
}

/** The length of a chunk's rows, filled up with zeros to a multiple of 4. */
function pitchOf(g: Conv): usize {
  return (rowsOf(g) * g.ow + 3) & ~3;
}

function layOut(g: Conv, work: usize): usize {
  begin(work);
  taps = take(g.taps);
  rowsG = take(g.mg * pitchOf(g));
  rowsX = take(min<usize>(g.taps, TAPS) * pitchOf(g));
  frames = take(g.bare ? 0 : imagesOf(g, LENGTH) * g.cg * g.fh * g.fw);
  return taken(work);
}

/** Bytes that `conv2dWeight` needs at `work`. */
export function conv2dWeightWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** gw [co, ci/groups, kh, kw] from x [n, ci, h, w] and gy [n, co, oh, ow]: its channels from `first` to before `last`. */
export function conv2dWeight(at: usize, gw: usize, x: usize, gy: usize, first: usize, last: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  tabulateTaps(g, taps);
  const size = g.kh * g.kw;
  from = first * size;
  to = last * size;
  for (let o: usize = 0; o < g.co; o++) clear(gw + (o * g.taps + from) * F, to - from);
  const images = imagesOf(g, LENGTH);
  for (let group: usize = 0; group < g.groups; group++) {
    for (let image: usize = 0; image < g.n; image += images) {
      const count = min<usize>(images, g.n - image);
      const fromX = framesOf(g, frames, x, image, count, group, first, last - first);
      const fromG = gy + (image * g.co + group * g.mg) * g.windows * F;
      for (let row: usize = 0; row < count * g.oh; row += rowsOf(g)) {
        addChunk(g, gw + group * g.mg * g.taps * F, fromX, fromG, row, min<usize>(rowsOf(g), count * g.oh - row));
      }
    }
  }
}

/** Adds the products along `count` rows of windows from `first` on, counted over images. */
function addChunk(g: Conv, gw: usize, x: usize, gy: usize, first: usize, count: usize): void {
  const pitch = pitchOf(g);
  const k = g.taps;
  const m = g.mg;
  const length = g.windows;
  for (let o: usize = 0; o < m; o++) {
    const at = gy + o * length * F;
    gather(g, rowsG + o * pitch * F, pitch, at, first, count, g.co * length * F, g.ow * F, 1);
  }
  const image = imageBytes(g);
  const row = g.sh * g.fw * F;
  for (let t = from; t < to; t += TAPS) {
    const many = min<usize>(TAPS, to - t);
    for (let i: usize = 0; i < many; i++) {
      const at = x + load<u32>(taps + (t + i) * 4);
      gather(g, rowsX + i * pitch * F, pitch, at, first, count, image, row, g.sw);
    }
    multiplyRows(gw + t * F, rowsG, rowsX, m, many, k, pitch);
  }
}

/** Sets `count` rows of windows one after the other and zeros up to `pitch`. Elements of a row are `step` values apart,
 *  rows and images that many bytes. */
function gather(
  g: Conv, to: usize, pitch: usize, from: usize, first: usize, count: usize, image: usize, row: usize, step: usize,
): void {
  const end = to + pitch * F;
  const oh = g.oh;
  const ow = g.ow;
  let oy = first % oh;
  from += (first / oh) * image;
  for (let i: usize = 0; i < count; i++) {
    const at = from + oy * row;
    if (step == 1) move(to, at, ow);
    else for (let j: usize = 0; j < ow; j++) store<f32>(to + j * F, load<f32>(at + j * step * F));
    to += ow * F;
    if (++oy == oh) {
      oy = 0;
      from += image;
    }
  }
  for (; to < end; to += F) store<f32>(to, 0);
}

/** c[i][j] += a[i] . b[j], m rows of a and n of b of `pitch` values, a multiple of 4; rows of c `ldc` values apart. An odd
 *  last row of b is multiplied twice, stored once. */
export function multiplyRows(to: usize, g: usize, x: usize, m: usize, n: usize, ldc: usize, pitch: usize): void {
  const panels = (m + 3) / 4;
  for (let t: usize = 0; t < n; t += 2) {
    const b = x + t * pitch * F;
    const next = t + 1 < n ? pitch * F : 0;
    for (let i: usize = 0; i < panels; i++) {
      const start = (i * m) / panels;
      const rows = ((i + 1) * m) / panels - start;
      const a = g + start * pitch * F;
      const c = to + (start * ldc + t) * F;
      if (rows == 4) dot(4, c, a, b, next, pitch * F, ldc * F);
      else if (rows == 3) dot(3, c, a, b, next, pitch * F, ldc * F);
      else if (rows == 2) dot(2, c, a, b, next, pitch * F, ldc * F);
      else dot(1, c, a, b, next, pitch * F, ldc * F);
    }
  }
}

/** `rows` is constant at each call; `next` leads from one row of taps to the other, or is 0; `length` is in bytes. */
// @ts-ignore: decorator
@inline
function dot(rows: usize, c: usize, a: usize, b: usize, next: usize, length: usize, ldc: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  for (const end = b + length; b < end; b += 16) {
    const b0 = v128.load(b);
    const b1 = v128.load(b + next);
    const a0 = v128.load(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    if (rows > 1) {
      const a1 = v128.load(a + length);
      s10 = madd(a1, b0, s10);
      s11 = madd(a1, b1, s11);
    }
    if (rows > 2) {
      const a2 = v128.load(a + 2 * length);
      s20 = madd(a2, b0, s20);
      s21 = madd(a2, b1, s21);
    }
    if (rows > 3) {
      const a3 = v128.load(a + 3 * length);
      s30 = madd(a3, b0, s30);
      s31 = madd(a3, b1, s31);
    }
    a += 16;
  }
  const t0 = sums(s00, s10, s20, s30);
  const t1 = sums(s01, s11, s21, s31);
  addPair(c, f32x4.extract_lane(t0, 0), f32x4.extract_lane(t1, 0), next);
  if (rows > 1) addPair(c + ldc, f32x4.extract_lane(t0, 1), f32x4.extract_lane(t1, 1), next);
  if (rows > 2) addPair(c + 2 * ldc, f32x4.extract_lane(t0, 2), f32x4.extract_lane(t1, 2), next);
  if (rows > 3) addPair(c + 3 * ldc, f32x4.extract_lane(t0, 3), f32x4.extract_lane(t1, 3), next);
}

/** The sum of each vector's lanes. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function addPair(c: usize, x: f32, y: f32, next: usize): void {
  store<f32>(c, load<f32>(c) + x);
  if (next) store<f32>(c, load<f32>(c, 4) + y, 4);
}
