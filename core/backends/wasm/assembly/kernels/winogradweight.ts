// The gradient of the convolution in winograd.ts with respect to its filter, by F(3x3, 2x2): 16 multiplications for each 2 x 2
// block of gy instead of 36.
//
//   gw = C' [ sum over tiles of (H g H') . (B' d B) ] C           d: 4 x 4 of x,  g: 2 x 2 of gy,  gw: 3 x 3
//
//        | 1   0 |         | 1  1  1  0 |
//    H = | ½   ½ |    C' = | 0  1 -1  0 |    B': see winograd.ts, whose notes on rounding hold here too
//        | ½  -½ |         | 0  1  1 -1 |
//        | 0   1 |
//
// The sums are 16 matrix products, one for each place in the 4 x 4, over tiles. Four channels are transformed at once, one in each
// lane, so that a row of a factor holds the channels of one tile: x in panels of NR channels, gy with all its channels.
import { addProduct, NR } from '../lib/gemm';
import { clear, F, tileArea } from '../lib/memory';
import { down, pitchOf, planeBytes, rowsOf, setRows, tell } from '../lib/tiles';
import { begin, Conv, take, taken } from '../lib/window';

/** The number of rows of tiles in a block. A block's transforms take about 768 kB, or as many bytes as the sums if that is more:
 *  every block reads and writes all the sums. */
function blockOf(g: Conv): usize {
  return rowsOf(g, max<usize>(3 << 18, 16 * g.co * g.ci * F));
}

/** The number of tiles in a row. */
// @ts-ignore: decorator
@inline
function perRow(g: Conv): usize {
  return (g.ow + 1) >> 1;
}

/** The number of values from one tile of gy to the next: an odd multiple of a cache line, so that neighbours do not compete for the
 *  same lines of the first-level cache. */
// @ts-ignore: decorator
@inline
function gradientStep(g: Conv): usize {
  return ((g.co + 15) & ~15) | 16;
}

/** The number of rows in a frame: those that the tiles of a block read of one image. */
// @ts-ignore: decorator
@inline
function rowsOfFrame(g: Conv): usize {
  return 2 * min<usize>(blockOf(g), down(g)) + 2;
}

// Addresses in the work memory, and the bytes from one of the 16 planes of each to the next.
let frames: usize = 0;
let framesG: usize = 0;
let inputs: usize = 0;
let gradients: usize = 0;
let sums: usize = 0;
let inputPlane: usize = 0;
let gradientPlane: usize = 0;
let sumPlane: usize = 0;

/** Lays out the work memory at `work` for `channels` input channels. Returns its bytes. */
function layOut(g: Conv, work: usize, channels: usize): usize {
  const tiles = blockOf(g) * perRow(g);
  const columns = (channels + NR - 1) & ~(NR - 1);
  inputPlane = planeBytes(columns * tiles);
  gradientPlane = planeBytes(gradientStep(g) * tiles);
  sumPlane = planeBytes(g.co * columns);
  begin(work);
  frames = take(4 * rowsOfFrame(g) * pitchOf(g));
  framesG = take(4 * rowsOfFrame(g) * pitchOf(g));
  inputs = take((16 * inputPlane) / F);
  gradients = take((16 * gradientPlane) / F);
  sums = take((16 * sumPlane) / F);
  return taken(work);
}

/** Bytes that `winogradWeight` needs at `work`. */
export function winogradWeightWork(at: usize): usize {
  const g = changetype<Conv>(at);
  return layOut(g, 0, g.ci);
}

/** gw [co, ci, 3, 3] from x [n, ci, h, w] and gy [n, co, oh, ow]. Computes input channels first to last - 1. Writes 1 to `odd` if
 *  a result is not finite. */
