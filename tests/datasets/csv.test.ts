// CSV text as a data set: numbers, categories, missing values, classes, and other files of the same table.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableInputs } from '../../datasets/csv.js';
import {
  Adam,
  type CsvOptions,
  csv,
  DataError,
  DataLoader,
  evaluate,
  fit,
  Linear,
  Random,
  splitDataset,
  standardize,
} from '../../index.js';
import { csvFile } from '../../node/index.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

/** Every sample's inputs and targets, as plain lists. */
function all(data: ReturnType<typeof csv>): { inputs: number[]; out: number[] } {
  const batch = data.batch(Int32Array.from({ length: data.length }, (_, i) => i)) as any;
  return { inputs: [...batch.inputs], out: [...(batch.labels ?? batch.targets)] };
}

const houses = 'age,city,price\n30,Rome,210\n41,Oslo,250\n52,Rome,300\n';
const reading = subject('CSV');

reading('numbers stay numbers, categories become one-hot inputs, and a numeric target holds values', () => {
  const data = csv(houses, { target: 'price' });
  assert.equal(data.features, ['age', 'city=Oslo', 'city=Rome']);
  assert.equal([data.length, data.shape, data.targetShape, data.oneHot], [3, [3], [1], [1, 2]]);
  assert.equal(all(data), { inputs: [30, 0, 1, 41, 1, 0, 52, 0, 1], out: [210, 250, 300] });
});

reading(
  'a target of texts, or of numbers with classes: true, holds classes, sorted as texts or as numbers, or as listed',
  () => {
    const data = csv(houses, { target: 'city', columns: ['age'] });
    assert.equal([data.classes, all(data).out, data.targetShape], [['Oslo', 'Rome'], [1, 0, 1], undefined]);
    const digits = csv('x,d\n1,10\n2,9\n3,10\n', { target: 'd', classes: true });
    assert.equal(
      [digits.classes, all(digits).out],
      [
        ['9', '10'],
        [1, 0, 1],
      ],
    );
    const named = csv('x,d\n1,no\n2,yes\n', { target: 'd', classes: ['yes', 'no'] });
    assert.equal(all(named).out, [1, 0]);
    const two = csv('a,b,c\n1,2,3\n', { target: ['c', 'b'] });
    assert.equal([two.targetShape, all(two)], [[2], { inputs: [1], out: [3, 2] }]);
  },
);

/** The warnings of a call of csv. */
const warned = (text: string, options: CsvOptions) => warningsOf(() => csv(text, options));

reading('one warning names ids, constants and copies of the target, and proposes the other columns', async () => {
  const land = ['north', 'south', 'west'];
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [size, price] = [(i * 37) % 23, ((i * 37) % 23) * 3 + (i % 5)];
    return [i + 100, 9000 - ((i * 7919) % 60) * 7, size, land[i % 3], 'Earth', `${price}.0`, price];
  });
  const text = ['row,member,size,land,planet,euro,price', ...rows.map(String)].join('\n');
  const ids = 'has a different whole number in each row, as ids have';
  const copy = 'in each row: a net would only copy it';
  assert.equal(await warned(text, { target: 'price', name: 'houses' }), [
    `houses: 'row' ${ids}; 'member' ${ids}; 'planet' is the same in each row: it tells nothing; ` +
      `'euro' goes with the target 'price' ${copy}; to leave such columns out, give columns: ['size', 'land']`,
  ]);
  // The caller chose these columns.
  assert.equal(await warned(text, { target: 'price', columns: ['row', 'size', 'planet'] }), []);
  const { table } = csv(text, { target: 'price', columns: ['row'] });
  assert.equal(await warned(text, { table }), []);
  const kinds = [
    'kind,code,x',
    ...rows.map(([, , size, kind], i) => `${kind},${land.indexOf(`${kind}`)},${size}.${i % 7}`),
  ];
  assert.equal(await warned(kinds.join('\n'), { target: 'kind', name: 'kinds' }), [
    `kinds: 'code' goes with the target 'kind' ${copy}; to leave such columns out, give columns: ['x']`,
  ]);
});

