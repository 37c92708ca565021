// A gradient, a second derivative, and a numerical check of both.
import { grad, gradcheck, type Tensor, tensor } from 'boundgrad';

const rosenbrock = (p: Tensor) => {
  const x = p.slice([[0, 1]]);
  const y = p.slice([[1, 2]]);
  return x.sub(1).square().add(y.sub(x.square()).square().mul(100)).sum();
};

const p = tensor([-1.2, 1], { dtype: 'float64', requiresGrad: true });
const [g] = grad(rosenbrock(p), [p], { createGraph: true });
console.log('gradient', String(g.detach()));

// The gradient of <gradient, v> is the Hessian times v.
const v = tensor([1, 0], { dtype: 'float64' });
const [hv] = grad(g.mul(v).sum(), [p]);
console.log('first column of the Hessian', String(hv));

console.log('relative error of both', gradcheck(rosenbrock, [p], { second: true }) < 1e-7 ? 'below 1e-7' : 'large');
