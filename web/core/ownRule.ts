// A custom rule: a declaration of numbers, choices, and formulas of t. It is data: its formulas are parsed, never evaluated as code.
// ownClass.ts makes an optimizer of it, ownText.ts a program.
import { chosen, type Entries, number, refuse } from './entries.js';
import { constants, type Formula, FormulaError, functionNames, parseFormula } from './formula.js';
import { INFINITY, numberOf } from './numberOf.js';
import type { CatalogEntry } from './state.js';

/** The key of the custom rule among the rules. */
export const OWN = 'own';

/** The formulas of a rule, with their defaults. They may contain t and the rule's numbers. */
export const formulaFields = {
  lo: { title: 'lo(t)', about: 'lower bound on the rate', default: '0' },
  hi: { title: 'hi(t)', about: 'upper bound on the rate', default: INFINITY },
  beta1: { title: 'β1(t)', about: 'decay rate of the direction m, in [0, 1)', default: '0.9' },
  beta2: { title: 'β2(t)', about: 'decay rate of the second moment v, in [0, 1)', default: '0.999' },
  schedule: { title: 'schedule(t)', about: 'factor on the clipped rate', default: '1' },
} as const;
export type FormulaField = keyof typeof formulaFields;

/** The choices of a rule: what each word means. The first word is the default. */
export const choiceFields = {
  direction: {
    title: 'direction',
    words: {
      average: 'm is an average of gradients, as in Adam',
      heavy: 'm is a heavy ball, as in SGD with momentum',
      nesterov: 'a heavy ball that looks ahead',
      sign: 'the sign of an average, as in Lion without its second beta',
    },
  },
  second: {
    title: 'second moment',
    words: {
      average: 'v is an average of squares, as in Adam',
      max: 'the largest v so far, as in AMSGrad',
      sum: 'v is a sum of squares, as in AdaGrad',
      none: 'no v: every rate is lr before the clip, as in SGD',
    },
  },
  correction: {
    title: 'bias correction',
    words: { both: 'of m and v, as in Adam', first: 'of m alone', none: 'none, as in the paper’s algorithms' },
  },
  decay: {
    title: 'weight decay',
    words: { coupled: 'a part of the gradient', decoupled: 'outside the gradient, as in AdamW' },
  },
} as const;
export type ChoiceField = keyof typeof choiceFields;

/** A custom rule. */
export interface OwnRule {
  /** The name of its class. */
  title: string;
  /** Its hyper-parameters with their defaults: those that its formulas may name; lr, eps and weightDecay may be left out. */
  numbers: Readonly<Record<string, number>>;
  /** The formulas that differ from their defaults. */
  formulas: Readonly<Partial<Record<FormulaField, string>>>;
  /** The choices that differ from their defaults. */
  choices: Readonly<Partial<Record<ChoiceField, string>>>;
}

/** The numbers that every rule has, with the defaults of those that it leaves out. */
const fixedNumbers = { lr: 0.001, eps: 1e-8, weightDecay: 0 };
/** The most numbers that a rule declares. */
export const MOST_NUMBERS = 9;

/** The rule that the room begins with: AdaBound whose bounds close with the square root of t. */
export const firstOwn: OwnRule = {
  title: 'SqrtClosing',
  numbers: { lr: 0.001, finalLr: 0.1, gamma: 0.05 },
  formulas: {
    lo: 'finalLr*(1 - 1/(gamma*sqrt(t) + 1))',
    hi: 'finalLr*(1 + 1/(gamma*sqrt(t)))',
  },
  choices: {},
};

/** Rules to begin with. */
export const templates: readonly OwnRule[] = [
  firstOwn,
  {
    title: 'AdaBoundAgain',
    numbers: { lr: 0.001, finalLr: 0.1, gamma: 0.001 },
    formulas: { lo: 'finalLr*(1 - 1/(gamma*t + 1))', hi: 'finalLr*(1 + 1/(gamma*t))' },
    choices: {},
  },
  {
    title: 'HalfLife',
    numbers: { lr: 0.001, finalLr: 0.1, life: 100 },
    formulas: { lo: 'finalLr*(1 - 2^(-t/life))', hi: 'finalLr*(1 + 1000*2^(-t/life))' },
    choices: {},
  },
  {
    title: 'WarmSGD',
    numbers: { lr: 0.05, warm: 20 },
    formulas: { schedule: '1 - exp(-t/warm)' },
    choices: { second: 'none', direction: 'heavy', correction: 'none' },
  },
  {
    title: 'PaperAdam',
    numbers: { lr: 0.1 },
    formulas: { beta1: '0.9/t', beta2: '1 - 1/(t + 1)', schedule: '1/sqrt(t)' },
    choices: { correction: 'none' },
  },
];

/** The value of every number of a rule. */
export const numbersOf = ({ numbers }: OwnRule): Record<string, number> => ({ ...fixedNumbers, ...numbers });

/** The text of a formula. */
export const formulaOf = ({ formulas }: OwnRule, field: FormulaField): string =>
  formulas[field] ?? formulaFields[field].default;

/** The word of a choice. */
export const choiceOf = <F extends ChoiceField>({ choices }: OwnRule, field: F) =>
  (choices[field] ?? Object.keys(choiceFields[field].words)[0]) as keyof (typeof choiceFields)[F]['words'];