reading(
  'numbers are not taken for ids if they repeat, have fractions, are few, have gaps and do not rise, or are the only input',
  async () => {
    const y = { target: 'y' };
    /** The warnings about a table whose first column is a function of the row. */
    const column = (n: number, of: (i: number) => number) => {
      const rows = Array.from({ length: n }, (_, i) => `${of(i)},${i % 4},${((i * i) % 7) + 0.5}`);
      return warned(['a,b,y', ...rows].join('\n'), y);
    };
    assert.equal(await column(200, (i) => (i * 37) % 199), []);
    assert.equal(await column(200, (i) => i + 0.5), []);
    assert.equal(await column(9, (i) => i), []);
    assert.equal(await column(40, (i) => ((i * 7919) % 997) * 10), []);
    const alone = Array.from({ length: 90 }, (_, i) => `${i},${(i % 8) + 0.5}`).join('\n');
    assert.equal(await warned(`x,y\n${alone}`, y), []);
    // Ids rise, or have no gaps.
    const rising = await column(12, (i) => 2 * i * i);
    assert.is(rising.length, 1);
    const withoutGaps = await column(12, (i) => (i * 5) % 12);
    assert.is(withoutGaps.length, 1);
  },
);

reading(
  'with decimal commas a mark for missing values may look like a number; names of classes are trimmed like cells',
  () => {
    const own = { target: 'b', delimiter: ';', decimal: ',', missingValues: ['', '-99,9'], missing: 'drop' } as const;
    assert.equal(all(csv('a;b\n1,5;2\n-99,9;3\n2,5;4\n', own)), { inputs: [1.5, 2.5], out: [2, 4] });
    assert.equal(csv('a,b\n1,x\n2,y\n', { target: 'b', classes: ['y ', 'x'] }).classes, ['y', 'x']);
  },
);

reading('a delimiter of two code units is refused, because no line could be split by it', () => {
  assert.throws(() => csv('a😀b\n1😀2\n', { target: 'b', delimiter: '😀' }), /delimiter must be one character/);
});

reading('CRLF, quotes, quoted line ends, a byte order mark, blank lines, spaces and other delimiters are read', () => {
  const text = '\uFEFFname;"x"\r\n"a ""b"";\nc"; 1.5e1 \r\n\r\nd;-.5\r\n';
  const data = csv(text, { target: 'x', delimiter: ';' });
  assert.equal(data.features, ['name=a "b";\nc', 'name=d']);
  assert.equal(all(data), { inputs: [1, 0, 0, 1], out: [15, -0.5] });
});

reading(
  'a missing value is refused with row and column, dropped, or filled with the mean or the most frequent category',
  () => {
    const text = 'age,city,price\n30,Rome,210\n,Oslo,250\n50,,300\n40,Rome,1\n';
    assert.throws(
      () => csv(text, { target: 'price' }),
      /csv: row 3, column 'age': no value; give \{ missing: 'drop' \}/,
    );
    assert.equal(csv(text, { target: 'price', missing: 'drop' }).length, 2);
    const filled = csv(text, { target: 'price', missing: 'fill' });
    assert.equal(all(filled).inputs, [30, 0, 1, 40, 1, 0, 50, 0, 1, 40, 0, 1]);
    assert.throws(() => csv('a,b\n1,\n', { target: 'b', missing: 'fill' }), /row 2, column 'b': no value to predict/);
    const marked = csv('a,b\nNA,1\n3,2\n', { target: 'b', missing: 'drop', missingValues: ['', 'NA'] });
    assert.equal(all(marked), { inputs: [3], out: [2] });
    assert.throws(
      () => csv('a,b\n,1\n,2\n', { target: 'b', missing: 'drop' }),
      /every row has a missing value: 2 rows/,
    );
    assert.throws(() => csv('a,b\n,1\n,2\n', { target: 'b', missing: 'fill' }), /column 'a' is empty/);
  },
);

