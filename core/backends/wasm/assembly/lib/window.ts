// Finds the elements of x under the windows of a convolution. A window is the part of x that one output reads.
//
// With padding, each plane of x is first copied into a frame of zeros, just large enough for every window. Without padding, the planes are
// the frames. Then the element of x under tap t = (c, ky, kx) of window p = (oy, ox) is at frame + windows[p] + taps[t]: two tables
// of byte offsets, and no test for the border.
import { clear, F, move } from './memory';
import { NR } from './gemm';

/** The geometry of a convolution, written by plans/conv.ts: n images of ci channels and h x w elements; filters of co channels and
 *  kh x kw taps; strides sh, sw; padding ph, pw, which crops if it is negative; dilations dh, dw; results of oh x ow. */
@unmanaged
export class Conv {
  n: usize;
  ci: usize;
  h: usize;
  w: usize;
  co: usize;
  kh: usize;
  kw: usize;
  sh: usize;
  sw: usize;
  ph: isize;
  pw: isize;
  dh: usize;
  dw: usize;
  oh: usize;
  ow: usize;
  groups: usize;

  /** The number of channels of x in a group. */
  get cg(): usize { return this.ci / this.groups; }
  /** The number of channels of y in a group. */
  get mg(): usize { return this.co / this.groups; }
  /** The number of taps of a window, over all its channels. */
  get taps(): usize { return this.cg * this.kh * this.kw; }
  /** The number of windows of an image. */
  get windows(): usize { return this.oh * this.ow; }
  /** The number of panels of an image. A panel has NR windows; the last one may have fewer. */
  get panels(): usize { return (this.windows + NR - 1) / NR; }
  /** Whether there is no padding and no cropping. Then the planes themselves are the frames. */
  get bare(): bool { return this.ph == 0 && this.pw == 0; }
  /** The height of a frame. */
  get fh(): usize { return this.bare ? this.h : (this.oh - 1) * this.sh + (this.kh - 1) * this.dh + 1; }
  /** The width of a frame. */
  get fw(): usize { return this.bare ? this.w : (this.ow - 1) * this.sw + (this.kw - 1) * this.dw + 1; }
}

// The work area of a call. Its parts are taken one after another, at multiples of 64 bytes.
let top: usize = 0;

/** Starts to lay out a work area. */
export function begin(work: usize): void {
  top = work;
}

/** The address of the next part of the work area, with room for this many 4-byte values. */
export function take(values: usize): usize {
  const at = top;
  top = (top + values * F + 63) & ~63;
  return at;
}

/** Bytes taken since `begin(work)`. */
export function taken(work: usize): usize {
  return top - work;
}

/** Copies planes [count, h, w] into their frames, or back. Copying back leaves elements that no frame contains unchanged. */
function exchange(g: Conv, frames: usize, planes: usize, count: usize, back: bool): void {
  const fh = <isize>g.fh;
  const fw = <isize>g.fw;
  const y0 = max<isize>(0, g.ph);
  const y1 = min<isize>(fh, <isize>g.h + g.ph);
  const x0 = max<isize>(0, g.pw);
  const x1 = min<isize>(fw, <isize>g.w + g.pw);
  for (let c: usize = 0; c < count; c++) {
    for (let y = y0; y < y1 && x0 < x1; y++) {
      const inner = frames + (y * fw + x0) * F;
      const outer = planes + ((y - g.ph) * <isize>g.w + x0 - g.pw) * F;
      if (back) move(outer, inner, x1 - x0);
      else move(inner, outer, x1 - x0);
    }
    frames += fh * fw * F;
    planes += g.h * g.w * F;
  }
}

/** Cuts planes [count, h, w] out of their frames. */
export function unframe(g: Conv, planes: usize, frames: usize, count: usize): void {
  exchange(g, frames, planes, count, true);
}

/** Byte offsets of the taps within the frames of an image. */
export function tabulateTaps(g: Conv, to: usize): void {
  const fh = g.fh;
  const fw = g.fw;
  for (let c: usize = 0; c < g.cg; c++) {
    for (let ky: usize = 0; ky < g.kh; ky++) {
      for (let kx: usize = 0; kx < g.kw; kx++) {
        store<u32>(to, ((c * fh + ky * g.dh) * fw + kx * g.dw) * F);
        to += 4;
      }
    }
  }
}

/** Offsets of the windows of `count` panels from `first` on. Images are `image` bytes apart. If an image ends inside a panel, the
 *  panel's other entries point to the image's first window. */
export function tabulateWindows(g: Conv, to: usize, first: usize, count: usize, image: usize): void {
  const length = g.windows;
  const perImage = g.panels;
  const row = g.sh * g.fw * F;
  for (let q = first; q < first + count; q++) {
    const from = (q / perImage) * image;
    const start = (q % perImage) * NR;
    let oy = start / g.ow;
    let ox = start - oy * g.ow;
    for (let p = start; p < start + NR; p++) {
      store<u32>(to, p < length ? from + oy * row + ox * g.sw * F : from);
      to += 4;
      if (++ox == g.ow) {
        ox = 0;
        oy++;
      }
    }
  }
}

/** The number of images in one block of about `many` windows. */
export function imagesOf(g: Conv, many: usize): usize {
  return min<usize>(g.n, max<usize>(1, many / (g.panels * NR)));
}

/** Bytes from one image to the next in `frames`, or in x if its planes are the frames. */
export function imageBytes(g: Conv): usize {
  return (g.bare ? g.ci : g.cg) * g.fh * g.fw * F;
}

/** The address of the frames of `count` images, from image number `image` on, for one group. If the planes are the frames, it is in x.
 *  Else it is `frames`, and the frames of `channels` channels, from channel c of the group on, are built there. */
export function framesOf(
  g: Conv, frames: usize, x: usize, image: usize, count: usize, group: usize, c: usize, channels: usize,
): usize {
  const from = x + (image * g.ci + group * g.cg) * g.h * g.w * F;
  if (g.bare) return from;
  const size = imageBytes(g);
  for (let i: usize = 0; i < count; i++) {
    const at = frames + i * size + c * g.fh * g.fw * F;
    clear(at, channels * g.fh * g.fw);
    exchange(g, at, from + (i * g.ci + c) * g.h * g.w * F, channels, false);
  }
  return frames;
}
