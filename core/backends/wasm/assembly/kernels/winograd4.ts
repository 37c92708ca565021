// The convolutions of winograd.ts by F(4x4, 3x3): 36 multiplications for 16 outputs, where the plain form needs 144.
//
//   Y = A' M A,  M = sum over channels of (G w G') . (B' d B)     d: 6 x 6 of x,  Y: 4 x 4 of y,  . element by element
//
// The form evaluates polynomials at the points 0, a, -a, b, -b and infinity. Here a = 3/4 and b = 3/2:
//
//        | a²b²   0   -a²-b²    0     1   0 |        | 1/a²b²    0      0    |         | 1  1   1   1   1  0 |
//        |  0   -ab²   -b²      a     1   0 |        |  1/p     a/p    a²/p  |    A' = | 0  a  -a   b  -b  0 |
//   B' = |  0    ab²   -b²     -a     1   0 |    G = |  1/p    -a/p    a²/p  |         | 0  a²  a²  b²  b² 0 |
//        |  0   -a²b   -a²      b     1   0 |        |  1/q     b/q    b²/q  |         | 0  a³ -a³  b³ -b³ 1 |
//        |  0    a²b   -a²     -b     1   0 |        |  1/q    -b/q    b²/q  |
//        |  0    a²b²    0    -a²-b²  0   1 |        |   0       0      1    |    p = 2a²(a²-b²),  q = 2b²(b²-a²)
//
// All of these numbers but the reciprocals are exact in float32, and they differ less in size than those of the usual points
// 0, 1, -1, 2, -2. At 16 channels the rounding error is half of what those points give, and three times that of F(2x2, 3x3).
// Sources: Lavin and Gray 2016, see winograd.ts; Barabasz, Anderson, Soodhalter and Gregg 2020, "Error analysis and improving the accuracy
// of Winograd convolution for deep neural networks", ACM TOMS 46(4), on the choice of points.
import { MR, multiplyPanels, NR } from '../lib/gemm';
import { clear, F, madd, move, storePartial, transpose4 } from '../lib/memory';
import { planeBytes, tell } from '../lib/tiles';
import { begin, Conv, take, taken } from '../lib/window';

const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const P: f32 = 2 * A2 * (A2 - B2);
const Q: f32 = 2 * B2 * (B2 - A2);

// The addresses of the parts of `work`.
let frame: usize = 0;
/** A table: for each tile of a block, the offset of its 6 x 6 values in the frame. */
let patches: usize = 0;
/** A table: for each tile of a block, the offset of its outputs in y, their height and their width. */
let places: usize = 0;
let inputs: usize = 0;
let products: usize = 0;
/** Holds four tiles between the two products of a transform. */
let room: usize = 0;
/** A row of the outputs of four tiles. */
let line: usize = 0;
/** The outputs of four tiles, one tile after another. */
let outputs: usize = 0;
/** NaN in a lane if a result was not finite. */
let doubt: v128 = i64x2.splat(0);

/** The number of tiles in a row. */
// @ts-ignore: decorator
@inline
function across(g: Conv): usize {
  return (g.ow + 3) >> 2;
}
/** The number of rows of tiles in an image. */
// @ts-ignore: decorator
@inline
function down(g: Conv): usize {
  return (g.oh + 3) >> 2;
}

/** The number of rows of tiles in a block, chosen as in winograd.ts but for 320 kB. A block has enough rows to fill a panel of NR tiles,
 *  or all rows if there are fewer. */
function blockOf(g: Conv): usize {
  const each = (g.ci + g.co) * across(g) * 36 * F;
  const bytes = max<usize>(320 << 10, 18 * g.co * g.ci * F);
  return min<usize>(g.n * down(g), max<usize>((NR + across(g) - 1) / across(g), bytes / each));
}

/** The tiles of a block, padded to whole panels. */
function tilesOf(g: Conv): usize {
  return (blockOf(g) * across(g) + NR - 1) & ~(NR - 1);
}

/** The number of values in a row of the frame. The tiles overlap by 2, so they read 4 across + 2; 2 more make whole vectors. */
function pitchOf(g: Conv): usize {
  return 4 * across(g) + 4;
}

