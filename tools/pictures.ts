// Renders the pictures of README, from the committed poster and report and from a new lab, in Chromium. Each is then reduced to 256 colours
// by hand, for example with pngquant, which makes it 60 % smaller.
// usage: node build.mjs run tools/pictures.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../tests/browser/program.js';
import { labPage } from '../web/labPage.js';

const PAGE = pathToFileURL('docs/poster/poster.html').href;
/** The figure of bounds and rates by step. */
const FUNNEL = 'figure:has(#funnel-course)';

const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1240 } });
  await page.goto(PAGE);
  await page.waitForFunction(() => document.querySelector('canvas') !== null);
  await page.screenshot({ path: 'docs/poster.png' });

  const large = await browser.newPage({ viewport: { width: 560, height: 900 }, deviceScaleFactor: 2 });
  await large.goto(PAGE);
  await large.waitForFunction(() => document.querySelector('canvas') !== null);
  await large.addStyleTag({ content: '.tools { display: none !important; }' });
  await large.locator(FUNNEL).screenshot({ path: 'docs/funnel.png' });

  const report = await browser.newPage({ viewport: { width: 1200, height: 1200 } });
  await report.goto(pathToFileURL('docs/start/report.html').href);
  await report.waitForFunction(() => document.querySelector('canvas') !== null);
  const { y, height } = (await report.locator('section[aria-labelledby=result]').boundingBox())!;
  await report.screenshot({
    path: 'docs/report.png',
    fullPage: true,
    clip: { x: 0, y: 0, width: 1200, height: y + height },
  });

  mkdirSync('.build', { recursive: true });
  writeFileSync('.build/lab.html', await labPage());
  const lab = await browser.newPage({
    viewport: { width: 1520, height: 920 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  await lab.goto(pathToFileURL('.build/lab.html').href);
  await lab.locator('ul.findings').waitFor();
  await lab.screenshot({ path: 'docs/lab.png' });
  await lab.goto(`${pathToFileURL('.build/lab.html').href}#room=funnel&steps=200&of=fc1.weight,3&at=120`);
  await lab.waitForFunction(() => /Of 200 steps/.test(document.querySelector('.sentence')?.textContent ?? ''), null, {
    timeout: 300_000,
  });
  await lab.screenshot({ path: 'docs/lab-funnel.png' });
} finally {
  await browser.close();
}
