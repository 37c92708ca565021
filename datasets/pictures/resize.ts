// Brings a picture of any size to the size of a data set, each axis by itself.
//
//   y[j] = sum_i w[j, i] x[i]          s = input size / output size
//
//   smaller (s > 1)   the mean over the area [j s, (j+1) s): w[j, i] = the share of it that pixel [i, i+1) covers
//   larger (s < 1)    linear interpolation between the two pixels around (j + 1/2) s - 1/2; border pixels are repeated
//   equal             the pixels themselves
//
// The picture is stretched to the new shape; nothing is cut off. Sums are in float64 and rounded once.
// Grey from colours: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
import { checkInteger, must } from '../../core/index.js';

/** The size and the channels of the images that pictures become. */
export interface PictureOptions {
  /** Rows and columns: one number for both, or [rows, columns]; each at most 4096. Pictures are stretched to it: averaged over areas
   *  where they are larger, interpolated linearly where they are smaller. */
  size: number | readonly [rows: number, columns: number];
  /** 3: red, green, blue; 1: grey, 0.299 R + 0.587 G + 0.114 B. Default: 3. */
  channels?: 1 | 3;
}

/** A decoded picture: rows of red, green, blue. */
export interface Picture {
  /** Columns, in pixels. */
  width: number;
  /** Rows, in pixels. */
  height: number;
  /** Bytes [height, width, 3]. */
  rgb: ArrayLike<number>;
  /** EXIF's number, 1 to 8; see `PictureHeader`. */
  orientation: number;
}

/** [channels, rows, columns] of the options. Throws ValueError if one is out of range. */
export function pictureShape(what: string, { size, channels = 3 }: PictureOptions): [number, number, number] {
  const sides = typeof size === 'number' ? [size, size] : size;
  must(Array.isArray(sides) && sides.length === 2, `${what}: size`, 'a number, or [rows, columns]', size);
  for (const side of sides) {
    checkInteger(`${what}: size`, side, 1);
    must(side <= 4096, `${what}: size`, 'at most 4096', side);
  }
  must(channels === 1 || channels === 3, `${what}: channels`, '1 or 3', channels);
  return [channels, sides[0], sides[1]];
}

/** Writes the picture at the size of `shape`, [channels, rows, columns], upright, into bytes of that shape. */
export function writeResized(
  { width, height, rgb, orientation }: Picture,
  [channels, rows, columns]: readonly number[],
  into: Uint8Array,
): void {
  const isTurned = orientation >= 5;
  const [high, wide] = isTurned ? [columns, rows] : [rows, columns];
  const resized = resize(rgb, width, height, wide, high);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 3 * source(orientation, row, column, high, wide);
      const to = row * columns + column;
      const [red, green, blue] = [resized[at], resized[at + 1], resized[at + 2]];
      if (channels === 1) into[to] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      else for (let c = 0; c < 3; c++) into[c * rows * columns + to] = Math.round(resized[at + c]);
    }
  }
}

/** The index in the stored picture, `high` rows of `wide` pixels, of pixel [row, column] of the upright picture. */
function source(orientation: number, row: number, column: number, high: number, wide: number): number {
  const [y, x] = orientation >= 5 ? [column, row] : [row, column];
  const isDown = [3, 4, 6, 7].includes(orientation);
  const isLeft = [2, 3, 7, 8].includes(orientation);
  return (isDown ? high - 1 - y : y) * wide + (isLeft ? wide - 1 - x : x);
}

/** Bytes [height, width, 3] as unrounded numbers [high, wide, 3]. */
function resize(rgb: ArrayLike<number>, width: number, height: number, wide: number, high: number): Float64Array {
  const [across, down] = [weightsOf(width, wide), weightsOf(height, high)];
  const resized = new Float64Array(3 * wide * high);
  const line = new Float64Array(3 * wide);
  for (let y = 0; y < height; y++) {
    if (down[y].length === 0) continue;
    line.fill(0);
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      for (const { to, weight } of across[x]) {
        line[3 * to] += weight * rgb[at];
        line[3 * to + 1] += weight * rgb[at + 1];
        line[3 * to + 2] += weight * rgb[at + 2];
      }
    }
    for (const { to, weight } of down[y]) {
      const start = 3 * wide * to;
      for (let k = 0; k < line.length; k++) resized[start + k] += weight * line[k];
    }
  }
  return resized;
}

/** For each input pixel of an axis, the output pixels that it contributes to, with its weights. */
function weightsOf(size: number, wanted: number): { to: number; weight: number }[][] {
  const weights = Array.from({ length: size }, (): { to: number; weight: number }[] => []);
  const add = (from: number, to: number, weight: number) => {
    if (weight > 0) weights[from].push({ to, weight });
  };
  const scale = size / wanted;
  for (let to = 0; to < wanted; to++) {
    if (scale > 1) {
      const [begin, end] = [to * scale, (to + 1) * scale];
      for (let from = Math.floor(begin); from < Math.min(size, Math.ceil(end)); from++)
        add(from, to, (Math.min(from + 1, end) - Math.max(from, begin)) / scale);
    } else {
      const centre = Math.min(Math.max((to + 0.5) * scale - 0.5, 0), size - 1);
      const from = Math.floor(centre);
      add(from, to, 1 - (centre - from));
      if (from + 1 < size) add(from + 1, to, centre - from);
    }
  }
  return weights;
}
