// docs/poster: the committed run. Its page says what this program computes from its records.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseBook } from '../../cli/poster/book.js';
import { escape } from '../../reports/html/html.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { keyOf } from '../../reports/poster/task.js';
import { assert, subject } from '../spec.js';

const test = subject('Poster: the committed run');

const FOLDER = 'docs/poster';
const page = readFileSync(join(FOLDER, 'poster.html'), 'utf8');

for (const panel of panels) {
  const path = join(FOLDER, `${panel.key}.jsonl`);
  test(`${panel.title}: complete, and its verdict on the page is what its records give`, () => {
    assert.ok(existsSync(path), path);
    const { done: all } = parseBook(readFileSync(path, 'utf8'), path);
    const by = new Map(all.map((d) => [keyOf(d.task), d]));
    // The recipe is today's: a task that has changed since is one that was not run.
    const tasks = panel.tasks(quick());
    const done = tasks.flatMap((task) => by.get(keyOf(task)) ?? []);
    assert.is(done.length, tasks.length, 'run it again: boundgrad poster --quick --out docs/poster');
    const { outcome, findings } = panel.verdict(done);
    const section = page.slice(page.indexOf(`aria-labelledby="${panel.key}"`)).split('</section>')[0];
    assert.match(section, `</span> ${outcome}</strong></p>`);
    for (const { claim, numbers } of findings) {
      for (const said of [claim, numbers]) assert.match(section, escape(said));
    }
  });
}

test('the page is under a megabyte, and the picture of it under 300 kB', () => {
  assert.ok(statSync(join(FOLDER, 'poster.html')).size < 1e6);
  assert.ok(statSync('docs/poster.png').size < 300e3);
});
