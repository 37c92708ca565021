// How a module is shown: as it would be written, one line a layer. Children in a row that look the same are shown once.
//
//   Sequential(
//     (0): Conv2d(3, 16, 3, { padding: 1, bias: false })
//     (1-2): 2 x Linear(16, 16)
//   )
import { type Shape, show } from '../core/index.js';

/** What is shown of a module. own: its parameters, with their names; extra: what stands in its brackets. */
export interface Shown {
  kind: string;
  extra: string;
  own: readonly (readonly [name: string, { dtype: string; shape: Shape }])[];
  children: readonly (readonly [name: string, text: string])[];
}

/** The text of a module, from those of its children. */
export function describe({ kind, extra, own, children }: Shown): string {
  // A layer that says how it was made has said what parameters it has.
  const tensors = extra ? [] : own.map(([name, t]) => `(${name}): ${t.dtype} ${show(t.shape)}`);
  const lines = [...tensors, ...runs(children)];
  if (lines.length === 0) return `${kind}(${extra})`;
  const body = lines.map((line) => `\n${line}`).join('');
  return `${kind}(${extra}${body.replaceAll('\n', '\n  ')}\n)`;
}

/** One line for children of one text whose positions follow each other. */
function runs(children: Shown['children']): string[] {
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

/** Arguments as they are written: values, then the options that are not as usual. What is a text among the values stands as
 *  it is, among the options in quotes. */
export function written(
  values: readonly unknown[],
  options: Record<string, readonly [value: unknown, usual: unknown]> = {},
): string {
  const given = Object.entries(options)
    .filter(([, [value, usual]]) => plain(value) !== plain(usual))
    .map(([name, [value]]) => `${name}: ${typeof value === 'string' ? `'${value}'` : plain(value)}`);
  return [...values.map(plain), ...(given.length ? [`{ ${given.join(', ')} }`] : [])].join(', ');
}

/** A pair of equal numbers is one number. */
function plain(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 2 && value[0] === value[1] ? String(value[0]) : `[${value.join(', ')}]`;
}
