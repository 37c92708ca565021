// Checks what a run recorded about its trained net. Sizes are bounded, and texts that are decoded are checked, before a page uses them.
import { DataError } from '../core/index.js';
import { type Check, integer, listOf, number, objectOf, optional, share, text } from '../fit/validate.js';
import { type Plane, TESTED, type Tested, type WrongImage } from './record.js';

/** A list of at most `most` items. */
function atMost<T>(one: Check<T>, most: number): Check<T[]> {
  return (value, what) => {
    if (Array.isArray(value) && value.length > most)
      throw wrong(what, `must have at most ${most} items: ${value.length}`);
    return listOf(one)(value, what);
  };
}

const wrong = (what: string, why: string) => new DataError(`${what}: ${why}; damaged?`);

/** A text of exactly this form. */
function formed(pattern: RegExp, expected: string): Check<string> {
  return (value, what) => {
    if (!pattern.test(text(value, what))) throw wrong(what, `must be ${expected}`);
    return value as string;
  };
}

/** A tuple of numbers. */
const numbers = <T extends number[]>(length: number) => listOf(number, length) as unknown as Check<T>;

const image = objectOf<WrongImage>({
  truth: integer(0),
  answer: integer(0),
  confidence: share,
  pixels: formed(/^[A-Za-z0-9+/]*={0,2}$/, 'base64'),
});

const cells = TESTED.cells ** 2;
const digits = formed(new RegExp(`^[0-9]{${cells}}$`), `${cells} digits`);

const plane = objectOf<Plane>({
  x: numbers(2),
  y: numbers(2),
  answers: digits,
  confidences: digits,
  points: atMost(numbers<[number, number, number]>(3), TESTED.points),
});

const shape = objectOf<Tested>({
  classes: optional(atMost(text, TESTED.classes)),
  confusion: optional(atMost(atMost(integer(0), TESTED.classes), TESTED.classes)),
  calibration: optional(listOf(objectOf({ samples: integer(0), confidence: share, right: share }), TESTED.bins)),
  wrong: optional(
    objectOf<NonNullable<Tested['wrong']>>({
      channels: integer(1),
      height: integer(1),
      width: integer(1),
      images: atMost(image, TESTED.images),
    }),
  ),
  plane: optional(plane),
  values: optional(
    atMost(
      objectOf<NonNullable<Tested['values']>[0]>({
        name: text,
        points: atMost(numbers<[number, number]>(2), TESTED.points),
      }),
      TESTED.classes,
    ),
  ),
});

/** What a run recorded about its trained net. */
export const tested: Check<Tested> = (value, what) => {
  const found = shape(value, what);
  const { classes, confusion, wrong: images, plane: area } = found;
  const k = classes?.length ?? 0;
  if (confusion && (confusion.length !== k || confusion.some((row) => row.length !== k)))
    throw wrong(`${what}.confusion`, `must have ${k} rows and columns, one for each class`);
  if (images) {
    const { channels, height, width } = images;
    if (![1, 3].includes(channels) || height > TESTED.size || width > TESTED.size)
      throw wrong(`${what}.wrong`, `must be of 1 or 3 channels and at most ${TESTED.size} x ${TESTED.size}`);
    for (const { truth, answer, pixels } of images.images) {
      if (truth >= k || answer >= k) throw wrong(`${what}.wrong`, `has a class that is not one of ${k}`);
      const size = (pixels.length / 4) * 3 - (/=*$/.exec(pixels)?.[0].length ?? 0);
      if (size !== channels * height * width) throw wrong(`${what}.wrong`, `an image has ${size} bytes`);
    }
  }
  if (area) {
    if (k === 0 || k > 10) throw wrong(`${what}.plane`, `has ${k} classes: it must have 1 to 10, with a digit each`);
    if ([area.x, area.y].some(([from, to]) => !(from < to))) throw wrong(`${what}.plane`, 'its edges must rise');
    const isClass = (c: number) => Number.isInteger(c) && c >= 0 && c < k;
    if (!area.points.every(([, , label]) => isClass(label)) || [...area.answers].some((c) => Number(c) >= k))
      throw wrong(`${what}.plane`, `has a class that is not one of ${k}`);
  }
  return found;
};
