// The optimizers by the key that a command line uses.

import type { OptimizerClass } from '../optimizer.js';
import { AdaBound, AdaBoundW, AMSBound } from './adabound.js';
import { Adam, AdamW, AMSGrad } from './adam.js';
import { AdaGrad, RMSProp, RMSPropGraves } from './others.js';
import { CSGD, SGDM } from './sgd.js';

const classes = [SGDM, Adam, AMSGrad, AdaBound, AMSBound, AdaGrad, RMSProp, RMSPropGraves, AdamW, AdaBoundW, CSGD];

/** Every optimizer by its title in lower case: `sgdm`, `adam`, `adabound`, .. */
export const optimizers: Readonly<Record<string, OptimizerClass<any>>> = Object.fromEntries(
  classes.map((c) => [c.title.toLowerCase(), c]),
);
