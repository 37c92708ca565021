// Finds links in the site that lead nowhere.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { htmlFiles } from './sources.js';

/** One line for each link within the site to a missing file or anchor. */
export function deadLinks(site: string): string[] {
  const places = new Map<string, Set<string>>();
  const placesOf = (file: string) => {
    if (!places.has(file)) {
      const ids = [...readFileSync(file, 'utf8').matchAll(/\b(?:id|name)="([^"]*)"/g)].map(([, id]) => id);
      places.set(file, new Set(ids));
    }
    return places.get(file)!;
  };
  // The script of the poster makes its anchors, so they are not in its HTML.
  const isMedia = (file: string) => relative(site, file).split(/[\\/]/).includes('media');
  const pages = htmlFiles(site).filter((page) => !isMedia(page));
  return pages.flatMap((page) => {
    const links = readFileSync(page, 'utf8').matchAll(/\b(?:href|src)="([^"]*)"/g);
    return [...new Set([...links].map(([, link]) => link))].flatMap((link) => {
      if (/^(https?:|data:|mailto:)/.test(link)) return [];
      const [path, anchor] = link.split('#').map(decodeURIComponent);
      const file = path === '' ? resolve(page) : resolve(join(dirname(page), path.replace(/\?.*$/, '')));
      if (!existsSync(file) || !statSync(file).isFile()) return [`${page}: a link to nothing: ${link}`];
      const isMissing = anchor && file.endsWith('.html') && !isMedia(file) && !placesOf(file).has(anchor);
      return isMissing ? [`${page}: a link to a place that is not there: ${link}`] : [];
    });
  });
}
