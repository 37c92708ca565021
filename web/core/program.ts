// The run of a state as a short program on the public library. The formula of a surface is written as the operations that evaluate.ts
// calls.
import { constants, type Formula, parseFormula } from './formula.js';
import { writeFragment } from './fragment.js';
import { netProgram } from './netProgram.js';
import { problems } from './problems.js';
import { commandText, importText, ownLines, ruleText } from './programText.js';
import { raceProgram } from './raceProgram.js';
import { type Catalog, isNet, isRace, isTheorem, type State, type SurfaceState, settingsOf } from './state.js';
import { theoremProgram } from './theoremProgram.js';

/** Returns a TypeScript program that prints the numbers of a state, rule by rule: of a race only the first numbers, of a theorem only x and
 *  the regret, of room `rule` not the values of the formulas. Null for a race whose data a program would have to read. Throws FormulaError. */
export function programOf(state: State, catalog: Catalog): string | null {
  if (isRace(state)) return raceProgram(state, catalog);
  if (isTheorem(state)) return theoremProgram(state, catalog);
  return isNet(state) ? netProgram(state, catalog) : surfaceProgram(state, catalog);
}

function surfaceProgram(state: SurfaceState, catalog: Catalog): string {
  const problem = problems[state.problem];
  const settings = settingsOf(state);
  const values: Record<string, number> = { ...settings, ...problem.derived?.(settings) };
  const text = problem.formula ?? state.formula;
  const formula = parseFormula(text, ['x', 'y', ...Object.keys(values)]);
  const loss = new Writer(values);
  const value = loss.write(formula);
  // A formula without x and y is a constant: its gradient is 0.
  const result =
    value.value === undefined
      ? value.text
      : loss.call('add', value.text, loss.call('mul', '0', loss.call('add', 'x', 'y')));
  const used = new Set(['Tensor', 'tensor', ...loss.called]);
  const rules = state.rules.map(
    (rule, i) => `  '${i + 1}.${rule.key}': (p: Tensor) => ${ruleText(rule, '[p]', state, catalog, used)},`,
  );
  const { noise } = settings;
  const isDisturbed = noise !== 0 || problem.slopeText !== undefined;
  if (isDisturbed) used.add('Random');
  if (problem.box) used.add('noGrad');
  const named = Object.entries(values).filter(([name]) => loss.names.has(name) || problem.slopeText?.includes(name));
  const inside = (v: number) => (problem.box ? Math.min(Math.max(v, problem.box[0]), problem.box[1]) : v);
  const start = (state.start ?? problem.start).map(inside).join(', ');
  const lines = [
    commandText(writeFragment(state)),
    importText(used),
    '',
    ...ownLines(state.rules),
    // A line break in a formula would end the comment.
    `// ${text.replace(/\s+/g, ' ')}`,
    ...named.map(([name, v]) => `const ${name} = ${v};`),
    'function loss(p: Tensor) {',
    '  const [x, y] = [p.slice([[0, 1]]), p.slice([[1, 2]])];',
    ...loss.lines.map((line) => `  ${line}`),
    `  return ${result};`,
    '}',
    '',
    'const rules = {',
    ...rules,
    '};',
    '',
    'for (const [name, make] of Object.entries(rules)) {',
    `  let [x, y] = [${start}];`,
    "  const p = tensor([x, y], { dtype: 'float64', requiresGrad: true });",
    '  const optimizer = make(p);',
    ...when(isDisturbed, `  const noise = new Random(${state.seed}).stream('noise');`),
    '  let t = 0;',
    `  while (t < ${state.steps}) {`,
    '    optimizer.zeroGrad();',
    '    loss(p).backward();',
    ...when(
      isDisturbed,
      `    const disturbance = [${noise} * noise.normal(), ${noise} * noise.normal()];`,
      ...when(
        problem.slopeText !== undefined,
        `    disturbance[0] += ${problem.slopeText?.replace(/\bt\b/g, '(t + 1)')};`,
      ),
      "    p.grad = p.grad!.add(tensor(disturbance, { dtype: 'float64' }));",
    ),
    '    if (![...p.grad!.dataSync()].every(Number.isFinite)) break; // the gradient is not finite',
    '    optimizer.step();',
    ...when(
      problem.box,
      `    noGrad(() => p.assign([...p.dataSync()].map((v) => Math.min(Math.max(v, ${problem.box?.join('), ')}))));`,
    ),
    '    const next = p.dataSync();',
    '    if (![...next].every((v) => Math.abs(v) <= 1e6)) break; // diverged',
    '    [x, y] = next;',
    '    t++;',
    '  }',
    "  const last = loss(tensor([x, y], { dtype: 'float64' })).itemSync();",
    '  console.log(`${name}: x ${x}, y ${y}, loss ${last}, steps ${t}`);',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

const when = (holds: unknown, ...lines: string[]) => (holds ? lines : []);

/** A part of a formula as text. value: its value; undefined if it contains x or y. */
interface Written {
  text: string;
  value?: number;
}

const operations = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' } as const;

/** Writes a formula as calls. A part that is used twice becomes a constant, so that its gradient is one sum, as in evaluate.ts. */
class Writer {
  readonly lines: string[] = [];
  /** The functions of the library that are called. */
  readonly called = new Set<string>();
  /** The names in the formula. */
  readonly names = new Set<string>();

  constructor(readonly values: Readonly<Record<string, number>>) {}

  call(name: string, ...words: string[]): string {
    this.called.add(name);
    return `${name}(${words.join(', ')})`;
  }

  write(f: Formula): Written {
    switch (f.kind) {
      case 'number':
        return { text: String(f.value), value: f.value };
      case 'name': {
        this.names.add(f.name);
        const isSetting = Object.hasOwn(this.values, f.name);
        if (isSetting || f.name === 'x' || f.name === 'y') return { text: f.name, value: this.values[f.name] };
        return { text: String(constants[f.name]), value: constants[f.name] };
      }
      case 'negative': {
        const { text, value } = this.write(f.of);
        return value === undefined ? { text: this.call('neg', text) } : { text: `(-${text})`, value: -value };
      }
      case 'call': {
        const { text, value } = this.write(f.of);
        if (value === undefined) return { text: this.call(f.name, text) };
        return { text: `Math.${f.name}(${text})`, value: Math[f.name](value) };
      }
      case 'binary': {
        const [a, b] = [this.write(f.left), this.write(f.right)];
        return f.operator === '^' ? this.#power(a, b) : this.#apply(f.operator, a, b);
      }
    }
  }

  #apply(operator: '+' | '-' | '*' | '/', a: Written, b: Written): Written {
    const [v, w] = [a.value, b.value];
    if (v === undefined || w === undefined) return { text: this.call(operations[operator], a.text, b.text) };
    const value = operator === '+' ? v + w : operator === '-' ? v - w : operator === '*' ? v * w : v / w;
    return { text: `(${a.text} ${operator} ${b.text})`, value };
  }

  /** As in evaluate.ts: whole exponents up to 8 are products. */
  #power(a: Written, { text, value: b }: Written): Written {
    if (b !== undefined && Number.isInteger(b) && b >= 1 && b <= 8) {
      // A square is one operation; other powers use their base several times.
      const isOnce = b === 1 || (a.value === undefined && [2, 4, 8].includes(b));
      return this.#product(isOnce ? a : this.#named(a), b);
    }
    if (a.value === undefined || b === undefined) return { text: this.call('pow', a.text, text) };
    return { text: `((${a.text}) ** (${text}))`, value: a.value ** b };
  }

  #product(a: Written, b: number): Written {
    if (b === 1) return a;
    if (b % 2 === 1) return this.#apply('*', this.#product(a, b - 1), a);
    const half = this.#product(a, b / 2);
    if (half.value === undefined) return { text: this.call('square', half.text) };
    const named = this.#named(half);
    return this.#apply('*', named, named);
  }

  /** A part under a name of its own, unless it is a name or a number. */
  #named(a: Written): Written {
    if (/^[\w.]+$/.test(a.text)) return a;
    const name = `u${this.lines.length + 1}`;
    this.lines.push(`const ${name} = ${a.text};`);
    return { ...a, text: name };
  }
}
