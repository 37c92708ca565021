// A new operation: its loop, its shape rule and its gradient, and a numerical check of the gradient.
import { gradcheck, op, rand, type Tensor } from 'boundgrad';

/** log(1 + x^2), the Cauchy loss.  dx = g 2x / (1 + x^2) */
const cauchy = op({
  name: 'cauchy',
  args: (x: Tensor) => [[x], {}],
  shape: ([x]) => [x],
  loop([y], [x]) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = Math.log1p(x.data[x.offset + i] ** 2);
  },
  vjp: ([g], [x]) => [() => g.mul(x).mul(2).div(x.square().add(1))],
});

const x = rand([3, 4], { dtype: 'float64' });
console.log(String(cauchy(x)));
console.log('gradient and second derivative agree with differences:', gradcheck(cauchy, [x], { second: true }) < 1e-7);
