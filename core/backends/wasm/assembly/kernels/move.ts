// Concatenation, placement, and reads and additions by index, for values of four bytes.
import { clear, F, move } from '../lib/memory';

/** Copies `count` rows of n values into rows that begin `stride` values apart. */
export function rows(to: usize, from: usize, count: usize, n: usize, stride: usize): void {
  for (let r: usize = 0; r < count; r++) {
    move(to, from, n);
    to += stride * F;
    from += n * F;
  }
}

/** The reverse of `copy`: writes values in row-major order to a strided window. `axes`: sizes, then strides in elements. */
export function place(to: usize, from: usize, axes: usize, rank: usize): void {
  placeFrom(to, from, axes, axes + rank * 4, rank);
}

/** Places the values of the last `rank` axes; returns the address after the last one read. */
function placeFrom(to: usize, from: usize, sizes: usize, strides: usize, rank: usize): usize {
  const n: usize = load<u32>(sizes);
  const stride = <usize>load<u32>(strides) * F;
  if (rank == 1) {
    if (stride == F) move(to, from, n);
    else for (let i: usize = 0; i < n; i++) store<f32>(to + i * stride, load<f32>(from + i * F));
    return from + n * F;
  }
  for (let i: usize = 0; i < n; i++) from = placeFrom(to + i * stride, from, sizes + 4, strides + 4, rank - 1);
  return from;
}

/** Sets n values of four bytes to the bits of one. */
export function fill(to: usize, bits: i32, n: usize): void {
  const four = i32x4.splat(bits);
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + i * 4, four);
  for (; i < n; i++) store<i32>(to + i * 4, bits);
}

/** Returns 1 if each of n indices is in 0..size-1, else 0. */
export function inRange(index: usize, n: usize, size: u32): i32 {
  for (let i: usize = 0; i < n; i++) if (load<u32>(index + i * 4) >= size) return 0;
  return 1;
}

/** y[o][i][j] = x[o][index[o][i][j]][j], with n indices along an axis of `size` elements. */
export function gather(y: usize, x: usize, index: usize, outer: usize, n: usize, inner: usize, size: usize): void {
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < n; i++) {
      for (let j: usize = 0; j < inner; j++) {
        const from = <usize>load<u32>(index) * inner + j;
        store<f32>(y, load<f32>(x + from * F));
        y += F;
        index += 4;
      }
    }
    x += size * inner * F;
  }
}

/** y = 0, then y[o][index[o][i][j]][j] += g[o][i][j]. */
export function scatterAdd(y: usize, g: usize, index: usize, outer: usize, n: usize, inner: usize, size: usize): void {
  clear(y, outer * size * inner);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < n; i++) {
      for (let j: usize = 0; j < inner; j++) {
        const to = y + (<usize>load<u32>(index) * inner + j) * F;
        store<f32>(to, load<f32>(to) + load<f32>(g));
        g += F;
        index += 4;
      }
    }
    y += size * inner * F;
  }
}

/** y[o][i] = x[o][index[i]], for rows of `inner` values. */
export function indexSelect(y: usize, x: usize, index: usize, outer: usize, n: usize, inner: usize, size: usize): void {
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < n; i++) {
      move(y, x + <usize>load<u32>(index + i * 4) * inner * F, inner);
      y += inner * F;
    }
    x += size * inner * F;
  }
}

/** y = 0, then y[o][index[i]] += g[o][i], for rows of `inner` values. */
export function indexAdd(y: usize, g: usize, index: usize, outer: usize, n: usize, inner: usize, size: usize): void {
  clear(y, outer * size * inner);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < n; i++) {
      const to = y + <usize>load<u32>(index + i * 4) * inner * F;
      let j: usize = 0;
      for (; j + 4 <= inner; j += 4) v128.store(to + j * F, f32x4.add(v128.load(to + j * F), v128.load(g + j * F)));
      for (; j < inner; j++) store<f32>(to + j * F, load<f32>(to + j * F) + load<f32>(g + j * F));
      g += inner * F;
    }
    y += size * inner * F;
  }
}
