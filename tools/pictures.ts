// Renders the pictures of README from the committed poster page, in Chromium.
// usage: node build.mjs run tools/pictures.ts
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../tests/browser/program.js';

const PAGE = pathToFileURL('docs/poster/poster.html').href;
/** The figure of bounds and rates by step. */
const FUNNEL = 'section[aria-labelledby=funnel] .figures > :nth-child(2)';

const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1240 } });
  await page.goto(PAGE);
  await page.waitForFunction(() => document.querySelector('canvas') !== null);
  await page.screenshot({ path: 'docs/poster.png' });

  const large = await browser.newPage({ viewport: { width: 560, height: 900 }, deviceScaleFactor: 2 });
  await large.goto(PAGE);
  await large.waitForFunction(() => document.querySelector('canvas') !== null);
  await large.locator(FUNNEL).screenshot({ path: 'docs/funnel.png' });
} finally {
  await browser.close();
}
