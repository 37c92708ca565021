// C = A B by packed panels and a register tile.
//
//   for jc in n by NC          a block of B's columns
//     for pc in k by KC        B[pc, jc] packed into panels of 8 columns:      panel[l][8]
//       for ic in m by MC      A[ic, pc] packed into panels of at most MR rows: panel[l][rows]
//         tile = panel of A times panel of B, held in 2 MR vectors
//
// The rows of a block are divided evenly into p = ceil(m / MR) panels, so that no panel is padded and none has few rows: panel i
// holds rows floor(i m / p) to floor((i + 1) m / p) - 1.
//
// Loops after Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3). The sizes were
// measured. A tile of 5 x 8 uses 15 of x86-64's 16 vector registers; 6 x 8 and 4 x 12 need more. With fused multiply-add 6 x 8
// fits, because the product needs no register.
import { F, madd, tileArea, transpose4 } from './memory';

export const MC: usize = 96;
export const KC: usize = 256;
export const NC: usize = 1024;
export const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
export const NR: usize = 8;

/** Packs m x k values of A for `multiply`. Strides are in bytes. */
export function packA(to: usize, a: usize, m: usize, k: usize, rowStride: usize, colStride: usize): void {
  const panels = (m + MR - 1) / MR;
  for (let i: usize = 0; i < panels; i++) {
    const start = (i * m) / panels;
    const rows = ((i + 1) * m) / panels - start;
    for (let r: usize = 0; r < rows; r++) {
      let from = a + (start + r) * rowStride;
      let dst = to + (start * k + r) * F;
      for (let l: usize = 0; l < k; l++) {
        store<f32>(dst, load<f32>(from));
        dst += rows * F;
        from += colStride;
      }
    }
  }
}

/** Packs all of A. The block of rows from ic and columns from pc begins at value pc m + ic kc of the result. */
export function packBlocks(to: usize, a: usize, m: usize, k: usize, rowStride: usize, colStride: usize): void {
  for (let pc: usize = 0; pc < k; pc += KC) {
    const kc = min<usize>(KC, k - pc);
    for (let ic: usize = 0; ic < m; ic += MC) {
      const from = a + ic * rowStride + pc * colStride;
      packA(to + (pc * m + ic * kc) * F, from, min<usize>(MC, m - ic), kc, rowStride, colStride);
    }
  }
}

/** Packs k x n values of B into panels of 8 columns, the last one padded with zeros. Strides are in bytes. */
export function packB(to: usize, b: usize, k: usize, n: usize, rowStride: usize, colStride: usize): void {
  for (let j: usize = 0; j < n; j += NR) {
    const cols = min<usize>(NR, n - j);
    const from = b + j * colStride;
    if (cols < NR) packEdge(to, from, k, cols, rowStride, colStride);
    else if (colStride == F) packRows(to, from, k, rowStride);
    else packColumns(to, from, k, rowStride, colStride);
    to += k * NR * F;
  }
}

function packRows(to: usize, from: usize, k: usize, rowStride: usize): void {
  for (const end = to + k * NR * F; to < end; to += NR * F) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += rowStride;
  }
}

/** Packs eight columns that are not neighbours. Dense columns, as in a transposed B, are packed by 4 x 4 transposes. */
function packColumns(to: usize, from: usize, k: usize, rowStride: usize, colStride: usize): void {
  let l: usize = 0;
  if (rowStride == F) {
    for (; l + 4 <= k; l += 4) {
      transpose4(to + l * NR * F, NR * F, from + l * F, colStride);
      transpose4(to + l * NR * F + 16, NR * F, from + l * F + 4 * colStride, colStride);
    }
  }
  packEdge(to + l * NR * F, from + l * rowStride, k - l, NR, rowStride, colStride);
}

function packEdge(to: usize, from: usize, k: usize, cols: usize, rowStride: usize, colStride: usize): void {
  for (let l: usize = 0; l < k; l++) {
    for (let j: usize = 0; j < cols; j++) store<f32>(to + j * F, load<f32>(from + j * colStride));
    for (let j = cols; j < NR; j++) store<f32>(to + j * F, 0);
    to += NR * F;
    from += rowStride;
  }
}

/** C = A B, or C += A B if `add`, for packed A of m rows and one packed panel of B. Writes only `cols` columns. */
export function multiply(c: usize, a: usize, b: usize, m: usize, k: usize, cols: usize, ldc: usize, add: bool): void {
  const panels = (m + MR - 1) / MR;
  for (let i: usize = 0; i < panels; i++) {
    const start = (i * m) / panels;
    const rows = ((i + 1) * m) / panels - start;
    const to = c + start * ldc;
    const from = a + start * k * F;
    if (cols == NR) {
      tile(to, from, b, rows, k, ldc, add);
    } else {
      tile(tileArea(), from, b, rows, k, NR * F, false);
      moveEdge(to, rows, cols, ldc, add);
    }
  }
}

