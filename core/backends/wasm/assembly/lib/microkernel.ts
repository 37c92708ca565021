// The register tile of lib/gemm.ts: MR rows of NR columns of C, held in vectors while k products are added to each.
//
// A tile of 5 x 8 uses 15 of x86-64's 16 vector registers; 6 x 8 and 4 x 12 need more. With fused multiply-add 6 x 8 fits, because the
// product needs no register. In the wide build the engine pairs neighbouring vectors, so 6 x 16 takes the registers of 6 x 8 and makes
// twice as many products for each value of A that it loads. Each sum has the same terms in the same order for any size of tile, so the
// wide build gives the bits of the other build with fused multiply-add.
import { F, madd } from './memory';

// WIDE is 1 in the wide build, else 0: the build defines it (build.mjs).
export const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
export const NR: usize = WIDE ? 16 : 8;

/** C = A B, or C += A B if `add`, for `rows` rows of A and a panel of NR columns of B. `lda`: bytes from one column of A to the next;
 *  `ldc`: bytes from one row of C to the next. */
// @ts-ignore: decorator
@inline
export function tile(c: usize, a: usize, b: usize, rows: usize, k: usize, lda: usize, ldc: usize, add: bool): void {
  if (!WIDE) anyTile(c, a, b, rows, k, lda, ldc, add);
  else if (add) addedTile(c, a, b, rows, k, lda, ldc);
  else newTile(c, a, b, rows, k, lda, ldc);
}

function anyTile(c: usize, a: usize, b: usize, rows: usize, k: usize, lda: usize, ldc: usize, add: bool): void {
  tileOfRows(rows, c, a, b, k, lda, ldc, add);
}

// The engine would not pair the vectors of one function that begins sums with values of C or with 0, as an argument says. So the wide
// build has a function for each case.
function addedTile(c: usize, a: usize, b: usize, rows: usize, k: usize, lda: usize, ldc: usize): void {
  tileOfRows(rows, c, a, b, k, lda, ldc, true);
}

function newTile(c: usize, a: usize, b: usize, rows: usize, k: usize, lda: usize, ldc: usize): void {
  tileOfRows(rows, c, a, b, k, lda, ldc, false);
}

// @ts-ignore: decorator
@inline
function tileOfRows(rows: usize, c: usize, a: usize, b: usize, k: usize, lda: usize, ldc: usize, add: bool): void {
  if (MR == 6 && rows == 6) tileOf(6, c, a, b, k, lda, ldc, add);
  else if (rows == 5) tileOf(5, c, a, b, k, lda, ldc, add);
  else if (rows == 4) tileOf(4, c, a, b, k, lda, ldc, add);
  else if (rows == 3) tileOf(3, c, a, b, k, lda, ldc, add);
  else if (rows == 2) tileOf(2, c, a, b, k, lda, ldc, add);
  else tileOf(1, c, a, b, k, lda, ldc, add);
}

