// The changes that make mutants: each replaces one operator, constant, sign or condition of a program.
//
//   a + b -> a - b     a < b -> a <= b     a && b -> a || b     x += y -> x -= y     n++ -> n--     Math.max -> Math.min
//   -x, !x -> x        c ? a : b -> c ? b : a                   if (c) -> if (!c)    0 -> 1         2 -> 2.02     true -> false
//
// A length is reduced by one instead, because 2.02 would be cut to 2. Errors and imports are not changed, and neither
// is the update of a `for` loop, because the loop would not end.
import { type Node, parse } from 'acorn';
import { ancestor } from 'acorn-walk';

/** A change: the code from `start` to `end`, inside the expression `node`, becomes `text`. */
export interface Change {
  node: { start: number; end: number };
  start: number;
  end: number;
  text: string;
}

const swapped: Record<string, string> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '&&=': '||=',
  '++': '--',
};

/** Returns every change of a JavaScript program. */
export function changesOf(code: string): Change[] {
  const found: Change[] = [];
  type Add = (start: number, end: number, text: string) => void;
  const visit =
    (change: (node: any, add: Add, ancestors: any[]) => void) => (node: any, _: unknown, ancestors: Node[]) => {
      if (ancestors.some((a, i) => isMessage(a) || isUpdate(a, ancestors[i - 1]))) return;
      change(node, (start, end, text) => found.push({ node, start, end, text }), ancestors);
    };
  const operator = visit(({ operator, left, right }, add) => {
    const at = left.end + code.slice(left.end, right.start).indexOf(operator);
    if (swapped[operator]) add(at, at + operator.length, swapped[operator]);
  });
  ancestor(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), {
    BinaryExpression: operator,
    LogicalExpression: operator,
    AssignmentExpression: operator,
    UpdateExpression: visit((node, add) => {
      const at = node.prefix ? node.start : node.argument.end;
      if (swapped[node.operator]) add(at, at + 2, swapped[node.operator]);
    }),
    UnaryExpression: visit(({ operator, start }, add) => {
      if (operator === '-' || operator === '!') add(start, start + 1, '');
    }),
    ConditionalExpression: visit(({ start, end, test, consequent, alternate }, add) => {
      const [t, yes, no] = [test, consequent, alternate].map((n) => code.slice(n.start, n.end));
      add(start, end, `${t} ? ${no} : ${yes}`);
    }),
    IfStatement: visit(({ test }) => {
      // A test with an operator is changed at the operator.
      if (/^(Identifier|MemberExpression|CallExpression|ChainExpression)$/.test(test.type))
        found.push({ node: test, start: test.start, end: test.start, text: '!' });
    }),
    Literal: visit(({ start, end, value, raw }, add, ancestors) => {
      // `void 0` means undefined.
      if (ancestors.at(-2).operator === 'void') return;
      const other = value === 0 ? '1' : isLength(ancestors) ? `${value - 1}` : `(${raw} * 1.01)`;
      if (typeof value === 'number') add(start, end, other);
      if (typeof value === 'boolean') add(start, end, String(!value));
    }),
    MemberExpression: visit(({ object, property }, add) => {
      const other = { max: 'min', min: 'max' }[property.name as string];
      if (other && object.name === 'Math') add(property.start, property.end, other);
    }),
  } as any);
  return found;
}

/** Whether a number is part of a length, which is cut to an integer. */
function isLength(ancestors: any[]): boolean {
  const { type, callee, key } = ancestors.filter((a) => !/^(Literal|BinaryExpression)$/.test(a.type)).at(-1);
  if (type === 'Property') return key.name === 'length';
  return /(Array|subarray|toPrecision)$/.test(callee?.name ?? callee?.property?.name);
}

/** Whether a node is an error, a `throw` or an import. */
function isMessage(node: any): boolean {
  if (node.type === 'NewExpression') return /Error$/.test(node.callee.name);
  return node.type === 'ThrowStatement' || node.type === 'ImportDeclaration';
}

/** Whether a node is the update of a `for` loop. */
function isUpdate(node: any, parent: any): boolean {
  return parent?.type === 'ForStatement' && parent.update === node;
}
