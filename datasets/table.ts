// What the columns of a table mean: decided once, from the training data, and kept with the model.

/** What a column of a table means. Plain JSON. */
export type Column = {
  /** Its name in the header. */
  name: string;
} & (
  | {
      /** One input: the number itself. */
      kind: 'number';
      /** The number in place of a missing one. Default: missing numbers are refused. */
      fill?: number;
    }
  | {
      /** An input for each category: 1 for the one in the cell, else 0. */
      kind: 'category';
      /** The categories, in the order of their inputs. */
      categories: readonly string[];
      /** The category in place of a missing one. Default: missing categories are refused. */
      fill?: string;
    }
);

/** What a table's columns mean. Plain JSON, so that it can be saved with a model. */
export interface Table {
  /** The columns that are inputs, in their order. */
  columns: readonly Column[];
  /** The names of the columns to predict. */
  target: readonly string[];
  /** The names of the classes; null if the columns to predict hold numbers. */
  classes: readonly string[] | null;
  /** The character between cells. */
  delimiter: string;
  /** The mark before the decimals of numbers in texts. Default: a point. */
  decimal?: ',';
  /** The texts that stand for a missing value. */
  missingValues: readonly string[];
}
