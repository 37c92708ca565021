// Pooling over planes, and its gradients.
//
//   y[i][j] = max of x over the window from (i sh - ph, j sw - pw); elements outside the plane do not count
//   index   = iy w + ix of that maximum: the first of equal ones; NaN counts as the largest
//   A mean over a rectangle is summed in float64 in row-major order, as in the loops, so its bits are the same.
import { clear, F } from '../lib/memory';

/** y and index [planes, oh, ow] from x [planes, h, w]. Every window must overlap the plane. */
export function maxPool2d(
  y: usize, index: usize, x: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize,
  kh: usize, kw: usize, sh: usize, sw: usize, ph: usize, pw: usize,
): void {
  for (let p: usize = 0; p < planes; p++) {
    for (let i: usize = 0; i < oh; i++) {
      const top = i * sh < ph ? <usize>0 : i * sh - ph;
      const bottom = min<usize>(h, i * sh + kh - ph);
      let j: usize = 0;
      while (j < ow) {
        // Computes four windows at once if all their columns lie inside the plane. The last four may begin before j; then they write some
        // values again.
        const first = ow >= 4 ? min<usize>(j, ow - 4) : j;
        const left = first * sw - pw;
        if (first + 4 <= ow && sw <= 2 && first * sw >= pw && left + 3 * sw + kw <= w) {
          fourWindows(y + first * F, index + first * 4, x, w, top, bottom, left, kw, sw);
          j = first + 4;
        } else {
          const from = j * sw < pw ? <usize>0 : j * sw - pw;
          oneWindow(y + j * F, index + j * 4, x, w, top, bottom, from, min<usize>(w, j * sw + kw - pw));
          j++;
        }
      }
      y += ow * F;
      index += ow * 4;
    }
    x += h * w * F;
  }
}

function oneWindow(
  y: usize, index: usize, x: usize, w: usize, top: usize, bottom: usize, left: usize, right: usize,
): void {
  let at = top * w + left;
  let best = load<f32>(x + at * F);
  for (let iy = top; iy < bottom; iy++) {
    for (let ix = left; ix < right; ix++) {
      const value = load<f32>(x + (iy * w + ix) * F);
      if (value > best || (value != value && best == best)) {
        best = value;
        at = iy * w + ix;
      }
    }
  }
  store<f32>(y, best);
  store<i32>(index, <i32>at);
}

/** Four windows that begin at left, left + sw, ..; sw is 1 or 2. */
function fourWindows(
  y: usize, index: usize, x: usize, w: usize, top: usize, bottom: usize, left: usize, kw: usize, sw: usize,
): void {
  const lanes = sw == 1 ? i32x4(0, 1, 2, 3) : i32x4(0, 2, 4, 6);
  let at = i32x4.add(i32x4.splat(<i32>(top * w + left)), lanes);
  let best = fourSpaced(x + (top * w + left) * F, sw);
  for (let iy = top; iy < bottom; iy++) {
    for (let ix = left; ix < left + kw; ix++) {
      const value = fourSpaced(x + (iy * w + ix) * F, sw);
      const nan = v128.and(f32x4.ne(value, value), f32x4.eq(best, best));
      const better = v128.or(f32x4.gt(value, best), nan);
      best = v128.bitselect(value, best, better);
      at = v128.bitselect(i32x4.add(i32x4.splat(<i32>(iy * w + ix)), lanes), at, better);
    }
  }
  v128.store(y, best);
  v128.store(index, at);
}

/** Four values, neighbours (step 1) or every second one (step 2). Reads nothing after the last. */
// @ts-ignore: decorator
@inline
function fourSpaced(at: usize, step: usize): v128 {
  if (step == 1) return v128.load(at);
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
}

/** out [planes, size] = 0, then out[p][index] += g for each element of g [planes, outputs]. Skips an index outside the plane. */
export function maxUnpool2d(out: usize, g: usize, index: usize, planes: usize, outputs: usize, size: usize): void {
  clear(out, planes * size);
  for (let p: usize = 0; p < planes; p++) {
    for (let i: usize = 0; i < outputs; i++) {
      const at: usize = load<u32>(index + i * 4);
      if (at >= size) continue;
      const to = out + at * F;
      store<f32>(to, load<f32>(to) + load<f32>(g + i * F));
    }
    out += size * F;
    g += outputs * F;
    index += outputs * 4;
  }
}

/** y [planes, count] = means of x [planes, h, w]. `windows` holds three u32 for each window: its first position in the plane,
 *  its height and its width. Sums are divided by `area`, or by the window's own area if `area` is 0. */
export function avgPool2d(
  y: usize, x: usize, windows: usize, planes: usize, count: usize, plane: usize, w: usize, area: f64,
): void {
  for (let p: usize = 0; p < planes; p++) {
    for (let k: usize = 0; k < count; k++) {
      const at = windows + k * 12;
      const height: usize = load<u32>(at, 4);
      const width: usize = load<u32>(at, 8);
      let row = x + <usize>load<u32>(at) * F;
      let sum: f64 = 0;
      for (let i: usize = 0; i < height; i++) {
        for (let j: usize = 0; j < width; j++) sum += <f64>load<f32>(row + j * F);
        row += w * F;
      }
      store<f32>(y, <f32>(sum / (area != 0 ? area : <f64>(height * width))));
      y += F;
    }
    x += plane * F;
  }
}

/** y [planes, h, w] = 0, then each element of g [planes, count] is divided evenly over its window and added. */
export function avgUnpool2d(
  y: usize, g: usize, windows: usize, planes: usize, count: usize, plane: usize, w: usize, area: f64,
): void {
  clear(y, planes * plane);
  for (let p: usize = 0; p < planes; p++) {
    for (let k: usize = 0; k < count; k++) {
      const at = windows + k * 12;
      const height: usize = load<u32>(at, 4);
      const width: usize = load<u32>(at, 8);
      const share = <f64>load<f32>(g) / (area != 0 ? area : <f64>(height * width));
      let row = y + <usize>load<u32>(at) * F;
      for (let i: usize = 0; i < height; i++) {
        for (let j: usize = 0; j < width; j++) store<f32>(row + j * F, <f32>(<f64>load<f32>(row + j * F) + share));
        row += w * F;
      }
      g += F;
    }
    y += plane * F;
  }
}
