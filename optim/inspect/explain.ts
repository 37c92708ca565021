// One element's next step as a derivation: each line of step.ts with its numbers.
import { checkTensor, showValue, type Tensor, ValueError } from '../../core/index.js';
import { checkOptimizer, type Optimizer } from '../optimizer.js';
import { initialOf, stateOf } from '../state.js';
import { boundedStep, ceiled, type Numbers, rateOf } from '../step.js';

/** One equation of a derivation. */
export interface ExplainedLine {
  /** The letter on the left side, as in step.ts. */
  letter: string;
  /** The right side in letters. */
  formula: string;
  /** The right side in numbers, with six digits. */
  numbers: string;
  /** The result, with all its digits. */
  value: number;
  /** What the clip or the ceiling did: `at the floor`, `free`, ..; '' for other letters. */
  note: string;
}

/** The derivation of one element's next step. */
export interface Explanation {
  /** A heading, then one line for each equation: the formula, its numbers and the result, with six digits. */
  text: string;
  /** The lines after the heading, as data. */
  lines: ExplainedLine[];
  /** The value that the step will store: to the bit on the loops and with wasm's `exactStep`, else within 1e-6. */
  x: number;
}

/** Derives the step that `optimizer.step()` would take for one element. Call it after backward() and before step().
 *  index: the row-major index of the element.
 *  Throws ValueError if the parameter has no gradient or no such element, and for an optimizer whose step is not the
 *  bounded one. */
export async function explain(optimizer: Optimizer<any>, param: Tensor, index: number): Promise<Explanation> {
  checkOptimizer('explain', optimizer);
  checkTensor('explain: param', param);
  const { title, name, step, scalars: c, tensors, rule } = optimizer.upcoming(param);
  if (!param.grad) throw new ValueError(`explain: ${name} has no gradient; call backward() first`);
  if (!Number.isInteger(index) || index < 0 || index >= param.size) {
    throw new ValueError(`explain: no such element: ${showValue(index)} of ${param.size} in ${name}`);
  }
  const element = async (t: Tensor | number): Promise<Numbers> => {
    const one = typeof t === 'number' ? [t] : (await t.data()).subarray(index, index + 1);
    return (param.dtype === 'float64' ? Float64Array : Float32Array).from(one);
  };
  const [x, grad] = [await element(param), await element(param.grad)];
  const state: Record<string, Numbers> = {};
  for (const key of stateOf(rule)) state[key] = await element(tensors[key] ?? initialOf(rule, key));
  const { m, v = null, u = null, h = null } = state as Record<string, Numbers | null> & { m: Numbers };
  // The values of the letters. Each line assigns a new value to its letter, which the later lines use.
  const values: Record<string, unknown> = {
    ...c,
    eps: c.second?.added,
    box: c.box?.join(', '),
    x: x[0],
    grad: grad[0],
  };
  for (const [key, [value]] of Object.entries(state)) values[key] = value;
  const n = new Float64Array(1);
  boundedStep(x, grad, m, v, u, c, n, h);

  const lines: ExplainedLine[] = [];
  const line = (letter: string, formula: string, value: number, note = '') => {
    lines.push({ letter, formula, numbers: withNumbers(formula, values), value, note });
    values[letter] = value;
  };
  const g = grad[0] + c.wd * (values.x as number);
  line('g', c.wd ? 'grad + wd x' : 'grad', g);
  line('m', 'b1 m + k g', m[0]);
  if (v) line('v', c.second?.formula ?? 'b2 v + k2 g²', v[0]);
  if (u) line('u', 'max(u, v)', u[0]);
  const r = v ? rateOf(u ? u[0] : v[0], c.a, c.e, c.power) : c.a;
  const power = (c.power ?? 1) === 1 ? '' : '^power';
  line('r', v ? `a / (sqrt(${u ? 'u' : 'v'}) + e)${power}` : 'a', r);
  const most = ceiled(r, h?.[0], c.s);
  if (h) {
    line('h', 'b3 h + (1 - b3) s r', h[0]);
    line('r', 'min(r, h / s)', most, most < r ? 'at its own ceiling' : 'free');
  }
  const where = most < c.lo ? 'at the floor' : most > c.hi ? 'at the ceiling' : 'free';
  line('n', 's clip(r, lo, hi)', n[0], where);
  const isAhead = c.p !== 1 || c.q !== 0;
  const d = isAhead ? c.p * m[0] + c.q * g : m[0];
  if (c.signed) line('d', 'sign(p m + q g)', Math.sign(d));
  else line('d', isAhead ? 'p m + q g' : 'm', d);
  line('x', c.box ? 'clip(keep x - n d, box)' : 'keep x - n d', x[0]);
  const text = [`${title}, ${name}[${index}], step ${step}`, ...lines.map(textOf)].join('\n');
  return { text, lines, x: x[0] };
}

function textOf({ letter, formula, numbers, value, note }: ExplainedLine): string {
  const result = show(value);
  return `  ${letter} = ${formula}${numbers === result ? '' : ` = ${numbers}`} = ${result}${note && `   (${note})`}`;
}

/** A formula with numbers for its letters and a dot between factors. A negative number is bracketed before ². */
function withNumbers(formula: string, values: Record<string, unknown>): string {
  const dotted = formula.replace(/(?<=[\w²)]) (?=[a-z(|])/g, ' · ');
  return dotted.replace(/\b([a-z]+\d?)\b(²?)(?!\()/g, (text, letter, square) => {
    const value = values[letter];
    if (typeof value !== 'number') return typeof value === 'string' ? value : text;
    return square && value < 0 ? `(${show(value)})²` : show(value) + square;
  });
}

/** A number with six digits, without trailing zeros. */
function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
