// npm run test:browser [-- words of titles]: the library in headless Chromium, from a minified bundle: the gpu backend, threads, predictions,
// pictures and a training, each page under a strict Content-Security-Policy; then the poster, the report, hostile records, the tutorial and
// the lab, which Firefox opens too. CHROMIUM names the program if it is not on PATH.
//
// A policy holds for what a page loads by itself and not for what a driver injects, so the pages of the bundle are only opened and read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { backend } from '../../core/index.js';
import type { Shown } from '../gpu/suite.js';
import { firefox, firefoxShown } from './firefox.js';
import { hostileShown } from './hostile.js';
import { labShown } from './lab.js';
import { curve } from './lenet.js';
import { type Page, pages } from './pages.js';
import { posterShown } from './poster.js';
import { chromiumPath } from './program.js';
import { reportShown } from './report.js';
import { serve } from './serve.js';
import { SLOW, slowDown } from './slow.js';
import { tutorialShown } from './tutorial.js';

/** How long a page may print nothing new before it is given up, in milliseconds. */
const SILENCE_MS = 240_000;

const executablePath = chromiumPath();

/** A browser with its own profile folder and extra flags. */
async function open(flags: string[]): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-chromium-'));
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-quic', ...quiet, ...flags],
  });
  // On a busy machine a page is slow, which is not a fault of the page.
  context.setDefaultTimeout(120_000);
  if (SLOW > 0) await context.addInitScript(slowDown, SLOW);
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, close };
}

/** Returns the lines that a page has written when it is done. Rejects if it prints nothing new for too long. */
async function visit(context: BrowserContext, address: string): Promise<Record<string, unknown>[]> {
  const page = await context.newPage();
  // A page that computes synchronously does not answer meanwhile.
  page.setDefaultTimeout(SILENCE_MS);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(address);
    let text = '';
    for (let since = Date.now(); ; ) {
      const done = (await page.title()) === 'done';
      const now = (await page.locator('pre').textContent()) ?? '';
      if (now !== text) since = Date.now();
      text = now;
      if (done) break;
      if (Date.now() - since > SILENCE_MS) throw new Error(`silent after: ${text.slice(-200)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${complaints.join('\n')}`);
  } finally {
    await page.close();
  }
}

const totals = { passed: 0, failed: 0 };

function tell({ sentence, outcome, note }: Shown): void {
  totals[outcome]++;
  console.log(`  ${outcome === 'passed' ? '✓' : '✗'} ${sentence}${note ? `\n${note}` : ''}`);
}

/** Opens a page and prints its sentences: those that the page checks, and those that are checked here from its lines. */
async function check(context: BrowserContext, origin: string, page: Page, losses: number[]): Promise<void> {
  console.log(`\n${page.title}`);
  try {
    const lines = await visit(context, `${origin}/?${new URLSearchParams({ ...page.query, policy: page.policy })}`);
    const head = lines[0];
    console.log(`  ${JSON.stringify(head)}`);
    for (const line of lines) if (line.sentence) tell(line as unknown as Shown);
    for (const [sentence, show] of page.expects) {
      const note = await show(lines, losses);
      tell({ sentence, outcome: note ? 'failed' : 'passed', note });
    }
  } catch (error) {
    tell({ sentence: 'runs to its end', outcome: 'failed', note: String(error) });
  }
}

const words = process.argv.slice(2);
const wanted = pages.filter((p) => words.every((w) => p.title.includes(w)));
const losses = await curve(backend());
const { origin, close } = await serve();
for (const flags of new Set(wanted.map((p) => p.flags))) {
  const browser = await open(flags);
  for (const page of wanted.filter((p) => p.flags === flags)) await check(browser.context, origin, page, losses);
  await browser.close();
}
for (const [title, shown] of [
  ['the poster', posterShown],
  ['the report', reportShown],
  ['hostile records', hostileShown],
  ['the tutorial', tutorialShown],
  ['the lab', labShown],
] as const) {
  if (!words.every((w) => title.includes(w))) continue;
  console.log(`\n${title}`);
  const browser = await open([]);
  for (const sentence of await shown(browser.context)) tell(sentence);
  await browser.close();
}
if (words.every((w) => 'the lab in Firefox'.includes(w))) {
  console.log('\nthe lab in Firefox');
  if (firefox) for (const sentence of await firefoxShown()) tell(sentence);
  else console.log('  skipped: no Firefox; apt-get install firefox-esr, or FIREFOX=<path of the program>');
}
await close();
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed || !totals.passed ? 1 : 0);
