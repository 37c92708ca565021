// C = A B for matrices of any strides, by the packed panels of lib/gemm.ts.
import { F } from '../lib/memory';
import { KC, MC, multiplyBlocks, multiplyPacked, NC, NR, packB, whole } from '../lib/gemm';

/** Bytes that `matmul` needs at `work`. */
export function matmulWork(m: usize, k: usize, n: usize): usize {
  return matmulPackedWork(m, k) + min<usize>(k, KC) * min<usize>(whole(n), NC) * F + 64;
}

/** c [m, n] = a [m, k] b [k, n] for k > 0. Rows of c are `ldc` apart. Strides and ldc are in elements. */
export function matmul(
  c: usize, a: usize, b: usize, m: usize, k: usize, n: usize,
  ldc: usize, aRow: usize, aCol: usize, bRow: usize, bCol: usize, work: usize,
): void {
  const packedB = (work + matmulPackedWork(m, k) + 63) & ~63;
  for (let jc: usize = 0; jc < n; jc += NC) {
    const nc = min<usize>(NC, n - jc);
    for (let pc: usize = 0; pc < k; pc += KC) {
      const kc = min<usize>(KC, k - pc);
      packB(packedB, b + (pc * bRow + jc * bCol) * F, kc, nc, bRow * F, bCol * F);
      multiplyBlocks(c + jc * F, a + pc * aCol * F, packedB, m, kc, nc, ldc * F, aRow * F, aCol * F, work, pc > 0);
    }
  }
}

/** `count` products of the same sizes, one after another in c. `at` holds the offsets of a and b for each, in elements. */
export function matmulEach(
  c: usize, a: usize, b: usize, at: usize, count: usize, m: usize, k: usize, n: usize,
  aRow: usize, aCol: usize, bRow: usize, bCol: usize, work: usize,
): void {
  for (let i: usize = 0; i < count; i++) {
    const from = a + <usize>(load<i32>(at) << 2);
    const by = b + <usize>(load<i32>(at, 4) << 2);
    matmul(c, from, by, m, k, n, n, aRow, aCol, bRow, bCol, work);
    c += m * n * F;
    at += 8;
  }
}

/** The number of columns of a tile. Parts of a product begin at multiples of it. */
export function tileColumns(): usize {
  return NR;
}

/** Packs `count` columns of b [k, n] from column `from` on, so that several threads can multiply by b. `from` is a multiple of
 *  `tileColumns()`. The block of rows that begins with row pc begins at value pc n of the result, with n rounded up to whole panels.
 *  Strides are in elements. */
export function matmulPack(
  to: usize, b: usize, k: usize, n: usize, from: usize, count: usize, bRow: usize, bCol: usize,
): void {
  for (let pc: usize = 0; pc < k; pc += KC) {
    const kc = min<usize>(KC, k - pc);
    packB(to + (pc * whole(n) + from * kc) * F, b + (pc * bRow + from * bCol) * F, kc, count, bRow * F, bCol * F);
  }
}

/** Bytes that `matmulPacked` needs at `work`. */
export function matmulPackedWork(m: usize, k: usize): usize {
  return min<usize>(k, KC) * min<usize>(m, MC) * F;
}

/** `matmul` with a b that `matmulPack` has packed. */
export function matmulPacked(
  c: usize, a: usize, packedB: usize, m: usize, k: usize, n: usize,
  ldc: usize, aRow: usize, aCol: usize, work: usize,
): void {
  multiplyPacked(c, a, packedB, m, k, n, ldc * F, aRow * F, aCol * F, work, false);
}
