// Small wrongs: where a program could have been written with another operator, constant, sign or branch.
import { type Node, parse } from 'acorn';
import { ancestor } from 'acorn-walk';

export interface Mutant {
  file: string;
  /** The line that is changed, as JavaScript. */
  line: string;
  /** What is changed: `a + b -> a - b`. */
  what: string;
  /** The whole file with the change. */
  code: string;
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
};

/** Every mutant of a file, but for those inside what is thrown and imported. */
export function mutantsOf(file: string, code: string): Mutant[] {
  const found: Mutant[] = [];
  const add = (start: number, end: number, text: string) => found.push(mutant(file, code, start, end, text));
  const spoken = (ancestors: Node[]) =>
    ancestors.some(
      (a) => a.type === 'ThrowStatement' || a.type === 'TemplateLiteral' || a.type === 'ImportDeclaration',
    );
  const operator = (node: any, _: unknown, ancestors: Node[]) => {
    if (spoken(ancestors) || !swapped[node.operator]) return;
    const from = node.left.end;
    const at = from + code.slice(from, node.right.start).indexOf(node.operator);
    add(at, at + node.operator.length, swapped[node.operator]);
  };
  ancestor(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), {
    BinaryExpression: operator,
    LogicalExpression: operator,
    AssignmentExpression: operator,
    UnaryExpression(node: any, _: unknown, ancestors: Node[]) {
      if (spoken(ancestors)) return;
      if (node.operator === '-' || node.operator === '!') add(node.start, node.start + 1, '');
    },
    ConditionalExpression(node: any, _: unknown, ancestors: Node[]) {
      if (spoken(ancestors)) return;
      const [test, yes, no] = [node.test, node.consequent, node.alternate].map((n) => code.slice(n.start, n.end));
      add(node.start, node.end, `${test} ? ${no} : ${yes}`);
    },
    Literal(node: any, _: unknown, ancestors: Node[]) {
      // `void 0` is how undefined is written.
      if (spoken(ancestors) || (ancestors.at(-2) as any)?.operator === 'void') return;
      if (typeof node.value === 'number') add(node.start, node.end, node.value === 0 ? '1' : `(${node.raw} * 1.01)`);
      if (typeof node.value === 'boolean') add(node.start, node.end, String(!node.value));
    },
    MemberExpression(node: any, _: unknown, ancestors: Node[]) {
      const other = { max: 'min', min: 'max' }[node.property.name as string];
      if (other && node.object.name === 'Math' && !spoken(ancestors))
        add(node.property.start, node.property.end, other);
    },
  } as any);
  return found;
}

/** A mutant for each vjp of a file of operations: all its gradients scaled by 1.01. */
export function vjpMutantsOf(file: string, code: string): Mutant[] {
  const helper =
    'const scaled__ = (f) => (...args) => { const r = f(...args); ' +
    'return Array.isArray(r) ? r.map((t) => t && (() => t().mul(1.01))) : r.mul(1.01); };\n';
  const found: Mutant[] = [];
  ancestor(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), {
    Property(node: any) {
      if (node.key.name !== 'vjp' || node.value.type === 'LogicalExpression' || node.value.type === 'Identifier')
        return;
      const text = code.slice(node.value.start, node.value.end);
      const fn = node.method ? `function${text}` : text;
      const one = mutant(file, code, node.start, node.end, `vjp: scaled__(${fn})`);
      // A function declaration is hoisted above the operations that use it.
      found.push({ ...one, what: 'vjp scaled by 1.01', code: helper + one.code });
    },
  } as any);
  return found;
}

function mutant(file: string, code: string, start: number, end: number, text: string): Mutant {
  const from = code.lastIndexOf('\n', start) + 1;
  const to = code.indexOf('\n', start);
  const line = code.slice(from, to < 0 ? undefined : to);
  const around = (s: string) => s.trim().replace(/\s+/g, ' ').slice(0, 100);
  const [before, after] = [code.slice(Math.max(from, start - 20), Math.min(end + 20, code.length)), text];
  return {
    file,
    line,
    what: `${around(code.slice(start, end)) || '(nothing)'} -> ${around(text) || '(nothing)'} in ${around(before)}`.replace(
      / in $/,
      after,
    ),
    code: code.slice(0, start) + text + code.slice(end),
  };
}
