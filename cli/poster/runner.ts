// Runs the tasks of the panels that are not in their books yet, panel by panel, within the budget of each.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, hex } from '../../fit/crc32.js';
import type { Panel } from '../../reports/poster/panel.js';
import { type Done, keyOf, type Task } from '../../reports/poster/task.js';
import type { Stop } from '../interrupt.js';
import { Book } from './book.js';
import { estimate } from './estimate.js';
import type { Settings } from './options.js';
import { Pool } from './pool.js';
import type { Progress } from './progress.js';
import type { Question } from './worker.js';

/** A panel and what was run for it. */
export interface Filled {
  panel: Panel;
  book: Pick<Book, 'sessions'>;
  tasks: Task[];
  /** In the order of the tasks; those for which there was no time are missing. */
  done: Done[];
}

/** Runs what is left of the panels. `through` hears of each that is, with what there is of all of them. */
export async function runPanels(
  panels: readonly Panel[],
  settings: Settings,
  stop: Stop,
  progress: Progress,
  through: (panel: Filled, all: Filled[]) => void,
): Promise<void> {
  const { recipe, out, line, workers, backend, dataDir } = settings;
  const about = { backend, dataDir };
  const books = new Map(panels.map((panel) => [panel, new Book(join(out, `${panel.key}.jsonl`), line)]));
  const left = panels.flatMap((panel) => leftOf(panel, settings, books));
  const pool = new Pool(workers);
  const end = () => pool.stop();
  stop.signal.addEventListener('abort', end);
  try {
    const costs = left.length ? await estimate(left, pool, about) : () => 0;
    progress.begin(unique(left).map(costs), workers);
    let deadline = performance.now();
    for (const panel of panels) {
      // What a panel leaves is for those after it; what it took too long is not taken from them.
      deadline = Math.max(deadline, performance.now()) + 1000 * (recipe.budget[panel.key] ?? Infinity);
      const book = books.get(panel)!;
      takeOver(panel, settings, books);
      const queue = leftOf(panel, settings, books);
      const next = (): Question | null => {
        // What is no training takes a moment, and there is always time for it.
        const at = queue.findIndex(({ kind }) => kind === 'online' || performance.now() < deadline);
        const [task] = at < 0 || stop.requested ? [] : queue.splice(at, 1);
        return task ? { ...about, task, checkpoints: recipe.name === 'full' ? folderOf(out, task) : undefined } : null;
      };
      progress.panel(panel, queue.length);
      await pool.run(next, ({ task, checkpoints }, { result, seconds }) => {
        if (result === null) return;
        book.add({ kind: 'task', task, result, seconds } as Done);
        if (checkpoints) rmSync(checkpoints, { recursive: true, force: true });
        progress.done(costs(task));
      });
      progress.skip(queue.map(costs));
      through(
        filledOf(panel, settings, books),
        panels.map((p) => filledOf(p, settings, books)),
      );
      if (stop.requested) return;
    }
  } finally {
    stop.signal.removeEventListener('abort', end);
    pool.close();
    for (const book of books.values()) book.close();
  }
}

type Books = ReadonlyMap<Panel, Book>;

/** Tasks that no book has. */
function leftOf(panel: Panel, { recipe }: Settings, books: Books): Task[] {
  const isDone = (task: Task) => [...books.values()].some((book) => book.get(task));
  return unique(panel.tasks(recipe)).filter((task) => !isDone(task));
}

/** What there is of a panel. */
function filledOf(panel: Panel, { recipe }: Settings, books: Books): Filled {
  const book = books.get(panel)!;
  const tasks = panel.tasks(recipe);
  return { panel, book, tasks, done: tasks.flatMap((task) => book.get(task) ?? []) };
}

/** Copies into a panel's book what another has run already. */
function takeOver(panel: Panel, { recipe }: Settings, books: Books): void {
  const book = books.get(panel)!;
  for (const task of panel.tasks(recipe)) {
    if (book.get(task)) continue;
    const found = [...books.values()].flatMap((other) => other.get(task) ?? [])[0];
    if (found) book.add(found);
  }
}

function unique(tasks: readonly Task[]): Task[] {
  return [...new Map(tasks.map((task) => [keyOf(task), task])).values()];
}

/** Where the checkpoints of a task are: a folder of its own. */
function folderOf(out: string, task: Task): string {
  return join(out, 'checkpoints', hex(crc32(new TextEncoder().encode(keyOf(task)))));
}
