// The records of runs and of the poster: damaged ones, and forged ones with right checksums.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../../cli/datasets.js';
import { Journal } from '../../../cli/journal.js';
import { checked } from '../../../cli/journalRecords.js';
import { parsePanelRecords } from '../../../cli/poster/panelRecords.js';
import { trainOne } from '../../../cli/trainOne.js';
import { DataError } from '../../../core/index.js';
import { formatJsonLines, parseJsonLines } from '../../../node/jsonLines.js';
import { posterPage } from '../../../reports/poster/page.js';
import { panels } from '../../../reports/poster/panels.js';
import { quick } from '../../../reports/poster/recipe.js';
import { keyOf } from '../../../reports/poster/task.js';
import type { LineRecord } from '../../../reports/record.js';
import { reportPage } from '../../../reports/run/page.js';
import { resultLines } from '../../../reports/run/results.js';
import { tiny } from '../../cli/command.js';
import { recording, trainSettings } from '../../cli/recording.js';
import type { Draw } from '../draw.js';
import { allows, type Format, right } from '../format.js';

/** The records of a short run. */
export async function goodRecords(): Promise<LineRecord[]> {
  const settings = trainSettings([...tiny(2), '--lr', '0.01', '--max-steps', '20']);
  const { place, records } = recording();
  await trainOne('adabound', settings, await loadData('blobs'), place);
  return records;
}

/** Opens a journal with this text. */
function open(folder: string, text: string): Journal {
  const path = join(folder, 'adabound.jsonl');
  rmSync(path, { force: true });
  writeFileSync(path, text, 'latin1');
  return new Journal(path, true);
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

const journal: Format = {
  name: 'journal',
  async prepare(folder) {
    const text = latin1(formatJsonLines(await goodRecords()));
    const good = JSON.stringify(open(folder, text).run());
    return (draw) => {
      const opened = open(folder, draw.chance(0.9) ? draw.damageText(text) : text);
      try {
        // Lines that are missing at the end are found by the number of steps in the records, or by the checkpoint.
        right(
          !opened.isDone(20) || JSON.stringify(opened.run()) === good,
          'a finished journal is the one that was written',
        );
      } finally {
        opened.close();
      }
    };
  },
};

/** Altered records, with the right checksums. */
function forge<T extends object>(records: readonly T[], draw: Draw): string {
  const altered = draw.chance(0.9) ? draw.alter(records as T[]) : records;
  const list = Array.isArray(altered) ? altered.filter((record) => typeof record === 'object' && record !== null) : [];
  return formatJsonLines(list);
}

const forgedJournal: Format = {
  name: 'forged-journal',
  async prepare(folder) {
    const good = await goodRecords();
    return (draw) => {
      const text = forge(good, draw);
      const { fault } = checked(parseJsonLines(text, 'adabound.jsonl'), 'adabound.jsonl');
      const opened = open(folder, latin1(text));
      try {
        opened.isDone(20);
        const run = opened.run();
        if (run) allows(() => reportPage([run]), 'its report can be written');
        if (run) allows(() => resultLines([run]), 'its table can be printed');
        // Journal accepts a text with a fault, because a resumed run rewrites the file from its checkpoint. Here such a text counts as refused.
        if (fault !== null) throw new DataError(fault);
      } finally {
        opened.close();
      }
    };
  },
};

const chosen = panels.filter(({ key }) => ['funnel', 'theorems', 'fast'].includes(key));
const panelTextOf = (key: string) => readFileSync(join('docs/poster', `${key}.jsonl`), 'utf8');

const panelRecords: Format = {
  name: 'panel',
  prepare() {
    const read = (text: string) => JSON.stringify(parsePanelRecords(text, 'panel'));
    const goods = chosen.map(({ key }) => {
      const text = panelTextOf(key);
      const lines = text.split('\n').slice(0, -1);
      // Lines that are missing at the end are tasks to run again.
      const prefixes = new Set(
        Array.from({ length: lines.length + 1 }, (_, n) =>
          read(
            lines
              .slice(0, n)
              .map((l) => `${l}\n`)
              .join(''),
          ),
        ),
      );
      return { text, prefixes };
    });
    return (draw) => {
      const { text, prefixes } = draw.pick(goods);
      const found = read(draw.chance(0.9) ? draw.damageText(text) : text);
      right(prefixes.has(found), 'its records are the first of those that were written');
    };
  },
};

const forgedPanel: Format = {
  name: 'forged-panel',
  prepare: () => (draw) => {
    const panel = draw.pick(chosen);
    const { sessions, done } = parsePanelRecords(panelTextOf(panel.key), 'panel');
    const found = parsePanelRecords(forge([...sessions, ...done], draw), 'panel');
    const by = new Map(found.done.map((d) => [keyOf(d.task), d]));
    const tasks = panel.tasks(quick());
    const section = {
      panel,
      sessions: found.sessions,
      tasks,
      done: tasks.flatMap((task) => by.get(keyOf(task)) ?? []),
    };
    allows(() => panel.verdict(section.done), 'its verdict can be found');
    allows(() => posterPage([section], quick(), null), 'its poster can be written');
  },
};

export const records: Format[] = [journal, forgedJournal, panelRecords, forgedPanel];
