// The commands of boundgrad, in the order of help.
import type { Command } from './command.js';
import { data } from './data.js';
import { evaluation } from './eval.js';
import { lab } from './lab.js';
import { poster } from './poster.js';
import { predict } from './predict.js';
import { summary } from './summary.js';
import { compare, train } from './train.js';

export const commands: readonly Command[] = [train, compare, poster, evaluation, predict, summary, data, lab];
