// The names that distinguish the rules of a run.
import { type Catalog, entryOf, type RuleChoice, type Value } from './state.js';

/** The hyper-parameters that a room gives to a rule, in place of its defaults. */
export type Given = (rule: RuleChoice) => Readonly<Record<string, Value>>;

/** The title of each rule, with what distinguishes it from the others of the same name, for example `AdaBound finalLr 0.2`. */
export function ruleTitles(rules: readonly RuleChoice[], catalog: Catalog, given?: Given): string[] {
  return rules.map((rule, i) => {
    const { title } = entryOf(rule, catalog);
    const isSame = ({ key }: RuleChoice) => key === rule.key;
    const others = rules.filter((other, j) => j !== i && isSame(other));
    if (others.length === 0) return title;
    return `${title} ${difference(rule, others, rules.slice(0, i).filter(isSame).length, catalog, given)}`;
  });
}

/** A value as a label prints it: numbers in at most four digits. */
export const rounded = (value: Value): string =>
  [value]
    .flat()
    .map((v) => (typeof v === 'number' ? Number(v.toPrecision(4)) : v))
    .join(', ');

/** What distinguishes a rule from the others of the same name: the first hyper-parameters in which it differs, for example `finalLr 0.2`; then
 *  its schedule; then its place among them. */
function difference(rule: RuleChoice, all: readonly RuleChoice[], place: number, catalog: Catalog, given?: Given) {
  const { defaults } = entryOf(rule, catalog);
  const parts: string[] = [];
  let others = all;
  for (const name of Object.keys(defaults)) {
    const valueOf = (of: RuleChoice) => ({ ...defaults, ...given?.(of), ...of.hyper })[name];
    const whole = String(valueOf(rule));
    const differing = others.map(valueOf).filter((value) => String(value) !== whole);
    if (differing.length === 0) continue;
    const shown = rounded(valueOf(rule));
    // If values differ only in later digits, all digits are shown.
    parts.push(`${name} ${differing.some((value) => rounded(value) === shown) ? whole : shown}`);
    others = others.filter((other) => String(valueOf(other)) === whole);
    if (others.length === 0) return parts.join(', ');
  }
  if (others.some(({ schedule }) => schedule !== rule.schedule)) {
    parts.push(rule.schedule ?? 'steady');
    others = others.filter(({ schedule }) => schedule === rule.schedule);
  }
  return [...parts, ...(others.length > 0 ? [place + 1] : [])].join(', ');
}
