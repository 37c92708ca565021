// Kernels as program text that gpu.js translates to a shader or to WebAssembly. They are text because a minifier may rewrite
// functions. Sizes are literals, because gpu.js ends a loop whose bound is an argument after 1,000 rounds.
//
// A thread computes four values of the result, in four rows of one column, so that it uses each fetched value of b four times. It returns
// the four values as one vector. `a` is packed to match: a *block* is four rows whose elements of one column are side by side. Arrays
// have up to three indices, the fastest-varying last. gpu.js holds each index in float32, so it must stay below 2^24. Threads are
// [x, y, z], x the fastest-varying.

/** The sizes of a matrix product. */
export interface Product {
  /** The number of blocks of four rows in one product. */
  blocks: number;
  /** The number of panels into which the columns of a product are cut. */
  panels: number;
  /** The number of terms of each sum. */
  inner: number;
}

/** y[4 block + c, x] = sum_k a[block, k, c] b[k, x], for several products. The columns are cut into panels, so that the
 *  part of b that a panel's threads read fits into a CPU's cache.
 *  Threads [width of a panel, blocks, products * panels].  a [products * blocks, inner, 4]; b [products * panels, inner, width]. */
export function product({ blocks, panels, inner }: Product): string {
  return kernel(
    divide('this.thread.z', panels, 'product', 'panel'),
    `const row = product * ${blocks} + this.thread.y;`,
    loop('k', inner, [fetch('v', 'b[this.thread.z][k][this.thread.x]'), add('a[row][k]', 0, 'v')]),
  );
}

/** The sizes of a convolution. */
export interface Correlation {
  groups: number;
  /** The number of blocks of four output channels in one group. */
  blocks: number;
  /** The number of input channels in one group. */
  channels: number;
  kernel: readonly [rows: number, columns: number];
  stride: readonly [rows: number, columns: number];
  dilation: readonly [rows: number, columns: number];
}

/** y[n, 4 block + c, o] = sum_{i,k} a[block, i, k, c] b[n, i, stride o + dilation k]. o and k are [row, column].
 *  Threads [columns, rows, images * groups * blocks].  a [groups * blocks, channels * taps / w, 4 * w], w the number of unrolled
 *  taps; b [images * groups * channels, height, width], padded. */
export function correlation({ groups, blocks, channels, kernel: size, stride, dilation }: Correlation): string {
  const [rows, columns] = writtenOut(size);
  let tap = 'i';
  if (rows.length !== size[0]) tap = `(${tap} * ${size[0]} + ky)`;
  if (columns.length !== size[1]) tap = `(${tap} * ${size[1]} + kx)`;
  const body = rows.flatMap((ky, r) =>
    columns.flatMap((kx, c) => {
      const name = `v${r * columns.length + c}`;
      const y = `this.thread.y * ${stride[0]} + ${ky} * ${dilation[0]}`;
      const x = `this.thread.x * ${stride[1]} + ${kx} * ${dilation[1]}`;
      return [fetch(name, `b[plane + i][${y}][${x}]`), add(`a[block][${tap}]`, 4 * (r * columns.length + c), name)];
    }),
  );
  const inColumns = columns.length === size[1] ? body : [loop('kx', size[1], body)];
  const inRows = rows.length === size[0] ? inColumns : [loop('ky', size[0], inColumns)];
  return kernel(
    divide('this.thread.z', groups * blocks, 'n', 'block'),
    divide('block', blocks, 'group', 'inGroup'),
    `const plane = (n * ${groups} + group) * ${channels};`,
    loop('i', channels, inRows),
  );
}

/** Filters with at most this many taps are unrolled. Larger ones loop over rows if there are several, and over columns if a row has more
 *  taps than this. */
const TAPS = 25;

/** The rows and columns of a filter in the text: numbers if unrolled, else the name of the loop's variable. */
export function writtenOut([rows, columns]: readonly [number, number]): (number | string)[][] {
  return [rows > 1 && rows * columns > TAPS ? ['ky'] : range(rows), columns > TAPS ? ['kx'] : range(columns)];
}

/** The sizes of a convolution's gradient with respect to the filters. */
export interface FilterGradient {
  groups: number;
  /** The number of blocks of four output channels in one group. */
  blocks: number;
  kernel: readonly [rows: number, columns: number];
  stride: readonly [rows: number, columns: number];
  dilation: readonly [rows: number, columns: number];
  /** The number of images that one thread sums over. */
  images: number;
  /** Rows and columns of the output's gradient; columns is a multiple of four. */
  output: readonly [rows: number, columns: number];
  /** The number of columns of b's images. */
  width: number;
}

/** y[part, 4 block + c, k, i] = sum_{n in part, o} a[n, block, o, c] b[n, stride o + dilation k, i].
 *  Threads [channels, taps, parts * groups * blocks].  a [images * groups * blocks, o / 4, 16];
 *  b [images * groups, pixels, channels of a group], padded. */
export function filterGradient(f: FilterGradient): string {
  const [rows, columns] = f.output;
  const body = range(4).flatMap((j) => [
    fetch(`v${j}`, `b[image][from + (4 * o + ${j}) * ${f.stride[1]}][this.thread.x]`),
    add(`a[row][oy * ${columns / 4} + o]`, 4 * j, `v${j}`),
  ]);
  return kernel(
    divide('this.thread.z', f.groups * f.blocks, 'part', 'block'),
    divide('block', f.blocks, 'group', 'inGroup'),
    divide('this.thread.y', f.kernel[1], 'ky', 'kx'),
    loop('j', f.images, [
      `const n = part * ${f.images} + j;`,
      `const image = n * ${f.groups} + group; const row = n * ${f.groups * f.blocks} + block;`,
      loop('oy', rows, [
        `const from = (oy * ${f.stride[0]} + ky * ${f.dilation[0]}) * ${f.width} + kx * ${f.dilation[1]};`,
        loop('o', columns / 4, body),
      ]),
    ]),
  );
}

function kernel(...statements: string[]): string {
  return `function (a, b) {
let s0 = 0; let s1 = 0; let s2 = 0; let s3 = 0;
${statements.join('\n')}
return [s0, s1, s2, s3];
}`;
}

function loop(name: string, end: number, body: string[]): string {
  return `for (let ${name} = 0; ${name} < ${end}; ${name}++) {\n${body.join('\n')}\n}`;
}

function fetch(name: string, value: string): string {
  return `const ${name} = ${value};`;
}

/** Text that adds row[first + c] * value to the sum s_c, for c = 0 .. 3. */
function add(row: string, first: number, value: string): string {
  return [0, 1, 2, 3].map((c) => `s${c} += ${row}[${first + c}] * ${value};`).join(' ');
}

/** Text that divides an index by a literal, with quotient and remainder. A device may round a quotient to the wrong side of an
 *  integer; 0.5 is added to the index first, which suffices below 2^20. */
function divide(index: string, by: number, quotient: string, remainder: string): string {
  return `const ${quotient} = Math.floor((${index} + 0.5) / ${by}); const ${remainder} = ${index} - ${quotient} * ${by};`;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
