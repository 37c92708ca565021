// The rules of a state as entries of a fragment:  rule=adam,lr:0.1,betas:0.9;0.99,schedule:cosine
import { chosen, type Entries, number, numbers, refuse, whole } from './entries.js';
import { firstOwn, OWN, type OwnRule, readOwn, writeOwn } from './ownRule.js';
import {
  type Catalog,
  entryOf,
  mostSteps,
  type RuleChoice,
  type ScheduleName,
  type State,
  schedules,
  type Value,
} from './state.js';

/** Returns the value of the entry of a rule. */
function writeRule({ key, hyper, schedule }: RuleChoice): string {
  const all = Object.entries({ ...hyper, ...(schedule && { schedule }) });
  return [key, ...all.map(([name, value]) => `${name}:${[value].flat().join(';')}`)].join();
}

/** Returns the entries of rules, with the declaration of a custom rule. */
export function writeRules(rules: readonly RuleChoice[]): [name: string, value: string][] {
  const own = rules.find((rule) => rule.own)?.own;
  const isFirst = JSON.stringify(own) === JSON.stringify(firstOwn);
  return [
    ...rules.map((rule): [string, string] => ['rule', writeRule(rule)]),
    ...(own && !isFirst ? writeOwn(own) : []),
  ];
}

/** The rules, the number of steps and the seed of a state. first: the state that has the defaults. most: the largest number of rules. */
export function runOf(entries: Entries, first: State, catalog: Catalog, most: number) {
  const own = readOwn(
    entries,
    Object.values(catalog).map(({ title }) => title),
  );
  const byDefault = () => first.rules.map((rule) => (rule.own && own ? { ...rule, own } : rule));
  const rules = entries.all('rule')?.map((rule) => readRule(rule, catalog, own)) ?? byDefault();
  if (own && !rules.some((rule) => rule.own)) throw refuse('own', `no rule is ${own.title}`, 'add rule=own');
  if (rules.length > most)
    throw refuse('rule', `${rules.length} rules: at most ${most} ${most === 1 ? 'trains a net' : 'run together'}`);
  const steps = whole('steps', entries.one('steps') ?? String(first.steps), 1, mostSteps(first));
  return { rules, steps, seed: whole('seed', entries.one('seed') ?? String(first.seed), 0, 2 ** 32 - 1) };
}

/** Returns the rule that an entry stands for. own: the declaration of a custom rule. Throws FragmentError. */
function readRule(text: string, catalog: Catalog, own: OwnRule = firstOwn): RuleChoice {
  const [name, ...parts] = text.split(',');
  const key = name === OWN ? OWN : chosen('rule', name, Object.keys(catalog));
  const choice: RuleChoice & { hyper: Record<string, Value> } = { key, hyper: {}, ...(key === OWN && { own }) };
  const { title, defaults } = entryOf(choice, catalog);
  for (const part of parts) {
    const [hyper, value, ...rest] = part.split(':');
    if (value === undefined || rest.length > 0) throw refuse(title, `not name:value: '${part}'`);
    if (Object.hasOwn(choice.hyper, hyper) || (hyper === 'schedule' && choice.schedule !== undefined))
      throw refuse(title, `${hyper} is given twice`, 'keep one');
    if (hyper === 'schedule')
      choice.schedule = chosen(`${title} schedule`, value, Object.keys(schedules)) as ScheduleName;
    else
      choice.hyper[hyper] = valueLike(
        `${title} ${hyper}`,
        value,
        defaults[chosen(title, hyper, Object.keys(defaults))],
      );
  }
  return choice;
}

/** A text as a value of the type that the default has. */
export function valueLike(what: string, text: string, like: Value): Value {
  if (Array.isArray(like)) return numbers(what, text, like.length, ';');
  if (typeof like === 'boolean') return chosen(what, text, ['true', 'false']) === 'true';
  return typeof like === 'number' ? number(what, text) : text.slice(0, 40);
}
