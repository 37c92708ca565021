// Pages with the numbered lines of every source file that the site links to; for a folder, the list of its files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { escape } from './text.js';

/** Stands for the root of the source pages until all pages are written, because pages are at different depths. */
export const SOURCE = 'https://source.invalid/';

/** Stands for the page of an exported name. */
export const API = 'https://api.invalid/';

/** Stands for the root of the site. */
export const ROOT = 'https://site.invalid/';

/** Writes a page for each file that is linked to, and makes the links relative. */
export function writeSources(site: string): void {
  const linked = new Set<string>();
  const pages = htmlFiles(site);
  const api = new Map(pages.map((page) => [basename(page, '.html').split('.').at(-1)!, relative(site, page)]));
  for (const page of pages) {
    const text = readFileSync(page, 'utf8');
    const up = relative(dirname(page), site) || '.';
    const mended = text
      .replaceAll(ROOT, `${up}/`)
      .replaceAll(/https:\/\/api\.invalid\/(\w+)/g, (_, name: string) => `${up}/${api.get(name) ?? name}`)
      .replaceAll(/https:\/\/source\.invalid\/([^"'#\s]*)/g, (_, file: string) => {
        linked.add(file);
        return `${up}/source/${file}.html`;
      });
    if (mended !== text) writeFileSync(page, mended);
  }
  for (const file of linked) {
    const path = join(site, 'source', `${file}.html`);
    mkdirSync(dirname(path), { recursive: true });
    const up = relative(dirname(path), site);
    if (!statSync(file).isDirectory()) {
      writeFileSync(path, page(file, numbered(readFileSync(file, 'utf8')), up));
      continue;
    }
    const names = filesOf(file);
    for (const name of names) linked.add(join(file, name));
    const links = names.map((name) => `<a href="${basename(file)}/${name}.html">${escape(name)}</a>\n`);
    writeFileSync(path, page(file, links.join(''), up));
  }
}

/** All pages of the site. */
export function htmlFiles(site: string): string[] {
  const names = readdirSync(site, { recursive: true }) as string[];
  return names.filter((name) => name.endsWith('.html')).map((name) => join(site, name));
}

/** The files of a folder that Git tracks, without JSON. */
function filesOf(folder: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', '.'], { cwd: folder, encoding: 'utf8' });
  return listed.split('\0').filter((name) => name && !name.endsWith('.json'));
}

/** The lines of a text with their numbers. */
function numbered(text: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines
    .map((line, i) => `<span id="L${i + 1}"><a href="#L${i + 1}">${i + 1}</a>${escape(line)}\n</span>`)
    .join('');
}

function page(file: string, body: string, up: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(file)} | boundgrad</title>
<style>
  :root { color-scheme: light dark; --dim: #777; --mark: #fff2a8; }
  @media (prefers-color-scheme: dark) { :root { --dim: #999; --mark: #4a4312; } }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 70rem; padding: 0 1rem; }
  pre { font: 13px/1.5 ui-monospace, monospace; overflow-x: auto; tab-size: 2; }
  pre a { color: var(--dim); display: inline-block; margin-right: 1.5em; min-width: 3em; text-align: right; text-decoration: none; user-select: none; }
  pre span:target { background: var(--mark); display: inline-block; min-width: 100%; }
</style>
<p><a href="${up}/index.html">boundgrad</a> · ${escape(file)}</p>
<pre>${body}</pre>
</html>
`;
}
