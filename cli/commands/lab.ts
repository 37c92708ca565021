// `boundgrad lab`: the page of the live lab, as a file or served on this machine; or the numbers of one of its states.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fashionMnistSample } from '../../datasets/index.js';
import { VERSION } from '../../fit/index.js';
import { makeFolder, writeFileAtomic } from '../../node/atomicFile.js';
import { servePage } from '../../node/servePage.js';
import { reasonOf } from '../../node/systemError.js';
import { optimizers } from '../../optim/index.js';
import { alignColumns } from '../../reports/run/results.js';
import { FragmentError } from '../../web/core/entries.js';
import { FORMAT, readFragment, writeFragment } from '../../web/core/fragment.js';
import { StateError } from '../../web/core/optimizerOf.js';
import type { CsvFile } from '../../web/core/raceTasks.js';
import { type Named, runState } from '../../web/core/run.js';
import { catalogOf } from '../../web/core/state.js';
import { refuse, writeOrRefuse } from '../failure.js';
import { refuseForeign, withChecksum } from '../foreignFiles.js';
import { readNamed } from '../namedFile.js';
import { integer, path, text } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { Stop } from '../stop.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

const options = {
  out: {
    value: 'FILE',
    about: 'write the page into this file and end; it opens from disk and loads nothing',
    parse: path,
  },
  noImages: {
    about:
      'leave the images out: the page has 0.7 MB in place of 3.1, and its nets learn points, texts and tables only',
    check({ noImages, state }: { noImages: boolean; state?: string }) {
      if (noImages && state !== undefined) throw refuse('--no-images: no page is made with --state');
    },
  },
  state: {
    value: 'FRAGMENT',
    about:
      "run the state in this fragment of the page's address, which begins with #; print its numbers and end; '#' alone is the state in which the page opens",
    parse: text,
    check({ state, out }: { state?: string; out?: string }) {
      if (state !== undefined && out !== undefined) throw refuse('--state: not with --out: give one of them');
    },
  },
  csv: {
    value: 'FILE',
    about: 'with --state: the CSV file that the state of a race names',
    parse: path,
    check({ csv, state }: { csv?: string; state?: string }) {
      if (csv !== undefined && state === undefined)
        throw refuse('--csv: no file is read without --state; leave it out');
    },
  },
  json: {
    ...shared.json,
    about:
      'with --state: print one JSON object, { format, version, state, names, numbers }; a number that is not finite is null',
    check({ json, state }: { json: boolean; state?: string }) {
      if (json && state === undefined)
        throw refuse("--json: --state is missing; '#' is the state in which the page opens");
    },
  },
  port: {
    value: 'N',
    about: 'serve on this port',
    shownDefault: 'any free one',
    parse(text: string, option: string) {
      const port = integer(0)(text, option);
      if (port > 65_535) throw refuse(`${option}: must be at most 65535: '${text}'`);
      return port;
    },
    check({ port, out, state }: { port?: number; out?: string; state?: string }) {
      if (port !== undefined && (out !== undefined || state !== undefined))
        throw refuse('--port: nothing is served with --out or --state; leave it out');
    },
  },
  open: {
    about: 'open the page in the browser',
    check({ open, out, state }: { open: boolean; out?: string; state?: string }) {
      if (open && (out !== undefined || state !== undefined))
        throw refuse('--open: nothing is served with --out or --state; leave it out');
    },
  },
} satisfies Schema;

export const lab = command({
  usage: '[options]',
  options,
  examples: ['boundgrad lab --open', 'boundgrad lab --out lab.html', "boundgrad lab --state '#problem=beale' --json"],
  run,
});

async function run(values: Values<typeof options>): Promise<number | string[]> {
  const { out, noImages, state, csv, json, port = 0, open } = values;
  if (state !== undefined) return numbersOf(state, csv, json);
  // Imported only here, because the page is larger than the rest of the command line.
  const { labPage } = await import('../../web/labPage.js');
  const page = await labPage(!noImages);
  if (out === undefined) return serve(page, port, open);
  refuseForeign(out, 'lab.html');
  writeOrRefuse('--out', out, () => {
    if (!existsSync(dirname(out))) makeFolder(dirname(out));
    writeFileAtomic(out, new TextEncoder().encode(withChecksum(page)));
  });
  return [`lab: ${out}`];
}

async function numbersOf(given: string, csv: string | undefined, json: boolean): Promise<string[]> {
  const file: CsvFile | null =
    csv === undefined ? null : { name: basename(csv), text: readNamed('--csv', csv).toString() };
  // The page's whole address, as a browser shows it, is accepted too: removes what is before the fragment.
  const text = given.replace(/^(?:[a-z]+:\/\/|[^#=&]*\.html?)[^#]*(?=#)/i, '');
  try {
    const { state, by } = readFragment(text, catalogOf(optimizers));
    if (by !== undefined && by !== VERSION)
      writeLine(process.stderr, `boundgrad: boundgrad ${by} wrote this state, this is ${VERSION}: numbers may differ`);
    const named = await runState(state, fashionMnistSample, file);
    return json
      ? [asJson(named, writeFragment(state))]
      : alignColumns(named.map(({ name, value }) => [name, String(value)]));
  } catch (error) {
    if (error instanceof FragmentError || error instanceof StateError) throw refuse(`--state: ${error.message}`, error);
    throw error;
  }
}

function asJson(named: readonly Named[], state: string): string {
  const [names, numbers] = [named.map(({ name }) => name), named.map(({ value }) => value)];
  return JSON.stringify({ format: FORMAT, version: VERSION, state, names, numbers });
}

/** Serves the page until a signal arrives. Returns the exit code. */
async function serve(page: string, port: number, open: boolean): Promise<number> {
  const stop = new Stop();
  const { address, close } = await servePage(page, port).catch((error) => {
    throw refuse(`--port: cannot use ${port}: ${reasonOf(error)}`, error);
  });
  writeLine(process.stdout, `lab: ${address}   (Ctrl-C ends it)`);
  if (open) openBrowser(address);
  await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  close();
  return stop.code;
}

/** Opens an address with the system's program for it. */
function openBrowser(address: string): void {
  const [program, ...words] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '', address]
      : process.platform === 'darwin'
        ? ['open', address]
        : ['xdg-open', address];
  const child = spawn(program, words, { stdio: 'ignore', detached: true });
  child.on('error', () =>
    writeLine(process.stderr, `boundgrad: --open: ${program} cannot be run; open ${address} yourself`),
  );
  child.unref();
}
