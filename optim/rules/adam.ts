// Adam and AMSGrad: the bounded step without bounds.
//
//   x_t = x_{t-1} - a m^_t / (sqrt(v^_t) + eps),   m^_t = m_t / (1 - b1^t),   v^_t = v_t / (1 - b2^t)
//       = x_{t-1} - [a sqrt(1-b2^t) / (1-b1^t) / (sqrt(v_t) + eps sqrt(1-b2^t))] m_t
//
// Sources: Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; Reddi, Kale and Kumar 2018, openreview ryQu7f-RZ, algorithm 2,
// with torch's bias correction; Loshchilov and Hutter 2019, arXiv 1711.05101 (decoupled weight decay).
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import { type Adaptive, adaptive, adaptiveDefaults, decay } from './shared.js';

const adam = (h: Adaptive) => ({ ...adaptive(h, free), epsCorrected: true });

/** Adam, as torch's: eps is added after bias correction; weight decay is part of the gradient. */
export const Adam = optimizer<Adaptive>({
  title: 'Adam',
  about: 'one rate for each weight, from the size of its past gradients',
  defaults: adaptiveDefaults,
  rule: adam,
});

/** Adam with long memory, as torch's amsgrad: the maximum is over v before bias correction. Rates never rise again. */
export const AMSGrad = optimizer<Adaptive>({
  title: 'AMSGrad',
  about: 'Adam whose second moment never falls',
  defaults: adaptiveDefaults,
  rule: (h) => ({ ...adam(h), longMemory: true }),
});

/** Adam with decoupled weight decay, as torch's: x also loses lr weightDecay x. */
export const AdamW = optimizer<Adaptive & { amsgrad: boolean }>({
  title: 'AdamW',
  about: 'Adam with weight decay outside the gradient',
  defaults: { ...adaptiveDefaults, weightDecay: 0.01, amsgrad: false },
  rule: (h) => ({
    ...adam(h),
    longMemory: h.amsgrad,
    weightDecay: 0,
    decoupled: { decay: decay(h.weightDecay), by: 'scaled' },
  }),
});
