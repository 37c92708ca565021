// The 4 x 4 tiles of Winograd's forms, which overlap by 2, and their transform B' d B. The equations are in kernels/winograd.ts.
import { clear, F, move } from './memory';
import { Conv } from './window';

/** The number of tiles in a row, rounded up to a multiple of 4. */
// @ts-ignore: decorator
@inline
export function across(g: Conv): usize {
  return (((g.ow + 1) >> 1) + 3) & ~3;
}
/** The number of rows of tiles in an image. */
// @ts-ignore: decorator
@inline
export function down(g: Conv): usize {
  return (g.oh + 1) >> 1;
}

/** The number of rows of tiles in a block whose transforms take at most this many bytes, but at least one row. */
export function rowsOf(g: Conv, bytes: usize): usize {
  const each: usize = (g.ci + g.co) * across(g) * 16 * F;
  return min<usize>(g.n * down(g), max<usize>(1, bytes / each));
}

/** The distance in bytes from one of the 16 or 36 planes of a transform to the next. There is one plane for each place in a tile. If
 *  the distance were a multiple of 4096 bytes, all planes would compete for the same few lines of the first-level cache, because it
 *  places data by the last 12 bits of their address. So three lines of 64 bytes are added: up to 64 planes then begin at different
 *  places. */
export function planeBytes(values: usize): usize {
  return ((values * F + 4095) & ~4095) + 192;
}

/** The number of values in a row of a frame. Tiles are read from a frame. A row of tiles reads 2 * across + 2 columns, and its last
 *  vector load reads 2 more. */
export function pitchOf(g: Conv): usize {
  return 2 * across(g) + 4;
}

/** Copies `count` rows of channel c into a frame, zeros for a row outside the image. The other columns of the frame must be zeros.
 *  The first row is the first that the tiles of row `index` read. planes [n, channels, h, w]: the tensor that is copied. index: counted
 *  across images. above, left: the rows and columns of padding before the first value. */
export function setRows(
  g: Conv, to: usize, planes: usize, channels: usize, c: usize, h: usize, w: usize, index: usize, above: isize, left: usize,
  count: usize,
): void {
  const plane = planes + ((index / down(g)) * channels + c) * h * w * F;
  // No tile reads columns beyond the frame.
  const length = min<usize>(w, 2 * across(g) + 2 - left);
  let row = <isize>(2 * (index % down(g))) - above;
  to += left * F;
  for (let r: usize = 0; r < count; r++) {
    if (row >= 0 && row < <isize>h) move(to, plane + <usize>row * w * F, length);
    else clear(to, length);
    row++;
    to += pitchOf(g) * F;
  }
}

/** B' d B of four neighbouring tiles. Rows of d are `pitch` bytes apart, the 16 results `step` bytes. */
// @ts-ignore: decorator
@inline
export function fourTiles(to: usize, step: usize, d: usize, pitch: usize): void {
  tileRow(false, to, step, d, d + 2 * pitch);
  tileRow(true, to + 4 * step, step, d + pitch, d + 2 * pitch);
  tileRow(false, to + 8 * step, step, d + 2 * pitch, d + pitch);
  tileRow(false, to + 12 * step, step, d + pitch, d + 3 * pitch);
}

/** A row of B' d B for four tiles. The row of B' d is p + q or p - q; p and q are rows of d. Tile t reads columns 2t to 2t + 3. */
// @ts-ignore: decorator
@inline
function tileRow(add: bool, to: usize, step: usize, p: usize, q: usize): void {
  const a = combine(add, v128.load(p), v128.load(q));
  const b = combine(add, v128.load(p, 16), v128.load(q, 16));
  const c = combine(add, v128.load(p, 32), v128.load(q, 32));
  const d0 = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  const d1 = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  const d2 = v128.shuffle<f32>(d0, c, 1, 2, 3, 4);
  const d3 = v128.shuffle<f32>(d1, c, 1, 2, 3, 5);
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + step, f32x4.add(d1, d2));
  v128.store(to + 2 * step, f32x4.sub(d2, d1));
  v128.store(to + 3 * step, f32x4.sub(d1, d3));
}

// @ts-ignore: decorator
@inline
function combine(add: bool, a: v128, b: v128): v128 {
  return add ? f32x4.add(a, b) : f32x4.sub(a, b);
}

/** Writes 1 to `odd` if a lane of `doubt` is NaN. `doubt` is a sum of x - x over results x; x - x is 0 only if x is finite. */
export function tell(odd: usize, doubt: v128): void {
  if (v128.any_true(f32x4.ne(doubt, doubt))) store<i32>(odd, 1);
}
