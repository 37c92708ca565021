// docs/poster: the committed run. Its page is what this program renders from its records. After a change of the page run
// `node build.mjs run cli/main.ts poster --quick --out docs/poster`, which renders it without running a task.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { unbroken } from '../../reports/format.js';
import { escape } from '../../reports/html/html.js';
import { posterPage } from '../../reports/poster/page.js';
import type { Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { keyOf } from '../../reports/poster/task.js';
import { comparable } from '../reports/comparable.js';
import { assert, subject } from '../spec.js';

const test = subject('Poster: the committed run');

const FOLDER = 'docs/poster';
const recipe = quick();
const page = readFileSync(join(FOLDER, 'poster.html'), 'utf8');

/** The panels with their committed results. The tasks are those of the present recipe: a task that has changed has no result. */
const sections: Section[] = panels.map((panel) => {
  const path = join(FOLDER, `${panel.key}.jsonl`);
  const { sessions, done: all } = parsePanelRecords(readFileSync(path, 'utf8'), path);
  const by = new Map(all.map((d) => [keyOf(d.task), d]));
  const tasks = panel.tasks(recipe);
  return { panel, sessions, tasks, done: tasks.flatMap((task) => by.get(keyOf(task)) ?? []) };
});

for (const { panel, tasks, done } of sections) {
  test(`${panel.title}: the panel is complete, and its verdict on the page follows from its records`, () => {
    assert.is(done.length, tasks.length, 'run it again: boundgrad poster --quick --out docs/poster');
    const { outcome, findings } = panel.verdict(done);
    const section = page.slice(page.indexOf(`aria-labelledby="${panel.key}"`)).split('</section>')[0];
    assert.match(section, `</span> ${outcome}</strong></p>`);
    for (const { claim, numbers } of findings) {
      for (const said of [claim, unbroken(numbers)]) assert.match(section, escape(said));
    }
  });
}

test('the page is rendered from its records: text, tables and figures are the same', () => {
  const rendered = comparable(posterPage(sections, recipe, null));
  assert.ok(
    comparable(page) === rendered,
    'render it: node build.mjs run cli/main.ts poster --quick --out docs/poster',
  );
});

test('the page is under a megabyte, and the picture of it under 300 kB', () => {
  assert.ok(statSync(join(FOLDER, 'poster.html')).size < 1e6);
  assert.ok(statSync('docs/poster.png').size < 300e3);
});
