// What the programs of both kinds of run share: the call that makes an optimizer, and the import.
import type { Catalog, RuleChoice, ScheduleName, State } from './state.js';

/** The call that makes each schedule: see schedules.ts. */
const schedules: Readonly<Record<ScheduleName, (steps: number) => [name: string, argument: string]>> = {
  drop: (steps) => ['multiStep', `[${Math.floor(steps / 2)}, ${Math.floor((3 * steps) / 4)}]`],
  cosine: (steps) => ['cosine', `${steps}`],
  warmup: (steps) => ['warmUp', `${Math.max(1, Math.floor(steps / 10))}`],
  onecycle: (steps) => ['oneCycle', `${steps}`],
  sqrt: () => ['inverseSqrt', ''],
};

/** The call that makes an optimizer. params: the expression of its parameters. Adds the names that it uses. */
export function ruleText(
  { key, hyper, schedule }: RuleChoice,
  params: string,
  { steps }: State,
  catalog: Catalog,
  used: Set<string>,
): string {
  const options = Object.entries(hyper).map(
    ([name, value]) => `${name}: ${JSON.stringify(value).replaceAll(',', ', ')}`,
  );
  if (schedule) {
    const [name, argument] = schedules[schedule](steps);
    used.add(name);
    options.push(`schedule: ${name}(${argument})`);
  }
  // A class is exported by its title.
  const { title } = catalog[key];
  used.add(title);
  return `new ${title}(${params}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`;
}

/** The import of these names. */
export function importText(used: ReadonlySet<string>): string {
  const names = [...used].sort().map((name) => (name === 'Tensor' ? 'type Tensor' : name));
  return `import { ${names.join(', ')} } from 'boundgrad';`;
}

/** A comment that names the command of the same numbers. */
export function commandText(fragment: string): string {
  return `// Prints the numbers of: npx boundgrad lab --state '${fragment.replaceAll("'", '%27')}'`;
}
