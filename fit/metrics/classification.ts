// Measures of a classifier, from its logits: confusion matrix, precision, recall, F1, AUC, calibration. All sums are float64.
//
//   precision   TP / (TP + FP)      the right answers among the answers of a class
//   recall      TP / (TP + FN)      the right answers among the samples of a class
//   F1          2 TP / (2 TP + FP + FN)
//   AUC         of one class against the rest, ranked by its log-odds log p / (1 - p), which do not round to ties as p does
//   ECE         sum_b (n_b / n) |accuracy_b - confidence_b|, bins b of the confidence (0, 1/15], .., (14/15, 1]
//
// Means over classes weight each class equally. Precision, recall and F1 are averaged over the classes that are a label or an answer
// of a sample, and 0 / 0 counts as 0 there, as scikit-learn does by default. Source of ECE: Guo et al. 2017, arXiv 1706.04599.
import type { Tensor } from '../../core/index.js';
import { areaUnderRoc } from './auc.js';

/** Bins of the confidence. */
const BINS = 15;

/** Measures of one class against the rest. */
export interface ClassMeasures {
  /** The class. */
  name: string;
  /** The number of its samples. */
  samples: number;
  /** Right answers among the answers of this class, in [0, 1]; null if there is no answer. */
  precision: number | null;
  /** Right answers among its samples, in [0, 1]; null if it has no sample. */
  recall: number | null;
  /** The harmonic mean of precision and recall, in [0, 1]; null if it has neither a sample nor an answer. */
  f1: number | null;
  /** The area under the ROC curve, in [0, 1]: the share of pairs of a sample of this class and another sample in which the first has the
   *  larger probability of the class. Null if all or none of the samples are of this class. */
  auc: number | null;
}

/** Samples by the probability of their most probable class. */
export interface CalibrationBin {
  /** The bin holds probabilities in (from, to]. */
  from: number;
  /** Its upper end. */
  to: number;
  /** The number of samples whose probability is in the bin. */
  samples: number;
  /** Their mean probability; null without samples. */
  confidence: number | null;
  /** Their share of right answers; null without samples. */
  accuracy: number | null;
}

/** Measures of a classifier. */
export interface Classification {
  /** The mean precision of the classes that occur, as a label or as an answer; 0 for a class that is never the answer. */
  precision: number;
  /** The mean recall of these classes; 0 for a class without samples. */
  recall: number;
  /** The mean F1 of these classes. */
  f1: number;
  /** The area under the ROC curve. With more than two classes: the mean of their areas, each class against the rest, over the classes
   *  that have an area; null if none has. */
  auc: number | null;
  /** The expected calibration error, in [0, 1]: the mean distance of confidence and accuracy over the bins, weighted by samples. */
  calibrationError: number;
  /** The 15 bins of equal width. */
  bins: CalibrationBin[];
  /** Each class by itself. */
  perClass: ClassMeasures[];
}

/** Collects the answers to `length` samples. For each sample it keeps the label, 4 bytes, and 8 bytes for each class; with two
 *  classes, 8 for both. */
export class ClassMeter {
  /** `confusion[i][j]`: samples of class i whose answer is j. */
  readonly confusion: number[][];
  /** The number of right answers. */
  right = 0;
  readonly #names: readonly string[];
  readonly #labels: Int32Array;
  /** Log-odds [samples, classes]. If there are two classes, only the second's are kept. */
  #odds = new Float64Array(0);
  #outputs = 0;
  #seen = 0;
  readonly #bins = Array.from({ length: BINS }, () => ({ samples: 0, confidence: 0, right: 0 }));

  constructor(names: readonly string[], length: number) {
    this.#names = names;
    this.#labels = new Int32Array(length);
    this.confusion = names.map(() => []);
  }

  /** Adds a batch: logits [n, outputs] and labels [n]. */
  async add(output: Tensor, target: Tensor, n: number): Promise<void> {
    const [logits, labels] = [await output.data(), await target.data()];
    const outputs = output.shape[1];
    if (this.#seen === 0) {
      this.#outputs = outputs;
      this.#odds = new Float64Array(this.#labels.length * this.#columns);
      for (const row of this.confusion) row.push(...new Array<number>(outputs).fill(0));
    }
    for (let i = 0; i < n; i++)
      this.#addSample(Float64Array.from(logits.subarray(i * outputs, (i + 1) * outputs)), labels[i]);
  }

