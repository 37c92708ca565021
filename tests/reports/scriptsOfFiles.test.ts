// The attempts of scriptsOfFiles.ts: no report contains a text of a file as markup. `npm run test:browser` opens the reports in Chromium.
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { attempts, rawIn, TEXTS } from './scriptsOfFiles.js';

const test = subject('Attempts to run a script from the files behind a report');

test('the check of these tests finds each text with a tag that is not escaped', () => {
  for (const text of TEXTS.filter((t) => /<[a-z]/i.test(t))) assert.ok(rawIn(`<p>${text}</p>`).length > 0, text);
  assert.ok(rawIn('<p class="x" onfocus=owned=1>').length > 0);
  assert.equal(rawIn('<p title="&lt;img src=x onerror=owned=1>">&lt;script>owned=1</p>'), []);
});

const made = await attempts(temporary());

test('fail in names of tables, columns, classes and files, and in each text of a journal, of run.json and of a checkpoint', () => {
  for (const { how, pages } of made) for (const page of pages) assert.equal(rawIn(page), [], how);
  const shown = made.filter(({ pages }) => pages.some((page) => page.includes('owned')));
  assert.ok(shown.length > 20, `only ${shown.length} reports show a text: ${shown.map(({ how }) => how)}`);
});
