// `boundgrad data fetch`: downloads a data set into a folder, and goes on where an earlier download ended.
import { ValueError } from '../../core/index.js';
import { fetchDataset } from '../../node/datasets.js';
import { fetchable } from '../../node/download/sources.js';
import { choose, EXIT, refuse } from '../failure.js';
import { briefHelp } from '../help.js';
import type { Option } from '../options/options.js';
import { readWords } from '../options/words.js';

const OPTIONS: Record<string, Option> = {
  dir: { value: 'DIR', about: 'the folder for the files, made where there is none' },
  from: {
    value: 'URL',
    about: 'the address of a folder with the same files, a mirror; the official one where left out',
  },
  help: { about: 'print this' },
};
const REDRAW_MS = 100;

/** Runs `boundgrad data` with the words after it. Returns an exit code or, for 0, what is to be printed. */
export async function data([verb = '--help', ...rest]: string[]): Promise<number | string> {
  if (verb === '--help' || verb === '-h') return help();
  choose('data', verb, ['fetch']);
  const name = rest[0]?.startsWith('-') ? undefined : rest.shift();
  const given = readWords(rest, OPTIONS);
  if (given.has('help')) return help();
  if (name === undefined) throw refuse(`data fetch: a name is missing; one of ${Object.keys(fetchable).join(', ')}`);
  choose('data fetch', name, Object.keys(fetchable));
  const dir = given.get('dir');
  if (dir === undefined) throw refuse('data fetch: --dir DIR must name the folder for the files');
  return fetchInto(dir, name, given.get('from'));
}

async function fetchInto(dir: string, name: string, from = fetchable[name].from): Promise<number | string> {
  const { title, files } = fetchable[name];
  const stop = new AbortController();
  let code: number = EXIT.ok;
  // A second signal finds no listener and ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      code = EXIT[signal];
      stop.abort();
    });
  }
  const bar = new Bar();
  try {
    process.stderr.write(`${title}: ${megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0))} MB, from ${from}\n`);
    const { downloaded, present } = await fetchDataset(name, { dir, from, signal: stop.signal, onProgress: bar.draw });
    const all = downloaded.length + present.length;
    const what = downloaded.length ? `${downloaded.length} of ${all} files are new` : 'nothing was downloaded';
    return `${dir}: ${title} is there, ${what}; to train on it: --data ${name} --data-dir ${dir}`;
  } catch (error) {
    if (error instanceof ValueError) throw refuse(`--from: ${error.message}`, error);
    if (code === EXIT.ok) throw error;
    bar.clear();
    process.stderr.write('boundgrad: ended early: what has arrived is kept; the same command goes on from there\n');
    return code;
  } finally {
    bar.clear();
  }
}

/** One line on stderr, where that is a terminal: what has arrived of the file, and how fast. */
class Bar {
  #file = '';
  #began = 0;
  #from = 0;
  #drawn = 0;

  readonly draw = ({ file, received, bytes }: { file: string; received: number; bytes: number }): void => {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (file !== this.#file) [this.#file, this.#began, this.#from] = [file, now, received];
    if (now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const rate = (received - this.#from) / (now - this.#began) / 1000 || 0;
    const line = `${file}  ${megabytes(received)} of ${megabytes(bytes)} MB  ${rate.toFixed(1)} MB/s`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  };

  clear(): void {
    if (this.#drawn) process.stderr.write('\r\x1b[K');
    this.#drawn = 0;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function help(): string {
  const rows = Object.entries(fetchable).map(([name, { title, from }]): [string, string] => [
    name,
    `${title}, ${from}`,
  ]);
  const title = 'What was cut short goes on where it ended; each file is checked against its published md5 sum.';
  return briefHelp('data fetch', 'NAME --dir DIR [--from URL]', OPTIONS, [{ title, rows }]);
}
