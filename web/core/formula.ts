// A formula as a tree, by default of x and y. jsep parses the text; it never evaluates it, and only the nodes named here are accepted.
import jsep, { type Expression } from 'jsep';

/** A formula. */
export type Formula =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string }
  | { kind: 'negative'; of: Formula }
  | { kind: 'binary'; operator: Operator; left: Formula; right: Formula }
  | { kind: 'call'; name: FunctionName; of: Formula };

type Operator = '+' | '-' | '*' | '/' | '^';
type FunctionName = (typeof functionNames)[number];

/** The functions that a formula may call, each of one argument. */
export const functionNames = ['sqrt', 'abs', 'exp', 'log', 'sin', 'cos', 'tanh'] as const;
/** The constants that a formula may name. */
export const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
/** The most characters of a formula. */
export const LONGEST = 200;

/** The error for a formula that cannot be read. */
export class FormulaError extends Error {
  override name = 'FormulaError';
}

// As in mathematics, a power binds closer than a sign and groups from the right: -x^2 = -(x^2), 2^3^2 = 2^9.
jsep.removeBinaryOp('^');
jsep.removeBinaryOp('**');
jsep.hooks.add('gobble-token', function (env) {
  // A number becomes an ordinary token, so that the next hook finds a power after it.
  if (/[\d.]/.test(this.char)) env.node = this.gobbleNumericLiteral();
});
jsep.hooks.add('after-token', function (env) {
  this.gobbleSpaces();
  const length = this.char === '^' ? 1 : this.expr.startsWith('**', this.index) ? 2 : 0;
  if (!env.node || length === 0) return;
  this.index += length;
  const right = this.gobbleToken();
  if (!right) this.throwError('an exponent is missing');
  env.node = { type: 'BinaryExpression', operator: '^', left: env.node, right } as Expression;
});

/** Returns the tree of a formula. names: its variables. Throws FormulaError with one line that says what to change. */
export function parseFormula(text: string, names: readonly string[] = ['x', 'y']): Formula {
  if (text.length > LONGEST) throw new FormulaError(`too long: ${text.length} characters, at most ${LONGEST}`);
  if (text.trim() === '') throw new FormulaError(`empty; write a formula of ${knownOf(names).join(', ')}`);
  let tree: Expression;
  try {
    tree = jsep(text);
  } catch (error) {
    const { description = 'unreadable', index = 0 } = error as { description?: string; index?: number };
    const remedy = /start with a number/.test(description) ? '; write a * between factors: 2*x' : '';
    throw new FormulaError(`${lower(description)}, at character ${index + 1}${remedy}`);
  }
  return accepted(tree, names);
}

const knownOf = (names: readonly string[]) => [...names, ...Object.keys(constants)];

/** The formula of a node that jsep made. Throws FormulaError for a node that is not part of a formula. */
function accepted(node: Expression, names: readonly string[]): Formula {
  const known = knownOf(names);
  // The type that jsep declares for a node permits any kind of node.
  const n = node as any;
  switch (node.type) {
    case 'Literal':
      if (typeof n.value === 'number' && Number.isFinite(n.value)) return { kind: 'number', value: n.value };
      throw new FormulaError(`not a finite number: ${n.raw}`);
    case 'Identifier':
      if (known.includes(n.name)) return { kind: 'name', name: n.name };
      throw new FormulaError(`unknown name: ${n.name}; one of ${known.join(', ')}`);
    case 'UnaryExpression':
      if (n.operator === '+') return accepted(n.argument, names);
      if (n.operator === '-') return { kind: 'negative', of: accepted(n.argument, names) };
      break;
    case 'BinaryExpression':
      if (!['+', '-', '*', '/', '^'].includes(n.operator)) break;
      return {
        kind: 'binary',
        operator: n.operator,
        left: accepted(n.left, names),
        right: accepted(n.right, names),
      };
    case 'CallExpression': {
      const name = functionNames.find((f) => f === n.callee.name);
      if (!name) throw new FormulaError(`unknown function; one of ${functionNames.join(', ')}`);
      if (n.arguments.length !== 1) throw new FormulaError(`${name} takes one argument: got ${n.arguments.length}`);
      return { kind: 'call', name, of: accepted(n.arguments[0], names) };
    }
    case 'Compound':
      throw new FormulaError('two formulas side by side; write an operator between them: x * y');
  }
  const what = n.operator ?? node.type.replace(/Expression$/, '').toLowerCase();
  throw new FormulaError(`not part of a formula: ${what}; use + - * / ^ and ${functionNames.join(', ')}`);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The precedence of an operator. */
const strength: Record<Operator, number> = { '+': 1, '-': 1, '*': 2, '/': 2, '^': 4 };

/** The precedence of the outermost operator of a formula. An operand with a lower precedence needs brackets. */
export function strengthOf(f: Formula): number {
  if (f.kind === 'binary') return strength[f.operator];
  return f.kind === 'negative' ? 1.5 : f.kind === 'number' && f.value < 0 ? 1.5 : 5;
}
