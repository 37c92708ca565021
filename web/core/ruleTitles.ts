// The names by which one distinguishes the rules of a run.
import { type Catalog, entryOf, type RuleChoice, type Value } from './state.js';

/** The hyper-parameters that a room gives to a rule, in place of its defaults. */
export type Given = (rule: RuleChoice) => Readonly<Record<string, Value>>;

/** The title of each rule, with what differs from another rule of the same name, as `AdaBound finalLr 0.2`. */
export function ruleTitles(rules: readonly RuleChoice[], catalog: Catalog, given?: Given): string[] {
  return rules.map((rule) => {
    const same = rules.filter(({ key }) => key === rule.key);
    const { title } = entryOf(rule, catalog);
    return same.length > 1 ? `${title} ${difference(rule, same, catalog, given)}` : title;
  });
}

/** The first hyper-parameter that not all rules of the same name share, as `finalLr 0.2`. */
function difference(rule: RuleChoice, same: readonly RuleChoice[], catalog: Catalog, given?: Given): string {
  const { defaults } = entryOf(rule, catalog);
  const valueOf = (of: RuleChoice, name: string) => String({ ...defaults, ...given?.(of), ...of.hyper }[name]);
  for (const name of Object.keys(defaults)) {
    if (same.some((other) => valueOf(other, name) !== valueOf(rule, name))) return `${name} ${valueOf(rule, name)}`;
  }
  if (same.some(({ schedule }) => schedule !== rule.schedule)) return rule.schedule ?? 'steady';
  return String(same.indexOf(rule) + 1);
}
