// The gradient of a convolution with respect to its weight.
//
//   gw[o][t] = sum_p gy[o][p] x[tap t of window p]
//
// Both factors are dense along p, so rows are multiplied by rows. A tile has at most 4 x 2 sums; each is kept as four partial sums.
// Products are added up in chunks of about 512 windows, which are whole rows of windows. Chunks are added in a fixed order.
import { clear, F, move } from '../lib/memory';
import { multiplyRows } from '../lib/rows';
import { begin, Conv, framesOf, imageBytes, imagesOf, tabulateTaps, take, taken } from '../lib/window';

/** The number of windows in a chunk, about. */
const LENGTH: usize = 512;
/** The number of taps whose rows are gathered at once. */
const TAPS: usize = 128;

let taps: usize = 0;
let rowsG: usize = 0;
let rowsX: usize = 0;
let frames: usize = 0;
// The range of taps that this call computes.
let from: usize = 0;
let to: usize = 0;

/** The number of rows of windows in a chunk. */
function rowsOf(g: Conv): usize {
  return min<usize>(g.n * g.oh, max<usize>(1, LENGTH / g.ow));
}

/** The length of a chunk's rows, padded with zeros to a multiple of 4. */
function pitchOf(g: Conv): usize {
  return (rowsOf(g) * g.ow + 3) & ~3;
}

function layOut(g: Conv, work: usize): usize {
  begin(work);
  taps = take(g.taps);
  rowsG = take(g.mg * pitchOf(g));
  rowsX = take(min<usize>(g.taps, TAPS) * pitchOf(g));
  frames = take(g.bare ? 0 : imagesOf(g, LENGTH) * g.cg * g.fh * g.fw);
  return taken(work);
}

/** Bytes that `conv2dWeight` needs at `work`. */
export function conv2dWeightWork(at: usize): usize {
  return layOut(changetype<Conv>(at), 0);
}

/** gw [co, ci/groups, kh, kw] from x [n, ci, h, w] and gy [n, co, oh, ow]. Computes channels first to last - 1 of each group's
 *  inputs. */
export function conv2dWeight(at: usize, gw: usize, x: usize, gy: usize, first: usize, last: usize, work: usize): void {
  const g = changetype<Conv>(at);
  layOut(g, work);
  tabulateTaps(g, taps);
  const size = g.kh * g.kw;
  from = first * size;
  to = last * size;
  for (let o: usize = 0; o < g.co; o++) clear(gw + (o * g.taps + from) * F, to - from);
  const images = imagesOf(g, LENGTH);
  for (let group: usize = 0; group < g.groups; group++) {
    for (let image: usize = 0; image < g.n; image += images) {
      const count = min<usize>(images, g.n - image);
      const fromX = framesOf(g, frames, x, image, count, group, first, last - first);
      const fromG = gy + (image * g.co + group * g.mg) * g.windows * F;
      for (let row: usize = 0; row < count * g.oh; row += rowsOf(g)) {
        addChunk(g, gw + group * g.mg * g.taps * F, fromX, fromG, row, min<usize>(rowsOf(g), count * g.oh - row));
      }
    }
  }
}

/** Adds the products along `count` rows of windows from row `first` on. Rows are counted across images. */
function addChunk(g: Conv, gw: usize, x: usize, gy: usize, first: usize, count: usize): void {
  const pitch = pitchOf(g);
  const k = g.taps;
  const m = g.mg;
  const length = g.windows;
  for (let o: usize = 0; o < m; o++) {
    const at = gy + o * length * F;
    gather(g, rowsG + o * pitch * F, pitch, at, first, count, g.co * length * F, g.ow * F, 1);
  }
  const image = imageBytes(g);
  const row = g.sh * g.fw * F;
  for (let t = from; t < to; t += TAPS) {
    const many = min<usize>(TAPS, to - t);
    for (let i: usize = 0; i < many; i++) {
      const at = x + load<u32>(taps + (t + i) * 4);
      gather(g, rowsX + i * pitch * F, pitch, at, first, count, image, row, g.sw);
    }
    multiplyRows(gw + t * F, rowsG, rowsX, m, many, k, pitch);
  }
}

/** Writes `count` rows of windows one after another, then zeros up to `pitch`. In the source, elements of a row are `step` values
 *  apart, rows are `row` bytes apart, and images are `image` bytes apart. */
function gather(
  g: Conv, to: usize, pitch: usize, from: usize, first: usize, count: usize, image: usize, row: usize, step: usize,
): void {
  const end = to + pitch * F;
  const oh = g.oh;
  const ow = g.ow;
  let oy = first % oh;
  from += (first / oh) * image;
  for (let i: usize = 0; i < count; i++) {
    const at = from + oy * row;
    if (step == 1) move(to, at, ow);
    else for (let j: usize = 0; j < ow; j++) store<f32>(to + j * F, load<f32>(at + j * step * F));
    to += ow * F;
    if (++oy == oh) {
      oy = 0;
      from += image;
    }
  }
  for (; to < end; to += F) store<f32>(to, 0);
}