export function winogradWeight(
  at: usize, gw: usize, x: usize, gy: usize, odd: usize, first: usize, last: usize, work: usize,
): void {
  const g = changetype<Conv>(at);
  const channels = last - first;
  layOut(g, work, channels);
  const rows = blockOf(g);
  const panels = (channels + NR - 1) / NR;
  const panelBytes = rows * perRow(g) * NR * F;
  clear(sums, (16 * sumPlane) / F);
  // The transforms may not write all columns of the last panel.
  if (channels % NR) clear(inputs, (16 * inputPlane) / F);
  clear(frames, 4 * rowsOfFrame(g) * pitchOf(g));
  clear(framesG, 4 * rowsOfFrame(g) * pitchOf(g));
  for (let from: usize = 0; from < g.n * down(g); from += rows) {
    const count = min<usize>(rows, g.n * down(g) - from);
    for (let i: usize = 0; i < count; ) {
      // The rows of tiles that belong to one image.
      const many = min<usize>(count - i, down(g) - ((from + i) % down(g)));
      for (let c: usize = 0; c < channels; c += 4) {
        const to = inputs + (c / NR) * panelBytes + (i * perRow(g) * NR + (c % NR)) * F;
        transformInputs(g, to, x, first + c, min<usize>(4, channels - c), from + i, many);
      }
      for (let o: usize = 0; o < g.co; o += 4) {
        const to = gradients + (i * perRow(g) * gradientStep(g) + o) * F;
        transformGradients(g, to, gy, o, min<usize>(4, g.co - o), from + i, many);
      }
      i += many;
    }
    const tiles = count * perRow(g);
    for (let k: usize = 0; k < 16; k++) {
      const a = gradients + k * gradientPlane;
      const b = inputs + k * inputPlane;
      addProduct(sums + k * sumPlane, a, gradientStep(g) * F, b, panelBytes, g.co, tiles, panels);
    }
  }
  let doubt = f32x4.splat(0);
  for (let c: usize = 0; c < channels; c += 4) {
    const many = min<usize>(4, channels - c);
    for (let o: usize = 0; o < g.co; o++) {
      const from = sums + ((c / NR) * g.co * NR + o * NR + (c % NR)) * F;
      doubt = f32x4.add(doubt, collect(gw + (o * g.ci + first + c) * 9 * F, from, many));
    }
  }
  tell(odd, doubt);
}

/** Copies `count` rows of `channels` <= 4 channels from c on into the frames at `to`, and zeros into the other frames.
 *  planes [n, all, h, w]: the tensor that is copied. index, above, left: as in `setRows`. */
function setFrames(
  g: Conv, to: usize, planes: usize, all: usize, c: usize, channels: usize, h: usize, w: usize, index: usize, above: isize,
  left: usize, count: usize,
): void {
  const frame = rowsOfFrame(g) * pitchOf(g) * F;
  for (let q: usize = 0; q < channels; q++) {
    setRows(g, to + q * frame, planes, all, c + q, h, w, index, above, left, count);
  }
  clear(to + channels * frame, (4 - channels) * rowsOfFrame(g) * pitchOf(g));
}

/** B' d B of `count` rows of tiles of one image, for `channels` <= 4 channels of x from c on. */
function transformInputs(g: Conv, to: usize, x: usize, c: usize, channels: usize, index: usize, count: usize): void {
  setFrames(g, frames, x, g.ci, c, channels, g.h, g.w, index, g.ph, <usize>g.pw, 2 * count + 2);
  const pitch = pitchOf(g) * F;
  const frame = rowsOfFrame(g) * pitch;
  for (let from = frames; count > 0; count--, from += 2 * pitch, to += perRow(g) * NR * F) {
    inputRow(false, g, to, from, from + 2 * pitch, frame);
    inputRow(true, g, to + 4 * inputPlane, from + pitch, from + 2 * pitch, frame);
    inputRow(false, g, to + 8 * inputPlane, from + 2 * pitch, from + pitch, frame);
    inputRow(false, g, to + 12 * inputPlane, from + pitch, from + 3 * pitch, frame);
  }
}

/** A row of B' d B: p + q or p - q of two rows of d, times B. Tile t reads columns 2t to 2t + 3. */
// @ts-ignore: decorator
@inline
function inputRow(add: bool, g: Conv, to: usize, p: usize, q: usize, frame: usize): void {
  let d0 = f32x4.splat(0);
  let d1 = d0;
  for (let tile: isize = -1; tile < <isize>perRow(g); tile += 2) {
    const a = combine(add, p, q);
    const b = combine(add, p + frame, q + frame);
    const c = combine(add, p + 2 * frame, q + 2 * frame);
    const d = combine(add, p + 3 * frame, q + 3 * frame);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const d2 = v128.shuffle<f64>(ab, cd, 0, 2);
    const d3 = v128.shuffle<f64>(ab, cd, 1, 3);
    const d4 = v128.shuffle<f64>(ef, gh, 0, 2);
    const d5 = v128.shuffle<f64>(ef, gh, 1, 3);
    if (tile >= 0) {
      inputTile(to, d0, d1, d2, d3);
      to += NR * F;
    }
    if (tile + 1 < <isize>perRow(g)) {
      inputTile(to, d2, d3, d4, d5);
      to += NR * F;
    }
    d0 = d4;
    d1 = d5;
    p += 16;
    q += 16;
  }
}

// @ts-ignore: decorator
@inline
function inputTile(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + inputPlane, f32x4.add(b, c));
  v128.store(to + 2 * inputPlane, f32x4.sub(c, b));
  v128.store(to + 3 * inputPlane, f32x4.sub(b, d));
}

// @ts-ignore: decorator
@inline
function combine(add: bool, p: usize, q: usize): v128 {
  return add ? f32x4.add(v128.load(p), v128.load(q)) : f32x4.sub(v128.load(p), v128.load(q));
}

