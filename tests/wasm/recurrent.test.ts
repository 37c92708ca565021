// Recurrent layers on the wasm backend.
import * as ops from '../../core/ops/index.js';
import { assert, subject } from '../spec.js';
import { FAST, type Operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly: recurrent layers');

/** Sizes [steps, batch, n]: whole vectors and tiles, odd sizes, single rows and steps, more than a packed block of rows (96) and of
 *  columns (256). */
const sizes = [
  [3, 8, 16],
  [4, 7, 5],
  [1, 1, 1],
  [2, 5, 3],
  [5, 1, 9],
  [2, 100, 6],
  [2, 3, 70],
];

/** The products have n terms with weights of size 1 / sqrt(n), as in a layer; in backward they have gates * n terms. Each step adds a few
 *  roundings of values of size 1, 6e-8 each, and the errors of sigmoid and tanh, some ulp each. After five steps the error is below 1e-5. */
const tolerance = 1e-5;
const weight = (gates: number, n: number): Operand => {
  const k = Math.sqrt(3 / n);
  return { shape: [gates * n, n], value: (i) => k * Math.sin(12.9898 * i + gates) };
};

/** The kernels with operands of these sizes. */
function cases([steps, batch, n]: number[]) {
  const all = (gates: number, more: Partial<Operand> = {}): Operand => ({ shape: [steps, batch, gates * n], ...more });
  const state: Operand = { shape: [batch, n] };
  const bias = (gates: number): Operand => ({ shape: [gates * n] });
  const given = (gates: number): Operand[] => [all(gates), weight(gates, n), bias(gates), bias(gates), state];
  // Gates that the forward pass kept, in (0, 1).
  const gates = all(4, { value: (i) => 0.5 + 0.4 * Math.sin(i) });
  const relus = [false, true].flatMap((relu): [ops: any, outs: Operand[], ins: Operand[], attrs: object][] => [
    [ops.rnn, [all(1, { offset: 1 })], given(1), { relu }],
    [ops.rnnGrad, [all(1), state], [all(1), weight(1, n), all(1)], { relu }],
  ]);
  return [
    ...relus,
    [ops.lstm, [all(1), state, all(1), all(4, { offset: 3 })], [...given(4), state], {}],
    [ops.lstmGrad, [all(4), state, state], [all(1), state, weight(4, n), state, all(1), gates], {}],
    [ops.gru, [all(1), all(4)], given(3), {}],
    [ops.gruGrad, [all(3), all(3), state], [all(1), weight(3, n), state, all(1), gates], {}],
  ] as typeof relus;
}

for (const size of sizes) {
  test(`each layer and its gradient equal their loops: steps, batch, n = ${size}`, () => {
    for (const [{ op }, outs, ins, attrs] of cases(size)) {
      assert.is(same(op, outs, ins, attrs, tolerance), FAST, op.name);
    }
  });
}

test('operands may be views: weights and inputs stored transposed, with offsets', () => {
  const [steps, batch, n] = [3, 4, 6];
  for (const [{ op }, outs, ins, attrs] of cases([steps, batch, n])) {
    const transposed = ins.map((o): Operand => {
      const stride = o.shape.map((_, i) => o.shape.slice(0, i).reduce((p, d) => p * d, 1));
      return { ...o, stride, offset: 2 };
    });
    assert.is(same(op, outs, transposed, attrs, tolerance), FAST, op.name);
  }
});

test('NaN and infinity spread as in the loops', () => {
  for (const odd of [Number.NaN, Infinity, -Infinity]) {
    for (const [{ op }, outs, ins, attrs] of cases([2, 3, 5])) {
      // W_hh stays finite, because with an infinite weight NaN depends on the order of sums.
      const spoilt = ins.map((o): Operand => {
        const isWeight = o.shape.length === 2 && o.shape[0] !== 3;
        return isWeight ? o : { ...o, value: (i) => (i === 4 ? odd : (o.value?.(i) ?? Math.cos(i))) };
      });
      assert.is(same(op, outs, spoilt, attrs, tolerance), FAST, op.name);
    }
  }
});
