import { changesOf } from '../../tools/mutate/mutants.js';
import { assert, subject } from '../spec.js';

const test = subject('Mutants');

const textsOf = (code: string) => changesOf(code).map(({ start, end, text }) => [code.slice(start, end), text]);

test('the update of a for loop is not changed, however it is written', () => {
  for (const update of ['i++', 'i += 2', 'i++, j += 2 * k', 'i = next(-i)'])
    assert.equal(textsOf(`for (; i < n; ${update}) f(i + n)`), [
      ['<', '<='],
      ['+', '-'],
    ]);
  assert.equal(textsOf('while (i < n) i += k'), [
    ['<', '<='],
    ['+=', '-='],
  ]);
});
