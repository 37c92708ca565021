// Attempts to run a script from a report, made without regard to how a page is written. The parser of HTML in this file
// shares no code with the project; it finds the elements and attributes of a page. `npm run test:browser` opens the same pages in Chromium.

import { setBackend } from '../../core/index.js';
import { goodRecords } from '../fuzz/formats/records.js';
import { assert, subject } from '../spec.js';
import { ATTEMPTS, hostilePosters, hostileReport, runOf } from './scripts.js';

const test = subject('Attempts to run a script from a report');

/** The elements of a page, in order, with their attributes, as the HTML standard's tokenizer finds them. */
function elementsOf(page: string): { name: string; attributes: string[]; text: string }[] {
  const found: ReturnType<typeof elementsOf> = [];
  for (let at = page.indexOf('<'); at >= 0; at = page.indexOf('<', at)) {
    const open = /^<([a-z][^\s/>\0]*)/i.exec(page.slice(at, at + 200));
    if (!open) {
      at++;
      continue;
    }
    const name = open[1].toLowerCase();
    at += open[0].length;
    const attributes: string[] = [];
    while (page[at] !== '>') {
      const [all, attribute] = /^[\s/]*(?:([^\s=>/]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)?/.exec(page.slice(at))!;
      if (attribute) attributes.push(attribute.toLowerCase());
      at += all.length || 1;
    }
    at++;
    let text = '';
    if (['script', 'style', 'title'].includes(name)) {
      const end = at + page.slice(at).search(new RegExp(`</${name}[\\s/>]`, 'i'));
      text = page.slice(at, end);
      at = end;
    }
    found.push({ name, attributes, text });
  }
  return found;
}

await setBackend('reference');
const run = runOf(await goodRecords());

/** What must be the same as in a page without an attempt: the elements, the names of their attributes, and the text of styles and of scripts
 *  that are code. */
function structure(page: string): string {
  return elementsOf(page)
    .map(({ name, attributes, text }) => {
      const isFixed = name === 'style' || (name === 'script' && !attributes.includes('type'));
      return `${name} ${attributes} ${isFixed ? text : ''}`;
    })
    .join('\n');
}

test('the reader of HTML in this file finds elements, attributes and raw text', () => {
  assert.equal(
    elementsOf('<a href="x>" b=\'"\' c>1<p/onx=1><script type=a>if (a<b) </p></ScRipt >&lt;i&gt;<title>x<b></title>'),
    [
      { name: 'a', attributes: ['href', 'b', 'c'], text: '' },
      { name: 'p', attributes: ['onx'], text: '' },
      { name: 'script', attributes: ['type'], text: 'if (a<b) </p>' },
      { name: 'title', attributes: [], text: 'x<b>' },
    ],
  );
});

// The space makes this text, like the attempts, one that cannot be the key of an optimizer.
const plain = structure(hostileReport(run, 'plain text'));
const plainPosters = hostilePosters('plain text').map(structure);

for (const [how, text] of ATTEMPTS) {
  test(`a text that ${how}, in every field of the records and as a name in them, stays text in the report and in the poster`, () => {
    const page = hostileReport(run, text);
    assert.is(structure(page), plain);
    for (const { name, attributes, text: raw } of elementsOf(page)) {
      assert.ok(
        !attributes.some((a) => a.startsWith('on') || ['href', 'src', 'srcdoc', 'action'].includes(a)),
        `<${name} ${attributes}>`,
      );
      if (attributes.includes('type') && name === 'script') {
        assert.equal(JSON.parse(raw)[0].run.command, text);
        assert.not.match(raw, /[<>&\u2028\u2029]/);
      }
    }
    hostilePosters(text).forEach((poster, i) => assert.is(structure(poster), plainPosters[i]));
  });
}
