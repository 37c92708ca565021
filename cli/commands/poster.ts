// `boundgrad poster`: runs the panels' experiments, and writes poster.html with their records beside it.
import { join } from 'node:path';
import { posterPage } from '../../reports/poster/page.js';
import { panels } from '../../reports/poster/panels.js';
import { refuseForeign } from '../foreignFiles.js';
import { posterOptions, type Settings, settingsOf } from '../poster/options.js';
import { Progress } from '../poster/progress.js';
import { readReference } from '../poster/reference.js';
import { runPanels } from '../poster/runner.js';
import { answer } from '../poster/worker.js';
import { openFolder, replacePage } from '../runFolder.js';
import { program } from '../shell.js';
import { Stop } from '../stop.js';
import { serve } from '../worker.js';
import { command } from './command.js';

export const poster = command({
  usage: '[--out DIR] [--quick | --full] [options]',
  options: posterOptions,
  run: (values, call) => (values.worker ? serve(answer) : make(settingsOf(values, call))),
});

/** Runs the panels and writes the page. Returns the exit code. */
async function make(settings: Settings): Promise<number> {
  const { out, recipe } = settings;
  const reference = settings.reference === undefined ? null : readReference(settings.reference);
  openFolder(out);
  const page = join(out, 'poster.html');
  refuseForeign(page);
  const stop = new Stop();
  const progress = new Progress();
  const chosen = panels.filter(({ key }) => settings.panels.includes(key));
  await runPanels(chosen, settings, stop, progress, (panel, all) => {
    progress.finished(panel, panel.panel.verdict(panel.done));
    // The page is rewritten after each panel, so that users can read finished panels early.
    const shown = all.filter((p) => p === panel || p.done.length > 0);
    replacePage(page, posterPage(shown, recipe, reference));
  });
  progress.print('');
  progress.print(`poster: ${page}`);
  if (stop.requested) progress.print(`to resume: ${settings.line.replace(/^boundgrad/, program())}`);
  return stop.code;
}