/** H g H' of `count` rows of tiles of one image, for `channels` <= 4 channels of gy from o on. */
function transformGradients(g: Conv, to: usize, gy: usize, o: usize, channels: usize, index: usize, count: usize): void {
  let frame = g.oh * g.ow * F;
  let pitch = g.ow * F;
  let from = gy + ((index / down(g)) * g.co + o) * frame + 2 * (index % down(g)) * pitch;
  // Planes that end with whole tiles and whole vectors are read in place.
  if (channels < 4 || g.oh % 2 || g.ow % 4) {
    setFrames(g, framesG, gy, g.co, o, channels, g.oh, g.ow, index, 0, 0, 2 * count);
    pitch = pitchOf(g) * F;
    frame = rowsOfFrame(g) * pitch;
    from = framesG;
  }
  for (; count > 0; count--, from += 2 * pitch, to += perRow(g) * gradientStep(g) * F) {
    gradientRow(0, g, to, from, pitch, frame);
    gradientRow(1, g, to + 4 * gradientPlane, from, pitch, frame);
    gradientRow(2, g, to + 8 * gradientPlane, from, pitch, frame);
    gradientRow(3, g, to + 12 * gradientPlane, from, pitch, frame);
  }
}

/** Row `row` of H g H'. Tile t reads columns 2t and 2t + 1. */
// @ts-ignore: decorator
@inline
function gradientRow(row: usize, g: Conv, to: usize, from: usize, pitch: usize, frame: usize): void {
  const step = gradientStep(g) * F;
  for (let tile: usize = 0; tile < perRow(g); tile += 2, from += 16) {
    const a = halves(row, from, pitch);
    const b = halves(row, from + frame, pitch);
    const c = halves(row, from + 2 * frame, pitch);
    const d = halves(row, from + 3 * frame, pitch);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    gradientTile(to, v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
    to += step;
    if (tile + 1 < perRow(g)) {
      const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      gradientTile(to, v128.shuffle<f64>(ef, gh, 0, 2), v128.shuffle<f64>(ef, gh, 1, 3));
      to += step;
    }
  }
}

/** Row `row` of H times four columns of two rows, `pitch` bytes apart. */
// @ts-ignore: decorator
@inline
function halves(row: usize, at: usize, pitch: usize): v128 {
  const below = at + pitch;
  if (row == 0) return v128.load(at);
  if (row == 3) return v128.load(below);
  return f32x4.mul(f32x4.splat(0.5), combine(row == 1, at, below));
}

// @ts-ignore: decorator
@inline
function gradientTile(to: usize, even: v128, odd: v128): void {
  const half = f32x4.splat(0.5);
  v128.store(to, even);
  v128.store(to + gradientPlane, f32x4.mul(half, f32x4.add(even, odd)));
  v128.store(to + 2 * gradientPlane, f32x4.mul(half, f32x4.sub(even, odd)));
  v128.store(to + 3 * gradientPlane, odd);
}

/** Writes C' S C of `many` <= 4 input channels, whose values of S are in neighbouring lanes. Returns a vector with NaN in a lane if a
 *  result is not finite. */
function collect(to: usize, s: usize, many: usize): v128 {
  const area = tileArea();
  let doubt = f32x4.splat(0);
  for (let i: usize = 0; i < 3; i++) {
    const a = column(i, s);
    const b = column(i, s + sumPlane);
    const c = column(i, s + 2 * sumPlane);
    const d = column(i, s + 3 * sumPlane);
    const left = f32x4.add(f32x4.add(a, b), c);
    const middle = f32x4.sub(b, c);
    const right = f32x4.sub(f32x4.add(b, c), d);
    doubt = f32x4.add(doubt, f32x4.sub(left, left));
    doubt = f32x4.add(doubt, f32x4.add(f32x4.sub(middle, middle), f32x4.sub(right, right)));
    v128.store(area + 48 * i, left);
    v128.store(area + 48 * i, middle, 16);
    v128.store(area + 48 * i, right, 32);
  }
  for (let q: usize = 0; q < many; q++) {
    for (let i: usize = 0; i < 9; i++, to += F) store<f32>(to, load<f32>(area + 16 * i + q * F));
  }
  return doubt;
}

/** Element i of C' times a column of S. */
// @ts-ignore: decorator
@inline
function column(i: usize, s: usize): v128 {
  const b = v128.load(s + 4 * sumPlane);
  const c = v128.load(s + 8 * sumPlane);
  if (i == 0) return f32x4.add(f32x4.add(v128.load(s), b), c);
  return i == 1 ? f32x4.sub(b, c) : f32x4.sub(f32x4.add(b, c), v128.load(s + 12 * sumPlane));
}
