// docs/reading.md leads from each equation to its line, docs/family.md from each rule to what it changes. Lines move: `node build.mjs reading` renews the numbers.
import { existsSync, readFileSync } from 'node:fs';
import { assert, subject } from '../spec.js';

const test = subject('The reading guide');
const GUIDES = ['docs/reading.md', 'docs/family.md'];
const rows = [
  ...GUIDES.map((name) => readFileSync(name, 'utf8'))
    .join('\n')
    .matchAll(/\| \[(\S+):(\d+)\]\(\.\.\/(\S+)#L(\d+)\) \| `(.+)` \|/g),
];

test('every row of its tables has a link, and there are at least 25', () => {
  const lines = GUIDES.flatMap((name) => readFileSync(name, 'utf8').split('\n'));
  const body = lines.filter((l) => l.startsWith('| ') && !/^\| (on the poster|fact|rule) /.test(l));
  assert.is(rows.length, body.length);
  assert.ok(rows.length >= 25, `${rows.length}`);
});

for (const [, file, line, path, anchor, code] of rows) {
  test(`${file}:${line} holds ${code}`, () => {
    assert.is(path, file);
    assert.is(anchor, line);
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const at = lines.flatMap((l, i) => (l.includes(code) ? [i + 1] : []));
    assert.ok(at.includes(Number(line)), `${code} is at ${file}:${at.join(' or ') || 'no line'}, not at ${line}`);
  });
}