reading(
  'fill is a statistic or a constant, for all columns of numbers or for each column; a constant may be a category of its own',
  () => {
    const text = 'age,rooms,city,price\n30,1,Rome,1\n,2,Oslo,2\n50,2,,3\n70,,Rome,4\n30,9,Oslo,5\n';
    const filled = (fill: object | string | number) => csv(text, { target: 'price', fill: fill as 'mean' });
    const fills = (fill: object | string | number) => filled(fill).table.columns.map((column) => column.fill);
    assert.equal(fills('mean'), [45, 3.5, 'Oslo']);
    assert.equal(fills('median'), [40, 2, 'Oslo']);
    assert.equal(fills('most-frequent'), [30, 2, 'Oslo']);
    assert.equal(fills(-1), [-1, -1, 'Oslo']);
    assert.equal(fills({ age: 'median', city: 'unknown' }), [40, 3.5, 'unknown']);
    assert.equal(fills({ rooms: 0, city: 'most-frequent' }), [45, 0, 'Oslo']);
    const own = filled({ city: 'unknown' });
    assert.equal(own.features.slice(2), ['city=Oslo', 'city=Rome', 'city=unknown']);
    assert.equal(all(own).inputs.slice(10, 15), [50, 2, 0, 0, 1]);
    const other = csv('age,rooms,city,price\n,,,1\n', { table: own.table, missing: 'fill' });
    assert.equal(all(other).inputs, [45, 3.5, 0, 0, 1]);
    const refused: [fill: unknown, message: RegExp][] = [
      ['mode', /unknown fill: mode; one of mean, median, most-frequent/],
      [{ ages: 1 }, /fill: unknown input: ages.*did you mean age/],
      [{ age: true }, /fill: 'age' must be a finite number or a text: true/],
      [
        { age: 'old' },
        /fill: 'age', a column of numbers, must be a finite number, or mean, median, most-frequent: .*old/,
      ],
      [{ city: 'median' }, /fill: 'city' holds categories, which have no median; give a text/],
      [{ age: '0x10' }, /'age', a column of numbers, must be a finite number/],
      [{ city: ' ' }, /fill: 'city': '' stands for a missing value, so that no cell can hold it; give another text/],
      [{ city: NaN }, /fill: 'city' must be a finite number or a text: NaN/],
      [NaN, /must be a finite number/],
      [null, /fill/],
    ];
    for (const [fill, message] of refused) assert.throws(() => filled(fill as object), message);
    assert.throws(
      () => csv(text, { target: 'price', fill: 0, missing: 'drop' }),
      /fill is given, but missing is 'drop'/,
    );
    assert.throws(
      () => csv('a,b\n,1\n', { target: 'b', categories: ['a'], missing: 'fill' }),
      (e: Error) => e instanceof DataError && /column 'a' is empty/.test(e.message),
      'an empty column of categories once ended in a TypeError',
    );
  },
);

reading(
  'fill by the most frequent number counts numbers, not spellings; a constant is read like a cell: trimmed, as a number in a column of numbers',
  () => {
    const fillOf = (cells: string, fill: unknown, more: object = {}) => {
      const rows = cells.split(' ').map((cell) => `${cell},1`);
      return csv(`a,y\n${rows.join('\n')}\n`, { target: 'y', fill: fill as 'mean', ...more }).table.columns[0].fill;
    };
    assert.is(fillOf('1 1.0 1.00 2 2', 'most-frequent'), 1);
    assert.is(fillOf('-0 0 +0 5 5', 'most-frequent'), 0);
    assert.is(fillOf('1e1 2 10', { a: 'most-frequent' }), 10);
    assert.is(fillOf('3 1 2', 'most-frequent'), 1, 'the least of equally frequent numbers');
    assert.is(fillOf('07 7 07', 'most-frequent', { categories: ['a'] }), '07', 'categories are texts');
    assert.is(fillOf('1 2', { a: ' 007 ' }), 7);
    assert.is(fillOf('u v', { a: ' u ' }), 'u');
    assert.is(fillOf('u v', { a: '007' }), '007');
    assert.is(fillOf('? u', { a: 'v' }, { missingValues: [' ? '] }), 'v');
    assert.throws(() => fillOf('? u', { a: '?' }, { missingValues: ['?'] }), /'\?' stands for a missing value/);
    assert.throws(() => fillOf('u v', NaN), /csv: fill must be a finite number: NaN/, 'with categories alone');
  },
);

