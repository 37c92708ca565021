// Runs the tasks that have no result yet, panel by panel, each panel within its time budget.
import { join } from 'node:path';
import { crc32, hex } from '../../fit/crc32.js';
import type { Panel, Section } from '../../reports/poster/panel.js';
import { type Done, keyOf, type Result, type Task } from '../../reports/poster/task.js';
import { Pool } from '../pool.js';
import { removeCheckpoints } from '../runFolder.js';
import { sessionOf } from '../session.js';
import type { Stop } from '../stop.js';
import { estimate } from './estimate.js';
import type { Settings } from './options.js';
import { PanelRecords } from './panelRecords.js';
import type { Progress } from './progress.js';
import type { Question } from './worker.js';

/** Runs the tasks that have no result yet. Calls `finished` after each panel with that panel and with all panels. */
export async function runPanels(
  panels: readonly Panel[],
  settings: Settings,
  stop: Stop,
  progress: Progress,
  finished: (panel: Section, all: Section[]) => void,
): Promise<void> {
  const { recipe, out, workers, backend, noWide, dataDir } = settings;
  const session = sessionOf(settings.recorded, settings.private);
  const about = { backend, noWide, dataDir };
  const records = new Map(panels.map((panel) => [panel, new PanelRecords(join(out, `${panel.key}.jsonl`), session)]));
  const left = panels.flatMap((panel) => leftOf(panel, settings, records));
  const pool = new Pool<Question, Result>('poster', workers);
  const end = () => pool.stop();
  stop.signal.addEventListener('abort', end);
  try {
    const costs = left.length ? await estimate(left, pool, about) : () => 0;
    progress.begin(unique(left).map(costs), workers);
    let deadline = performance.now();
    for (const panel of panels) {
      // Unused time goes to later panels; overruns are not deducted.
      deadline = Math.max(deadline, performance.now()) + 1000 * (recipe.budget[panel.key] ?? Infinity);
      const own = records.get(panel)!;
      takeOver(panel, settings, records);
      const queue = leftOf(panel, settings, records);
      const next = (): Question | null => {
        // Online problems take less than a second, so they run even after the deadline.
        const at = queue.findIndex(({ kind }) => kind === 'online' || performance.now() < deadline);
        const [task] = at < 0 || stop.requested ? [] : queue.splice(at, 1);
        return task ? { ...about, task, checkpoints: recipe.name === 'full' ? folderOf(out, task) : undefined } : null;
      };
      progress.panel(panel, queue.length);
      await pool.run(next, ({ task, checkpoints }, { result, seconds }) => {
        if (result === null) return;
        own.add({ kind: 'task', task, result, seconds } as Done);
        if (checkpoints) removeCheckpoints(checkpoints);
        progress.done(costs(task));
      });
      progress.skip(queue.map(costs));
      finished(
        sectionOf(panel, settings, records),
        panels.map((p) => sectionOf(p, settings, records)),
      );
      if (stop.requested) return;
    }
  } finally {
    stop.signal.removeEventListener('abort', end);
    pool.close();
    for (const each of records.values()) each.close();
  }
}

/** The records of each panel. */
type Records = ReadonlyMap<Panel, PanelRecords>;

/** The tasks of a panel that have no result in the file of any panel. */
function leftOf(panel: Panel, { recipe }: Settings, records: Records): Task[] {
  const isDone = (task: Task) => [...records.values()].some((own) => own.get(task));
  return unique(panel.tasks(recipe)).filter((task) => !isDone(task));
}

/** A panel with its results so far. */
function sectionOf(panel: Panel, { recipe }: Settings, records: Records): Section {
  const own = records.get(panel)!;
  const tasks = panel.tasks(recipe);
  return { panel, sessions: own.sessions, tasks, done: tasks.flatMap((task) => own.get(task) ?? []) };
}

/** Copies results of this panel's tasks from the files of other panels into this panel's file. */
function takeOver(panel: Panel, { recipe }: Settings, records: Records): void {
  const own = records.get(panel)!;
  for (const task of panel.tasks(recipe)) {
    if (own.get(task)) continue;
    const found = [...records.values()].flatMap((other) => other.get(task) ?? [])[0];
    if (found) own.add(found);
  }
}

function unique(tasks: readonly Task[]): Task[] {
  return [...new Map(tasks.map((task) => [keyOf(task), task])).values()];
}

/** The folder for the checkpoints of one task. */
function folderOf(out: string, task: Task): string {
  return join(out, 'checkpoints', hex(crc32(new TextEncoder().encode(keyOf(task)))));
}
