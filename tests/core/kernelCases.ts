// Operands of products and convolutions, for the tests of backends that compare kernels with their loops.

/** A convolution. Without `stride` and the others it has the defaults of conv2d. */
export interface Convolution {
  x: [n: number, ci: number, h: number, w: number];
  co: number;
  kernel: [number, number];
  stride?: [number, number];
  padding?: [number, number];
  dilation?: [number, number];
  groups?: number;
}

export const convolutions: readonly Convolution[] = [
  { x: [2, 1, 28, 28], co: 6, kernel: [5, 5], padding: [2, 2] },
  { x: [3, 6, 14, 14], co: 16, kernel: [5, 5] },
  { x: [2, 16, 33, 31], co: 7, kernel: [3, 3], padding: [1, 1] },
  { x: [2, 3, 9, 11], co: 5, kernel: [3, 2], stride: [2, 1], padding: [1, 0] },
  { x: [2, 3, 12, 9], co: 5, kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [1, 2, 13, 17], co: 3, kernel: [3, 3], stride: [3, 3], padding: [2, 1], dilation: [2, 1] },
  { x: [2, 4, 10, 9], co: 6, kernel: [2, 3], padding: [1, 2], dilation: [2, 2], groups: 2 },
  { x: [2, 6, 7, 7], co: 6, kernel: [3, 3], stride: [2, 2], padding: [1, 1], groups: 6 },
  { x: [4, 9, 7, 7], co: 11, kernel: [1, 1], stride: [2, 2] },
  { x: [2, 2, 5, 5], co: 3, kernel: [5, 5] },
  { x: [2, 2, 4, 4], co: 3, kernel: [1, 1], padding: [3, 2] },
];

/** The shapes of a convolution's image, filters and result, and the attributes of its three kernels. */
export function convolutionOf(c: Convolution) {
  const { x, co, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 } = c;
  const size = [0, 1].map(
    (a) => Math.floor((x[2 + a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) / stride[a]) + 1,
  );
  const attrs = { stride, padding, dilation, groups, size: x.slice(2), kernelSize: kernel };
  return { x, w: [co, x[1] / groups, ...kernel], y: [x[0], co, ...size], attrs };
}

/** Views of a matrix: row-major, transposed, with gaps, an offset, repeated rows or columns or both, and rows in reverse order. */
export const matrices = (rows: number, cols: number): { shape: number[]; stride?: number[]; offset?: number }[] => [
  { shape: [rows, cols] },
  { shape: [rows, cols], stride: [1, rows] },
  { shape: [rows, cols], stride: [cols + 3, 1], offset: 5 },
  { shape: [rows, cols], stride: [2 * cols, 2], offset: 1 },
  { shape: [rows, cols], stride: [0, 1] },
  { shape: [rows, cols], stride: [1, 0] },
  { shape: [rows, cols], stride: [0, 0], offset: 3 },
  { shape: [rows, cols], stride: [-cols, 1], offset: (rows - 1) * cols },
];
