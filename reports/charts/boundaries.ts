// The boundaries of the answers over a plane, by marching squares on the centres of its cells.

/** A place in units of cells: the centre of the first cell is 0, 0. */
export type Place = [x: number, y: number];

/** What is needed of a plane: the class of each cell, as a digit, and its probability, rounded down to tenths. */
export interface Answers {
  classes: readonly string[];
  cells: number;
  answers: string;
  confidences: string;
}

/** The boundaries as pieces of lines. Between two cells of different classes a boundary is nearer to the one that is less sure. */
export function boundaries({ classes, cells, answers, confidences }: Answers): [Place, Place][] {
  // How far a probability is above that of a tie of all classes; at least 0.05, so that every cell has a part of its own.
  const lead = (k: number) => Math.max(0.05, (Number(confidences[k]) + 0.5) / 10 - 1 / Math.max(2, classes.length));
  const found: [Place, Place][] = [];
  const at = (i: number, j: number) => j * cells + i;
  for (let j = 0; j + 1 < cells; j++)
    for (let i = 0; i + 1 < cells; i++) {
      const corners: Place[] = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ];
      const crossings = corners.flatMap(([x, y], c): Place[] => {
        const [u, v] = corners[(c + 1) % 4];
        const [a, b] = [at(x, y), at(u, v)];
        if (answers[a] === answers[b]) return [];
        const t = lead(a) / (lead(a) + lead(b));
        return [[x + t * (u - x), y + t * (v - y)]];
      });
      if (crossings.length === 2) found.push([crossings[0], crossings[1]]);
      // Several boundaries meet.
      else for (const crossing of crossings) found.push([crossing, [i + 0.5, j + 0.5]]);
    }
  return found;
}
