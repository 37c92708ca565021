// Renders the committed pages of sweeps, docs/sweeps/NAME.html, from the committed results beside them, NAME.sweep.json; nothing is trained.
// node build.mjs run tools/sweepPages.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sweepPage } from '../reports/sweep/page.js';

const FOLDER = 'docs/sweeps';
for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.sweep.json'))) {
  const page = join(FOLDER, name.replace('.sweep.json', '.html'));
  writeFileSync(page, sweepPage(JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))));
  console.log(page);
}
