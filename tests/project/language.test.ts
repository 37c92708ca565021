// Phrases that a reader would have to translate are in no source, test, document or page.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';

const test = subject('Language');

/** Phrases that plain words replace: `default`, `fails`, `is NaN`, `the caller`, `inconclusive` .. */
const phrases = [
  'where left out',
  'that (is|are) none',
  'nobody',
  'whoever',
  'what follows (it|them)',
  'comes home',
  'is told',
  'told apart',
  'counts as chance',
  'could not be told',
];
const pattern = new RegExp(`\\b(${phrases.join('|').replaceAll(' ', '\\s+')})\\b`, 'gi');
const skipped = /^(node_modules|\.git|\.build|dist|runs|fixtures)$/;
const isText = /\.(ts|mjs|md|css|html|sh|py|json)$/;

function textFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (skipped.test(entry.name)) return [];
    return entry.isDirectory() ? textFiles(path) : isText.test(entry.name) ? [path] : [];
  });
}

test('no file has a phrase that plain words replace', () => {
  const files = textFiles('.').filter((file) => file !== join('tests', 'project', 'language.test.ts'));
  assert.ok(files.length > 300, `${files.length} files`);
  const found = files.flatMap((file) =>
    (readFileSync(file, 'utf8').match(pattern) ?? []).map((text) => `${file}: ${text}`),
  );
  assert.equal(found, []);
});
