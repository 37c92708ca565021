// The panels in the order of the poster. The funnel comes first: it is the picture at the top.
import type { Panel } from './panel.js';
import { accuracy } from './panels/accuracy.js';
import { extremes } from './panels/extremes.js';
import { fast } from './panels/fast.js';
import { funnel } from './panels/funnel.js';
import { losses } from './panels/losses.js';
import { robustness } from './panels/robustness.js';
import { theorems } from './panels/theorems.js';

export const panels: readonly Panel[] = [funnel, fast, extremes, theorems, accuracy, robustness, losses];
