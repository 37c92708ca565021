// The mean losses of parts of an epoch, for the curve of the loss by step.
import { integer, listOf, number, objectOf } from '../fit/validate.js';
import { losses as lossesCheck } from '../reports/checks.js';
import { LOSSES } from '../reports/record.js';

/** What a checkpoint keeps. epoch: the number of the epoch, from 1; 0 before the first step. */
interface Saved {
  epoch: number;
  done: [step: number, loss: number][];
  part: number[];
}

const saved = objectOf<Saved>({ epoch: integer(0), done: lossesCheck, part: listOf(number) });

/** Joins the losses of an epoch's steps to at most LOSSES means of equally many steps; the last mean may be of fewer. */
export class StepLosses {
  #state: Saved = { epoch: 0, done: [], part: [] };

  /** Adds the loss of a step. steps: the number of steps of an epoch. */
  add({ epoch, step, loss }: { epoch: number; step: number; loss: number }, steps: number): void {
    if (epoch !== this.#state.epoch) this.#state = { epoch, done: [], part: [] };
    const { done, part } = this.#state;
    part.push(loss);
    // Each stop by --max-steps within the epoch has ended a part early, so there may be too many parts.
    if (part.length >= Math.ceil(steps / LOSSES) && done.length < LOSSES) this.#join(step);
  }

  /** The means of the epoch so far, up to this step, rounded to five digits. */
  take(step: number): Saved['done'] {
    const { done, part } = this.#state;
    if (part.length > 0 && done.length < LOSSES) this.#join(step);
    return [...done];
  }

  #join(step: number): void {
    const { done, part } = this.#state;
    const mean = part.reduce((sum, v) => sum + v, 0) / part.length;
    done.push([step, Number(mean.toPrecision(5))]);
    part.length = 0;
  }

  save(): Saved {
    return structuredClone(this.#state);
  }

  /** Takes what a checkpoint kept. Throws DataError if it has another form. */
  load(value: unknown, what: string): void {
    this.#state = saved(value, what);
  }
}
