// Attempts to run a script from a report or a poster: texts for the fields of records, and the pages made of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { posterPage } from '../../reports/poster/page.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { asReference } from '../../reports/poster/reference.js';
import type { EndRecord, EpochRecord, LineRecord, Run, RunRecord } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';

/** Texts that set `owned` on the window if a page treats them as more than text. */
export const ATTEMPTS: readonly [how: string, text: string][] = [
  ['ends the script element', '</script><script>owned=1</script>'],
  [
    'opens a comment in JSON, so that the parser ignores the end of the script',
    '<!--<script>x</script><script>owned=1</script>-->',
  ],
  ['ends an attribute and the element', '"><img src=x onerror=owned=1>'],
  ['adds an attribute', "' onmouseover='owned=1' onfocus='owned=1' autofocus x=\" onload=\"owned=1\""],
  ['ends the title', '</title><svg/onload=owned=1>'],
  ['ends the style', '}</style><script>owned=1</script><style>*{background:url(javascript:owned=1)}'],
  ['is decoded twice', '&lt;img src=x onerror=owned=1&gt;&#60;script&#62;owned=1&#60;/script&#62;'],
  ['is an address', 'javascript:owned=1'],
  [
    'ends a line or a text of JavaScript',
    '\u2028owned=1//\u2029owned=1//*/owned=1//`$\u007bowned=1}`\\";owned=1//\';owned=1//',
  ],
  [
    'spells an element in another way',
    '<\u0000script>owned=1</script><ScRiPt\n>owned=1</sCrIpT\t><svg><script/href=data:,owned=1 />',
  ],
  ['declares a style', '1);--other:red;background:url(//evil.invalid/x);x:expression(owned=1)'],
  [
    'loads a document',
    '<iframe srcdoc="<script>parent.owned=1</script>"></iframe><base href=//evil.invalid><meta http-equiv=refresh content="0;url=//evil.invalid"><object data=javascript:owned=1>',
  ],
];

/** A copy in which the text replaces every string that is not in `fixed`, and the first name in `layers`, `hyper` and `via`. */
function filled(value: unknown, text: string, fixed: readonly string[]): unknown {
  if (typeof value === 'string') return fixed.includes(value) ? value : text;
  if (Array.isArray(value)) return value.map((inner) => filled(inner, text, fixed));
  if (typeof value !== 'object' || value === null) return value;
  const named = ['layers', 'hyper', 'via'];
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isByName = named.includes(key) && !Array.isArray(inner) && typeof inner === 'object';
      const keyed = isByName
        ? Object.fromEntries(Object.entries(inner).map(([name, v], i) => [i ? name : text, v]))
        : inner;
      return [key, filled(keyed, text, fixed)];
    }),
  );
}

/** The run of a journal's records. */
export function runOf(records: readonly LineRecord[]): Run {
  return {
    run: records[0] as RunRecord,
    epochs: records.filter((r) => r.kind === 'epoch') as EpochRecord[],
    end: { ...(records.at(-1) as EndRecord), outcome: 'diverged', note: 'note', where: 'where' },
  };
}

/** The report of two runs: one with the text in every field, one whose optimizer is known. */
export function hostileReport(run: Run, text: string): string {
  const kinds = ['run', 'epoch', 'end', 'diverged'];
  const all = filled(run, text, kinds) as Run;
  const shown = filled(run, text, [...kinds, run.run.optimizer]) as Run;
  return reportPage([all, shown]);
}

/** Two posters of the committed records: with the text in all fields but those of tasks, and in all fields. */
export function hostilePosters(text: string): string[] {
  const recipe = quick();
  const kinds = ['session', 'task', 'training', 'online', 'finished', 'diverged'];
  return [true, false].map((isDrawn) => {
    const sections = panels.map((panel) => {
      const path = join('docs/poster', `${panel.key}.jsonl`);
      const { sessions, done } = parsePanelRecords(readFileSync(path, 'utf8'), path);
      const changed = done.map((d) => ({ ...(filled(d, text, kinds) as typeof d), ...(isDrawn && { task: d.task }) }));
      return {
        panel,
        sessions: filled(sessions, text, kinds) as typeof sessions,
        tasks: panel.tasks(recipe),
        done: changed,
      };
    });
    const curve = { model: `resnet8${text}`, optimizer: text, test_acc: [10, 20] };
    return posterPage(sections, recipe, asReference({ source: text, curves: [curve] }));
  });
}
