// Formulas on tensors: values on a whole grid at once, and gradients by this project's autodiff.
import { abs, add, cos, div, exp, log, mul, neg, pow, sin, sqrt, square, sub, Tensor, tanh } from '../../index.js';
import { constants, type Formula } from './formula.js';

type Value = Tensor | number;

const functions = { sqrt, abs, exp, log, sin, cos, tanh };

/** Returns a formula's value, element by element. variables: the values of its names. */
export function evaluate(f: Formula, variables: Readonly<Record<string, Value>>): Value {
  const of = (part: Formula) => evaluate(part, variables);
  switch (f.kind) {
    case 'number':
      return f.value;
    case 'name':
      return Object.hasOwn(variables, f.name) ? variables[f.name] : constants[f.name];
    case 'negative': {
      const value = of(f.of);
      return value instanceof Tensor ? neg(value) : -value;
    }
    case 'call': {
      const value = of(f.of);
      return value instanceof Tensor ? functions[f.name](value) : Math[f.name](value);
    }
    case 'binary':
      return apply(f.operator, of(f.left), of(f.right));
  }
}

function apply(operator: '+' | '-' | '*' | '/' | '^', a: Value, b: Value): Value {
  if (operator === '^') return power(a, b);
  if (typeof a === 'number' && typeof b === 'number') {
    return operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
  }
  return { '+': add, '-': sub, '*': mul, '/': div }[operator](a as Tensor, b as Tensor);
}

/** a^b. Whole exponents from 1 to 8 are products, which every engine rounds alike. */
function power(a: Value, b: Value): Value {
  if (typeof b !== 'number' || !Number.isInteger(b) || b < 1 || b > 8)
    return typeof a === 'number' && typeof b === 'number' ? a ** b : pow(a as Tensor, b);
  if (b === 1) return a;
  if (b % 2 === 1) return apply('*', power(a, b - 1), a);
  const half = power(a, b / 2);
  return typeof half === 'number' ? half * half : square(half);
}
