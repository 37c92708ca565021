// Every optimizer by name. The command line and the tests of all optimizers read this list.
import type { OptimizerClass } from '../optimizer.js';
import { AdaBelief } from './adabelief.js';
import { AdaBound, AdaBoundW, AMSBound } from './adabound.js';
import { AdaGrad } from './adagrad.js';
import { Adam, AdamW, AMSGrad } from './adam.js';
import { AdaMax } from './adamax.js';
import { AdaMod } from './adamod.js';
import { AdaDelta } from './beside/adadelta.js';
import { Adan } from './beside/adan.js';
import { RMSPropGraves } from './beside/graves.js';
import { LAMB } from './beside/lamb.js';
import { Muon } from './beside/muon.js';
import { Prodigy } from './beside/prodigy.js';
import { ScheduleFreeAdamW } from './beside/scheduleFree.js';
import { Lion } from './lion.js';
import { NAdam } from './nadam.js';
import { Padam } from './padam.js';
import { RAdam } from './radam.js';
import { RMSProp } from './rmsprop.js';
import { CSGD, SGDM } from './sgd.js';
import { Yogi } from './yogi.js';

/** Every optimizer's class by its title in lower case: `sgdm`, `adam`, `adabound`, .. */
export const optimizers: Readonly<Record<string, OptimizerClass<any>>> = {
  sgdm: SGDM,
  adam: Adam,
  amsgrad: AMSGrad,
  adabound: AdaBound,
  amsbound: AMSBound,
  adagrad: AdaGrad,
  rmsprop: RMSProp,
  rmspropgraves: RMSPropGraves,
  adamw: AdamW,
  adaboundw: AdaBoundW,
  csgd: CSGD,
  radam: RAdam,
  nadam: NAdam,
  adabelief: AdaBelief,
  yogi: Yogi,
  adamod: AdaMod,
  padam: Padam,
  lion: Lion,
  adamax: AdaMax,
  adadelta: AdaDelta,
  lamb: LAMB,
  adan: Adan,
  schedulefreeadamw: ScheduleFreeAdamW,
  prodigy: Prodigy,
  muon: Muon,
};