function layOut(g: Conv, work: usize): usize {
  begin(work);
  frame = take(blockOf(g) * 6 * pitchOf(g));
  patches = take(tilesOf(g));
  places = take(3 * tilesOf(g));
  room = take(36 * 4);
  line = take(4 * 4);
  outputs = take(16 * 4);
  inputs = take((36 * planeBytes(g.ci * tilesOf(g))) / F);
  products = take((36 * planeBytes(g.co * tilesOf(g))) / F);
  return taken(work);
}

/** Bytes that `winograd4` needs at `work`. */
export function winograd4Work(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** Bytes of the transformed filters. They have as many panels as those of `winograd`. */
export function winograd4FilterBytes(at: usize): usize {
  const g = changetype<Conv>(at);
  return 36 * planeBytes(g.co * g.ci);
}

/** u = G w G' of every filter, packed for `winograd4`. The arguments are those of `winogradFilter`; `work` has 288 bytes. Needs at least
 *  four input channels. */
export function winograd4Filter(at: usize, u: usize, w: usize, turned: bool, first: usize, last: usize, work: usize): void {
  const g = changetype<Conv>(at);
  const panels = (g.co + MR - 1) / MR;
  const plane = planeBytes(g.co * g.ci);
  for (let i = first; i < last; i++) {
    const start = (i * g.co) / panels;
    const rows = ((i + 1) * g.co) / panels - start;
    const count = rows * g.ci;
    for (let e: usize = 0; e < count; e += 4) {
      // The last four may overlap the four before. Then they write the same values again.
      const from = min<usize>(e, count - 4);
      const p = filterAt(g, w, turned, start, rows, from);
      const q = filterAt(g, w, turned, start, rows, from + 1);
      const r = filterAt(g, w, turned, start, rows, from + 2);
      const s = filterAt(g, w, turned, start, rows, from + 3);
      fourFilters(u + (start * g.ci + from) * F, plane, p, q, r, s, turned ? -F : F, work);
    }
  }
}

/** The address of the first value of filter e of a panel. Turned filters are read backwards, so for them the last value's address. */
// @ts-ignore: decorator
@inline
function filterAt(g: Conv, w: usize, turned: bool, start: usize, rows: usize, e: usize): usize {
  const c = e / rows;
  const o = start + e - c * rows;
  return turned ? w + ((c * g.co + o) * 9 + 8) * F : w + (o * g.ci + c) * 9 * F;
}

/** G w G' of four filters, one in each lane. The 36 results are `plane` bytes apart, the 9 values of a filter `by` bytes. */
function fourFilters(to: usize, plane: usize, p: usize, q: usize, r: usize, s: usize, by: usize, work: usize): void {
  for (let j: usize = 0; j < 3; j++) {
    filterLine(work + 16 * j, 48, four(p, q, r, s), four(p + 3 * by, q + 3 * by, r + 3 * by, s + 3 * by),
      four(p + 6 * by, q + 6 * by, r + 6 * by, s + 6 * by));
    p += by;
    q += by;
    r += by;
    s += by;
  }
  for (let i: usize = 0; i < 6; i++, work += 48) {
    filterLine(to + 6 * i * plane, plane, v128.load(work), v128.load(work, 16), v128.load(work, 32));
  }
}

// @ts-ignore: decorator
@inline
function four(p: usize, q: usize, r: usize, s: usize): v128 {
  const low = v128.load32_lane(q, v128.load32_zero(p), 1);
  return v128.load32_lane(s, v128.load32_lane(r, low, 2), 3);
}

/** G times three vectors. */
// @ts-ignore: decorator
@inline
function filterLine(to: usize, step: usize, x: v128, y: v128, z: v128): void {
  v128.store(to, f32x4.mul(x, f32x4.splat(1 / (A2 * B2))));
  const evenA = f32x4.mul(f32x4.add(x, f32x4.mul(f32x4.splat(A2), z)), f32x4.splat(1 / P));
  const oddA = f32x4.mul(y, f32x4.splat(A / P));
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = f32x4.mul(f32x4.add(x, f32x4.mul(f32x4.splat(B2), z)), f32x4.splat(1 / Q));
  const oddB = f32x4.mul(y, f32x4.splat(B / Q));
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, z);
}

