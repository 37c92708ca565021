// The gradient of the convolution in winograd.ts with respect to its filter, by F(3x3, 2x2): 16 multiplications for each 2 x 2
// block of gy instead of 36.
//
//   gw = C' [ sum over tiles of (H g H') . (B' d B) ] C           d: 4 x 4 of x,  g: 2 x 2 of gy,  gw: 3 x 3
//
//        | 1   0 |         | 1  1  1  0 |
//    H = | ½   ½ |    C' = | 0  1 -1  0 |    B': see winograd.ts, whose notes on rounding hold here too
//        | ½  -½ |         | 0  1  1 -1 |
//        | 0   1 |
//
// Both factors are dense along the tiles, so the sums are 16 products of rows by rows.
import { multiplyRows } from '../lib/rows';
import { clear, F } from '../lib/memory';
import { across, down, fourTiles, pitchOf, planeBytes, rowsOf, setRows, tell } from '../lib/tiles';
import { begin, Conv, take, taken } from '../lib/window';

/** The number of rows of tiles in a block. A block's transforms take at most 768 kB, which stay in the second-level cache, or as
 *  many bytes as the sums if that is more: every block reads and writes all the sums. */
function blockOf(g: Conv): usize {
  return rowsOf(g, max<usize>(3 << 18, 16 * g.co * g.ci * F));
}

let frame: usize = 0;
let frameG: usize = 0;
let inputs: usize = 0;
let gradients: usize = 0;
let sums: usize = 0;

function layOut(g: Conv, work: usize, channels: usize): usize {
  const tiles = blockOf(g) * across(g);
  begin(work);
  frame = take(4 * pitchOf(g));
  frameG = take(2 * pitchOf(g));
  inputs = take((16 * planeBytes(channels * tiles)) / F);
  gradients = take((16 * planeBytes(g.co * tiles)) / F);
  sums = take((16 * planeBytes(g.co * channels)) / F);
  return taken(work);
}

/** Bytes that `winogradWeight` needs at `work`. */
export function winogradWeightWork(at: usize): usize {
  const g = changetype<Conv>(at);
  return layOut(g, 0, g.ci);
}

/** gw [co, ci, 3, 3] from x [n, ci, h, w] and gy [n, co, oh, ow]. Computes input channels first to last - 1. Writes 1 to `odd` if
 *  a result is not finite. */
export function winogradWeight(
  at: usize, gw: usize, x: usize, gy: usize, odd: usize, first: usize, last: usize, work: usize,
): void {
  const g = changetype<Conv>(at);
  const channels = last - first;
  layOut(g, work, channels);
  clear(frame, 4 * pitchOf(g));
  clear(frameG, 2 * pitchOf(g));
  const rows = blockOf(g);
  const plane = planeBytes(channels * rows * across(g));
  const gradientPlane = planeBytes(g.co * rows * across(g));
  const sumPlane = planeBytes(g.co * channels);
  clear(sums, (16 * sumPlane) / F);
  const pitch = pitchOf(g) * F;
  for (let from: usize = 0; from < g.n * down(g); from += rows) {
    const count = min<usize>(rows, g.n * down(g) - from);
    const tiles = count * across(g);
    for (let i: usize = 0; i < count; i++) {
      for (let c: usize = 0; c < channels; c++) {
        setRows(g, frame, x, g.ci, first + c, g.h, g.w, from + i, g.ph, <usize>g.pw, 4);
        const to = inputs + (c * tiles + i * across(g)) * F;
        for (let t: usize = 0; t < across(g); t += 4) {
          fourTiles(to + t * F, plane, frame + 2 * t * F, pitch);
        }
      }
      for (let o: usize = 0; o < g.co; o++) {
        setRows(g, frameG, gy, g.co, o, g.oh, g.ow, from + i, 0, 0, 2);
        const to = gradients + (o * tiles + i * across(g)) * F;
        for (let t: usize = 0; t < across(g); t += 4) {
          fourGradients(to + t * F, gradientPlane, frameG + 2 * t * F, pitch);
        }
      }
    }
    for (let k: usize = 0; k < 16; k++) {
      const a = gradients + k * gradientPlane;
      const b = inputs + k * plane;
      multiplyRows(sums + k * sumPlane, a, b, g.co, channels, channels, tiles);
    }
  }
  let doubt = f32x4.splat(0);
  for (let o: usize = 0; o < g.co; o++) {
    for (let c: usize = 0; c < channels; c++) {
      const to = gw + (o * g.ci + first + c) * 9 * F;
      collect(to, sums + (o * channels + c) * F, sumPlane);
      for (let i: usize = 0; i < 9; i++) {
        const value = load<f32>(to + i * F);
        doubt = f32x4.add(doubt, f32x4.splat(value - value));
      }
    }
  }
  tell(odd, doubt);
}

/** H g H' of four neighbouring tiles. */
// @ts-ignore: decorator
@inline
function fourGradients(to: usize, step: usize, g: usize, pitch: usize): void {
  const half = f32x4.splat(0.5);
  const a = v128.load(g);
  const b = v128.load(g, 16);
  const c = v128.load(g + pitch);
  const d = v128.load(g + pitch, 16);
  const e0 = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  const o0 = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  const e1 = v128.shuffle<f32>(c, d, 0, 2, 4, 6);
  const o1 = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
  gradientRow(to, step, e0, o0);
  gradientRow(to + 4 * step, step, f32x4.mul(half, f32x4.add(e0, e1)), f32x4.mul(half, f32x4.add(o0, o1)));
  gradientRow(to + 8 * step, step, f32x4.mul(half, f32x4.sub(e0, e1)), f32x4.mul(half, f32x4.sub(o0, o1)));
  gradientRow(to + 12 * step, step, e1, o1);
}

// @ts-ignore: decorator
@inline
function gradientRow(to: usize, step: usize, even: v128, odd: v128): void {
  const half = f32x4.splat(0.5);
  v128.store(to, even);
  v128.store(to + step, f32x4.mul(half, f32x4.add(even, odd)));
  v128.store(to + 2 * step, f32x4.mul(half, f32x4.sub(even, odd)));
  v128.store(to + 3 * step, odd);
}

/** C' S C of one filter. The values of S are `step` bytes apart. */
function collect(to: usize, s: usize, step: usize): void {
  for (let i: usize = 0; i < 3; i++) {
    const a = column(i, s, step);
    const b = column(i, s + step, step);
    const c = column(i, s + 2 * step, step);
    const d = column(i, s + 3 * step, step);
    store<f32>(to, a + b + c);
    store<f32>(to, b - c, 4);
    store<f32>(to, b + c - d, 8);
    to += 3 * F;
  }
}

/** Element i of C' times a column of S. */
// @ts-ignore: decorator
@inline
function column(i: usize, s: usize, step: usize): f32 {
  const b = load<f32>(s + 4 * step);
  const c = load<f32>(s + 8 * step);
  if (i == 0) return load<f32>(s) + b + c;
  return i == 1 ? b - c : b + c - load<f32>(s + 12 * step);
}
