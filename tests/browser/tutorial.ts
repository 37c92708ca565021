// The pages of docs/tutorial.md in Chromium: its programs run in Node, and its pages predict with the checkpoints that the programs write.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { Shown } from '../gpu/suite.js';
import { runTutorial } from '../project/tutorial.js';

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html' };

/** Returns the text of the page's output once it contains `wanted`, or after ten seconds. */
async function outputOf(page: Page, wanted: string): Promise<string> {
  const output = page.locator('output', { hasText: wanted });
  await output.waitFor({ timeout: 10_000 }).catch(() => {});
  return (await page.locator('output').textContent()) ?? '';
}

/** Runs the tutorial, opens its pages and uses them. Returns a sentence for each use. */
export async function tutorialShown(context: BrowserContext): Promise<Shown[]> {
  const folder = join('.build', `tutorial-${process.pid}`);
  await runTutorial(folder, async (words) => {
    const program = [
      'build.mjs',
      'run',
      'cli/main.ts',
      ...words.map((w) => (/\.(csv|png)$|^runs/.test(w) ? join(folder, w) : w)),
    ];
    return spawnSync(process.execPath, program, { encoding: 'utf8' }).stdout;
  });
  const server = createServer(({ url = '' }, response) => {
    const name = basename(url) || 'houses.html';
    response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
    response.setHeader('Content-Security-Policy', "default-src 'self'");
    try {
      response.end(readFileSync(join(folder, name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shown: Shown[] = [];
  const show = async (sentence: string, page: Page, wanted: string) => {
    const text = await outputOf(page, wanted);
    const isRight = text === wanted;
    shown.push({
      sentence,
      outcome: isRight ? 'passed' : 'failed',
      ...(!isRight && { note: `${text}, not ${wanted}` }),
    });
  };
  try {
    const houses = await context.newPage();
    await houses.goto(`${origin}/houses.html`);
    await show('the page of houses shows what Node predicts', houses, 'about 400000');
    await houses.locator('select').selectOption('Rome');
    await houses.locator('input').fill('60');
    await show('another row gives another price', houses, 'about 220000');
    await houses.close();
    const photos = await context.newPage();
    await photos.goto(`${origin}/photos.html`, { waitUntil: 'networkidle' });
    const files = ['level', 'upright'].map((kind) => join(folder, 'photos', kind, '3.png'));
    await photos.locator('input').setInputFiles(files.slice(0, 1));
    await show('the page of photos names the class of a picture', photos, '3.png: level');
    await photos.locator('input').setInputFiles(files.slice(1));
    await show('the page of photos names the class of another picture', photos, '3.png: upright');
    await photos.close();
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return shown;
}
