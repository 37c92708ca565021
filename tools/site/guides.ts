// The guides of the repository as pages. Links from guide to guide stay; links to source files lead to source pages.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { ROOT, SOURCE } from './sources.js';
import { frontMatter } from './text.js';

/** Guides by file, in the order of the menu, with their titles. README is the site's front page. */
const guides: Record<string, string> = {
  'docs/tutorial.md': 'From your own data to predictions',
  'docs/sweeps.md': 'Sweeps',
  'docs/many-machines.md': 'Sweeps on many machines',
  'docs/reading.md': 'From the poster to the code',
  'docs/family.md': 'From Adam to Muon',
  'docs/from-pytorch.md': 'From PyTorch',
  'docs/exercises.md': 'Exercises',
  'docs/backends.md': 'Backends',
  'docs/bundling.md': 'Bundling for a page',
  'docs/speed.md': 'Speed',
  'docs/results.md': 'Results',
  'DESIGN.md': 'Design',
  'CONTRIBUTING.md': 'Contributing',
  'RELEASING.md': 'Releasing',
  'SECURITY.md': 'Security',
  'CHANGES.md': 'Changes',
};

/** The words of README that link to the lab on the site; the repository does not hold its page. */
const LAB = 'The live lab';

/** Writes every guide below `pages`. Returns the files of those that the menu lists. */
export function writeGuides(pages: string): string[] {
  const readme = prepare('README.md', pages);
  if (!readme.includes(LAB)) throw new Error(`docs: README does not mention '${LAB}', which links to the lab`);
  write(pages, 'README.md', readme.replace(LAB, `[${LAB}](${ROOT}lab.html)`));
  return Object.entries(guides).map(([file, title]) =>
    write(pages, file, frontMatter(title, 'Guides') + prepare(file, pages)),
  );
}

function write(pages: string, file: string, text: string): string {
  const path = join(pages, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A guide's text with its links changed to links of the site. Copies the pictures and pages that it shows. */
function prepare(file: string, pages: string): string {
  const from = dirname(file);
  const text = readFileSync(file, 'utf8').replaceAll(/<img src="([^"]+)"/g, (tag, picture: string) => {
    copy(normalize(join(from, picture)), pages);
    return tag;
  });
  return text.replaceAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, link: string, anchor = '') => {
    let target = normalize(join(from, link));
    if (target === 'docs/poster/') target = 'docs/poster/poster.html';
    if (target === 'docs/start/') target = 'docs/start/report.html';
    if (target in guides || target === 'README.md') return `](${link}${anchor})`;
    if (!/\.(png|html)$/.test(target)) return `](${SOURCE}${target}${anchor})`;
    copy(target, pages);
    return `](${relative(from, target)}${anchor})`;
  });
}

/** Copies a picture or a page that a guide shows. Throws if it does not exist. */
function copy(file: string, pages: string): void {
  mkdirSync(dirname(join(pages, file)), { recursive: true });
  copyFileSync(file, join(pages, file));
}