reading(
  'a constant fills a column that has no values, and decides whether it is a column of numbers or of categories',
  () => {
    const empty = (fill: unknown, more: object = {}) =>
      csv('a,b,y\n1,,0\n2,,0\n', { target: 'y', fill: fill as 'mean', ...more });
    for (const fill of [{ b: 3 }, { b: '3.0' }, 3]) assert.equal(all(empty(fill)).inputs, [1, 3, 2, 3]);
    assert.equal(empty({ b: 'none' }).features, ['a', 'b=none']);
    assert.equal(empty({ b: 7 }, { categories: ['b'] }).features, ['a', 'b=7']);
    for (const fill of ['mean', { a: 0 }, { b: 'median' }])
      assert.throws(() => empty(fill), /column 'b' is empty: nothing to fill it with; give a constant for it/);
    assert.throws(
      () => empty(3, { categories: ['b'] }),
      /column 'b' is empty/,
      'a number for all is not for categories',
    );
    assert.throws(() => empty({ b: '' }), /'' stands for a missing value/);
  },
);

reading('texts among numbers, and columns of names, are refused; categories may be numbers', () => {
  assert.throws(
    () => csv('a,b\n1,1\n2,2\nNA,3\n', { target: 'b' }),
    /row 4, column 'a': a text among numbers: 'NA'; name it/,
  );
  const zip = csv('zip,b\n0150,1\n0150,2\n5003,3\n', { target: 'b', categories: ['zip'] });
  assert.equal(zip.features, ['zip=0150', 'zip=5003']);
  const names = Array.from({ length: 30 }, (_, i) => `person ${i},${i}`).join('\n');
  assert.throws(
    () => csv(`who,y\n${names}\n`, { target: 'y' }),
    /'who' has 30 different texts in 30 rows, names rather than categories; leave it out by { columns }$/,
  );
  assert.throws(
    () => csv(`who,y,a,b c\n${names.replaceAll('\n', ',1,2\n')},1,2\n`, { target: 'y' }),
    /names rather than categories; leave it out: { columns: \['a', 'b c'\] }$/,
  );
  for (const cell of ['1,5', '0x10', 'Infinity', '1e999'])
    assert.throws(
      () => csv(`a,b\n1,1\n"${cell}",2\n`, { target: 'b' }),
      (e: Error) => e instanceof DataError,
      cell,
    );
});

