// Copies of strided windows into row-major order.
import { F, move, transpose4 } from '../lib/memory';

/** Copies a strided window into row-major order. `axes` points to the sizes, then the strides in elements (u32). */
export function copy(to: usize, from: usize, axes: usize, rank: usize): void {
  copyFrom(to, from, axes, axes + rank * 4, rank);
}

/** Copies the window over the last `rank` axes; returns the address after the last value written. */
function copyFrom(to: usize, from: usize, sizes: usize, strides: usize, rank: usize): usize {
  const n: usize = load<u32>(sizes);
  const stride = <usize>load<u32>(strides) * F;
  if (rank == 1) {
    if (stride == F) move(to, from, n);
    else for (let i: usize = 0; i < n; i++) store<f32>(to + i * F, load<f32>(from + i * stride));
    return to + n * F;
  }
  if (rank == 2 && stride == F && load<u32>(strides, 4) != 1) {
    const cols: usize = load<u32>(sizes, 4);
    copyTransposed(to, from, n, cols, <usize>load<u32>(strides, 4) * F);
    return to + n * cols * F;
  }
  for (let i: usize = 0; i < n; i++) to = copyFrom(to, from + i * stride, sizes + 4, strides + 4, rank - 1);
  return to;
}

/** to[i][j] = from[j][i] for dense rows of `from` that lie `stride` bytes apart. */
function copyTransposed(to: usize, from: usize, rows: usize, cols: usize, stride: usize): void {
  let i: usize = 0;
  for (; i + 4 <= rows; i += 4) {
    let j: usize = 0;
    for (; j + 4 <= cols; j += 4) transpose4(to + (i * cols + j) * F, cols * F, from + i * F + j * stride, stride);
    for (; j < cols; j++) {
      for (let r = i; r < i + 4; r++) store<f32>(to + (r * cols + j) * F, load<f32>(from + r * F + j * stride));
    }
  }
  for (; i < rows; i++) {
    for (let j: usize = 0; j < cols; j++) store<f32>(to + (i * cols + j) * F, load<f32>(from + i * F + j * stride));
  }
}

/** `copy` for values of one byte. */
export function copyBytes(to: usize, from: usize, axes: usize, rank: usize): void {
  copyBytesFrom(to, from, axes, axes + rank * 4, rank);
}

function copyBytesFrom(to: usize, from: usize, sizes: usize, strides: usize, rank: usize): usize {
  const n: usize = load<u32>(sizes);
  const stride: usize = load<u32>(strides);
  if (rank > 1) {
    for (let i: usize = 0; i < n; i++) to = copyBytesFrom(to, from + i * stride, sizes + 4, strides + 4, rank - 1);
    return to;
  }
  if (stride == 1) memory.copy(to, from, n);
  else for (let i: usize = 0; i < n; i++) store<u8>(to + i, load<u8>(from + i * stride));
  return to + n;
}