/** C = A B for packed A and B of whole panels. C has the layout of B: panel after panel, m rows of 8 columns in each. */
export function multiplyPanels(c: usize, a: usize, b: usize, m: usize, k: usize, panels: usize): void {
  const count = (m + MR - 1) / MR;
  for (let i: usize = 0; i < count; i++) {
    const start = (i * m) / count;
    const rows = ((i + 1) * m) / count - start;
    const from = a + start * k * F;
    for (let q: usize = 0; q < panels; q++) {
      tile(c + (q * m + start) * NR * F, from, b + q * k * NR * F, rows, k, NR * F, false);
    }
  }
}

function moveEdge(c: usize, rows: usize, cols: usize, ldc: usize, add: bool): void {
  for (let r: usize = 0; r < rows; r++) {
    for (let j: usize = 0; j < cols; j++) {
      const to = c + r * ldc + j * F;
      const x = load<f32>(tileArea() + (r * NR + j) * F);
      store<f32>(to, add ? load<f32>(to) + x : x);
    }
  }
}

function tile(c: usize, a: usize, b: usize, rows: usize, k: usize, ldc: usize, add: bool): void {
  if (MR == 6 && rows == 6) tileOf(6, c, a, b, k, ldc, add);
  else if (rows == 5) tileOf(5, c, a, b, k, ldc, add);
  else if (rows == 4) tileOf(4, c, a, b, k, ldc, add);
  else if (rows == 3) tileOf(3, c, a, b, k, ldc, add);
  else if (rows == 2) tileOf(2, c, a, b, k, ldc, add);
  else tileOf(1, c, a, b, k, ldc, add);
}

/** `rows` is a constant at each call, so the compiler makes a loop for each number of rows. */
// @ts-ignore: decorator
@inline
function tileOf(rows: usize, c: usize, a: usize, b: usize, k: usize, ldc: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  if (add) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    if (rows > 1) {
      c10 = v128.load(c + 1 * ldc);
      c11 = v128.load(c + 1 * ldc, 16);
    }
    if (rows > 2) {
      c20 = v128.load(c + 2 * ldc);
      c21 = v128.load(c + 2 * ldc, 16);
    }
    if (rows > 3) {
      c30 = v128.load(c + 3 * ldc);
      c31 = v128.load(c + 3 * ldc, 16);
    }
    if (rows > 4) {
      c40 = v128.load(c + 4 * ldc);
      c41 = v128.load(c + 4 * ldc, 16);
    }
    if (rows > 5) {
      c50 = v128.load(c + 5 * ldc);
      c51 = v128.load(c + 5 * ldc, 16);
    }
  }
  for (const end = b + k * NR * F; b < end; b += NR * F) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    if (rows > 1) {
      const a1 = v128.load_splat<f32>(a, 4);
      c10 = madd(a1, b0, c10);
      c11 = madd(a1, b1, c11);
    }
    if (rows > 2) {
      const a2 = v128.load_splat<f32>(a, 8);
      c20 = madd(a2, b0, c20);
      c21 = madd(a2, b1, c21);
    }
    if (rows > 3) {
      const a3 = v128.load_splat<f32>(a, 12);
      c30 = madd(a3, b0, c30);
      c31 = madd(a3, b1, c31);
    }
    if (rows > 4) {
      const a4 = v128.load_splat<f32>(a, 16);
      c40 = madd(a4, b0, c40);
      c41 = madd(a4, b1, c41);
    }
    if (rows > 5) {
      const a5 = v128.load_splat<f32>(a, 20);
      c50 = madd(a5, b0, c50);
      c51 = madd(a5, b1, c51);
    }
    a += rows * F;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  if (rows > 1) {
    v128.store(c + 1 * ldc, c10);
    v128.store(c + 1 * ldc, c11, 16);
  }
  if (rows > 2) {
    v128.store(c + 2 * ldc, c20);
    v128.store(c + 2 * ldc, c21, 16);
  }
  if (rows > 3) {
    v128.store(c + 3 * ldc, c30);
    v128.store(c + 3 * ldc, c31, 16);
  }
  if (rows > 4) {
    v128.store(c + 4 * ldc, c40);
    v128.store(c + 4 * ldc, c41, 16);
  }
  if (rows > 5) {
    v128.store(c + 5 * ldc, c50);
    v128.store(c + 5 * ldc, c51, 16);
  }
}
