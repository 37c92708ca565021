// The text of a module: its kind and arguments as in code, and a line for each layer in it. Equal neighbours in a list share a line.
//
//   Sequential(
//     (0): Conv2d(3, 16, 3, { padding: 1, bias: false })
//     (1-2): 2 x Linear(16, 16)
//   )
import { kindOf, type Shape } from '../core/index.js';

/** The parts of a module's text. extra: its arguments; own: its own parameters; children: their names and texts. */
export interface ModuleText {
  kind: string;
  extra: string;
  own: readonly (readonly [name: string, { dtype: string; shape: Shape }])[];
  children: readonly (readonly [name: string, text: string])[];
}

/** The text of a module, given the texts of its children. */
export function formatModule({ kind, extra, own, children }: ModuleText): string {
  // Arguments, if there are any, determine the module's own parameters, which then need no lines.
  const tensors = extra ? [] : own.map(([name, t]) => `(${name}): ${kindOf(t)}`);
  const lines = [...tensors, ...joinEqual(children)];
  const body = lines.map((line) => `\n${line}`).join('');
  return `${kind}(${extra}${body.replaceAll('\n', '\n  ')}${body && '\n'})`;
}

/** One line for each group of equal children at consecutive positions. */
function joinEqual(children: ModuleText['children']): string[] {
  const lines: string[] = [];
  for (let i = 0, j = 1; i < children.length; i = j, j++) {
    const [name, text] = children[i];
    const [, list, first] = /^(.*?)(\d+)$/.exec(name) ?? [];
    const isPosition = list === '' || list?.endsWith('.');
    while (isPosition && children[j]?.[1] === text && children[j][0] === `${list}${Number(first) + j - i}`) j++;
    lines.push(j === i + 1 ? `(${name}): ${text}` : `(${name}-${Number(first) + j - i - 1}): ${j - i} x ${text}`);
  }
  return lines;
}

/** Arguments as code: the values, then an object of the options that differ from their defaults.
 *  Strings are quoted in the options but not in the values. */
export function formatArguments(
  values: readonly unknown[],
  options: Record<string, readonly [value: unknown, standard: unknown]> = {},
): string {
  const changed = Object.entries(options)
    .filter(([, [value, standard]]) => format(value) !== format(standard))
    .map(([name, [value]]) => `${name}: ${typeof value === 'string' ? `'${value}'` : format(value)}`);
  return [...values.map(format), ...(changed.length ? [`{ ${changed.join(', ')} }`] : [])].join(', ');
}

/** The text of a value; a pair of equal numbers becomes one number. */
function format(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 2 && value[0] === value[1] ? String(value[0]) : `[${value.join(', ')}]`;
}
