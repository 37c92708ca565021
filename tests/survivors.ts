// Mutants that no test can catch, each with the reason. `what` is how the change begins.
export const survivors: { file: string; line: string; what: string; because: string }[] = [
  {
    file: 'optim/step.ts',
    line: 'for (let i = 0; i < x.length; i++)',
    what: '< -> <=',
    because: 'writing past the end of a typed array does nothing',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '< -> <=',
    because: 'where x = lo both give lo',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '> -> >=',
    because: 'where x = hi both give hi',
  },
  {
    file: 'optim/books.ts',
    line: '#M = 0;',
    what: '0 -> 1',
    because: 'the maximum is at least 1/lo(1), and rates above 1 are not what the theorems are used for',
  },
  { file: 'optim/books.ts', line: '#b1 = 0;', what: '0 -> 1', because: 'it is set at the first step' },
  { file: 'optim/books.ts', line: '#R = 0;', what: '0 -> 1', because: 'it is set at the first step' },
  {
    file: 'optim/books.ts',
    line: 'if (c.b1 !== 0)',
    what: '0 -> 1',
    because: 'it only spares a sum of zeros, and 0/0 where a rate is 0',
  },
  {
    file: 'optim/watch.ts',
    line: 'if (!name.includes(part)) return -1;',
    what: '1 -> (1 * 1.01)',
    because: 'every negative number says that nothing was found',
  },
];
