// The nearest known name, for messages about a misspelt one.

/** The name that is most like a misspelt one, regardless of case and underscores; undefined if none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const plain = (s: string) => s.toLowerCase().replaceAll('_', '');
  const letters = (s: string) => [...plain(s)].sort().join();
  // Two swapped letters are one mistake but two edits.
  const distances = names.map((known) => editDistance(plain(name), plain(known)) - +(letters(name) === letters(known)));
  const least = Math.min(...distances);
  const near = names[distances.indexOf(least)];
  // One edit turns any letter into any other. So a name is near only if it takes fewer edits than it has letters.
  return least < near?.length && least <= 1 + name.length / 5 ? near : undefined;
}

/** The least number of insertions, deletions and substitutions that turn a into b. */
function editDistance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()];
  for (const c of a) {
    const next = [row[0] + 1];
    [...b].forEach((d, j) => next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + +(c !== d))));
    row = next;
  }
  return row.at(-1)!;
}
