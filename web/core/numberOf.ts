// Formulas on numbers, and the same formulas as expressions of TypeScript, which give the same bits.
import { constants, type Formula, strengthOf } from './formula.js';

/** The name of infinity. */
export const INFINITY = 'infinity';

/** Returns a formula's value. variables: the values of its names. */
export function numberOf(f: Formula, variables: Readonly<Record<string, number>>): number {
  const of = (part: Formula) => numberOf(part, variables);
  switch (f.kind) {
    case 'number':
      return f.value;
    case 'name':
      if (Object.hasOwn(variables, f.name)) return variables[f.name];
      return f.name === INFINITY ? Infinity : constants[f.name];
    case 'negative':
      return -of(f.of);
    case 'call':
      return Math[f.name](of(f.of));
    case 'binary': {
      const [a, b] = [of(f.left), of(f.right)];
      switch (f.operator) {
        case '+':
          return a + b;
        case '-':
          return a - b;
        case '*':
          return a * b;
        case '/':
          return a / b;
        case '^':
          return timesOf(f.right) === 0 ? a ** b : product(a, b);
      }
    }
  }
}

/** Returns an exponent that is written as a whole number from 1 to 8: such a power is a product, which every engine rounds alike. Returns 0
 *  for any other. */
const timesOf = (power: Formula) =>
  power.kind === 'number' && Number.isInteger(power.value) && power.value >= 1 && power.value <= 8 ? power.value : 0;

function product(a: number, times: number): number {
  if (times === 1) return a;
  if (times % 2 === 1) return product(a, times - 1) * a;
  const half = product(a, times / 2);
  return half * half;
}

/** The names in a formula. */
export function namesIn(f: Formula): Set<string> {
  if (f.kind === 'name') return new Set([f.name]);
  if (f.kind === 'binary') return new Set([...namesIn(f.left), ...namesIn(f.right)]);
  return f.kind === 'number' ? new Set() : namesIn(f.of);
}

/** Returns a formula as an expression of TypeScript. nameOf: the expression of a variable. */
export function expressionOf(f: Formula, nameOf: (name: string) => string): string {
  return textOf(f, nameOf).text;
}

/** An expression, and the precedence of its outermost operator. */
interface Text {
  text: string;
  strength: number;
}

function textOf(f: Formula, nameOf: (name: string) => string): Text {
  const of = (part: Formula) => textOf(part, nameOf);
  const inside = ({ text, strength }: Text, least: number) => (strength < least ? `(${text})` : text);
  const times = (a: Text, b: Text): Text => ({ text: `${inside(a, 2)} * ${inside(b, 2.5)}`, strength: 2 });
  switch (f.kind) {
    case 'number':
      return { text: String(f.value), strength: 5 };
    case 'name': {
      const fixed: Readonly<Record<string, string>> = { pi: 'Math.PI', e: 'Math.E', [INFINITY]: 'Infinity' };
      return { text: Object.hasOwn(fixed, f.name) ? fixed[f.name] : nameOf(f.name), strength: 5 };
    }
    case 'negative':
      // As an operand always in brackets, because the base of ** must not have a sign.
      return { text: `-${inside(of(f.of), 4)}`, strength: 0 };
    case 'call':
      return { text: `Math.${f.name}(${of(f.of).text})`, strength: 5 };
    case 'binary': {
      const [a, b] = [of(f.left), of(f.right)];
      if (f.operator !== '^') {
        const strength = strengthOf(f);
        // Sums are not regrouped: another order could round differently.
        return { text: `${inside(a, strength)} ${f.operator} ${inside(b, strength + 0.5)}`, strength };
      }
      const power = (n: number): Text => {
        if (n === 1) return a;
        return n % 2 === 1 ? times(power(n - 1), a) : times(power(n / 2), power(n / 2));
      };
      if (timesOf(f.right) > 0) return power(timesOf(f.right));
      return { text: `${inside(a, 5)} ** ${inside(b, 4)}`, strength: 4 };
    }
  }
}
