// Reports and posters made of hostile records, opened and used in a browser: no script in the records runs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { setBackend } from '../../core/index.js';
import { goodRecords } from '../fuzz/formats/records.js';
import type { Shown } from '../gpu/suite.js';
import { ATTEMPTS, hostilePosters, hostileReport, runOf } from '../reports/scripts.js';
import { attempts } from '../reports/scriptsOfFiles.js';
import { openParts } from './document.js';

/** Opens a page, uses its summaries, inputs, lists and plots, and returns what went wrong. */
async function visit(context: BrowserContext, file: string): Promise<string[]> {
  const address = pathToFileURL(file).href;
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('request', (request) => request.url() !== address && wrong.push(`loads ${request.url()}`));
  page.on('dialog', (dialog) => wrong.push(`a dialog: ${dialog.message()}`));
  try {
    await page.goto(address);
    await openParts(page);
    for (const radio of await page.locator('input[type=radio], input[type=checkbox]').all())
      await radio.check({ force: true });
    for (const select of await page.locator('select').all()) {
      const options = await select.locator('option').count();
      for (let i = 0; i < Math.min(options, 4); i++) await select.selectOption({ index: i });
    }
    for (const plot of (await page.locator('.plot').all()).slice(0, 6)) {
      await plot.focus();
      await page.keyboard.press('ArrowRight');
      await plot.hover();
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(100);
    const owned = await page.evaluate(() => 'owned' in window);
    if (owned) wrong.push('the text ran as a script');
    if (page.url() !== address) wrong.push(`it went to ${page.url()}`);
    return wrong;
  } finally {
    await page.close();
  }
}

/** A sentence for each attempt, one for texts in files, one that shows that the check finds an attempt that succeeds, and one for the policy. */
export async function hostileShown(context: BrowserContext): Promise<Shown[]> {
  await setBackend('reference');
  const run = runOf(await goodRecords());
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-hostile-'));
  const file = join(folder, 'page.html');
  const shown: Shown[] = [];
  try {
    for (const [how, text] of ATTEMPTS) {
      const wrong: string[] = [];
      for (const page of [hostileReport(run, text), ...hostilePosters(text)]) {
        writeFileSync(file, page);
        wrong.push(...(await visit(context, file)));
      }
      const sentence = `a text that ${how} does not run in a report or a poster, and loads nothing`;
      shown.push({ sentence, outcome: wrong.length ? 'failed' : 'passed', note: wrong.join('\n') });
    }
    const wrong: string[] = [];
    for (const { how, pages } of await attempts(mkdtempSync(join(folder, 'files-'))))
      for (const page of pages.filter((text) => text.includes('owned'))) {
        writeFileSync(file, page);
        wrong.push(...(await visit(context, file)).map((what) => `${how}: ${what}`));
      }
    const sentence = 'no text in the files that a report is made from runs as a script, and the report loads nothing';
    shown.push({ sentence, outcome: wrong.length ? 'failed' : 'passed', note: wrong.join('\n') });
    const raw = hostileReport(run, 'plain').replaceAll('plain', '<img src=x onerror=owned=1>');
    const runs = async (text: string) => {
      writeFileSync(file, text);
      return (await visit(context, file)).includes('the text ran as a script');
    };
    const isFound = await runs(raw.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''));
    shown.push({
      sentence: 'the check notices that a text which is not escaped runs as a script if the page has no policy',
      outcome: isFound ? 'passed' : 'failed',
    });
    const isStopped = !(await runs(raw));
    shown.push({
      sentence: 'the policy stops a script that is not the page’s, even if a text is not escaped',
      outcome: isStopped ? 'passed' : 'failed',
    });
    return shown;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
