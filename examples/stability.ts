// Predicts the step at which AdaBound leaves stability, and shows that it does.
//
// On curvature L averaged momentum with rate n is stable while n L <= 2 (1+b1) / (1-b1), which is 38 at b1 = 0.9. An adaptive
// rate falls when gradients grow, so Adam returns to stability by itself. AdaBound's floor lo(t) forbids that: once
// lo(t) L > 38, no rate is small enough. With lo(t) = a* (1 - 1/(gamma t + 1)) this happens first at
//
//   t = (38 / (a* L - 38)) / gamma      if a* L > 38, else never
//
// L is the largest eigenvalue of the Hessian, which `sharpness` measures on the loss itself.
import { AdaBound, boundedStep, matmul, mul, noProgress, scalarsAt, sharpness, sum, tensor } from 'boundgrad';

const [b1, gamma, finalLr] = [0.9, 1e-3, 0.1];
const limit = (2 * (1 + b1)) / (1 - b1);

for (const product of [37.5, 38.5, 45, 100]) {
  // x^T A x / 2, whose A has the eigenvalues L and L / 4.
  const L = product / finalLr;
  const A = [
    [0.625 * L, 0.375 * L],
    [0.375 * L, 0.625 * L],
  ];
  const point = tensor([[1], [0.5]], { dtype: 'float64', requiresGrad: true });
  const loss = mul(sum(mul(point, matmul(tensor(A, { dtype: 'float64' }), point))), 0.5);
  const measured = await sharpness(loss, [point], { tolerance: 1e-10 });
  const predicted = limit / (finalLr * measured - limit) / gamma;

  const rule = AdaBound.rule({ finalLr, gamma });
  const [x, g, m, v] = [
    [1, 0.5],
    [0, 0],
    [0, 0],
    [0, 0],
  ].map((a) => Float64Array.from(a));
  const progress = noProgress();
  const sizes: number[] = [];
  while (sizes.length < 90_000 && Math.abs(x[0]) < 1e12) {
    A.forEach((row, i) => {
      g[i] = row[0] * x[0] + row[1] * x[1];
    });
    boundedStep(x, g, m, v, null, scalarsAt(rule, progress));
    sizes.push(Math.hypot(...x));
  }
  // From here on |x| grows at every step.
  let leaves = sizes.length;
  while (leaves > 1 && sizes[leaves - 2] < sizes[leaves - 1]) leaves--;
  const isStable = sizes.at(-1)! < 1;
  const says = predicted > 0 ? `leaves stability at step ${Math.ceil(predicted)}` : 'stays stable';
  const does = isStable
    ? `is at ${sizes.at(-1)!.toExponential(0)} after ${sizes.length}`
    : `grows from step ${leaves} on, past 1e12 at ${sizes.length}`;
  console.log(`finalLr L = ${product}: predicted: ${says}; it ${does}`);
  if (isStable !== predicted < 0 || (!isStable && Math.abs(leaves / predicted - 1) > 0.02))
    throw new Error('the prediction fails');
}