  /** The number of log-odds that are kept for a sample. With two classes one suffices: the other is its negative. */
  get #columns(): number {
    return this.#outputs === 2 ? 1 : this.#outputs;
  }

  #addSample(logits: Float64Array, label: number): void {
    const { answer, confidence, odds } = answerTo(logits);
    const isRight = answer === label;
    this.confusion[label][answer]++;
    this.right += +isRight;
    const bin = this.#bins[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1))];
    bin.samples++;
    bin.confidence += confidence;
    bin.right += +isRight;
    this.#labels[this.#seen] = label;
    this.#odds.set(this.#columns === 1 ? odds.subarray(odds.length - 1) : odds, this.#seen * this.#columns);
    this.#seen++;
  }

  /** The measures of all samples. */
  measures(): Classification {
    const perClass = this.#names.map((name, c) => this.#measuresOf(name, c));
    const answered = perClass.map((_, c) => this.confusion.some((row) => row[c] > 0));
    const occurring = perClass.filter(({ samples }, c) => samples > 0 || answered[c]);
    const areas = perClass.flatMap(({ auc }) => (auc === null ? [] : [auc]));
    const mean = (list: readonly (number | null)[]) => list.reduce((sum: number, v) => sum + (v ?? 0), 0) / list.length;
    const n = this.#seen;
    return {
      precision: mean(occurring.map((c) => c.precision)),
      recall: mean(occurring.map((c) => c.recall)),
      f1: mean(occurring.map((c) => c.f1)),
      auc: areas.length ? mean(areas) : null,
      calibrationError: this.#bins.reduce((sum, b) => sum + Math.abs(b.right - b.confidence), 0) / n,
      bins: this.#bins.map(({ samples, confidence, right }, b) => ({
        from: b / BINS,
        to: (b + 1) / BINS,
        samples,
        confidence: samples ? confidence / samples : null,
        accuracy: samples ? right / samples : null,
      })),
      perClass,
    };
  }

  #measuresOf(name: string, c: number): ClassMeasures {
    const samples = this.confusion[c].reduce((sum, n) => sum + n, 0);
    const answers = this.confusion.reduce((sum, row) => sum + (row[c] ?? 0), 0);
    const right = this.confusion[c][c] ?? 0;
    const share = (of: number, factor = 1) => (of ? (factor * right) / of : null);
    return {
      name,
      samples,
      precision: share(answers),
      recall: share(samples),
      f1: share(samples + answers, 2),
      auc: this.#aucOf(c),
    };
  }

  #aucOf(c: number): number | null {
    const columns = this.#columns;
    // With two classes, the log-odds of the first are the negative log-odds of the second.
    const [column, sign] = columns === 1 && this.#outputs === 2 ? [0, c === 0 ? -1 : 1] : [c, 1];
    if (column >= columns) return null;
    const of = (isOwn: boolean) => {
      const found: number[] = [];
      for (let i = 0; i < this.#seen; i++)
        if ((this.#labels[i] === c) === isOwn) found.push(sign * this.#odds[i * columns + column]);
      return Float64Array.from(found);
    };
    return areaUnderRoc(of(true), of(false));
  }
}

/** The answer to one sample, its probability, and the log-odds of every class: z_c - log sum_(j != c) exp z_j. */
function answerTo(z: Float64Array): { answer: number; confidence: number; odds: Float64Array } {
  let answer = 0;
  for (let c = 1; c < z.length; c++) if (z[c] > z[answer]) answer = c;
  const most = z[answer];
  const second = z.reduce((a, v, c) => (c === answer ? a : Math.max(a, v)), -Infinity);
  // The sum without the largest term is relative to the second largest, so that it does not vanish.
  const rest = z.reduce((sum, v, c) => (c === answer ? sum : sum + Math.exp(v - second)), 0);
  const all = 1 + z.reduce((sum, v, c) => (c === answer ? sum : sum + Math.exp(v - most)), 0);
  // Without a second probability above 0 the odds are infinite.
  const margin = second === -Infinity ? Infinity : most - second - Math.log(rest);
  const odds = z.map((v, c) => (c === answer ? margin : v - most - Math.log(all - Math.exp(v - most))));
  return { answer, confidence: 1 / all, odds };
}
