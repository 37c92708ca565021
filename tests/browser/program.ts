// Finds the Chromium that opens the pages.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of a Chromium: CHROMIUM, or the first on PATH. Ends the process with one line if there is none. */
export function chromiumPath(): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  const path = process.env.CHROMIUM || found;
  if (path) return path;
  console.error('no Chromium found: apt-get install chromium, or set CHROMIUM to the path of the program');
  process.exit(1);
}
