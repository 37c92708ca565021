// A custom rule as a declaration in TypeScript, on the public library. It computes the same bits as ownClass.ts.
import { VERSION } from '../../core/index.js';
import { expressionOf, namesIn } from './numberOf.js';
import {
  aboutOf,
  type ChoiceField,
  choiceOf,
  type FormulaField,
  formulaOf,
  numbersOf,
  type OwnRule,
  parsedField,
} from './ownRule.js';

/** The names that a declaration imports. */
export const ownImports = ['type Bounds', 'type Common', 'optimizer'];

/** Returns a module that exports the rule's class. Throws FormulaError. */
export function ownModule(own: OwnRule): string {
  return [
    `// ${own.title}, a rule from the lab of boundgrad ${VERSION}. Other bounds: new ${own.title}(params, { bounds }).`,
    `import { ${ownImports.join(', ')} } from 'boundgrad';`,
    '',
    ...declarationLines(own, true),
    '',
  ].join('\n');
}

/** The lines of the declaration, without its import. */
export function declarationLines(own: OwnRule, isExported = false): string[] {
  const { title } = own;
  const numbers = Object.entries(numbersOf(own));
  const word = <F extends ChoiceField>(field: F) => choiceOf(own, field);
  const expression = (field: FormulaField) =>
    expressionOf(parsedField(own, field), (name) => (name === 't' ? 't' : `h.${name}`));
  const usesT = (field: FormulaField) => namesIn(parsedField(own, field)).has('t');
  const at = (field: FormulaField) => (usesT(field) ? `(t) => ${expression(field)}` : `() => ${expression(field)}`);
  const beta = (field: FormulaField) => (usesT(field) ? at(field) : expression(field));
  const [second, direction] = [word('second'), word('direction')];
  const fields = [
    'rate: h.lr,',
    `beta1: ${beta('beta1')},`,
    `ingest: ${direction === 'heavy' || direction === 'nesterov' ? '1' : "'average'"},`,
    `beta2: ${second === 'none' ? 'null' : second === 'sum' ? "'sum'" : beta('beta2')},`,
    ...(second === 'max' ? ['longMemory: true,'] : []),
    `corrected: '${word('correction')}',`,
    'eps: h.eps,',
    `bounds: h.bounds ?? (${usesT('lo') || usesT('hi') ? '(t)' : '()'} => [${expression('lo')}, ${expression('hi')}]),`,
    ...(own.formulas.schedule === undefined ? [] : [`schedule: ${at('schedule')},`]),
    word('decay') === 'decoupled'
      ? "decoupled: { decay: h.weightDecay, by: 'scaled' },"
      : 'weightDecay: h.weightDecay,',
    ...(direction === 'nesterov' ? ['adjust: ({ b1, k }) => ({ p: b1, q: k }), // d = b1 m + k g'] : []),
    ...(direction === 'sign' ? ['adjust: () => ({ signed: true }), // d = sign(m)'] : []),
  ];
  const exported = isExported ? 'export ' : '';
  return [
    `/** Hyper-parameters of ${title}. */`,
    `${exported}interface ${title}Options extends Common {`,
    ...numbers.filter(([name]) => name !== 'lr').map(([name]) => `  ${name}: number;`),
    '  /** Bounds that replace those of the rule. Default: none. */',
    '  bounds?: Bounds;',
    '}',
    '',
    `// lo(t) = ${formulaOf(own, 'lo')}`,
    `// hi(t) = ${formulaOf(own, 'hi')}`,
    `${exported}const ${title} = optimizer<${title}Options>({`,
    `  title: '${title}',`,
    `  about: ${JSON.stringify(aboutOf(own))},`,
    `  defaults: { ${numbers.map(([name, value]) => `${name}: ${value}`).join(', ')}, bounds: undefined },`,
    '  rule: (h) => ({',
    ...fields.map((field) => `    ${field}`),
    '  }),',
    '});',
  ];
}
