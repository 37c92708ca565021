// Parts of the programs: the call that makes an optimizer, the import, the declaration of a custom rule, and the command.
import { declarationLines, ownImports } from './ownText.js';
import { type Catalog, entryOf, type RuleChoice, type ScheduleName, type State } from './state.js';

/** The call that makes each schedule: see schedules.ts. */
const schedules: Readonly<Record<ScheduleName, (steps: number) => [name: string, argument: string]>> = {
  drop: (steps) => ['multiStep', `[${Math.floor(steps / 2)}, ${Math.floor((3 * steps) / 4)}]`],
  cosine: (steps) => ['cosine', `${steps}`],
  warmup: (steps) => ['warmUp', `${Math.max(1, Math.floor(steps / 10))}`],
  onecycle: (steps) => ['oneCycle', `${steps}`],
  sqrt: () => ['inverseSqrt', ''],
};

/** The call that makes a schedule. Adds its name to those that are used. */
export function scheduleText(schedule: ScheduleName, steps: number, used: Set<string>): string {
  const [name, argument] = schedules[schedule](steps);
  used.add(name);
  return `${name}(${argument})`;
}

/** The call that makes an optimizer. params: the expression of its parameters. Adds the names that it uses. */
export function ruleText(
  rule: RuleChoice,
  params: string,
  { steps }: State,
  catalog: Catalog,
  used: Set<string>,
): string {
  const { hyper, schedule } = rule;
  const options = Object.entries(hyper).map(
    ([name, value]) => `${name}: ${JSON.stringify(value).replaceAll(',', ', ')}`,
  );
  if (schedule) {
    options.push(`schedule: ${scheduleText(schedule, steps, used)}`);
  }
  // A class is exported by its title; a custom rule is declared in the program.
  const { title } = entryOf(rule, catalog);
  if (rule.own) for (const name of ownImports) used.add(name);
  else used.add(title);
  return `new ${title}(${params}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`;
}

/** The import of these names, in alphabetical order. A name in `used` may begin with `type `. */
export function importText(used: ReadonlySet<string>): string {
  const plain = (name: string) => name.replace('type ', '');
  const names = [...used]
    .sort((a, b) => (plain(a) < plain(b) ? -1 : 1))
    .map((name) => (['Tensor', 'Rule'].includes(name) ? `type ${name}` : name));
  return `import { ${names.join(', ')} } from 'boundgrad';`;
}

/** The declaration of the custom rule among these, with an empty line after it; no lines if there is none. */
export function ownLines(rules: readonly RuleChoice[]): string[] {
  const own = rules.find((rule) => rule.own)?.own;
  return own ? [...declarationLines(own), ''] : [];
}

/** A comment that names the command that prints the same numbers. */
export function commandText(fragment: string): string {
  return `// Prints the numbers of: npx boundgrad lab --state '${fragment.replaceAll("'", '%27')}'`;
}
