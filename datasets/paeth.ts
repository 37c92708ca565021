// Paeth's filter for byte images: it leaves small numbers where an image is smooth, which gzip packs better.
//
//   residual = p - nearest(a + b - c; a, b, c)  mod 256
//
// a is the pixel to the left, b the one above, c the one above a; outside the image they are 0. Ties: a, then b.
// Sources: A. W. Paeth, Image File Compression Made Easy, Graphics Gems II, 1991; PNG, W3C 2003, 9.4, filter type 4.

/** The residuals of images [n, rows, columns]. */
export function filterPaeth(pixels: Uint8Array, rows: number, columns: number): Uint8Array {
  const residuals = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) residuals[i] = pixels[i] - predict(pixels, i, rows, columns);
  return residuals;
}

/** The images [n, rows, columns] of those residuals. */
export function unfilterPaeth(residuals: Uint8Array, rows: number, columns: number): Uint8Array {
  const pixels = new Uint8Array(residuals.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = residuals[i] + predict(pixels, i, rows, columns);
  return pixels;
}

function predict(pixels: Uint8Array, i: number, rows: number, columns: number): number {
  const left = i % columns !== 0;
  const above = i % (rows * columns) >= columns;
  const a = left ? pixels[i - 1] : 0;
  const b = above ? pixels[i - columns] : 0;
  const c = left && above ? pixels[i - columns - 1] : 0;
  const toA = Math.abs(b - c);
  const toB = Math.abs(a - c);
  const toC = Math.abs(a + b - 2 * c);
  if (toA <= toB && toA <= toC) return a;
  return toB <= toC ? b : c;
}
