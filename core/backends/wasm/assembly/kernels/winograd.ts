// Convolution with 3 x 3 windows and stride 1 by Winograd's form F(2x2, 3x3): 16 multiplications for four outputs instead of 36.
//
//   Y = A' [ sum over channels of (G w G') . (B' d B) ] A         d: 4 x 4 of x,  Y: 2 x 2 of y,  . element by element
//
//        | 1  0 -1  0 |        | 1   0   0 |         | 1  1  1  0 |
//   B' = | 0  1  1  0 |    G = | ½   ½   ½ |    A' = | 0  1 -1 -1 |
//        | 0 -1  1  0 |        | ½  -½   ½ |
//        | 0  1  0 -1 |        | 0   0   1 |
//
// The sums are 16 matrix products, one for each place in the 4 x 4. Four neighbouring tiles are transformed at once, one in each
// lane. Rows of tiles are padded to a multiple of 4. They are computed in blocks, so that the transforms stay in the cache.
//
// The rounding error of an output is relative to the largest value in its window, even if the weight of that value is 0. Infinite
// or very large values can overflow in the transforms. Then a result is not finite, the kernel reports it, and the caller runs
// the plain form.
// Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", CVPR.
import { MC, multiply, NR, packA } from '../lib/gemm';
import { clear, F } from '../lib/memory';
import { across, down, fourTiles, pitchOf, rowsOf, setRows, tell } from '../lib/tiles';
import { begin, Conv, take, taken } from '../lib/window';

/** The tiles of a block, padded to whole panels. */
function tilesOf(g: Conv): usize {
  return (rowsOf(g) * across(g) + NR - 1) & ~(NR - 1);
}

let frame: usize = 0;
let inputs: usize = 0;
let products: usize = 0;
/** NaN in a lane if a result was not finite. */
let doubt: v128 = i64x2.splat(0);

function layOut(g: Conv, work: usize): usize {
  begin(work);
  frame = take(4 * pitchOf(g));
  inputs = take(16 * g.ci * tilesOf(g));
  products = take(16 * g.co * tilesOf(g));
  return taken(work);
}

/** Bytes that `winograd` needs at `work`. */
export function winogradWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** Bytes of the transformed filters and of the scratch memory behind them that `winogradFilter` needs. */
export function winogradFilterBytes(at: usize): usize {
  const g = changetype<Conv>(at);
  return 2 * 16 * g.co * g.ci * F;
}

/** u = G w G' of every filter, packed for `winograd`. */
export function winogradFilter(at: usize, u: usize, w: usize): void {
  const g = changetype<Conv>(at);
  const size = g.co * g.ci;
  const plain = u + 16 * size * F;
  for (let i: usize = 0; i < size; i++) filter(plain + i * F, size * F, w + i * 9 * F);
  for (let k: usize = 0; k < 16; k++) {
    for (let ic: usize = 0; ic < g.co; ic += MC) {
      const from = (k * size + ic * g.ci) * F;
      packA(u + from, plain + from, min<usize>(MC, g.co - ic), g.ci, g.ci * F, F);
    }
  }
}

/** The 16 values of one filter, `step` bytes apart. */
function filter(to: usize, step: usize, w: usize): void {
  for (let j: usize = 0; j < 3; j++) {
    // Column j of G w, stored where the next loop reads it as part of a row.
    const a = load<f32>(w + j * F);
    const b = load<f32>(w + (3 + j) * F);
    const c = load<f32>(w + (6 + j) * F);
    store<f32>(to + j * step, a);
    store<f32>(to + (4 + j) * step, 0.5 * (a + b + c));
    store<f32>(to + (8 + j) * step, 0.5 * (a - b + c));
    store<f32>(to + (12 + j) * step, c);
  }
  for (let i: usize = 0; i < 4; i++) {
    const at = to + 4 * i * step;
    const a = load<f32>(at);
    const b = load<f32>(at + step);
    const c = load<f32>(at + 2 * step);
    store<f32>(at + step, 0.5 * (a + b + c));
    store<f32>(at + 2 * step, 0.5 * (a - b + c));
    store<f32>(at + 3 * step, c);
  }
}

/** y [n, co, oh, ow] from x [n, ci, h, w] and transformed filters u. Writes 1 to `odd` if a result is not finite. */
export function winograd(at: usize, y: usize, x: usize, u: usize, odd: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  clear(frame, 4 * pitchOf(g));
  doubt = i64x2.splat(0);
  const rows = rowsOf(g);
  const tiles = tilesOf(g);
  const size = g.ci * tiles * F;
  for (let first: usize = 0; first < g.n * down(g); first += rows) {
    const count = min<usize>(rows, g.n * down(g) - first);
    for (let i: usize = 0; i < count; i++) {
      for (let c: usize = 0; c < g.ci; c++) {
        setRows(g, frame, x, g.ci, c, g.h, g.w, first + i, g.ph, <usize>g.pw, 4);
        for (let t: usize = 0; t < across(g); t += 4) {
          const tile = i * across(g) + t;
          const to = inputs + ((tile / NR) * NR * g.ci + c * NR + (tile % NR)) * F;
          fourTiles(to, size, frame + 2 * t * F, pitchOf(g) * F);
        }
      }
    }
    const panels = (count * across(g) + NR - 1) / NR;
    for (let k: usize = 0; k < 16; k++) {
      for (let ic: usize = 0; ic < g.co; ic += MC) {
        const a = u + (k * g.co + ic) * g.ci * F;
        const to = products + (k * g.co + ic) * tiles * F;
        const m = min<usize>(MC, g.co - ic);
        for (let q: usize = 0; q < panels; q++) {
          multiply(to + q * NR * F, a, inputs + k * size + q * NR * g.ci * F, m, g.ci, NR, tiles * F, false);
        }
      }
    }
    for (let i: usize = 0; i < count; i++) {
      for (let o: usize = 0; o < g.co; o++) writeRow(g, y, first + i, o, products + (o * tiles + i * across(g)) * F, tiles);
    }
  }
  tell(odd, doubt);
}

/** A' M A of a row of tiles of output channel o: two rows of y. The 16 values of a tile are co tiles values apart. */
function writeRow(g: Conv, y: usize, index: usize, o: usize, from: usize, tiles: usize): void {
  const image = index / down(g);
  const row: usize = (index % down(g)) * 2;
  const step = g.co * tiles * F;
  const top = y + ((image * g.co + o) * g.oh + row) * g.ow * F;
  const both = row + 1 < g.oh;
  for (let column: usize = 0; column < g.ow; column += 8, from += 16) {
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
