// Messages of the library in the words of the command line.
import { nameOf } from './options/schema.js';
import { quote } from './shell.js';

/** A message whose remedies name options of the command line in place of options of functions. */
export function asOptions(message: string): string {
  return message
    .replace(/{ missing: '(drop|fill)' }/g, '--missing $1')
    .replace('by { columns }', 'with --columns, which names the inputs')
    .replace(/{ columns: \['(.*)'\] }/, (_, names) => `--columns ${quote(names.replaceAll("', '", ','))}`)
    .replace('{ classes: true }', '--classes')
    .replace(/{ delimiter: '(\\t)?(.?)' }/, (_, tab, mark) => `--delimiter ${tab ? 'tab' : quote(mark)}`)
    .replace("{ decimal: ',' }", "--decimal ','")
    .replace(/in missingValues/g, 'in --missing-values')
    .replace(/in categories/g, 'in --categories')
    .replace('take another share', 'give another --val')
    .replace(
      /^fit: train has (.*) samples, test (.*): .*/,
      '--val: $1 training and $2 test samples: it is the share of the test samples',
    )
    .replace(/^splitFolds: (.*); take fewer/, '--folds: $1; give fewer')
    .replace(/^(earlyStopping|reduceOnPlateau|fill): /, (_, key) => `--${nameOf(key)}: `)
    .replace(/^averageWeights: /, '--average: ')
    .replace('the option classes makes', '--classes makes')
    .replace('leave the option classes out', 'leave out --classes')
    .replace('level character', '--level character')
    .replace(
      /splitDataset: .*(every class has one sample): split without stratify/,
      '$1: is this the column to predict? numbers are predicted without --classes',
    );
}
