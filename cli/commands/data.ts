// `boundgrad data fetch`: downloads a data set into a folder, and continues an earlier download.
import { ValueError } from '../../core/index.js';
import { fetchDataset } from '../../node/datasets.js';
import { fetchable } from '../../node/download/sources.js';
import { choose, EXIT, refuse } from '../failure.js';
import { text } from '../options/parsers.js';
import type { Schema } from '../options/schema.js';
import { command } from './command.js';

const REDRAW_MS = 100;

const options = {
  dir: { value: 'DIR', about: 'the folder for the files; made if it is missing', parse: text },
  from: {
    value: 'URL',
    about: 'the address of a folder with the same files, such as a mirror',
    shownDefault: 'the official address',
    parse: text,
  },
} satisfies Schema;

const names = Object.keys(fetchable);

export const data = command({
  name: 'data',
  about: 'download a data set, or continue an earlier download',
  usage: 'fetch NAME --dir DIR [--from URL]',
  operands: ['fetch', 'NAME'],
  options,
  notes: [
    {
      title: 'Data sets, each file checked against its published md5 sum',
      rows: names.map((name) => [name, `${fetchable[name].title}, ${fetchable[name].from}`]),
    },
  ],
  async run({ dir, from }, { operands: [verb, name] }) {
    choose('data', verb, ['fetch']);
    if (name === undefined) throw refuse(`data fetch: a name is missing; one of ${names.join(', ')}`);
    choose('data fetch', name, names);
    if (dir === undefined) throw refuse('data fetch: --dir DIR must name the folder for the files');
    return fetchInto(dir, name, from);
  },
});

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