/** y [n, co, oh, ow] from x [n, ci, h, w] and transformed filters u. Writes 1 to `odd` if a result is not finite. */
export function winograd4(at: usize, y: usize, x: usize, u: usize, odd: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  const rows = blockOf(g);
  const all = g.n * down(g);
  clear(frame, rows * 6 * pitchOf(g));
  doubt = i64x2.splat(0);
  const plane = planeBytes(g.ci * tilesOf(g));
  const productPlane = planeBytes(g.co * tilesOf(g));
  const filterPlane = planeBytes(g.co * g.ci);
  for (let first: usize = 0; first < all; first += rows) {
    const count = min<usize>(rows, all - first);
    const tiles = count * across(g);
    const panels = (tiles + NR - 1) / NR;
    tabulate(g, first, tiles, panels * NR);
    for (let c: usize = 0; c < g.ci; c++) {
      setFrame(g, x, c, first, count);
      for (let t: usize = 0; t < panels * NR; t += 4) {
        fourPatches(inPanel(inputs, g.ci, c, t), plane, patches + t * 4, pitchOf(g) * F);
      }
    }
    for (let k: usize = 0; k < 36; k++) {
      multiplyPanels(products + k * productPlane, u + k * filterPlane, inputs + k * plane, g.co, g.ci, panels);
    }
    for (let t: usize = 0; t < tiles; t += 4) {
      for (let o: usize = 0; o < g.co; o++) {
        fourOutputs(inPanel(products, g.co, o, t), productPlane);
        const count = min<usize>(4, tiles - t);
        for (let i: usize = 0; i < count; i++) {
          writeTile(g, y + o * g.oh * g.ow * F, places + (t + i) * 12, outputs + i * 64);
        }
      }
    }
  }
  tell(odd, doubt);
}

/** The address of four tiles' values of one channel in panels of NR tiles. */
// @ts-ignore: decorator
@inline
function inPanel(planes: usize, channels: usize, c: usize, tile: usize): usize {
  return planes + ((tile & ~(NR - 1)) * channels + c * NR + (tile & (NR - 1))) * F;
}

/** Fills `patches` and `places` for the block that begins with row `first` of tiles. Tiles that pad the last panel repeat the block's
 *  first tile. */
function tabulate(g: Conv, first: usize, tiles: usize, padded: usize): void {
  for (let t: usize = 0; t < padded; t++) {
    const row = t < tiles ? t / across(g) : 0;
    const column: usize = 4 * (t < tiles ? t - row * across(g) : 0);
    store<u32>(patches + t * 4, (row * 6 * pitchOf(g) + column) * F);
    const image = (first + row) / down(g);
    const top: usize = 4 * (first + row - image * down(g));
    store<u32>(places + t * 12, ((image * g.co * g.oh + top) * g.ow + column) * F);
    store<u32>(places + t * 12, min<usize>(4, g.oh - top), 4);
    store<u32>(places + t * 12, min<usize>(4, g.ow - column), 8);
  }
}

/** Copies the rows of channel c that a block reads, six for each row of tiles, with zeros around them. */
function setFrame(g: Conv, x: usize, c: usize, first: usize, count: usize): void {
  const left = <usize>g.pw;
  // No tile reads columns beyond the frame.
  const length = min<usize>(g.w, pitchOf(g) - left);
  let to = frame + left * F;
  for (let index = first; index < first + count; index++) {
    const plane = x + ((index / down(g)) * g.ci + c) * g.h * g.w * F;
    let row = <isize>(4 * (index % down(g))) - g.ph;
    for (let r: usize = 0; r < 6; r++, row++, to += pitchOf(g) * F) {
      if (row >= 0 && row < <isize>g.h) move(to, plane + <usize>row * g.w * F, length);
      else clear(to, length);
    }
  }
}

