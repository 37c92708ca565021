// The names that distinguish the rules of a run.
import { type Catalog, entryOf, type RuleChoice, type Value } from './state.js';

/** The hyper-parameters that a room gives to a rule, in place of its defaults. */
export type Given = (rule: RuleChoice) => Readonly<Record<string, Value>>;

/** The title of each rule, with what differs from another rule of the same name, for example `AdaBound finalLr 0.2`. */
export function ruleTitles(rules: readonly RuleChoice[], catalog: Catalog, given?: Given): string[] {
  return rules.map((rule) => {
    const same = rules.filter(({ key }) => key === rule.key);
    const { title } = entryOf(rule, catalog);
    return same.length > 1 ? `${title} ${difference(rule, same, catalog, given)}` : title;
  });
}

/** A value as a label prints it: numbers in at most four digits. */
export const rounded = (value: Value): string =>
  [value]
    .flat()
    .map((v) => (typeof v === 'number' ? Number(v.toPrecision(4)) : v))
    .join(', ');

/** The first hyper-parameter in which rules with the same name differ, for example `finalLr 0.2`. */
function difference(rule: RuleChoice, same: readonly RuleChoice[], catalog: Catalog, given?: Given): string {
  const { defaults } = entryOf(rule, catalog);
  for (const name of Object.keys(defaults)) {
    const valueOf = (of: RuleChoice) => ({ ...defaults, ...given?.(of), ...of.hyper })[name];
    const whole = String(valueOf(rule));
    const others = same.map(valueOf).filter((value) => String(value) !== whole);
    if (others.length === 0) continue;
    const shown = rounded(valueOf(rule));
    // If values differ only in later digits, all digits are shown.
    return `${name} ${others.some((value) => rounded(value) === shown) ? whole : shown}`;
  }
  if (same.some(({ schedule }) => schedule !== rule.schedule)) return rule.schedule ?? 'steady';
  return String(same.indexOf(rule) + 1);
}
