// A matrix product as a program: how its operands are packed and where its results go.
import { sizeOf } from '../../../strides.js';
import type { BufferView } from '../../backend.js';
import type { Operand, Program } from '../gpujs/engine.js';
import { product } from './kernels.js';
import { by4, dense, fours, starts } from './pack.js';

/** A kernel call as a program. Nothing is copied before `operands` is called. */
export interface Job {
  /** The number of multiplications, without multiplications by padding. */
  work: number;
  /** Every index along a long axis of an operand is below this number. */
  reach: number;
  program: Program;
  operands(): Operand[];
  store(result: Float32Array): void;
}

/** The largest number of columns of a panel. */
const WIDTH = 128;

/** The product of a [.., m, k] and b [.., k, n], of any strides. If b is one matrix, all rows of a are one product. */
export function matmul(out: BufferView, [a, b]: BufferView[]): Job {
  const batch = out.shape.slice(0, -2);
  const n = out.shape.at(-1)!;
  const inner = a.shape.at(-1)!;
  const one = b.stride.slice(0, -2).every((s, axis) => s === 0 || batch[axis] === 1);
  const products = one ? 1 : sizeOf(batch);
  const rows = sizeOf(out.shape.slice(0, -1)) / products;
  const blocks = Math.ceil(rows / 4);
  const width = Math.min(by4(n), WIDTH);
  const panels = Math.ceil(n / width);
  return {
    work: sizeOf(out.shape) * inner,
    reach: Math.max(inner, products * blocks, products * panels),
    program: programOf(product, { blocks, panels, inner }, [width, blocks, products * panels]),
    operands() {
      const first = starts(out.shape.slice(0, -1), a.stride.slice(0, -1)).map((at) => a.offset + at);
      const left = fours(a.buffer.values as Float32Array, first, products, inner, a.stride.at(-1)!);
      const right = dense({ ...b, shape: [...batch.map((d) => (one ? 1 : d)), inner, n] });
      const byPanels = new Float32Array(products * panels * inner * width);
      for (let k = 0; k < products * inner; k++) {
        for (let panel = 0; panel < panels; panel++) {
          const to = ((Math.floor(k / inner) * panels + panel) * inner + (k % inner)) * width;
          byPanels.set(right.subarray(k * n + panel * width, k * n + Math.min(n, (panel + 1) * width)), to);
        }
      }
      return [
        { values: left, size: [4, inner, products * blocks] },
        { values: byPanels, size: [width, inner, products * panels] },
      ];
    },
    store(result) {
      const y = out.buffer.values;
      eachRow({ parts: products * panels, rows, length: width }, (from, part, row) => {
        const column = (part % panels) * width;
        const to = out.offset + (Math.floor(part / panels) * rows + row) * n + column;
        for (let x = 0; x < Math.min(width, n - column); x++) y[to + x] = result[from + 4 * x];
      });
    },
  };
}

/** Calls `visit` with the start of each row in a result of blocks of four rows: [parts, ceil(rows / 4), length, 4]. */
export function eachRow(
  { parts, rows, length }: { parts: number; rows: number; length: number },
  visit: (from: number, part: number, row: number) => void,
): void {
  const blocks = Math.ceil(rows / 4);
  for (let part = 0; part < parts; part++) {
    for (let row = 0; row < rows; row++) visit((part * blocks + (row >> 2)) * length * 4 + (row & 3), part, row);
  }
}

/** A program. Its name contains everything that its text depends on. */
export function programOf<S extends object>(text: (spec: S) => string, spec: S, threads: Program['threads']): Program {
  return { name: text.name + JSON.stringify(spec), source: () => text(spec), threads };
}
