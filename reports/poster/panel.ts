// What a panel is: tasks that are run, a verdict on what they gave, figures of it. The last two are functions of the records
// alone, so that anyone can compute them again from the file.
import type { Html } from '../html/html.js';
import type { Figure } from './figure.js';
import type { Recipe } from './recipe.js';
import type { Done, Task } from './task.js';
import type { Verdict } from './verdict.js';

export interface Panel {
  /** The name of its file, and in --panels. */
  key: string;
  title: string;
  /** Two sentences. */
  words: string;
  equation: Html;
  /** When the claim is said to have held, when not, and when it could not be told. */
  criterion: string;
  /** What is run, the most telling first: where there is no time for all, the last are left out. */
  tasks(recipe: Recipe): Task[];
  verdict(done: readonly Done[]): Verdict;
  figures(done: readonly Done[], recipe: Recipe): Figure[];
}
