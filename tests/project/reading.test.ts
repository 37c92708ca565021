// docs/reading.md leads from each equation to its line, docs/family.md from each rule to what it changes. Lines move: `node build.mjs
// reading` renews the numbers.
import { existsSync, readFileSync } from 'node:fs';
import { optimizers } from '../../optim/index.js';
import { scalingRows } from '../../tools/family/scaling.js';
import { rowsOf, written } from '../../tools/family/table.js';
import { theoremsRows } from '../../tools/family/theorems.js';
import { assert, subject } from '../spec.js';

const test = subject('The reading guide');
const family = readFileSync('docs/family.md', 'utf8');
const guides = `${readFileSync('docs/reading.md', 'utf8')}\n${written(family)}`;
const LINK = /\[([^\s\]]+):(\d+)\]\(\.\.\/(\S+)#L(\d+)\)(?: \||:) `([^`]+)`/;
const links = [...guides.matchAll(new RegExp(LINK, 'g'))];

test('every row of the tables has a link, and there are at least 25 rows', () => {
  const body = guides.split('\n').filter((l) => l.startsWith('| ') && !/^\| (on the poster|fact|rules?) /.test(l));
  assert.equal(
    body.filter((l) => !LINK.test(l)),
    [],
  );
  assert.ok(body.length >= 25, `${body.length}`);
});

test('docs/family.md has a paragraph with a link for each optimizer', () => {
  const paragraphs = family.split(/\n(?=\*\*)|\n## /).filter((text) => LINK.test(text));
  const missing = Object.values(optimizers).filter(({ title }) => {
    const name = new RegExp(`^\\*\\*${title}\\*\\*`);
    return !paragraphs.some((text) => name.test(text.replace(/^\*\*Schedule-Free AdamW/, '**ScheduleFreeAdamW')));
  });
  assert.equal(
    missing.map(({ title }) => title),
    [],
  );
});

test('docs/family.md shows the computed effect of a scale of the loss on each optimizer', () => {
  assert.equal(rowsOf(family, 'scaling'), scalingRows(), 'run node build.mjs family');
});

test('docs/family.md shows each optimizer’s regret on problems on which Adam fails; this test computes the first tenth of the steps again', () => {
  const early = rowsOf(family, 'theorems').map(([title, ...cells]) => [title, ...cells.map((c) => c.split(' → ')[0])]);
  assert.equal(early, theoremsRows(true), 'run node build.mjs family');
});

for (const [, file, line, path, anchor, code] of links) {
  test(`${file}:${line} holds ${code}`, () => {
    assert.is(path, file);
    assert.is(anchor, line);
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const at = lines.flatMap((l, i) => (l.includes(code) ? [i + 1] : []));
    assert.ok(at.includes(Number(line)), `${code} is at ${file}:${at.join(' or ') || 'no line'}, not at ${line}`);
  });
}
