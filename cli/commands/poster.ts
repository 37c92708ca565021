// `boundgrad poster`: runs what the panels ask for, and writes poster.html with their data beside it.
import { join } from 'node:path';
import { posterPage } from '../../reports/poster/page.js';
import { panels } from '../../reports/poster/panels.js';
import { Stop } from '../interrupt.js';
import { help, readSettings, type Settings } from '../poster/options.js';
import { WORKER } from '../poster/pool.js';
import { Progress } from '../poster/progress.js';
import { readReference } from '../poster/reference.js';
import { runPanels } from '../poster/runner.js';
import { serve } from '../poster/worker.js';
import { openFolder, replaceFile } from '../runFolder.js';

/** Runs the command with the words after its name. Returns the exit code, or what is to be printed. */
export async function poster(words: string[]): Promise<number | string> {
  if (words[0] === WORKER && process.send) return serve();
  const settings = readSettings(words);
  return settings === null ? help() : make(settings);
}

async function make(settings: Settings): Promise<number> {
  const { out, recipe } = settings;
  const reference = settings.reference === undefined ? null : readReference(settings.reference);
  openFolder(out);
  const stop = new Stop();
  const progress = new Progress();
  const page = join(out, 'poster.html');
  const chosen = panels.filter(({ key }) => settings.panels.includes(key));
  await runPanels(chosen, settings, stop, progress, (panel, all) => {
    progress.through(panel, panel.panel.verdict(panel.done));
    // After each panel, so that what is there can be read while the rest is run.
    const there = all.filter((p) => p === panel || p.done.length > 0);
    replaceFile(page, posterPage(there, recipe, reference));
  });
  progress.say(`\nposter: ${page}`);
  if (stop.requested) progress.say(`to go on: ${settings.line}`);
  return stop.code;
}
