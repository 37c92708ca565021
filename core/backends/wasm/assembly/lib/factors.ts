// The two factors of a convolution's filter gradient, packed window by window: the elements of x under some taps, and the channels of gy.
import { NR } from './gemm';
import { F, transpose4 } from './memory';
import { Conv } from './window';

/** Packs the elements of x under `many` taps of `count` rows of windows, [p][NR]. rows: the offset of each row.
 *  Repeats the last tap up to a multiple of four columns, and does not write the rest of the panel. */
export function packTaps(g: Conv, to: usize, x: usize, rows: usize, count: usize, tap: usize, many: usize): void {
  const step = g.sw * F;
  for (let r: usize = 0; r < count; r++) {
    const row = x + load<u32>(rows + r * 4);
    for (let j: usize = 0; j < many; j += 4) {
      const last = min<usize>(many - j, 4) - 1;
      // Taps beyond `many` repeat the last one.
      let a = row + load<u32>(tap + j * 4);
      let b = row + load<u32>(tap + (j + min<usize>(1, last)) * 4);
      let c = row + load<u32>(tap + (j + min<usize>(2, last)) * 4);
      let d = row + load<u32>(tap + (j + min<usize>(3, last)) * 4);
      let at = to + j * F;
      let i: usize = 0;
      for (; i + 4 <= g.ow; i += 4) {
        storeColumns(at, four(a, step), four(b, step), four(c, step), four(d, step));
        at += 4 * NR * F;
        a += 4 * step;
        b += 4 * step;
        c += 4 * step;
        d += 4 * step;
      }
      for (; i < g.ow; i++) {
        store<f32>(at, load<f32>(a));
        store<f32>(at, load<f32>(b), 4);
        store<f32>(at, load<f32>(c), 8);
        store<f32>(at, load<f32>(d), 12);
        at += NR * F;
        a += step;
        b += step;
        c += step;
        d += step;
      }
    }
    to += g.ow * NR * F;
  }
}

/** Four values, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function four(at: usize, step: usize): v128 {
  if (step == F) return v128.load(at);
  if (step == 2 * F) return v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
  let a = v128.load32_lane(at, f32x4.splat(0), 0);
  a = v128.load32_lane(at + step, a, 1);
  a = v128.load32_lane(at + 2 * step, a, 2);
  return v128.load32_lane(at + 3 * step, a, 3);
}

/** Stores the transpose of four vectors, NR values apart. */
// @ts-ignore: decorator
@inline
function storeColumns(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(to + NR * F, v128.shuffle<f64>(ab, cd, 1, 3));
  v128.store(to + 2 * NR * F, v128.shuffle<f64>(ef, gh, 0, 2));
  v128.store(to + 3 * NR * F, v128.shuffle<f64>(ef, gh, 1, 3));
}

/** Packs `channels` channels of `count` rows of windows, [p][lanes], with zeros in the lanes beyond `channels`. */
export function packChannels(
  g: Conv, to: usize, gy: usize, channels: usize, lanes: usize, first: usize, count: usize,
): void {
  const length = g.windows;
  let left = count * g.ow;
  let p = (first % g.oh) * g.ow;
  gy += (first / g.oh) * g.co * length * F;
  while (left > 0) {
    // The rows that are in one image are contiguous in each channel.
    const n = min<usize>(left, length - p);
    const from = gy + p * F;
    let i: usize = 0;
    for (; channels == lanes && i + 4 <= n; i += 4) {
      for (let o: usize = 0; o < lanes; o += 4) {
        transpose4(to + (i * lanes + o) * F, lanes * F, from + (o * length + i) * F, length * F);
      }
    }
    for (; i < n; i++) {
      for (let o: usize = 0; o < lanes; o++) {
        store<f32>(to + (i * lanes + o) * F, o < channels ? load<f32>(from + (o * length + i) * F) : 0);
      }
    }
    to += n * lanes * F;
    left -= n;
    p = 0;
    gy += g.co * length * F;
  }
}
