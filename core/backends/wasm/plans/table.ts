// All plans. A kernel without a plan runs its loop.
import { convPlans } from './conv.js';
import { mapPlans } from './map.js';
import { matmulPlans } from './matmul.js';
import { movePlans } from './move.js';
import { normPlans } from './norm.js';
import type { Plan } from './plan.js';
import { poolPlans } from './pool.js';
import { recurrentPlans } from './recurrent.js';
import { reducePlans } from './reduce.js';
import { selectPlans } from './select.js';
import { softmaxPlans } from './softmax.js';
import { stepPlans } from './step.js';

/** The plans by the kernel's name. */
export const plans: ReadonlyMap<string, Plan> = new Map(
  Object.entries({
    ...matmulPlans,
    ...convPlans,
    ...poolPlans,
    ...normPlans,
    ...reducePlans,
    ...recurrentPlans,
    ...softmaxPlans,
    ...mapPlans,
    ...selectPlans,
    ...movePlans,
    ...stepPlans,
  }),
);