/** Returns a formula of a rule as a tree. Throws FormulaError. */
export function parsedField(own: OwnRule, field: FormulaField): Formula {
  return parseFormula(formulaOf(own, field), ['t', INFINITY, ...Object.keys(numbersOf(own))]);
}

/** The values of a rule's formulas at step t. hyper: the values of its numbers. */
export function formulaValues(own: OwnRule, hyper: Readonly<Record<string, number>>, t: number) {
  const fields = Object.keys(formulaFields) as FormulaField[];
  return Object.fromEntries(
    fields.map((field) => [field, numberOf(parsedField(own, field), { ...hyper, t })]),
  ) as Record<FormulaField, number>;
}

/** What the page knows about the rule, the same as about an optimizer of the registry. */
export function ownEntry(own: OwnRule): CatalogEntry {
  return { title: own.title, about: aboutOf(own), defaults: numbersOf(own) };
}

/** What the rule is, in one line. */
export function aboutOf(own: OwnRule): string {
  return `a rule from the lab: rates between ${formulaOf(own, 'lo')} and ${formulaOf(own, 'hi')}`;
}

/** Names that a hyper-parameter cannot have: fields of an optimizer's groups, and words that mean something else in a formula. */
const TAKEN: readonly string[] = [
  ...['params', 'names', 'baseLr', 'nonFinite', 'schedule', 'bounds', 't', INFINITY],
  ...['true', 'false', 'null', 'this', ...functionNames, ...Object.keys(constants)],
];

/** Why a text cannot name the class; empty if it can. taken: the titles of other optimizers. */
export function whyNoTitle(title: string, taken: readonly string[]): string {
  if (!/^[A-Z][A-Za-z0-9]{0,29}$/.test(title))
    return `not a name: '${title}'; a capital, then at most 29 letters and digits`;
  if ([...taken, 'Math', 'Infinity', 'NaN'].includes(title)) return `'${title}' is the name of something else`;
  return '';
}

/** Why a text cannot name a number; empty if it can. */
export function whyNoName(name: string): string {
  if (!/^[a-z][A-Za-z0-9]{0,19}$/.test(name))
    return `not a name: '${name}'; a small letter, then at most 19 letters and digits`;
  return TAKEN.includes(name) || name in {} ? `'${name}' means something else` : '';
}

/** Text of a formula as a state holds it. */
export const tidy = (formula: string) => formula.replace(/\s+/g, ' ').trim();

/** Returns the entries of a fragment that declare a rule. */
export function writeOwn(own: OwnRule): [name: string, value: string][] {
  const numbers = Object.entries(own.numbers).map(([name, value]) => `${name}:${value}`);
  const parts = { ...own.formulas, ...own.choices };
  const fields = [...Object.keys(formulaFields), ...Object.keys(choiceFields)] as (FormulaField | ChoiceField)[];
  return [
    ['own', [own.title, ...numbers].join()],
    ...fields.flatMap((field): [string, string][] =>
      parts[field] === undefined ? [] : [[`own.${field}`, parts[field]!]],
    ),
  ];
}

/** Returns the rule that the entries of a fragment declare, or undefined without them. titles: of other optimizers.
 *  Throws FragmentError. */
export function readOwn(entries: Entries, titles: readonly string[]): OwnRule | undefined {
  const fields = [...Object.keys(formulaFields), ...Object.keys(choiceFields)];
  // If there are none, no entry is read, because the message for an unknown entry lists all entries that were read.
  if (!entries.has('own') && !fields.some((field) => entries.has(`own.${field}`))) return undefined;
  const head = entries.one('own');
  const given = Object.fromEntries(fields.map((field) => [field, entries.one(`own.${field}`)]));
  if (head === undefined) {
    const field = fields.find((field) => given[field] !== undefined);
    throw refuse(`own.${field}`, 'its rule is missing', `write own=${firstOwn.title},lr:0.01`);
  }
  const [title, ...parts] = head.split(',');
  const whyTitle = whyNoTitle(title, titles);
  if (whyTitle) throw refuse('own', whyTitle);
  const numbers: Record<string, number> = {};
  for (const part of parts) {
    const [name, value, ...rest] = part.split(':');
    if (value === undefined || rest.length > 0) throw refuse(title, `not name:value: '${part}'`);
    const why = whyNoName(name);
    if (why) throw refuse(title, why);
    if (Object.hasOwn(numbers, name)) throw refuse(title, `${name} is given twice`, 'keep one');
    numbers[name] = number(`${title} ${name}`, value);
  }
  if (Object.keys(numbers).length > MOST_NUMBERS) throw refuse(title, `more than ${MOST_NUMBERS} numbers`);
  const own = {
    title,
    numbers,
    formulas: {} as Record<string, string>,
    choices: {} as Record<string, string>,
  };
  for (const field of Object.keys(choiceFields) as ChoiceField[]) {
    const word = given[field];
    if (word !== undefined) own.choices[field] = chosen(`own.${field}`, word, Object.keys(choiceFields[field].words));
  }
  for (const field of Object.keys(formulaFields) as FormulaField[]) {
    const text = given[field];
    if (text === undefined) continue;
    own.formulas[field] = tidy(text);
    try {
      parsedField(own, field);
    } catch (error) {
      if (error instanceof FormulaError) throw refuse(`own.${field}`, error.message);
      throw error;
    }
  }
  return own;
}
