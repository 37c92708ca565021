// Every suite by the name that --suite takes.
import type { Suite } from '../case.js';
import { convolutions } from './conv.js';
import { dispatch } from './dispatch.js';
import { elementwise } from './elementwise.js';
import { matmuls } from './matmul.js';
import { updates } from './optim.js';
import { regrets } from './regret.js';
import { shares } from './share.js';
import { trainingSteps } from './step.js';

export const suites: Record<string, Suite> = {
  matmul: matmuls,
  conv: convolutions,
  elementwise,
  step: trainingSteps,
  optim: updates,
  dispatch,
  share: shares,
  regret: regrets,
};
