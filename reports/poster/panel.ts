// A panel: tasks to run, a verdict on their results, and figures. Verdict and figures are functions of the records alone, so
// that anyone can compute them again from the file.
import type { Html } from '../html/html.js';
import type { SessionRecord } from '../record.js';
import type { Figure } from './figure.js';
import type { Recipe } from './recipe.js';
import type { Done, Task } from './task.js';
import type { Verdict } from './verdict.js';

/** One panel of the poster. */
export interface Panel {
  /** Its name in --panels; its file is `<key>.jsonl`. */
  key: string;
  title: string;
  /** What it is about, in a few sentences. */
  words: string;
  equation: Html;
  /** When the claim counts as supported, as contradicted, and when the verdict is inconclusive. */
  criterion: string;
  /** The tasks, the most important first: if there is no time for all, the last are skipped. */
  tasks(recipe: Recipe): Task[];
  verdict(done: readonly Done[]): Verdict;
  figures(done: readonly Done[], recipe: Recipe): Figure[];
}

/** A panel and the results that it is filled with. */
export interface Section {
  panel: Panel;
  /** The calls of the command that computed the results. */
  sessions: readonly SessionRecord[];
  tasks: Task[];
  /** In the order of the tasks. Tasks that have not been run are missing. */
  done: Done[];
}
