// A new optimizer is a declaration: signSGD with the bounds of AdaBound.
// Source: Bernstein et al. 2018, arXiv 1802.04434 (signSGD).
import { converging, optimizer, tensor } from 'boundgrad';

const BoundedSign = optimizer<{ lr: number; finalLr: number }>({
  title: 'BoundedSign',
  about: 'the sign of the gradient at first, plain SGD in the end',
  defaults: { lr: 0.1, finalLr: 0.05 },
  rule: (h) => ({
    rate: h.lr,
    beta1: 0,
    ingest: 1,
    beta2: 0, // v is the squared gradient, so g a / sqrt(v) is a times the sign of g
    corrected: 'none',
    eps: 1e-12,
    bounds: converging(h.finalLr, 0.01),
  }),
});

const x = tensor([4, -0.01], { requiresGrad: true });
const o = new BoundedSign([x]);
for (let t = 1; t <= 100; t++) {
  o.zeroGrad();
  x.square().sum().backward();
  o.step();
  if (t % 25 === 0) console.log(`step ${t}:`, String(x.detach()));
}
