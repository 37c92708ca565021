// The run of room `theorems` as a short program on the public library.
import { writeFragment } from './fragment.js';
import { commandText, importText, ownLines, scheduleText } from './programText.js';
import { type Catalog, entryOf, type RuleChoice, type TheoremState } from './state.js';
import { theoremHyper, theoremOf, theoremSettings } from './theoremProblems.js';

/** Returns a TypeScript program that prints x and the regret per step of each rule after the last step. */
export function theoremProgram(state: TheoremState, catalog: Catalog): string {
  const { theorem, rules, steps, seed } = state;
  const s = theoremSettings(state);
  const used = new Set(['online', 'regret']);
  const isViolation = theorem === 'theorem4';
  const options = {
    theorem1: `{ C: ${s.C} }`,
    theorem2: `{ C: ${s.C} }`,
    theorem3: `{ C: ${s.C}, delta: ${s.delta}, seed: ${seed} }`,
    cycle: `{ C: ${s.C} }`,
    theorem4: `{ C: ${s.C}, K: ${s.K}, alpha: ${s.a}, beta2: ${s.b2} }`,
  }[theorem];
  const made = rules.map((rule, i) => `  '${i + 1}.${rule.key}': ${ruleText(rule, state, catalog, used)},`);
  const isRandom = theoremOf(theorem).period === undefined;
  const { at: _, ...run } = state;
  const lines = [
    commandText(writeFragment(run)),
    importText(used),
    '',
    ...ownLines(rules),
    `const problem = online.${isViolation ? 'violation' : theorem}(${options});`,
    'const rules = {',
    ...made,
    '};',
    '',
    'for (const [name, rule] of Object.entries(rules)) {',
    `  const { last } = regret(problem, rule, ${steps});`,
    `  console.log(\`\${name}: x \${last.x[0]}, regret per step \${last.${isRandom ? 'averagePseudo' : 'average'}}\`);`,
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** The rule in the paper's form, as theorems.ts makes it. */
function ruleText(rule: RuleChoice, state: TheoremState, catalog: Catalog, used: Set<string>): string {
  const entry = entryOf(rule, catalog);
  const s = theoremSettings(state);
  const hyper = { ...theoremHyper(state, rule, entry), ...rule.hyper };
  const isBounded = 'finalLr' in entry.defaults && !rule.own;
  const texts = Object.entries(hyper).map(([name, value]) => {
    const falling = (b: unknown) => (s.falls ? `(t: number) => ${b} / t` : String(b));
    if (name === 'betas' && Array.isArray(value))
      return `betas: [${[falling(value[0]), ...value.slice(1)].join(', ')}]`;
    return `${name}: ${name === 'momentum' ? falling(value) : JSON.stringify(value)}`;
  });
  if (state.theorem === 'theorem4' && isBounded) texts.push('bounds: problem.bounds');
  if (rule.own) for (const name of ['optimizer', 'type Bounds', 'type Common']) used.add(name);
  else used.add(entry.title);
  const call = `${entry.title}.rule({ ${texts.join(', ')} })`;
  const hasForm = 'form' in entry.defaults;
  const factors: string[] = hasForm ? [] : ['inverseSqrt()'];
  if (rule.schedule) factors.push(scheduleText(rule.schedule, state.steps, used));
  if (factors.length === 0) return call;
  for (const factor of factors) used.add(factor.split('(')[0]);
  used.add('Rule');
  const product = factors.map((factor) => ` * ${factor}(t)`).join('');
  const plain = hasForm ? '' : "corrected: 'none', eps: 0, ";
  const body = `({ ...rule, ${plain}schedule: (t) => (rule.schedule?.(t) ?? 1)${product} })`;
  return `((rule: Rule): Rule => ${body})(${call})`;
}
