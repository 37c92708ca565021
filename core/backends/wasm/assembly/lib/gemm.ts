// C = A B by packed panels and a register tile.
//
//   for jc in n by NC          a block of B's columns
//     for pc in k by KC        B[pc, jc] packed into panels of NR columns:     panel[l][NR]
//       for ic in m by MC      A[ic, pc] packed into panels of at most MR rows: panel[l][rows]
//         tile = panel of A times panel of B, held in registers: lib/microkernel.ts
//
// The rows of a block are divided evenly into p = ceil(m / MR) panels, so that no panel is padded and none has few rows: panel i
// holds rows floor(i m / p) to floor((i + 1) m / p) - 1.
//
// Loops after Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3). The sizes were
// measured.
import { clear, F, move, tileArea, transpose4 } from './memory';
import { MR, NR, tile } from './microkernel';

export { MR, NR };

export const MC: usize = 96;
export const KC: usize = 256;
export const NC: usize = 1024;

/** Packs m x k values of A for `multiply`. Strides are in bytes. */
export function packA(to: usize, a: usize, m: usize, k: usize, rowStride: usize, colStride: usize): void {
  const panels = (m + MR - 1) / MR;
  for (let i: usize = 0; i < panels; i++) {
    const start = (i * m) / panels;
    const rows = ((i + 1) * m) / panels - start;
    let r: usize = 0;
    if (rows >= 4) {
      packFour(to + start * k * F, a + start * rowStride, k, rows * F, rowStride, colStride);
      r = 4;
    }
    for (; r + 2 <= rows; r += 2) {
      packTwo(to + (start * k + r) * F, a + (start + r) * rowStride, k, rows * F, rowStride, colStride);
    }
    for (; r < rows; r++) {
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

/** Packs four rows of a panel, whose columns are `step` bytes apart. Rows or columns that are dense are read as vectors. */
function packFour(to: usize, from: usize, k: usize, step: usize, rowStride: usize, colStride: usize): void {
  let l: usize = 0;
  if (colStride == F) {
    for (; l + 4 <= k; l += 4) transpose4(to + l * step, step, from + l * F, rowStride);
  }
  for (; l < k; l++) {
    const dst = to + l * step;
    const src = from + l * colStride;
    if (rowStride == F) {
      v128.store(dst, v128.load(src));
    } else {
      store<f32>(dst, load<f32>(src));
      store<f32>(dst, load<f32>(src + rowStride), 4);
      store<f32>(dst, load<f32>(src + 2 * rowStride), 8);
      store<f32>(dst, load<f32>(src + 3 * rowStride), 12);
    }
  }
}

/** `packFour` for two rows. */
function packTwo(to: usize, from: usize, k: usize, step: usize, rowStride: usize, colStride: usize): void {
  let l: usize = 0;
  if (colStride == F) {
    for (; l + 4 <= k; l += 4) {
      const a = v128.load(from + l * F);
      const b = v128.load(from + l * F + rowStride);
      const first = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const last = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const dst = to + l * step;
      v128.store64_lane(dst, first, 0);
      v128.store64_lane(dst + step, first, 1);
      v128.store64_lane(dst + 2 * step, last, 0);
      v128.store64_lane(dst + 3 * step, last, 1);
    }
  }
  for (; l < k; l++) {
    const dst = to + l * step;
    const src = from + l * colStride;
    store<f32>(dst, load<f32>(src));
    store<f32>(dst, load<f32>(src + rowStride), 4);
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

/** Packs k x n values of B into panels of NR columns, the last one padded with zeros. Strides are in bytes. */
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
    for (let j: usize = 0; j < NR * F; j += 16) v128.store(to + j, v128.load(from + j));
    from += rowStride;
  }
}

/** Packs NR columns that are not neighbours. Dense columns, as in a transposed B, are packed by 4 x 4 transposes. */
function packColumns(to: usize, from: usize, k: usize, rowStride: usize, colStride: usize): void {
  let l: usize = 0;
  if (rowStride == F) {
    for (; l + 4 <= k; l += 4) {
      for (let j: usize = 0; j < NR; j += 4) {
        transpose4(to + (l * NR + j) * F, NR * F, from + l * F + j * colStride, colStride);
      }
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

/** C = A B, or C += A B if `add`, for packed A of m rows and one packed panel of B. Writes only `cols` columns.
 *  ldc: bytes from one row of C to the next. */
export function multiply(c: usize, a: usize, b: usize, m: usize, k: usize, cols: usize, ldc: usize, add: bool): void {
  const panels = (m + MR - 1) / MR;
  for (let i: usize = 0; i < panels; i++) {
    const start = (i * m) / panels;
    const rows = ((i + 1) * m) / panels - start;
    const to = c + start * ldc;
    const from = a + start * k * F;
    if (cols == NR) {
      tile(to, from, b, rows, k, rows * F, ldc, add);
    } else {
      multiplyEdge(to, from, b, rows, k, cols, ldc, add);
    }
  }
}

/** c [m, n] = a [m, kc] B, or += if `add`. B is a packed block of kc rows and n columns. Strides are in bytes. */
export function multiplyBlocks(
  c: usize, a: usize, packedB: usize, m: usize, kc: usize, n: usize,
  ldc: usize, aRow: usize, aCol: usize, packedA: usize, add: bool,
): void {
  for (let ic: usize = 0; ic < m; ic += MC) {
    const mc = min<usize>(MC, m - ic);
    packA(packedA, a + ic * aRow, mc, kc, aRow, aCol);
    for (let j: usize = 0; j < n; j += NR) {
      const to = c + ic * ldc + j * F;
      multiply(to, packedA, packedB + j * kc * F, mc, kc, min<usize>(NR, n - j), ldc, add);
    }
  }
}

/** c [m, n] = a [m, k] b, or += if `add`. b [k, n] is packed as `matmulPack` does. `work`: room for a packed block of a. Strides are in
 *  bytes. */
export function multiplyPacked(
  c: usize, a: usize, packedB: usize, m: usize, k: usize, n: usize,
  ldc: usize, aRow: usize, aCol: usize, work: usize, add: bool,
): void {
  for (let pc: usize = 0; pc < k; pc += KC) {
    const kc = min<usize>(KC, k - pc);
    const block = packedB + pc * whole(n) * F;
    multiplyBlocks(c, a + pc * aCol, block, m, kc, n, ldc, aRow, aCol, work, add || pc > 0);
  }
}

/** n rounded up to whole panels. */
// @ts-ignore: decorator
@inline
export function whole(n: usize): usize {
  return (n + NR - 1) & ~(NR - 1);
}

/** C = A B for packed A and B of whole panels. C has the layout of B: panel after panel, m rows of NR columns in each. */
export function multiplyPanels(c: usize, a: usize, b: usize, m: usize, k: usize, panels: usize): void {
  const count = (m + MR - 1) / MR;
  for (let i: usize = 0; i < count; i++) {
    const start = (i * m) / count;
    const rows = ((i + 1) * m) / count - start;
    const from = a + start * k * F;
    for (let q: usize = 0; q < panels; q++) {
      tile(c + (q * m + start) * NR * F, from, b + q * k * NR * F, rows, k, rows * F, NR * F, false);
    }
  }
}

/** C += A B for B of whole panels and C as in `multiplyPanels`. A is stored by columns, as [k, m]: `lda` bytes from one column to the next. */
export function addProduct(c: usize, a: usize, lda: usize, b: usize, panelBytes: usize, m: usize, k: usize, panels: usize): void {
  const count = (m + MR - 1) / MR;
  for (let i: usize = 0; i < count; i++) {
    const start = (i * m) / count;
    const rows = ((i + 1) * m) / count - start;
    for (let q: usize = 0; q < panels; q++) {
      tile(c + (q * m + start) * NR * F, a + start * F, b + q * panelBytes, rows, k, lda, NR * F, true);
    }
  }
}

/** `multiply` for a tile of fewer than NR columns. The sums in whole groups of 8 columns start from C, as in a tile of 8 columns; the others
 *  start from 0 and are then added to C. So every build rounds alike. */
function multiplyEdge(c: usize, a: usize, b: usize, rows: usize, k: usize, cols: usize, ldc: usize, add: bool): void {
  const started: usize = NR > 8 && add ? cols & ~7 : 0;
  const area = tileArea();
  if (started) {
    clear(area, rows * NR);
    for (let r: usize = 0; r < rows; r++) move(area + r * NR * F, c + r * ldc, started);
  }
  tile(area, a, b, rows, k, rows * F, NR * F, started > 0);
  for (let r: usize = 0; r < rows; r++) {
    for (let j: usize = 0; j < cols; j++) {
      const to = c + r * ldc + j * F;
      const x = load<f32>(area + (r * NR + j) * F);
      store<f32>(to, add && j >= started ? load<f32>(to) + x : x);
    }
  }
}