/** `rows` is a constant at each call, so the compiler makes a loop for each number of rows. */
// @ts-ignore: decorator
@inline
function tileOf(rows: usize, c: usize, a: usize, b: usize, k: usize, lda: usize, ldc: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c02 = f32x4.splat(0);
  let c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c12 = f32x4.splat(0);
  let c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c22 = f32x4.splat(0);
  let c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c32 = f32x4.splat(0);
  let c33 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c42 = f32x4.splat(0);
  let c43 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  let c52 = f32x4.splat(0);
  let c53 = f32x4.splat(0);
  if (add) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    if (WIDE) {
      c02 = v128.load(c, 32);
      c03 = v128.load(c, 48);
    }
    if (rows > 1) {
      c10 = v128.load(c + 1 * ldc);
      c11 = v128.load(c + 1 * ldc, 16);
      if (WIDE) {
        c12 = v128.load(c + 1 * ldc, 32);
        c13 = v128.load(c + 1 * ldc, 48);
      }
    }
    if (rows > 2) {
      c20 = v128.load(c + 2 * ldc);
      c21 = v128.load(c + 2 * ldc, 16);
      if (WIDE) {
        c22 = v128.load(c + 2 * ldc, 32);
        c23 = v128.load(c + 2 * ldc, 48);
      }
    }
    if (rows > 3) {
      c30 = v128.load(c + 3 * ldc);
      c31 = v128.load(c + 3 * ldc, 16);
      if (WIDE) {
        c32 = v128.load(c + 3 * ldc, 32);
        c33 = v128.load(c + 3 * ldc, 48);
      }
    }
    if (rows > 4) {
      c40 = v128.load(c + 4 * ldc);
      c41 = v128.load(c + 4 * ldc, 16);
      if (WIDE) {
        c42 = v128.load(c + 4 * ldc, 32);
        c43 = v128.load(c + 4 * ldc, 48);
      }
    }
    if (rows > 5) {
      c50 = v128.load(c + 5 * ldc);
      c51 = v128.load(c + 5 * ldc, 16);
      if (WIDE) {
        c52 = v128.load(c + 5 * ldc, 32);
        c53 = v128.load(c + 5 * ldc, 48);
      }
    }
  }
  for (const end = b + k * NR * F; b < end; b += NR * F) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = WIDE ? v128.load(b, 32) : b0;
    const b3 = WIDE ? v128.load(b, 48) : b0;
    const a0 = v128.load_splat<f32>(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    if (WIDE) {
      c02 = madd(a0, b2, c02);
      c03 = madd(a0, b3, c03);
    }
    if (rows > 1) {
      const a1 = v128.load_splat<f32>(a, 4);
      c10 = madd(a1, b0, c10);
      c11 = madd(a1, b1, c11);
      if (WIDE) {
        c12 = madd(a1, b2, c12);
        c13 = madd(a1, b3, c13);
      }
    }
    if (rows > 2) {
      const a2 = v128.load_splat<f32>(a, 8);
      c20 = madd(a2, b0, c20);
      c21 = madd(a2, b1, c21);
      if (WIDE) {
        c22 = madd(a2, b2, c22);
        c23 = madd(a2, b3, c23);
      }
    }
    if (rows > 3) {
      const a3 = v128.load_splat<f32>(a, 12);
      c30 = madd(a3, b0, c30);
      c31 = madd(a3, b1, c31);
      if (WIDE) {
        c32 = madd(a3, b2, c32);
        c33 = madd(a3, b3, c33);
      }
    }
    if (rows > 4) {
      const a4 = v128.load_splat<f32>(a, 16);
      c40 = madd(a4, b0, c40);
      c41 = madd(a4, b1, c41);
      if (WIDE) {
        c42 = madd(a4, b2, c42);
        c43 = madd(a4, b3, c43);
      }
    }
    if (rows > 5) {
      const a5 = v128.load_splat<f32>(a, 20);
      c50 = madd(a5, b0, c50);
      c51 = madd(a5, b1, c51);
      if (WIDE) {
        c52 = madd(a5, b2, c52);
        c53 = madd(a5, b3, c53);
      }
    }
    a += lda;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  if (WIDE) {
    v128.store(c, c02, 32);
    v128.store(c, c03, 48);
  }
  if (rows > 1) {
    v128.store(c + 1 * ldc, c10);
    v128.store(c + 1 * ldc, c11, 16);
    if (WIDE) {
      v128.store(c + 1 * ldc, c12, 32);
      v128.store(c + 1 * ldc, c13, 48);
    }
  }
  if (rows > 2) {
    v128.store(c + 2 * ldc, c20);
    v128.store(c + 2 * ldc, c21, 16);
    if (WIDE) {
      v128.store(c + 2 * ldc, c22, 32);
      v128.store(c + 2 * ldc, c23, 48);
    }
  }
  if (rows > 3) {
    v128.store(c + 3 * ldc, c30);
    v128.store(c + 3 * ldc, c31, 16);
    if (WIDE) {
      v128.store(c + 3 * ldc, c32, 32);
      v128.store(c + 3 * ldc, c33, 48);
    }
  }
  if (rows > 4) {
    v128.store(c + 4 * ldc, c40);
    v128.store(c + 4 * ldc, c41, 16);
    if (WIDE) {
      v128.store(c + 4 * ldc, c42, 32);
      v128.store(c + 4 * ldc, c43, 48);
    }
  }
  if (rows > 5) {
    v128.store(c + 5 * ldc, c50);
    v128.store(c + 5 * ldc, c51, 16);
    if (WIDE) {
      v128.store(c + 5 * ldc, c52, 32);
      v128.store(c + 5 * ldc, c53, 48);
    }
  }
}