reading(
  'another delimiter, decimal commas and dates are refused, and the message names them: in inputs, in a target and in later files',
  () => {
    const refused = (text: string, options: object, message: RegExp) =>
      assert.throws(
        () => csv(text, options as never),
        (e: Error) => e instanceof DataError && message.test(e.message),
        String(message),
      );
    refused('a;y\n1,5;2\n', { target: 'y' }, /separated by ';', not by ','; give { delimiter: ';' }/);
    refused('"a, b";"y"\n1;2\n', { target: 'y' }, /separated by ';', not by ','/);
    refused('a\ty\n1\t2\n', { target: 'y' }, /separated by '\\t', not by ','; give { delimiter: '\\t' }/);
    const { table } = csv('a,y\n1,2\n', { target: 'y' });
    refused('a;y\n1;2\n', { table }, /separated by ';', not by ','; save it with ',', like the training data/);
    const semi = { target: 'y', delimiter: ';' };
    const remedy = "'1,5'; give { decimal: ',' }, or name 'a' in categories";
    refused('a;y\n1;2\n1,5;2\n', semi, new RegExp(`column 'a' has numbers with a decimal comma: ${remedy}`));
    refused('a;y\n1,5;2\nk.A.;2\n2,5;3\n', semi, /column 'a' has numbers with a decimal comma: '1,5'; give { decimal/);
    refused('a;y\n1;2,5\n2;3\n', semi, /'y' has numbers .* comma: '2,5'; give { decimal: ',' }, or give { classes/);
    refused('a;y\n1;2\n1,5 m;2\n', semi, /row 3, column 'a': a text among numbers: '1,5 m'; write numbers as 1234\.5/);
    assert.equal(csv('a;y\n1;2,5\n2;3\n', { ...semi, classes: true }).classes, ['2,5', '3']);
    const days = Array.from({ length: 30 }, (_, i) => `2024-01-${i + 1},id${i}`).join('\n');
    refused(
      `d,y\n${days}`,
      { target: 'y' },
      /'d' has 30 different texts in 30 rows, dates; make columns of numbers from it/,
    );
    const names = Array.from({ length: 30 }, (_, i) => `${i},id${i}`).join('\n');
    refused(`a,y\n${names}`, { target: 'y' }, /'y' has 30 different texts in 30 rows, names rather than classes/);
    refused('a,y\n1e39,1\n', { target: 'y' }, /row 2, column 'a': '1e39' is beyond float32, 3\.4e38/);
  },
);

reading('decimal commas are read with { decimal }, also at prediction; points between thousands are refused', () => {
  const options = { target: 'y', delimiter: ';', decimal: ',' } as const;
  const data = csv('a;b;y\n1,5;x;2\n-,5e1;y,5;3,25\n7.5;x;4\n', options);
  assert.equal(data.table.columns[1], { name: 'b', kind: 'category', categories: ['x', 'y,5'] });
  assert.equal(all(data), { inputs: [1.5, 1, 0, -5, 0, 1, 7.5, 1, 0], out: [2, 3.25, 4] });
  const table = JSON.parse(JSON.stringify(data.table));
  assert.equal(all(csv('a;y;b\n2,5;1;x\n', { table })), { inputs: [2.5, 1, 0], out: [1] });
  assert.equal(
    [
      ...tableInputs(
        'rows',
        [
          { a: '2,5', b: 'x' },
          { a: '2.5', b: 'x' },
        ],
        table,
      ).values,
    ],
    [2.5, 1, 0, 2.5, 1, 0],
  );
  for (const cell of ['1.234', '-1.234.567', '1.234,5'])
    assert.throws(
      () => csv(`a;y\n1;2\n${cell};2\n`, options),
      (e: Error) =>
        e instanceof DataError && e.message.includes(`row 3, column 'a': points between thousands: '${cell}'`),
    );
  assert.throws(() => csv('a;y\n1;2\n', { ...options, decimal: ';' as never }), /unknown decimal: ;; one of \., ,/);
});

reading(
  'headers, rows and options that do not fit are refused; for a misspelt column the message proposes the nearest name',
  () => {
    const refused = (text: string, options: object, message: RegExp) =>
      assert.throws(
        () => csv(text, options as never),
        (e: Error) => message.test(e.message),
        String(message),
      );
    refused('', { target: 'a' }, /no rows: the text must have a header/);
    refused('a,b\n', { target: 'a' }, /no rows/);
    refused('a,a\n1,2\n', { target: 'a' }, /column 2 of the header has the name of another: 'a'/);
    refused('a,\n1,2\n', { target: 'a' }, /column 2 of the header has no name/);
    refused('a,b\n1,2\n1\n', { target: 'a' }, /row 3 has 1 cells, the header 2; is a delimiter missing/);
    refused('a,b\n1,"2\n3,4\n', { target: 'a' }, /row 2: a quote is missing or misplaced/);
    refused('a,b\n"1"x,2\n', { target: 'a' }, /row 2: a quote is missing or misplaced/);
    refused(houses, { target: 'prise' }, /unknown column: prise; one of age, city, price; did you mean price\?/);
    refused(houses, { target: 'price', columns: ['age', 'price'] }, /'price' is an input and the target/);
    refused(houses, { target: 'price', taget: 1 }, /unknown option: taget; .*did you mean target/);
    refused(houses, {}, /target must be the name of a column/);
    refused(houses, { target: 'price', missing: 'skip' }, /unknown missing: skip; one of refuse, drop, fill/);
    refused(houses, { target: 'price', delimiter: ', ' }, /delimiter must be one character/);
    refused('a\n1\n', { target: 'a' }, /no columns are inputs/);
    assert.throws(() => csv(7 as never, { target: 'a' }), /csv: the text must be a string: 7/);
  },
);

reading(
  'another file is read with the table of the first: it gives the same inputs, and an unknown category is refused with its row',
  () => {
    const { table } = csv(houses, { target: 'price' });
    const saved = JSON.parse(JSON.stringify(table));
    const other = csv('price,age,city\n1,2,Oslo\n', { table: saved, name: 'test' });
    assert.equal(all(other), { inputs: [2, 1, 0], out: [1] });
    assert.throws(
      () => csv('price,age,city\n1,2,Oslo\n1,2,Bergen\n', { table, name: 'test' }),
      /^test: row 3, column 'city': unknown category: 'Bergen'; the table has 'Oslo', 'Rome'; train with it$/,
    );
    assert.throws(() => csv('price,age\n1,2\n', { table }), /the column 'city', an input in the training, is missing/);
    assert.throws(() => csv(houses, { table, target: 'age' }), /target and table are both given/);
    const filled = csv('age,price\n10,1\n,2\n30,3\n', { target: 'price', missing: 'fill' });
    assert.equal(all(csv('age,price\n,9\n', { table: filled.table, missing: 'fill' })), { inputs: [20], out: [9] });
  },
);

reading(
  'a file is read as UTF-8, and its name becomes the name of the data set; a folder, a missing file and other encodings are refused',
  async () => {
    const folder = temporary();
    const path = join(folder, 'houses.csv');
    writeFileSync(path, `${houses}60,Tromsø,9\n`);
    const data = await csvFile(path, { target: 'price' });
    assert.equal([data.name, data.features[3]], ['houses.csv', 'city=Tromsø']);
    const failure = (file: string) => csvFile(file, { target: 'price' }).catch((e: Error) => `${e.name}: ${e.message}`);
    assert.match(
      String(await failure(join(folder, 'none.csv'))),
      /DataError: .*cannot read '.*none\.csv': no such file/,
    );
    mkdirSync(join(folder, 'folder.csv'));
    assert.match(String(await failure(join(folder, 'folder.csv'))), /there is a folder of that name/);
    writeFileSync(path, Uint8Array.of(0x61, 0x2c, 0xe9, 0x0a));
    assert.match(String(await failure(path)), /it is not UTF-8; save it as UTF-8, in Excel as CSV UTF-8/);
  },
);

reading('a user’s table becomes a model: a linear relation with a category is learned', async () => {
  const stream = new Random(5).stream('houses');
  const rows = Array.from({ length: 240 }, () => {
    const [size, city] = [40 + 100 * stream.uniform(), ['Oslo', 'Rome', 'Paris'][stream.below(3)]];
    return `${size.toFixed(2)},${city},${(3000 * size + { Oslo: 50000, Rome: 0, Paris: 90000 }[city]!).toFixed(0)}`;
  });
  const data = csv(`size,city,price\n${rows.join('\n')}\n`, { target: 'price', name: 'houses' });
  const [first, second] = splitDataset(data, 0.8, { seed: 1 });
  const train = standardize(first, { except: data.oneHot });
  const test = standardize(second, { statistics: train.statistics });
  const model = new Linear(4, 1, { random: new Random(1) });
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const loader = new DataLoader(train, { batchSize: 32, shuffle: true, seed: 1 });
  await fit(model, { train: loader, optimizer, epochs: 60 });
  // For values with variance 1, R2 = 1 - the mean square error.
  assert.ok((await evaluate(model, test)).loss < 1e-3);
});
