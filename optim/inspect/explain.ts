// One element's next step as a derivation: each line of step.ts with its numbers.
import { checkTensor, showValue, type Tensor, ValueError } from '../../core/index.js';
import { checkOptimizer, type Optimizer } from '../optimizer.js';
import { initialOf, stateOf } from '../state.js';
import { boundedStep, clip, type Numbers, rateOf } from '../step.js';

/** The derivation of one element's next step. */
export interface Explanation {
  /** One line for each equation: the formula, its numbers with six digits, and the result. */
  text: string;
  /** The value that the step will store, to the bit. */
  x: number;
}

/** Derives the step that `optimizer.step()` would take for one element. Call it after backward() and before step().
 *  index: the place of the element, in row-major order.
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
  const element = async (t: Tensor | undefined, initially = 0): Promise<Numbers> => {
    const one = t ? (await t.data()).subarray(index, index + 1) : [initially];
    return (param.dtype === 'float64' ? Float64Array : Float32Array).from(one);
  };
  const keys = stateOf(rule);
  const x = await element(param);
  const grad = await element(param.grad);
  const state = (key: string) => (keys.includes(key) ? element(tensors[key], initialOf(rule, key)) : null);
  const [m, v, u, h] = [(await state('m'))!, await state('v'), await state('u'), await state('h')];
  const [x0, m0, v0, u0, h0] = [x, m, v, u, h].map((a) => Number(a?.[0])); // NaN if the rule has no v, u or h
  const n = new Float64Array(1);
  boundedStep(x, grad, m, v, u, c, n, h);

  const g = grad[0] + c.wd * x0;
  const isAhead = c.p !== 1 || c.q !== 0;
  const d = isAhead ? c.p * m[0] + c.q * g : m[0];
  const lines = [`${title}, ${name}[${index}], step ${step}`];
  const line = (letter: string, formula: string, numbers: string, value: number, note = '') =>
    lines.push(`  ${letter} = ${formula} = ${numbers} = ${show(value)}${note && `   (${note})`}`);
  if (c.wd) line('g', 'grad + wd x', `${show(grad[0])} + ${show(c.wd)} · ${show(x0)}`, g);
  else lines.push(`  g = grad = ${show(g)}`);
  line('m', 'b1 m + k g', `${show(c.b1)} · ${show(m0)} + ${show(c.k)} · ${show(g)}`, m[0]);
  const r = v ? rateOf(u ? u[0] : v[0], c.a, c.e, c.power) : c.a;
  if (v) {
    const base = g < 0 ? `(${show(g)})` : show(g);
    const square = `${show(c.b2)} · ${show(v0)} + ${show(c.k2)} · ${base}²`;
    const known = `v ${show(v0)}, g ${show(g)}, m ${show(m[0])}, b2 ${show(c.b2)}, k2 ${show(c.k2)}`;
    if (c.second) lines.push(`  v = ${c.second.formula} = ${show(v[0])}   (${known}, eps ${show(c.second.added)})`);
    else line('v', 'b2 v + k2 g²', square, v[0]);
    if (u) line('u', 'max(u, v)', `max(${show(u0)}, ${show(v[0])})`, u[0]);
    const [letter, size] = u ? ['u', u[0]] : ['v', v[0]];
    const to = c.power && c.power !== 1 ? `^${show(c.power)}` : '';
    line('r', `a / (sqrt(${letter}) + e)${to}`, `${show(c.a)} / (sqrt(${show(size)}) + ${show(c.e)})${to}`, r);
  } else lines.push(`  r = a = ${show(r)}`);
  const where = r < c.lo ? 'at the floor' : r > c.hi ? 'at the ceiling' : 'free';
  const free = c.s * clip(r, c.lo, c.hi);
  line('n', 's clip(r, lo, hi)', `${show(c.s)} · clip(${show(r)}, ${show(c.lo)}, ${show(c.hi)})`, free, where);
  if (h) {
    line('h', 'b3 h + (1 - b3) n', `${show(c.b3!)} · ${show(h0)} + ${show(1 - c.b3!)} · ${show(free)}`, h[0]);
    line('n', 'min(n, h)', `min(${show(free)}, ${show(h[0])})`, n[0], n[0] < free ? 'at its ceiling' : 'free');
  }
  if (isAhead) line('d', 'p m + q g', `${show(c.p)} · ${show(m[0])} + ${show(c.q)} · ${show(g)}`, d);
  else lines.push(`  d = m = ${show(d)}`);
  const by = c.signed ? `sign(${show(d)})` : show(d);
  const left = `${show(c.keep)} · ${show(x0)} - ${show(n[0])} · ${by}`;
  const moved = `keep x - n ${c.signed ? 'sign(d)' : 'd'}`;
  if (c.box) line('x', `clip(${moved}, box)`, `clip(${left}, ${c.box[0]}, ${c.box[1]})`, x[0]);
  else line('x', moved, left, x[0]);
  return { text: lines.join('\n'), x: x[0] };
}

/** A number with six digits, without trailing zeros. */
function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