/** B' d B of four tiles. The table `at` holds their offsets in the frame. The 36 results are `plane` bytes apart. */
function fourPatches(to: usize, plane: usize, at: usize, pitch: usize): void {
  let p = frame + load<u32>(at);
  let q = frame + load<u32>(at, 4);
  let r = frame + load<u32>(at, 8);
  let s = frame + load<u32>(at, 12);
  for (let i: usize = 0; i < 6; i++) {
    // Row i of each of the four tiles. The shuffles transpose them: one vector for each column, with one tile in each lane.
    const a = v128.load(p);
    const b = v128.load(q);
    const c = v128.load(r);
    const d = v128.load(s);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const pq = v128.load64_lane(q + 16, v128.load64_zero(p + 16), 1);
    const rs = v128.load64_lane(s + 16, v128.load64_zero(r + 16), 1);
    inputLine(
      room + 96 * i, 16,
      v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3), v128.shuffle<f64>(ef, gh, 0, 2),
      v128.shuffle<f64>(ef, gh, 1, 3), v128.shuffle<f32>(pq, rs, 0, 2, 4, 6), v128.shuffle<f32>(pq, rs, 1, 3, 5, 7),
    );
    p += pitch;
    q += pitch;
    r += pitch;
    s += pitch;
  }
  for (let j: usize = 0; j < 6; j++) {
    const m = room + 16 * j;
    inputLine(
      to + j * plane, 6 * plane,
      v128.load(m), v128.load(m, 96), v128.load(m, 192), v128.load(m, 288), v128.load(m, 384), v128.load(m, 480),
    );
  }
}

/** B' times six values. */
// @ts-ignore: decorator
@inline
function inputLine(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const a2b2 = f32x4.splat(A2 * B2);
  const minusBoth = f32x4.splat(-A2 - B2);
  v128.store(to, madd(a2b2, d0, madd(minusBoth, d2, d4)));
  const evenA = madd(f32x4.splat(-B2), d2, d4);
  const oddA = f32x4.mul(f32x4.splat(A), madd(f32x4.splat(-B2), d1, d3));
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = madd(f32x4.splat(-A2), d2, d4);
  const oddB = f32x4.mul(f32x4.splat(B), madd(f32x4.splat(-A2), d1, d3));
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, madd(a2b2, d1, madd(minusBoth, d3, d5)));
}

/** Writes A' M A of four tiles to `outputs`. The 36 values of M are `plane` bytes apart, with one tile in each lane. */
function fourOutputs(m: usize, plane: usize): void {
  for (let j: usize = 0; j < 6; j++, m += plane) {
    outputLine(
      room + 16 * j, 96,
      v128.load(m), v128.load(m + 6 * plane), v128.load(m + 12 * plane), v128.load(m + 18 * plane),
      v128.load(m + 24 * plane), v128.load(m + 30 * plane),
    );
  }
  for (let i: usize = 0; i < 4; i++) {
    const q = room + 96 * i;
    outputLine(
      line, 16,
      v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48), v128.load(q, 64), v128.load(q, 80),
    );
    const sum = f32x4.add(
      f32x4.add(v128.load(line), v128.load(line, 16)),
      f32x4.add(v128.load(line, 32), v128.load(line, 48)),
    );
    doubt = f32x4.add(doubt, f32x4.sub(sum, sum));
    transpose4(outputs + 16 * i, 64, line, 16);
  }
}

/** A' times six values. */
// @ts-ignore: decorator
@inline
function outputLine(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
  const sumA = f32x4.add(m1, m2);
  const sumB = f32x4.add(m3, m4);
  const differenceA = f32x4.sub(m1, m2);
  const differenceB = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(m0, f32x4.add(sumA, sumB)));
  v128.store(to + step, madd(f32x4.splat(B), differenceB, f32x4.mul(f32x4.splat(A), differenceA)));
  v128.store(to + 2 * step, madd(f32x4.splat(B2), sumB, f32x4.mul(f32x4.splat(A2), sumA)));
  v128.store(
    to + 3 * step,
    madd(f32x4.splat(B2 * B), differenceB, madd(f32x4.splat(A2 * A), differenceA, m5)),
  );
}

/** Stores the part of a tile that lies in y. `place`: its entry in the table. */
function writeTile(g: Conv, y: usize, place: usize, from: usize): void {
  let to = y + load<u32>(place);
  const height = <usize>load<u32>(place, 4);
  const width = <usize>load<u32>(place, 8);
  for (let i: usize = 0; i < height; i++, from += 16, to += g.ow * F) {
    if (width == 4) v128.store(to, v128.load(from));
    else storePartial(to, v128.load(from), width);
  }
}
