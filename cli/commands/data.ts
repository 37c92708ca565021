// `boundgrad data fetch`: downloads a data set into a folder, or resumes a download.
import { ValueError } from '../../core/index.js';
import { makeFolder } from '../../node/atomicFile.js';
import { fetchDataset } from '../../node/datasets.js';
import { addressOf } from '../../node/download/fetchDataset.js';
import { fetchable } from '../../node/download/sources.js';
import { choose, refuse, writeOrRefuse } from '../failure.js';
import { path, text } from '../options/parsers.js';
import type { Schema } from '../options/schema.js';
import { ProgressLine } from '../progressLine.js';
import { quote } from '../shell.js';
import { Stop } from '../stop.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

const options = {
  dir: { value: 'DIR', about: 'the folder for the files; made if it is missing', parse: path },
  from: {
    value: 'URL',
    about: 'the address of a folder with the same files, such as a mirror',
    shownDefault: 'the official address',
    parse: text,
  },
} satisfies Schema;

const names = Object.keys(fetchable);

export const data = command({
  usage: 'fetch NAME --dir DIR [--from URL]',
  options,
  notes: [
    {
      title: 'Data sets, each file checked against its published md5 sum',
      rows: names.map((name) => [name, `${fetchable[name].title}, ${fetchable[name].from}`]),
    },
  ],
  async run({ dir, from }, { operands: [verb, name] }) {
    if (verb === undefined) throw refuse('data: a verb is missing: boundgrad data fetch NAME --dir DIR');
    choose('data', verb, ['fetch']);
    if (name === undefined) throw refuse(`data fetch: a name is missing; one of ${names.join(', ')}`);
    choose('data fetch', name, names);
    if (dir === undefined) throw refuse('data fetch: --dir DIR must name the folder for the files');
    return fetchInto(dir, name, from);
  },
});

async function fetchInto(dir: string, name: string, from = fetchable[name].from): Promise<number | string[]> {
  const { title, files } = fetchable[name];
  try {
    addressOf(from);
  } catch (error) {
    if (error instanceof ValueError) throw refuse(`--from: ${error.message}`, error);
    throw error;
  }
  writeOrRefuse('--dir', dir, () => makeFolder(dir));
  const stop = new Stop();
  const line = new ProgressLine();
  let current = { file: '', began: 0, from: 0 };
  const onProgress = ({ file, received, bytes }: { file: string; received: number; bytes: number }) => {
    if (file !== current.file) current = { file, began: performance.now(), from: received };
    line.draw(() => {
      const rate = (received - current.from) / (performance.now() - current.began) / 1000 || 0;
      const texts = [file, `${megabytes(received)} of ${megabytes(bytes)} MB`, `${rate.toFixed(1)} MB/s`];
      return { share: received / bytes, texts };
    });
  };
  try {
    const size = megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
    writeLine(process.stderr, `${title}: ${size} MB, from ${from}`);
    const { downloaded, present } = await fetchDataset(name, { dir, from, signal: stop.signal, onProgress });
    const all = downloaded.length + present.length;
    const what = downloaded.length ? `${downloaded.length} of ${all} files are new` : 'nothing had to be downloaded';
    return [`${title} is in ${dir}: ${what}; to train on it: --data ${name} --data-dir ${quote(dir)}`];
  } catch (error) {
    if (!stop.requested) throw error;
    line.clear();
    writeLine(process.stderr, 'boundgrad: ended early: finished parts are kept; the same command resumes the download');
    return stop.code;
  } finally {
    line.clear();
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
