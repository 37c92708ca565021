/** The area under the ROC curve: the share of pairs of a positive and a negative sample in which the positive one has the larger
 *  score, where equal scores count half (the statistic of Mann and Whitney). Null if one kind has no samples. Sorts both lists. */
export function areaUnderRoc(positive: Float64Array, negative: Float64Array): number | null {
  if (positive.length === 0 || negative.length === 0) return null;
  positive.sort();
  negative.sort();
  // smaller: the number of negative samples with a smaller score. notLarger: with a smaller or equal score.
  let [smaller, notLarger, pairs] = [0, 0, 0];
  for (const score of positive) {
    while (smaller < negative.length && negative[smaller] < score) smaller++;
    while (notLarger < negative.length && negative[notLarger] <= score) notLarger++;
    pairs += (smaller + notLarger) / 2;
  }
  return pairs / (positive.length * negative.length);
}
