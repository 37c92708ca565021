// Single-file pages, opened in a browser: sentences about them, the findings of axe, and errors while they are used.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import type { Shown } from '../gpu/suite.js';

/** A sentence about a page. show: rejects if the sentence does not hold; a text that it returns is printed. */
export type Sentence<A extends unknown[] = []> = [
  sentence: string,
  show: (page: Page, ...given: A) => Promise<unknown>,
];

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Opens a file. wrong: collects the errors of the page and the address of everything else that it loads, except blob: and data:. */
export async function opened(context: BrowserContext, file: string): Promise<{ page: Page; wrong: string[] }> {
  const address = pathToFileURL(file).href;
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== address && !/^(blob:|data:)/.test(request.url()))
      wrong.push(`loads ${request.url()}`);
  });
  await page.goto(address);
  return { page, wrong };
}

/** The last sentence about a page. */
export const nothingWrong = (wrong: readonly string[]): Sentence => [
  'nothing is loaded and nothing goes wrong',
  async () => check(wrong.length === 0, wrong.join('; ')),
];

/** Checks sentences one after the other. */
export async function shownOf<A extends unknown[]>(
  page: Page,
  sentences: readonly Sentence<A>[],
  ...given: A
): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const [sentence, show] of sentences) {
    try {
      const said = await show(page, ...given);
      shown.push({ sentence, outcome: 'passed', ...(typeof said === 'string' && { note: `    ${said}` }) });
    } catch (error) {
      shown.push({ sentence, outcome: 'failed', note: (error as Error).message });
    }
  }
  return shown;
}

/** The findings of axe-core on a page. The driver injects it, so the page's policy does not apply to it. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis)))
    await page.evaluate(readFileSync('node_modules/axe-core/axe.min.js', 'utf8'));
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run(document);
    return violations.map((v: any) => `${v.id}: ${v.nodes.map((n: any) => n.target.join()).slice(0, 3)}`);
  });
}

/** Rejects if axe-core finds something wrong on a page, in light or in dark. what: names the page in the message. */
export async function checkAccess(page: Page, what = ''): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    const wrong = await violations(page);
    check(wrong.length === 0, `${what} ${colorScheme}: ${wrong.join('; ')}`);
  }
}

/** Opens every part of a page that can be folded. A click on an open part would close it. */
export async function openParts(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all())
    if (!(await summary.evaluate((e) => (e.parentElement as HTMLDetailsElement).open))) await summary.click();
  check((await page.locator('details:not([open])').count()) === 0, 'a part is closed');
}

/** The sentence that axe-core finds nothing wrong on a page, with all its parts opened. */
export const accessible: Sentence<any> = [
  'axe-core finds no violation, in light and in dark, with every part open',
  async (page) => {
    await openParts(page);
    await checkAccess(page);
  },
];

/** Rejects if a page is wider than a window of one of these widths. */
export async function checkWidths(page: Page, widths: readonly number[], what = ''): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    await page.waitForTimeout(300);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, `${what}: ${wide} of ${width} pixels`);
  }
}
